/*
 * The two halves of an RFB greeting (RFC 6143 section 7.1 to 7.3.1), which is
 * terminated on each side on its own: versions and security towards the guest
 * have nothing to do with those towards the viewer. Above both layers the
 * stream begins after ClientInit: the next bytes are the guest's ServerInit.
 * Versions 3.3, 3.7 and 3.8; security None and VNC authentication.
 */
#ifndef STREAM_RFB_H
#define STREAM_RFB_H

#include <stdbool.h>

#include "core/err.h"
#include "core/secret.h"

struct stream;

/*
 * Towards the guest. The handshake reads the version, authenticates with
 * `password` (copied; empty: only None will do) and sends ClientInit with
 * shared = 1.
 *   -EACCES        the password is wrong, or one is needed and we have none
 *   -EBUSY         the guest refuses for now ("too many security failures")
 *   -ECONNREFUSED  the guest refuses before any login, with its reason
 *   -ENOTSUP       only security types that we do not speak
 *   -EPROTO        it does not speak RFB
 *   -ECONNRESET    it went away in the middle
 * Words of the guest are cleaned before they reach the sentence.
 *
 * Afterwards it watches where the viewer's messages end, and passes them on as
 * they are. Down: NOTE_KEEP puts a request for an update of one pixel between
 * two of them, since what lies before a screen may hang up on silence (QEMU's
 * relay behind pveproxy does after 15 minutes, pings or not). After a message
 * of unknown type there is no such place any more: -ENOTSUP.
 */
int rfb_login_wrap(struct stream **s, const struct secret *password,
		struct err *e);

/*
 * In two halves, for a connection that is opened before anybody wants it: told
 * right after the wrap, the handshake ends when the guest has let us in. With
 * rfb_login_go() it is taken up again, by ClientInit; it ends when the guest's
 * ServerInit has begun, so a connection that had died in between is found out.
 * Both are for the stack whose top is the login.
 */
void rfb_login_hold(struct stream *s);
void rfb_login_go(struct stream *s);

/*
 * Towards the viewer. The handshake ends when the viewer has spoken: security
 * chosen and, with a password, the challenge answered. Empty password: security
 * None. Where such a viewer is older than 3.8, its security type is kept back
 * until the verdict: it has no later moment at which it could be told of a
 * failure.
 *   -EPROTO      it does not speak RFB, or chose what was not offered
 *   -ECONNRESET  it went away in the middle
 */
int rfb_greet_wrap(struct stream **s, const struct secret *password,
		struct err *e);

/* Before it is answered: 0, or -EACCES where its password is wrong. Nothing is
 * told: that is rfb_greet_finish()'s. */
int rfb_greet_judge(const struct stream *s);

/*
 * Answer the viewer, once; reads and writes answer -ENOTCONN before.
 * `failure` NULL: it is let in if its password was right; else it is told that
 * sentence as RFB's own failure text. Who has the wrong password is told only
 * that. Then step stream_flush(). 0, or -EACCES where the viewer's password
 * was wrong (it has been told). After success the viewer's ClientInit is
 * swallowed; after a failure its bytes have no meaning and may be read away.
 * 3.3 and 3.7 viewers with a password learn that they failed, but not why.
 * `s` is the stack whose top is the greeting (or has it below).
 */
int rfb_greet_finish(struct stream *s, const char *failure, struct err *e);

#endif
