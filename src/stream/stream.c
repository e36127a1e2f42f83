#include "stream/stream.h"

#include <errno.h>
#include <string.h>

#include "stream/layer.h"

void layer_push(struct stream **s, struct stream *layer,
		const struct stream_ops *ops)
{
	struct stream *below = *s;

	layer->ops = ops;
	layer->below = below;
	layer->above = NULL;
	layer->ready = false;
	layer->hear = below ? below->hear : NULL;
	layer->hear_arg = below ? below->hear_arg : NULL;
	if (below)
		below->above = layer;
	*s = layer;
}

/* Recursion is as deep as the stack of layers: five or six. */
int stream_handshake(struct stream *s, struct err *e)
{
	int r;

	if (s->ready)
		return 0;
	r = s->below ? stream_handshake(s->below, e) : 0;
	if (r == 0 && s->ops->handshake)
		r = s->ops->handshake(s, e);
	if (r == 0)
		s->ready = true;
	return r;
}

ssize_t stream_read(struct stream *s, uint8_t *data, size_t len)
{
	if (!s->ready)
		return -ENOTCONN;
	while (!s->ops->read)
		s = s->below;
	return s->ops->read(s, data, len);
}

ssize_t stream_write(struct stream *s, uint8_t *data, size_t len)
{
	if (!s->ready)
		return -ENOTCONN;
	while (!s->ops->write)
		s = s->below;
	return s->ops->write(s, data, len);
}

int stream_flush(struct stream *s)
{
	while (s && !s->ops->flush)
		s = s->below;
	return s ? s->ops->flush(s) : 0;
}

int stream_shutdown(struct stream *s)
{
	while (s && !s->ops->shutdown)
		s = s->below;
	return s ? s->ops->shutdown(s) : 0;
}

bool stream_whole_close(const struct stream *s)
{
	for (; s; s = s->below)
		if (s->ops->whole_close)
			return true;
	return false;
}

bool stream_pending(const struct stream *s)
{
	for (; s; s = s->below)
		if (s->ops->pending && s->ops->pending(s))
			return true;
	return false;
}

int stream_want(const struct stream *s, enum stream_op op)
{
	/* while a handshake is on its way, only the layer at work knows */
	while (op == STREAM_HANDSHAKE && s->below && !s->below->ready)
		s = s->below;
	for (; s; s = s->below) {
		int want = s->ops->want ? s->ops->want(s, op) : 0;

		if (want)
			return want;
	}
	return op == STREAM_WRITE ? WANT_WRITE : WANT_READ;
}

int stream_fd(const struct stream *s)
{
	while (s && !s->ops->fd)
		s = s->below;
	return s ? s->ops->fd(s) : -1;
}

static bool layer_is_bare(const struct stream *s, enum stream_op op)
{
	if (s->ops->bare)
		return s->ops->bare(s, op);
	return s->below && (op == STREAM_READ ? !s->ops->read : !s->ops->write);
}

int stream_bare_fd(const struct stream *s, enum stream_op op)
{
	for (const struct stream *l = s; l; l = l->below)
		if (!l->ready || !layer_is_bare(l, op))
			return -1;
	return stream_fd(s);
}

void stream_peel(struct stream **s)
{
	struct stream *top = *s;

	*s = top->below;
	(*s)->above = NULL;
	top->ops->free(top);
}

void stream_free(struct stream *s)
{
	while (s) {
		struct stream *below = s->below;

		s->ops->free(s);
		s = below;
	}
}

int stream_tell(struct stream *s, const struct note *n)
{
	for (; s; s = s->below) {
		int r = s->ops->tell ? s->ops->tell(s, n) : -ENOTSUP;

		if (r != -ENOTSUP)
			return r;
	}
	return -ENOTSUP;
}

void stream_hear(struct stream *s, stream_hear_fn *fn, void *arg)
{
	s->hear = fn;
	s->hear_arg = arg;
}

void layer_heard(struct stream *s, const struct note *n)
{
	while (s->above)
		s = s->above;
	if (s->hear)
		s->hear(s->hear_arg, n);
}

/* The layers may scribble before the place they read to: what was read there
 * earlier is put back. */
static ssize_t exact_read_on(struct stream *below, const struct exact *x)
{
	uint8_t kept[STREAM_HEAD], *to = x->data + x->done;
	size_t len = x->done < STREAM_HEAD ? x->done : STREAM_HEAD;
	ssize_t n;

	memcpy(kept, to - len, len);
	n = stream_read(below, to, x->len - x->done);
	memcpy(to - len, kept, len);
	return n;
}

int exact_read(struct stream *below, struct exact *x)
{
	while (x->done < x->len) {
		ssize_t n = exact_read_on(below, x);

		if (n == 0)
			return -ECONNRESET;
		if (n < 0)
			return (int)n;
		x->done += (size_t)n;
	}
	return 0;
}

int layer_send(struct stream *below, struct buf *out)
{
	uint8_t scratch[STREAM_HEAD + 1024];

	while (out->len > 0) {
		size_t len = out->len < 1024 ? out->len : 1024;
		ssize_t n;

		memcpy(scratch + STREAM_HEAD, buf_data(out), len);
		n = stream_write(below, scratch + STREAM_HEAD, len);
		if (n < 0)
			return (int)n;
		buf_eat(out, (size_t)n);
	}
	return stream_flush(below);
}
