#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "proto/ws_response.h"
#include "stream/ask.h"
#include "stream/ws_layer.h"

/* ---- the server's: one answer to a request that was judged -------------- */

static int answer(struct buf *out, const struct ws_server_options *o,
		const char *accept)
{
	int r = buf_addf(out,
			"HTTP/1.1 101 Switching Protocols\r\n"
			"Upgrade: websocket\r\n"
			"Connection: Upgrade\r\n"
			"Sec-WebSocket-Accept: %s\r\n",
			accept);

	if (r == 0 && o->protocol)
		r = buf_addf(out, "Sec-WebSocket-Protocol: %s\r\n",
				o->protocol);
	if (r == 0 && o->headers)
		r = buf_adds(out, o->headers);
	return r < 0 ? r : buf_adds(out, "\r\n");
}

int ws_accept_start(
		struct ws *w, const struct ws_server_options *o, struct err *e)
{
	char accept[WS_ACCEPT_LEN + 1];
	int r = ws_accept_key(o->key, accept);

	if (r == 0)
		r = answer(&w->out, o, accept);
	buf_init(&w->raw, o->early_len + WS_HEADER_MAX);
	if (r == 0)
		r = buf_add(&w->raw, o->early, o->early_len);
	w->in_ready = w->raw.len > 0;
	return r < 0 ? err_set(e, r, "ws: the answer cannot be made") : 0;
}

/* ---- the client's: a request, and a strict look at the answer ----------- */

enum { HELLO_REQUEST_MAX = 16 * 1024, HELLO_NONCE_LEN = 16 };

struct ws_hello {
	struct ask ask;
	char *host, *protocol;
	char accept[WS_ACCEPT_LEN + 1]; /* what the answer must say */
};

void ws_hello_free(struct ws_hello *h)
{
	if (!h)
		return;
	ask_done(&h->ask);
	free(h->host);
	free(h->protocol);
	free(h);
}

static int check_options(const struct ws_client_options *o, struct err *e)
{
	if (!o->host || !*o->host || !ask_is_plain(o->host, '!'))
		return err_set(e, -EINVAL, "ws: not a host to ask for");
	if (!o->path || o->path[0] != '/' || !ask_is_plain(o->path, '!'))
		return err_set(e, -EINVAL, "ws %s: not a path to ask for",
				o->host);
	if (o->protocol && (!*o->protocol || !ask_is_plain(o->protocol, ' ')))
		return err_set(e, -EINVAL, "ws %s: not a subprotocol", o->host);
	if (o->credential.data && !ask_is_plain(o->credential.data, ' '))
		return err_set(e, -EINVAL,
				"ws %s: the credential cannot stand"
				" in a header",
				o->host);
	return 0;
}

static int hello_write(struct ws_hello *h, const struct ws_client_options *o,
		const char *key)
{
	const char *credential = o->credential.len ? o->credential.data : "";
	size_t room = strlen(o->host) + strlen(o->path) +
		      strlen(o->protocol ? o->protocol : "") +
		      strlen(credential) + 512;
	char *request;

	if (room > HELLO_REQUEST_MAX)
		return -EMSGSIZE;
	request = ask_room(&h->ask, room);
	if (!request)
		return -ENOMEM;
	h->ask.len = (size_t)snprintf(request, room,
			"GET %s HTTP/1.1\r\n"
			"Host: %s\r\n"
			"Upgrade: websocket\r\n"
			"Connection: Upgrade\r\n"
			"Sec-WebSocket-Version: 13\r\n"
			"Sec-WebSocket-Key: %s\r\n"
			"%s%s%s" /* the subprotocol */
			"%s%s\r\n",
			o->path, o->host, key,
			o->protocol ? "Sec-WebSocket-Protocol: " : "",
			o->protocol ? o->protocol : "",
			o->protocol ? "\r\n" : "", credential,
			*credential ? "\r\n" : "");
	return 0;
}

