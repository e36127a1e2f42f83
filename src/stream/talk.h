/*
 * What the logins and the greetings share: a layer whose handshake is a talk.
 * It says what it owes, then reads exactly what comes next; which that is, is
 * its state. Embed `struct talk` as the first member of your own struct.
 */
#ifndef STREAM_TALK_H
#define STREAM_TALK_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/secret.h"
#include "stream/layer.h"

struct talk {
	struct stream stream;
	const char *name;       /* of a failure: "VNC login" */
	struct secret password; /* `data` is never NULL, also when it is empty
				 */
	struct buf out;         /* what we owe the other side */
	struct exact in;        /* what comes next */
	uint8_t *memory;        /* of in */
	int state;              /* the layer's own enum */
	bool sending;           /* what the last -EAGAIN waited for */
};

/* Room for `in_max` bytes in one piece and `out_max` unsent ones. The password
 * is copied. 0 or -ENOMEM; then talk_done(). */
int talk_init(struct talk *t, const char *name, const struct secret *password,
		size_t in_max, size_t out_max);

/* What only the handshake needs: the password, and the room of `in`. */
void talk_forget(struct talk *t);
void talk_done(struct talk *t);

/* Next, `len` bytes are read; it is nothing yet. */
void talk_set_state(struct talk *t, int next, size_t len);

/* Owed from now on. */
int talk_say(struct talk *t, const void *data, size_t len, struct err *e);

/* "VNC login: Out of memory" */
int talk_failed(const struct talk *t, int r, struct err *e);
/* The same of a wire to a viewer, who may have left; -EAGAIN is none. */
int talk_viewer_failed(const struct talk *t, int r, struct err *e);

/* Step: 0 when nothing is owed any more, -EAGAIN, or what failed. */
int talk_send(struct talk *t);
/*
 * The same towards a guest. One that refuses says why and closes at once,
 * without waiting for what we say: a failed write must not hide its words.
 */
int talk_send_to_guest(struct talk *t);
/* Afterwards, before others' bytes: what was put in, if there is something. */
int talk_send_first(struct talk *t);

/* Slots of struct stream_ops. */
int talk_flush(struct stream *s);
int talk_shutdown(struct stream *s);
int talk_want(const struct stream *s, enum stream_op op);

#endif
