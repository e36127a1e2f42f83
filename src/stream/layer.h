/*
 * For those who write a layer. Embed `struct stream` as the first member of
 * your own struct, fill an ops table, put yourself on with layer_push().
 *
 *	int x_wrap(struct stream **s, ...)   puts a layer on top of *s; on
 *	                                     failure *s is as it was
 *
 * A slot that is NULL passes the call to the layer below. layer_x() do that
 * for you when you have to go down in the middle of your own work.
 */
#ifndef STREAM_LAYER_H
#define STREAM_LAYER_H

#include "core/buf.h"
#include "stream/stream.h"

struct stream_ops {
	const char *name; /* for traces: "ws" */

	/* Called only when everything below is ready. 0, -EAGAIN, -errno. */
	int (*handshake)(struct stream *s, struct err *e);
	ssize_t (*read)(struct stream *s, uint8_t *data, size_t len);
	ssize_t (*write)(struct stream *s, uint8_t *data, size_t len);
	/* Send your own first, then layer_flush(s->below). */
	int (*flush)(struct stream *s);
	int (*shutdown)(struct stream *s);
	/* Yours only; what is below is asked for you. */
	bool (*pending)(const struct stream *s);
	/* 0: "ask below". */
	int (*want)(const struct stream *s, enum stream_op op);
	/* 0 taken, -ENOTSUP: pass it on down. */
	int (*tell)(struct stream *s, const struct note *n);
	/* Bottom layers only. */
	int (*fd)(const struct stream *s);
	/* May the kernel move bytes past this layer now, those that are read
	 * or those that are written? NULL: where that slot is NULL (and it is
	 * no bottom layer). */
	bool (*bare)(const struct stream *s, enum stream_op op);
	/* Free your own things and the struct, not what is below. */
	void (*free)(struct stream *s);
	/* The peer's goodbye ends both directions (WebSocket). */
	bool whole_close;
};

struct stream {
	const struct stream_ops *ops;
	struct stream *below; /* owned */
	struct stream *above; /* NULL at the top */
	stream_hear_fn *hear; /* used at the top only */
	void *hear_arg;
	bool ready; /* its handshake is done */
};

/* Make `layer` the new top of *s (which may be NULL for a bottom layer). */
void layer_push(struct stream **s, struct stream *layer,
		const struct stream_ops *ops);

/* A note goes up: the hearer of the whole stack gets it, if there is one. */
void layer_heard(struct stream *s, const struct note *n);

/* ---- exact reads in handshakes ------------------------------------------
 *
 * Handshakes that know how many bytes come next read exactly those, so that
 * nothing of what follows is swallowed.
 */
struct exact {
	uint8_t *data; /* where to; has STREAM_HEAD bytes of scratch before */
	size_t len, done;
};

/* Step: 0 when all of x->len is there, -EAGAIN, -ECONNRESET where the stream
 * ended before, or what failed. */
int exact_read(struct stream *below, struct exact *x);

/*
 * Queue bytes to send in `out`, then step this: 0 when out is empty and the
 * layers below have flushed, -EAGAIN, or what failed.
 */
int layer_send(struct stream *below, struct buf *out);

#endif
