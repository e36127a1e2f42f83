#include "stream/ws.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/ws_layer.h"

static bool ws_pending(const struct stream *s)
{
	const struct ws *w = (const struct ws *)s;

	/* the end came in with the last bytes: no descriptor will tell */
	return w->in_ready || w->in_again || w->in_end || w->in_error;
}

static int ws_want(const struct stream *s, enum stream_op op)
{
	return op == STREAM_HANDSHAKE ? ws_handshake_want((const struct ws *)s)
				      : 0;
}

static int ws_tell(struct stream *s, const struct note *n)
{
	struct ws *w = ws_of(s);

	switch (n->kind) {
	case NOTE_CLOSE:
		if (!w->close_due) /* else something was said already */
			ws_choose_close(w, n->close.code, n->close.reason);
		return 0;
	case NOTE_PING:
		w->ping_due = true;
		return 0;
	default:
		return -ENOTSUP;
	}
}

static void ws_free(struct stream *s)
{
	struct ws *w = ws_of(s);

	ws_hello_free(w->hello);
	buf_done(&w->raw);
	buf_done(&w->out);
	free(w->in_control);
	free(w->in_text);
	free(w->close_reason);
	free(w->pong);
	free(w);
}

static const struct stream_ops ws_ops = {
		.name = "ws",
		.handshake = ws_handshake,
		.read = ws_read,
		.write = ws_write,
		.flush = ws_flush,
		.shutdown = ws_shutdown,
		.pending = ws_pending,
		.want = ws_want,
		.tell = ws_tell,
		.free = ws_free,
		.whole_close = true,
};

static struct ws *ws_new(bool client)
{
	struct ws *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->client = client;
	/* what small frames have; the first large one is moved once */
	w->in_header = client ? 2 : 2 + WS_MASK_LEN;
	buf_init(&w->out, WS_HANDSHAKE_MAX);
	return w;
}

int ws_accept_wrap(struct stream **s, const struct ws_server_options *o,
		struct err *e)
{
	struct ws *w = ws_new(false);
	int r;

	if (!w)
		return err_set(e, -ENOMEM, "ws: out of memory");
	w->notes = o->text;
	r = ws_accept_start(w, o, e);
	if (r < 0)
		ws_free(&w->stream);
	else
		layer_push(s, &w->stream, &ws_ops);
	return r;
}

int ws_connect_wrap(struct stream **s, const struct ws_client_options *o,
		struct err *e)
{
	struct ws *w = ws_new(true);
	int r;

	if (!w)
		return err_set(e, -ENOMEM, "ws: out of memory");
	w->mask_zero = o->mask_zero;
	r = ws_connect_start(w, o, e);
	if (r < 0)
		ws_free(&w->stream);
	else
		layer_push(s, &w->stream, &ws_ops);
	return r;
}

static int copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

int ws_client_options_copy(struct ws_client_options *to,
		const struct ws_client_options *from)
{
	struct ws_client_options o = {.mask_zero = from->mask_zero};

	if (copy_text(&o.host, from->host) < 0 ||
			copy_text(&o.path, from->path) < 0 ||
			copy_text(&o.protocol, from->protocol) < 0 ||
			secret_copy(&o.credential, &from->credential) < 0) {
		ws_client_options_done(&o);
		return -ENOMEM;
	}
	*to = o;
	return 0;
}

void ws_client_options_done(struct ws_client_options *o)
{
	if (o->path) /* may hold a ticket */
		secret_wipe(o->path, strlen(o->path));
	free(o->host);
	free(o->path);
	free(o->protocol);
	secret_done(&o->credential);
	*o = (struct ws_client_options){0};
}
