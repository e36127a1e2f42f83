/*
 * The inside of the rfb_login layer, shared by its files: rfb_login.c (the
 * handshake) and rfb_login_after.c (what it does with a viewer's bytes).
 */
#ifndef STREAM_RFB_LOGIN_LAYER_H
#define STREAM_RFB_LOGIN_LAYER_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/rfb.h"
#include "proto/rfb_client.h"
#include "stream/talk.h"

/* What is read next. A state is left by its step, in the order of the wire:
 *
 *	VERSION > [COUNT > TYPES | TYPE_33] > [CHALLENGE] > [RESULT] > READY
 *	with REASON_LEN > REASON behind a refusal
 *	one that is held stops in HELD, and goes on by INIT > READY
 */
enum rfb_login_state {
	RFB_LOGIN_VERSION,
	RFB_LOGIN_COUNT,
	RFB_LOGIN_TYPES,
	RFB_LOGIN_TYPE_33,
	RFB_LOGIN_CHALLENGE,
	RFB_LOGIN_RESULT,
	RFB_LOGIN_REASON_LEN,
	RFB_LOGIN_REASON,
	RFB_LOGIN_HELD,
	RFB_LOGIN_INIT,
	RFB_LOGIN_READY,
};

enum { RFB_LOGIN_INIT_LEN = 24 }; /* of ServerInit, before the name */

struct rfb_login {
	struct talk talk;
	enum rfb_version version;
	enum rfb_result result; /* why a reason is being read */
	bool chosen;            /* a security type: it is now about the login */
	bool held;              /* it waits before ClientInit, or has */

	/* afterwards */
	struct rfb_client client; /* where the viewer's messages end */
	size_t ahead; /* bytes seen but not taken: the next write's first */
	size_t given; /* of ServerInit's, where it was read here (memory) */
};

/* Slots of struct stream_ops. */
ssize_t rfb_login_read(struct stream *s, uint8_t *data, size_t len);
ssize_t rfb_login_write(struct stream *s, uint8_t *data, size_t len);
bool rfb_login_pending(const struct stream *s);
int rfb_login_flush(struct stream *s);
int rfb_login_shutdown(struct stream *s);
int rfb_login_tell(struct stream *s, const struct note *n);
bool rfb_login_bare(const struct stream *s, enum stream_op op);

#endif
