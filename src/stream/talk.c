#include "stream/talk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int talk_init(struct talk *t, const char *name, const struct secret *password,
		size_t in_max, size_t out_max)
{
	t->name = name;
	buf_init(&t->out, out_max);
	t->memory = malloc(STREAM_HEAD + in_max);
	if (!t->memory)
		return -ENOMEM;
	t->in.data = t->memory + STREAM_HEAD;
	return secret_set(&t->password, password->len ? password->data : "",
			password->len);
}

void talk_forget(struct talk *t)
{
	free(t->memory);
	t->memory = NULL;
	secret_done(&t->password);
}

void talk_done(struct talk *t)
{
	talk_forget(t);
	buf_done(&t->out);
}

void talk_set_state(struct talk *t, int next, size_t len)
{
	t->state = next;
	t->in.done = 0;
	t->in.len = len;
}

int talk_say(struct talk *t, const void *data, size_t len, struct err *e)
{
	int r = buf_add(&t->out, data, len);

	return r < 0 ? talk_failed(t, r, e) : 0;
}

int talk_failed(const struct talk *t, int r, struct err *e)
{
	return err_set(e, r, "%s: %s", t->name, strerror(-r));
}

int talk_viewer_failed(const struct talk *t, int r, struct err *e)
{
	if (r == -EAGAIN)
		return r;
	if (r == -ECONNRESET || r == -EPIPE)
		return err_set(e, -ECONNRESET,
				"the viewer went away during the greeting");
	return talk_failed(t, r, e);
}

int talk_send(struct talk *t)
{
	int r = layer_send(t->stream.below, &t->out);

	t->sending = r == -EAGAIN;
	return r;
}

int talk_send_to_guest(struct talk *t)
{
	int r = talk_send(t);

	if (r != -EPIPE && r != -ECONNRESET)
		return r;
	buf_done(&t->out);
	return 0;
}

int talk_send_first(struct talk *t)
{
	return t->out.len > 0 ? layer_send(t->stream.below, &t->out) : 0;
}

int talk_flush(struct stream *s)
{
	return layer_send(s->below, &((struct talk *)s)->out);
}

int talk_shutdown(struct stream *s)
{
	int r = talk_send_first((struct talk *)s);

	return r < 0 ? r : stream_shutdown(s->below);
}

int talk_want(const struct stream *s, enum stream_op op)
{
	const struct talk *t = (const struct talk *)s;

	if (op != STREAM_HANDSHAKE)
		return 0;
	return stream_want(s->below, t->sending ? STREAM_WRITE : STREAM_READ);
}
