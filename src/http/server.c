#include "http/server.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/server_internal.h"

enum {
	IN_MAX = 4 * 1024, /* read, but not of this request */
	OUT_MAX = 16 * 1024,
	READ_TURNS = 4, /* a step: others must not starve */
};

static void conn_on_event(void *arg, int events);
static void conn_on_timer(void *arg);
static void conn_on_defer(struct defer *d);

/* ---- life -------------------------------------------------------------- */

void http_conn_free(struct http_conn *c)
{
	if (!c)
		return;
	defer_remove(c->loop, &c->defer);
	timer_free(c->timer);
	watch_free(c->watch);
	stream_free(c->stream);
	http_parser_free(c->parser);
	http_conn_answer_done(c);
	buf_done(&c->in);
	free(c);
}

/* The end; answers false so that a step can end with it. */
bool http_conn_gone(struct http_conn *c)
{
	c->events->gone(c->arg, c);
	http_conn_free(c);
	return false;
}

void http_conn_later(struct http_conn *c)
{
	defer_add(c->loop, &c->defer);
}

int http_conn_new(struct http_conn **ret_conn, struct loop *l, struct stream *s,
		const struct http_events *events, void *arg)
{
	struct http_conn *c = calloc(1, sizeof(*c));
	int r;

	if (!c) {
		stream_free(s);
		return -ENOMEM;
	}
	c->loop = l;
	c->stream = s;
	c->events = events;
	c->arg = arg;
	c->defer.fn = conn_on_defer;
	c->times = (struct http_times){HTTP_HEAD_MS, HTTP_IDLE_MS,
			HTTP_WRITE_MS, HTTP_LINGER_MS};
	buf_init(&c->in, IN_MAX);
	buf_init(&c->out, OUT_MAX);
	r = timer_new(&c->timer, l, conn_on_timer, c);
	if (r == 0)
		r = watch_new(&c->watch, l, stream_fd(s), conn_on_event, c);
	if (r < 0) {
		http_conn_free(c);
		return r;
	}
	timer_set(c->timer, c->times.head_ms);
	http_conn_later(c);
	*ret_conn = c;
	return 0;
}

void http_conn_set_times(struct http_conn *c, const struct http_times *t)
{
	c->times = *t;
	if (c->state == HANDSHAKE || c->state == READ)
		timer_set(c->timer, t->head_ms);
}

void http_conn_drain(struct http_conn *c)
{
	c->drain = true;
	http_conn_later(c);
}

void http_conn_retire(struct http_conn *c)
{
	c->retire = true;
}

struct stream *http_take(
		struct http_conn *c, uint8_t **ret_early, size_t *ret_early_len)
{
	struct stream *s = c->stream;
	struct buf *in = &c->in;

	assert(c->state == OWED);
	if (in->len > 0)
		memmove(in->base, buf_data(in), in->len);
	*ret_early = in->base;
	*ret_early_len = in->len;
	in->base = NULL; /* the caller's now */
	buf_init(in, 0);
	c->stream = NULL;
	http_conn_free(c);
	return s;
}

/* ---- reading ----------------------------------------------------------- */

/* One read into `in`, as much as it may still hold. */
static ssize_t conn_fill(struct http_conn *c)
{
	uint8_t room[STREAM_HEAD + IN_MAX], *data = room + STREAM_HEAD;
	ssize_t n;
	int r;

	if (c->ended)
		return 0;
	n = stream_read(c->stream, data, IN_MAX - c->in.len);
	if (n == 0)
		c->ended = true;
	if (n <= 0)
		return n;
	r = buf_add(&c->in, data, (size_t)n);
	return r < 0 ? r : n;
}

void http_conn_wait(struct http_conn *c, enum stream_op op)
{
	(void)watch_set(c->watch, stream_want(c->stream, op));
}

/* Hear whether the client goes away, and hold a little of what it says. */
static void conn_wait_owed(struct http_conn *c)
{
	if (c->ended || c->in.len == IN_MAX)
		(void)watch_set(c->watch, 0);
	else
		http_conn_wait(c, STREAM_READ);
}

static bool conn_request(struct http_conn *c)
{
	c->state = OWED;
	timer_stop(c->timer);
	conn_wait_owed(c);
	c->events->request(c->arg, c, http_parser_request(c->parser));
	return false; /* c may be dead */
}

static bool conn_continue(struct http_conn *c)
{
	if (buf_adds(&c->out, "HTTP/1.1 100 Continue\r\n\r\n") < 0)
		return http_conn_gone(c);
	c->interim = true;
	c->state = WRITE; /* the body's limit counts on */
	return true;
}

