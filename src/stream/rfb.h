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

enum { RFB_REASON_MAX = 1024 }; /* a failure text is read up to here */

/*
 * Towards the guest. The handshake reads the version, authenticates with
 * `password` (copied; empty: only None will do) and sends ClientInit with
 * shared = 1.
 *   -EACCES  the password is wrong, or one is needed and we have none
 *   -EBUSY   the guest refuses for now ("too many security failures")
 *   -ENOTSUP only security types that we do not speak
 *   -EPROTO  it does not speak RFB
 */
int rfb_login_wrap(struct stream **s, const struct secret *password,
		struct err *e);

/*
 * Towards the viewer. The handshake ends when the viewer has spoken: security
 * chosen and, with a password, the challenge answered (judged only in
 * rfb_greet_finish). Empty password: security None.
 */
int rfb_greet_wrap(struct stream **s, const struct secret *password,
		struct err *e);

/*
 * Answer the viewer. `failure` NULL: it is let in if its password was right;
 * else it is told that sentence as RFB's own failure text. Then step
 * stream_flush(). 0, or -EACCES where the viewer's password was wrong (it has
 * been told). After success the viewer's ClientInit is swallowed.
 * `s` is the stack whose top is the greeting (or has it below).
 */
int rfb_greet_finish(struct stream *s, const char *failure, struct err *e);

#endif
