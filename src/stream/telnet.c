#include "stream/telnet.h"

#include <errno.h>
#include <stdlib.h>

#include "proto/telnet.h"
#include "stream/layer.h"

enum {
	TELNET_TURNS = 4, /* reads a call: who only negotiates must not keep
			     the others waiting */
	TELNET_WRITE_MAX = 4096, /* bytes taken at a time */
	TELNET_ANSWERS_MAX = 4096,
	TELNET_OUT_MAX = 2 * TELNET_WRITE_MAX + TELNET_ANSWERS_MAX,
};

struct telnet_layer {
	struct stream stream;
	struct telnet telnet;
	struct buf out; /* for the wire */
	uint16_t cols, rows;
	bool resize; /* to be told when `out` has gone: the last one wins */
	bool failed;
};

static struct telnet_layer *layer_of(struct stream *s)
{
	return (struct telnet_layer *)s;
}

static int send_own(struct telnet_layer *l)
{
	int r = 0;

	do {
		if (l->out.len > 0)
			r = layer_send(l->stream.below, &l->out);
		if (r == 0 && l->resize) {
			l->resize = false;
			r = telnet_resize(
					&l->telnet, l->cols, l->rows, &l->out);
		}
	} while (r == 0 && l->out.len > 0);
	return r;
}

/* Bytes of the terminal, 0 where all were the protocol's own. */
static ssize_t read_once(struct telnet_layer *l, uint8_t *data, size_t len)
{
	ssize_t n = stream_read(l->stream.below, data, len);
	size_t kept;
	int r;

	if (n == 0)
		return -ENODATA;
	if (n < 0)
		return n;
	r = telnet_decode(&l->telnet, data, (size_t)n, &l->out, &kept);
	if (r < 0)
		return r == -ENOMEM ? r : -EPROTO;
	return (ssize_t)kept;
}

static ssize_t telnet_read(struct stream *s, uint8_t *data, size_t len)
{
	struct telnet_layer *l = layer_of(s);
	ssize_t n = 0;

	if (l->failed)
		return -EPROTO;
	for (int turn = 0; n == 0 && len > 0 && turn < TELNET_TURNS; turn++)
		n = read_once(l, data, len);
	l->failed = n == -EPROTO;
	if (n == -ENODATA)
		return 0;
	return n == 0 ? -EAGAIN : n;
}

/* What was taken is ours to send, now or by flush. */
static ssize_t telnet_write(struct stream *s, uint8_t *data, size_t len)
{
	struct telnet_layer *l = layer_of(s);
	int r = send_own(l);

	if (r < 0)
		return r;
	if (len > TELNET_WRITE_MAX)
		len = TELNET_WRITE_MAX;
	r = telnet_encode(&l->telnet, data, len, &l->out);
	if (r == 0)
		r = send_own(l);
	return r < 0 && r != -EAGAIN ? r : (ssize_t)len;
}

static int telnet_flush(struct stream *s)
{
	int r = s->ready ? send_own(layer_of(s)) : 0;

	return r < 0 ? r : stream_flush(s->below);
}

static int telnet_shutdown(struct stream *s)
{
	int r = s->ready ? send_own(layer_of(s)) : 0;

	return r < 0 ? r : stream_shutdown(s->below);
}

static int telnet_tell(struct stream *s, const struct note *n)
{
	struct telnet_layer *l = layer_of(s);

	if (n->kind != NOTE_RESIZE)
		return -ENOTSUP;
	l->cols = n->resize.cols;
	l->rows = n->resize.rows;
	l->resize = true;
	return 0;
}

static void telnet_free(struct stream *s)
{
	buf_done(&layer_of(s)->out);
	free(s);
}

static const struct stream_ops telnet_ops = {
		.name = "telnet",
		.read = telnet_read,
		.write = telnet_write,
		.flush = telnet_flush,
		.shutdown = telnet_shutdown,
		.tell = telnet_tell,
		.free = telnet_free,
};

int telnet_wrap(struct stream **s, struct err *e)
{
	struct telnet_layer *l = calloc(1, sizeof(*l));
	int r = l ? 0 : -ENOMEM;

	if (r == 0) {
		buf_init(&l->out, TELNET_OUT_MAX);
		r = telnet_init(&l->telnet, &l->out);
	}
	if (r < 0) {
		if (l)
			buf_done(&l->out);
		free(l);
		return err_set(e, r, "telnet: out of memory");
	}
	layer_push(s, &l->stream, &telnet_ops);
	return 0;
}
