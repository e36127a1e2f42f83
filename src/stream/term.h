/*
 * Towards Proxmox's termproxy (proto/term.h), over a ws layer. The handshake
 * says who we are and reads exactly the OK; what follows it is the terminal's
 * output, unframed. What is written becomes input messages.
 *
 * Down: NOTE_RESIZE becomes a message between two others, also the one told
 * before the handshake was done; the last one wins. A size of 0 is -EINVAL.
 * NOTE_PING is not taken: termproxy's keep-alive has no answer, so a side that
 * took it would be declared lost; the ws layer below asks, and the proxy in
 * front of the terminal answers. Nor is NOTE_KEEP: neither termproxy nor the
 * proxy before it hangs up on silence, and those pings are enough for what
 * else stands in between.
 *
 * The demand on the layer below: what one stream_write() offers it sends as
 * one frame, going on with it after a short count, as ws does. A header is
 * never spread over two such frames then: it goes with its data in one write;
 * where the wire did not take that, the header is the layer's own to send
 * first, and the bytes it has announced are owed.
 */
#ifndef STREAM_TERM_H
#define STREAM_TERM_H

#include "core/err.h"
#include "core/secret.h"

struct stream;

/*
 * `login` (copied) is "user:ticket", both byte for byte as the hypervisor gave
 * them; no line end. -EINVAL where it cannot be a line of TERM_LOGIN_MAX bytes.
 * As the handshake:
 *   -EACCES      it closed instead of OK: the ticket is refused
 *   -EPROTO      it answered something else
 *   -ECONNRESET  it went away before the login was sent, or within its answer
 */
int term_wrap(struct stream **s, const struct secret *login, struct err *e);

#endif
