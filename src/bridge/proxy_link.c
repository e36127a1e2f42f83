#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/proxy_internal.h"
#include "bridge/tokens.h"
#include "core/crypto.h"
#include "core/log.h"
#include "http/server.h"
#include "proto/url.h"
#include "relay/farewell.h"
#include "stream/dial.h"
#include "stream/stream.h"
#include "stream/ws.h"

enum { TOKEN_MAX = 512, WS_KEY_BYTES = 16, TO_MAX = 600 };

/* ---- the end --------------------------------------------------------------
 */

static void link_log(const struct proxy_conn *c)
{
	char to[TO_MAX] = "-";

	(void)address_format(&c->to, to, sizeof(to));
	log_info(c->id,
			"event=ended from=%s to=%s up=%llu down=%llu ms=%llu "
			"word=%s%s%s",
			c->from, log_value(to).text,
			(unsigned long long)c->counts.up.bytes,
			(unsigned long long)c->counts.down.bytes,
			(unsigned long long)(loop_now_ms(c->proxy->o.loop) -
					     c->begun_ms),
			end_info(c->word)->word, *c->detail ? " detail=" : "",
			*c->detail ? log_value(c->detail).text : "");
}

static void link_over(void *arg)
{
	struct proxy_conn *c = arg;

	link_log(c);
	proxy_conn_free(c);
}

static void link_left(void *arg)
{
	struct proxy_conn *c = arg;

	c->farewell = NULL;
	link_over(c);
}

/* Before there is a relay: the client is told why. */
static void link_fail(
		struct proxy_conn *c, enum end_word word, const char *detail)
{
	struct stream *client = c->client;
	struct note close;

	c->word = word;
	if (detail)
		(void)snprintf(c->detail, sizeof(c->detail), "%s", detail);
	watch_free(c->watch);
	c->watch = NULL;
	timer_stop(c->limit);
	dial_free(c->dial);
	c->dial = NULL;
	/* not where its target is: that is the log's */
	end_note(word, NULL, &close);
	c->client = NULL; /* the farewell's now */
	if (farewell_new(&c->farewell, c->proxy->o.loop, client, &close,
			    FAREWELL_MS, link_left, c) < 0)
		link_over(c);
}

/* ---- streaming ------------------------------------------------------------
 */

static enum end_word word_of(const struct relay_end *end)
{
	if (end->side == RELAY_OWNER)
		return END_SHUTDOWN;
	if (end->r == -EPROTO || end->r == -EMSGSIZE)
		return END_PROTOCOL_ERROR;
	if (end->side == RELAY_CLIENT)
		return end->r == -ETIMEDOUT ? END_SLOW_READER
					    : END_CLIENT_CLOSED;
	return end->r == 0 || end->r == -ECONNRESET || end->r == -EPIPE
			       ? END_GUEST_CLOSED
	       : end->r == -ETIMEDOUT ? END_BACKEND_TIMEOUT
				      : END_BACKEND_FAILED;
}

static void link_farewell(
		void *arg, const struct relay_end *end, struct note *ret_close)
{
	struct proxy_conn *c = arg;

	c->word = word_of(end);
	end_note(c->word, NULL, ret_close);
}

static void link_relay_over(void *arg, const struct relay_end *end)
{
	link_over(arg);
}

static const struct relay_events relay_events = {
		.farewell = link_farewell,
		.over = link_relay_over,
};

static void link_dialled(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	struct proxy_conn *c = arg;
	uint32_t ping_ms = c->proxy->o.heartbeat_ms;
	const struct relay_options o = {
			.ping_ms = ping_ms ? ping_ms : RELAY_NEVER,
			.keep_ms = RELAY_NEVER,
	};

	c->dial = NULL;
	if (r < 0) {
		link_fail(c, end_of_dial(r, depth), e->text);
		return;
	}
	watch_free(c->watch);
	c->watch = NULL;
	r = relay_new(&c->relay, c->proxy->o.loop, c->client, s, &o, &c->counts,
			&relay_events, c);
	if (r < 0) {
		stream_free(s);
		link_fail(c, END_INTERNAL, strerrordesc_np(-r));
		return;
	}
	c->client = NULL;
}

/* ---- opening and dialling -------------------------------------------------
 */

static int plan_target(const struct address *to, struct dial_plan *plan)
{
	return to->path ? dial_plan_unix(plan, to->path)
			: dial_plan_tcp(plan, to->host, to->port);
}

static void link_dial(struct proxy_conn *c)
{
	struct dial_plan plan = {0};
	int r = plan_target(&c->to, &plan);

	timer_stop(c->limit);
	/* it may say no more before its target is there, but it may go */
	(void)watch_set(c->watch, LOOP_HANGUP);
	if (r == 0)
		r = dial_start(&c->dial, c->proxy->o.loop, &plan, link_dialled,
				c);
	dial_plan_done(&plan);
	if (r < 0)
		link_fail(c, END_INTERNAL, strerrordesc_np(-r));
}