static int hello_fill(struct ws_hello *h, const struct ws_client_options *o)
{
	uint8_t nonce[HELLO_NONCE_LEN];
	char key[WS_KEY_LEN + 1];
	int r;

	h->host = strdup(o->host);
	h->protocol = o->protocol ? strdup(o->protocol) : NULL;
	if (!h->host || (o->protocol && !h->protocol))
		return -ENOMEM;
	crypto_random(nonce, sizeof(nonce));
	crypto_base64(nonce, sizeof(nonce), key);
	r = ws_accept_key(key, h->accept);
	return r < 0 ? r : hello_write(h, o, key);
}

int ws_connect_start(
		struct ws *w, const struct ws_client_options *o, struct err *e)
{
	int r = check_options(o, e);

	if (r < 0)
		return r;
	buf_init(&w->raw, WS_HANDSHAKE_MAX + WS_HEADER_MAX);
	w->hello = calloc(1, sizeof(*w->hello));
	r = w->hello ? hello_fill(w->hello, o) : -ENOMEM;
	return r < 0 ? err_set(e, r, "ws %s: the request cannot be made",
				       o->host)
		     : 0;
}

static int parse_answer(const uint8_t *data, size_t len, void *ret)
{
	return ws_response_parse(data, len, ret);
}

static int refused(const struct ws_hello *h, const struct ws_response *a,
		struct err *e)
{
	int r = a->status == 401 || a->status == 403 ? -EACCES
		: a->status == 404                   ? -ENOENT
						     : -ECONNREFUSED;

	return err_set(e, r, "%s refused the WebSocket: %d %s", h->host,
			a->status, a->reason);
}

static int hello_judge(const struct ws_hello *h, const struct ws_response *a,
		struct err *e)
{
	const char *wrong = NULL;

	if (a->status != 101)
		return refused(h, a, e);
	if (!a->upgrade || !a->connection)
		wrong = "it does not say that it upgrades";
	else if (strcmp(a->accept, h->accept) != 0)
		wrong = "its Sec-WebSocket-Accept is not for our key";
	else if (a->extensions)
		wrong = "it answers an extension that we did not offer";
	else if (a->protocol[0] &&
			(!h->protocol || strcmp(a->protocol, h->protocol) != 0))
		wrong = "it answers a subprotocol that we did not offer";
	if (wrong)
		return err_set(e, -EPROTO, "%s answered the WebSocket: %s",
				h->host, wrong);
	return 0;
}

static int hello_failed(const struct ws_hello *h, int r, struct err *e)
{
	return err_set(e, r, "%s was asked for a WebSocket: %s", h->host,
			ask_why(r));
}

static int hello_step(struct ws *w, struct err *e)
{
	struct ws_hello *h = w->hello;
	struct ws_response a = {0};
	int r = ask_send(&h->ask, w->stream.below), used = 0;

	if (r == 0)
		r = used = ask_read(&h->ask, w->stream.below, parse_answer, &a);
	if (r == -EAGAIN)
		return r;
	if (r < 0)
		return hello_failed(h, r, e);
	r = hello_judge(h, &a, e);
	if (r < 0)
		return r;
	buf_eat(&h->ask.head, (size_t)used);
	r = buf_add(&w->raw, h->ask.head.len ? buf_data(&h->ask.head) : NULL,
			h->ask.head.len);
	w->in_ready = w->raw.len > 0;
	return r < 0 ? hello_failed(h, r, e) : 0;
}

/* ---- both ---------------------------------------------------------------- */

int ws_handshake(struct stream *s, struct err *e)
{
	struct ws *w = ws_of(s);
	int r;

	if (!w->client) {
		r = layer_send(s->below, &w->out);
		return r < 0 && r != -EAGAIN ? err_set(e, r,
							       "ws: the client "
							       "left: %s",
							       strerror(-r))
					     : r;
	}
	r = hello_step(w, e);
	if (r == 0) {
		ws_hello_free(w->hello);
		w->hello = NULL;
	}
	return r;
}

int ws_handshake_want(const struct ws *w)
{
	bool sends = !w->client || (w->hello && ask_sends(&w->hello->ask));

	return stream_want(w->stream.below, sends ? STREAM_WRITE : STREAM_READ);
}
