#include <errno.h>
#include <stdlib.h>

#include "stream/layer.h"
#include "stream/mem.h"

/* Every second call of a kind answers -EAGAIN, the others move one byte. */
struct chop {
	struct stream stream;
	bool read_dry, write_dry, flush_dry, shut_dry, shake_dry;
};

static bool chop_dry(bool *dry)
{
	*dry = !*dry;
	return *dry;
}

static int chop_handshake(struct stream *s, struct err *e)
{
	(void)e;
	return chop_dry(&((struct chop *)s)->shake_dry) ? -EAGAIN : 0;
}

static ssize_t chop_read(struct stream *s, uint8_t *data, size_t len)
{
	struct chop *c = (struct chop *)s;

	if (chop_dry(&c->read_dry))
		return -EAGAIN;
	return stream_read(s->below, data, len ? 1 : 0);
}

static ssize_t chop_write(struct stream *s, uint8_t *data, size_t len)
{
	struct chop *c = (struct chop *)s;

	if (chop_dry(&c->write_dry))
		return -EAGAIN;
	return stream_write(s->below, data, len ? 1 : 0);
}

static int chop_flush(struct stream *s)
{
	if (chop_dry(&((struct chop *)s)->flush_dry))
		return -EAGAIN;
	return stream_flush(s->below);
}

static int chop_shutdown(struct stream *s)
{
	if (chop_dry(&((struct chop *)s)->shut_dry))
		return -EAGAIN;
	return stream_shutdown(s->below);
}

static void chop_free(struct stream *s)
{
	free(s);
}

static const struct stream_ops chop_ops = {
		.name = "chop",
		.handshake = chop_handshake,
		.read = chop_read,
		.write = chop_write,
		.flush = chop_flush,
		.shutdown = chop_shutdown,
		.free = chop_free,
};

int chop_wrap(struct stream **s)
{
	struct chop *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	layer_push(s, &c->stream, &chop_ops);
	/* over a stream that is in use already, so is this */
	c->stream.ready = c->stream.below->ready;
	return 0;
}