/* The head came whole, and a body is to follow. */
static bool conn_head_done(struct http_conn *c)
{
	timer_set(c->timer, c->times.head_ms);
	if (http_parser_expects(c->parser) && c->in.len == 0)
		return conn_continue(c);
	return true;
}

/* Feed what is in `in`. Answers whether the step goes on. */
static bool conn_feed(struct http_conn *c)
{
	const struct http_refusal *why;
	bool had_head;
	size_t used;
	int r;

	if (!c->parser) {
		c->parser = http_parser_new();
		if (!c->parser)
			return http_conn_gone(c);
		if (c->served)
			timer_set(c->timer, c->times.head_ms);
	}
	had_head = http_parser_has_head(c->parser);
	r = http_parser_feed(c->parser, buf_data(&c->in), c->in.len, &used);
	buf_eat(&c->in, used);
	if (r == 1)
		return conn_request(c);
	if (r == -EPROTO) {
		why = http_parser_refusal(c->parser);
		return http_conn_refuse(c, why->status, why->detail);
	}
	if (r < 0)
		return http_conn_gone(c);
	if (!had_head && http_parser_has_head(c->parser))
		return conn_head_done(c);
	return true;
}

/* Nothing to read: the wire is dry, at its end, or broken. */
static bool conn_dry(struct http_conn *c, ssize_t n)
{
	if (n == -EAGAIN) {
		http_conn_wait(c, STREAM_READ);
		return false;
	}
	if (n < 0 || !c->parser)
		return http_conn_gone(c);
	return http_conn_refuse(c, 400, "The request ended in the middle.");
}

static bool step_read(struct http_conn *c)
{
	if (c->drain && !c->parser && c->in.len == 0)
		return http_conn_gone(c);
	for (int turn = 0; turn < READ_TURNS; turn++) {
		ssize_t n = c->in.len > 0 ? 1 : conn_fill(c);

		if (n <= 0)
			return conn_dry(c, n);
		if (!conn_feed(c))
			return false;
		if (c->state != READ)
			return true;
	}
	http_conn_later(c);
	return false;
}

static bool step_owed(struct http_conn *c)
{
	ssize_t n = c->in.len < IN_MAX ? conn_fill(c) : -EAGAIN;

	if (n < 0 && n != -EAGAIN)
		return http_conn_gone(c);
	conn_wait_owed(c);
	return false;
}

/* ---- the rest ---------------------------------------------------------- */

/* A descriptor closed with bytes unread sends a reset, and the client may
 * lose the response: say goodbye, and throw away what still comes. */
static bool step_linger(struct http_conn *c)
{
	int r = c->shut ? 0 : stream_shutdown(c->stream), want = 0;
	ssize_t n = 1;

	if (r < 0 && r != -EAGAIN)
		return http_conn_gone(c);
	c->shut = r == 0;
	while (n > 0 && c->drained < HTTP_LINGER_MAX) {
		n = conn_fill(c);
		c->drained += n > 0 ? (size_t)n : 0;
		buf_done(&c->in);
	}
	if (n > 0 || (n < 0 && n != -EAGAIN) || (n == 0 && c->shut))
		return http_conn_gone(c);
	if (!c->shut)
		want = stream_want(c->stream, STREAM_WRITE);
	if (!c->ended)
		want |= stream_want(c->stream, STREAM_READ);
	(void)watch_set(c->watch, want);
	return false;
}

static bool step_handshake(struct http_conn *c)
{
	int r;

	if (c->drain)
		return http_conn_gone(c);
	r = stream_handshake(c->stream, NULL);
	if (r == -EAGAIN) {
		http_conn_wait(c, STREAM_HANDSHAKE);
		return false;
	}
	if (r < 0)
		return http_conn_gone(c);
	c->state = READ;
	return true;
}

/* Each answers whether the connection lives and has something more to do. */
static bool (*const steps[])(struct http_conn *c) = {
		[HANDSHAKE] = step_handshake,
		[READ] = step_read,
		[OWED] = step_owed,
		[WRITE] = http_conn_write,
		[LINGER] = step_linger,
};

static void conn_step(struct http_conn *c)
{
	while (steps[c->state](c))
		;
}

static void conn_on_event(void *arg, int events)
{
	(void)events;
	conn_step(arg);
}

static void conn_on_defer(struct defer *d)
{
	conn_step((struct http_conn *)((char *)d -
				       offsetof(struct http_conn, defer)));
}

static void conn_on_timer(void *arg)
{
	struct http_conn *c = arg;

	if (c->state != READ || !c->parser)
		(void)http_conn_gone(c);
	else if (http_conn_refuse(c, 408, "The request did not come in time."))
		conn_step(c);
}
