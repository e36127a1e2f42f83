#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "gateway/exchange.h"
#include "http/cookie.h"
#include "http/server.h"
#include "proto/url.h"

/* From a request to the exchange that carries it: on the data loop. */

enum { WS_KEY_BYTES = 16 };

static const char no_memory[] = "The gateway is short of memory.";

/* "Bearer TOKEN": the token, NULL for anything else. */
static const char *bearer_of(const struct http_request *q)
{
	const char *text = http_header(q, "authorization");

	if (!text || strncasecmp(text, "bearer ", 7) != 0)
		return NULL;
	for (text += 7; *text == ' '; text++)
		;
	return *text ? text : NULL;
}

/* What is offered: "binary, code.XXXX". */
static int read_protocols(struct exchange *x, const struct http_request *q)
{
	const char *at = http_header(q, "sec-websocket-protocol");

	while (at && *at) {
		size_t len;

		at += strspn(at, ", \t");
		len = strcspn(at, ", \t");
		if (len == 6 && memcmp(at, "binary", 6) == 0)
			x->binary = true;
		if (len > 5 && memcmp(at, "code.", 5) == 0 &&
				secret_set(&x->code, at + 5, len - 5) < 0)
			return -ENOMEM;
		at += len;
	}
	return 0;
}

static int exchange_credentials(
		struct exchange *x, const struct http_request *q)
{
	const char *bearer = bearer_of(q), *cookie;
	char name[COOKIE_NAME_MAX];
	size_t len;
	int r = 0;

	if (bearer)
		r = secret_sets(&x->bearer, bearer);
	cookie = cookie_find(http_header(q, "cookie"),
			cookie_name(name, COOKIE_BASE, x->tls), &len);
	if (r == 0 && cookie)
		r = secret_set(&x->cookie, cookie, len);
	return r;
}

/* A WebSocket's handshake. 0, or the status of its refusal with *ret_why. */
static unsigned exchange_upgrades(struct exchange *x,
		const struct http_request *q, const char **ret_why)
{
	const char *key = http_header(q, "sec-websocket-key");
	const char *version = http_header(q, "sec-websocket-version");
	uint8_t bytes[WS_KEY_LEN];

	if (!version || strcmp(version, "13") != 0) {
		*ret_why = "The gateway speaks version 13 of WebSocket.";
		return 426;
	}
	if (!key || strlen(key) != WS_KEY_LEN ||
			crypto_unbase64(key, WS_KEY_LEN, bytes,
					sizeof(bytes)) != WS_KEY_BYTES) {
		*ret_why = "Sec-WebSocket-Key is not 16 bytes in base64.";
		return 400;
	}
	if (read_protocols(x, q) < 0) {
		*ret_why = no_memory;
		return 503;
	}
	if (!x->api->payloads && !(x->binary && x->code.data)) {
		*ret_why = "A console needs the subprotocols binary and "
			   "code.CODE.";
		return 400;
	}
	memcpy(x->key, key, WS_KEY_LEN);
	x->upgrade = true;
	return 0;
}

/* Where there is none, the secret stays empty. */
static int read_payload(struct exchange *x, const struct http_request *q)
{
	size_t len = strlen(q->query);
	char *text = malloc(len + 1);
	int n, r = text ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	n = url_query_get(q->query, len, "payload", text, len + 1);
	if (n > 0)
		r = secret_set(&x->payload, text, (size_t)n);
	secret_wipe(text, len + 1);
	free(text);
	return r;
}

static unsigned exchange_fill(struct exchange *x, const struct http_request *q,
		const char **ret_why)
{
	struct err e;
	int r = exchange_credentials(x, q);

	if (r == 0 && x->api->payloads)
		r = read_payload(x, q);
	if (r == 0 && q->body_len > 0)
		r = json_parse(q->body, q->body_len, &x->body, &e);
	if (r == -ENOMEM) {
		*ret_why = no_memory;
		return 503;
	}
	if (r < 0) {
		*ret_why = "The request's body is not valid JSON.";
		return 400;
	}
	return q->upgrade && x->api->upgrades ? exchange_upgrades(x, q, ret_why)
					      : 0;
}

static struct exchange *exchange_new(const struct http_request *q,
		const struct route_match *m, bool tls)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->api = m->route->data;
	x->match = *m;
	x->tls = tls;
	x->page = http_header(q, "origin") != NULL;
	buf_init(&x->headers, HTTP_HEAD_MAX);
	buf_init(&x->answer, EXCHANGE_BODY_MAX);
	(void)snprintf(x->method, sizeof(x->method), "%s", q->method);
	return x;
}

unsigned exchange_of_request(struct exchange **ret_exchange,
		const struct http_request *q, const struct route_match *m,
		bool tls, const char **ret_why)
{
	struct exchange *x = exchange_new(q, m, tls);
	unsigned status;

	*ret_why = no_memory;
	status = x ? exchange_fill(x, q, ret_why) : 503;
	if (status == 0)
		*ret_exchange = x;
	else
		exchange_free(x);
	return status;
}