static void link_open(struct proxy_conn *c)
{
	int r = stream_handshake(c->client, NULL);

	if (r == 0) {
		link_dial(c);
	} else if (r == -EAGAIN) {
		(void)watch_set(c->watch,
				stream_want(c->client, STREAM_HANDSHAKE));
	} else {
		c->word = END_CLIENT_CLOSED;
		link_over(c);
	}
}

static void link_event(void *arg, int events)
{
	struct proxy_conn *c = arg;

	if (!c->dial) {
		link_open(c);
	} else if (events & LOOP_HANGUP) {
		c->word = END_CLIENT_CLOSED;
		link_over(c);
	}
}

static void link_late(void *arg)
{
	struct proxy_conn *c = arg;

	c->word = END_CLIENT_CLOSED;
	link_over(c);
}

/* ---- the request ----------------------------------------------------------
 */

/* Where to; 0, or the status of a refusal that was told. */
static unsigned link_target(struct proxy_conn *c, const struct http_request *q)
{
	const struct proxy_options *o = &c->proxy->o;
	char token[TOKEN_MAX];
	struct err e;
	int r;

	if (!o->target && !o->tokens)
		return proxy_say(c, 403, "Here are only files.\n");
	if (o->target)
		return address_copy(&c->to, o->target) < 0
				       ? proxy_say(c, 503, "No memory.\n")
				       : 0;
	r = url_query_get(q->query, strlen(q->query), "token", token,
			sizeof(token));
	if (r <= 0)
		return proxy_say(c, 403, "A token is needed: ?token=NAME\n");
	r = tokens_find(o->tokens, token, &c->to, &e);
	if (r == 0)
		return 0;
	log_warn(c->id, "event=refused from=%s detail=%s", c->from,
			log_value(e.text).text);
	return r == -ENOENT ? proxy_say(c, 403, "There is no such token.\n")
			    : proxy_say(c, 500, "The token leads nowhere.\n");
}

/* Is it offered? Of websockify's two, base64 is long gone. */
static bool offers_binary(const struct http_request *q)
{
	const char *at = http_header(q, "sec-websocket-protocol");

	while (at && *at) {
		size_t len;

		at += strspn(at, ", \t");
		len = strcspn(at, ", \t");
		if (len == 6 && memcmp(at, "binary", 6) == 0)
			return true;
		at += len;
	}
	return false;
}

/* RFC 6455 4.2.1: 0, or the status of a refusal that was told. */
static unsigned link_key(struct proxy_conn *c, const struct http_request *q,
		char ret_key[WS_KEY_LEN + 1])
{
	const char *key = http_header(q, "sec-websocket-key");
	const char *version = http_header(q, "sec-websocket-version");
	uint8_t bytes[WS_KEY_LEN];

	if (!version || strcmp(version, "13") != 0)
		return proxy_say(
				c, 426, "Version 13 of WebSocket is spoken.\n");
	if (!key || strlen(key) != WS_KEY_LEN ||
			crypto_unbase64(key, WS_KEY_LEN, bytes,
					sizeof(bytes)) != WS_KEY_BYTES)
		return proxy_say(c, 400, "Sec-WebSocket-Key is none.\n");
	memcpy(ret_key, key, WS_KEY_LEN + 1);
	return 0;
}

static int link_watch(struct proxy_conn *c)
{
	int r = 0;

	timer_free(c->limit);
	c->limit = NULL;
	r = timer_new(&c->limit, c->proxy->o.loop, link_late, c);
	if (r == 0)
		r = watch_new(&c->watch, c->proxy->o.loop, stream_fd(c->client),
				link_event, c);
	return r;
}

static void link_begin(struct proxy_conn *c, const struct ws_server_options *o)
{
	struct err e;
	int r = ws_accept_wrap(&c->client, o, &e);

	if (r == 0)
		r = link_watch(c);
	if (r < 0) {
		proxy_conn_free(c);
		return;
	}
	c->begun_ms = loop_now_ms(c->proxy->o.loop);
	timer_set(c->limit, PROXY_OPEN_MS);
	link_open(c);
}

unsigned proxy_link(struct proxy_conn *c, const struct http_request *q)
{
	struct ws_server_options o = {0};
	unsigned status = link_key(c, q, o.key);
	uint8_t *early;

	if (status == 0)
		status = link_target(c, q);
	if (status != 0)
		return status;
	o.protocol = offers_binary(q) ? "binary" : NULL;
	c->client = http_take(c->http, &early, &o.early_len);
	c->http = NULL;
	c->streams = true;
	c->proxy->streams++;
	if (c->proxy->o.idle_ms)
		timer_stop(c->proxy->quiet);
	o.early = early;
	link_begin(c, &o);
	free(early);
	return 101;
}

void proxy_link_end(struct proxy_conn *c)
{
	if (c->relay)
		relay_end(c->relay);
	else if (!c->farewell)
		link_fail(c, END_SHUTDOWN, NULL);
}
