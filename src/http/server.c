#include "http/server.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/chunk.h"
#include "core/loop.h"
#include "http/headers.h"
#include "http/parser.h"
#include "http/problem.h"
#include "stream/stream.h"

enum {
	IN_MAX = 4 * 1024, /* read, but not of this request */
	OUT_MAX = 16 * 1024,
	READ_TURNS = 4,   /* a step: others must not starve */
	WRITE_TURNS = 16, /* of one chunk each */
};

/*
 *	HANDSHAKE > READ > OWED > WRITE > READ ...
 *	             \______________/ \______> LINGER
 *
 * A refusal of ours goes from READ to WRITE; so does the interim answer to
 * Expect, and comes back.
 */
enum state { HANDSHAKE, READ, OWED, WRITE, LINGER };

struct http_conn {
	struct loop *loop;
	struct stream *stream;
	const struct http_events *events;
	void *arg;
	struct watch *watch;
	struct timer *timer;
	struct defer defer;
	struct http_times times;
	enum state state;

	struct http_parser *parser; /* NULL while no byte of a request came */
	struct buf in;              /* came, and waits for its turn */
	struct buf out;             /* head of the response */
	const uint8_t *body;
	uint8_t *body_owned;
	int body_fd; /* owned; 0: none */
	size_t body_len, body_sent;
	size_t drained;

	bool served;  /* not the first request: the idle limit counts */
	bool ended;   /* the client has said all */
	bool interim; /* out holds 100 Continue */
	bool close;   /* this response is the last */
	bool drain;   /* close as soon as nothing is under way */
	bool retire;  /* close after the next answer */
	bool failed;  /* an answer could not be made */
	bool shut;
};

static void conn_on_event(void *arg, int events);
static void conn_on_timer(void *arg);
static void conn_on_defer(struct defer *d);

/* ---- life -------------------------------------------------------------- */

static void answer_done(struct http_conn *c)
{
	buf_done(&c->out);
	free(c->body_owned);
	c->body_owned = NULL;
	if (c->body_fd)
		(void)close(c->body_fd);
	c->body_fd = 0;
	c->body = NULL;
	c->body_len = c->body_sent = 0;
}

void http_conn_free(struct http_conn *c)
{
	if (!c)
		return;
	defer_remove(c->loop, &c->defer);
	timer_free(c->timer);
	watch_free(c->watch);
	stream_free(c->stream);
	http_parser_free(c->parser);
	answer_done(c);
	buf_done(&c->in);
	free(c);
}

/* The end; answers false so that a step can end with it. */
static bool conn_gone(struct http_conn *c)
{
	c->events->gone(c->arg, c);
	http_conn_free(c);
	return false;
}

static void conn_later(struct http_conn *c)
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
	conn_later(c);
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
	conn_later(c);
}

void http_conn_retire(struct http_conn *c)
{
	c->retire = true;
}

/* ---- answers ----------------------------------------------------------- */

static int answer_body(struct http_conn *c, const struct http_response *r)
{
	size_t len = r->type ? r->body_len : 0;

	c->body_fd = r->body_fd; /* taken, whatever becomes of it */
	if (len == 0 || http_parser_is_head(c->parser))
		return 0;
	c->body = r->body;
	if (!r->body_static && !r->body_fd) {
		c->body_owned = malloc(len);
		if (!c->body_owned)
			return -ENOMEM;
		memcpy(c->body_owned, r->body, len);
		c->body = c->body_owned;
	}
	c->body_len = len;
	return 0;
}

static int answer_make(struct http_conn *c, const struct http_response *r)
{
	int x;

	c->close = r->close || c->drain || c->retire ||
		   !http_parser_keeps_alive(c->parser);
	x = answer_body(c, r);
	if (x == 0)
		x = headers_write(&c->out, r, c->close, time(NULL));
	if (x < 0)
		answer_done(c);
	return x;
}

static void conn_write(struct http_conn *c)
{
	c->state = WRITE;
	timer_set(c->timer, c->times.write_ms);
}

static int answer_problem(struct http_conn *c, unsigned status,
		const char *code, const char *detail)
{
	struct http_response r = {
			.status = status,
			.type = HTTP_PROBLEM_TYPE,
			.close = true,
	};
	struct buf b;
	int x;

	buf_init(&b, OUT_MAX);
	x = http_problem(&b, status, code, detail);
	if (x == 0) {
		r.body = buf_data(&b);
		r.body_len = b.len;
		x = answer_make(c, &r);
	}
	buf_done(&b);
	return x;
}

void http_answer(struct http_conn *c, const struct http_response *r)
{
	int x;

	assert(c->state == OWED);
	x = answer_make(c, r);
	if (x == -EINVAL || x == -EMSGSIZE) /* the owner's lines are none */
		x = answer_problem(c, 500, "internal",
				"The answer could not be written.");
	c->failed = x < 0;
	conn_write(c);
	conn_later(c);
}

static const char *refusal_code(unsigned status)
{
	switch (status) {
	case 408:
	case 413:
	case 414:
	case 431:
		return "limit";
	case 503:
		return "internal";
	}
	return "bad_request";
}

static bool conn_refuse(
		struct http_conn *c, unsigned status, const char *detail)
{
	if (answer_problem(c, status, refusal_code(status), detail) < 0)
		return conn_gone(c);
	conn_write(c);
	return true;
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

static void conn_wait(struct http_conn *c, enum stream_op op)
{
	(void)watch_set(c->watch, stream_want(c->stream, op));
}

/* Hear whether the client goes away, and hold a little of what it says. */
static void conn_wait_owed(struct http_conn *c)
{
	if (c->ended || c->in.len == IN_MAX)
		(void)watch_set(c->watch, 0);
	else
		conn_wait(c, STREAM_READ);
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
		return conn_gone(c);
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
			return conn_gone(c);
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
		return conn_refuse(c, why->status, why->detail);
	}
	if (r < 0)
		return conn_gone(c);
	if (!had_head && http_parser_has_head(c->parser))
		return conn_head_done(c);
	return true;
}

/* Nothing to read: the wire is dry, at its end, or broken. */
static bool conn_dry(struct http_conn *c, ssize_t n)
{
	if (n == -EAGAIN) {
		conn_wait(c, STREAM_READ);
		return false;
	}
	if (n < 0 || !c->parser)
		return conn_gone(c);
	return conn_refuse(c, 400, "The request ended in the middle.");
}

static bool step_read(struct http_conn *c)
{
	if (c->drain && !c->parser && c->in.len == 0)
		return conn_gone(c);
	for (int turn = 0; turn < READ_TURNS; turn++) {
		ssize_t n = c->in.len > 0 ? 1 : conn_fill(c);

		if (n <= 0)
			return conn_dry(c, n);
		if (!conn_feed(c))
			return false;
		if (c->state != READ)
			return true;
	}
	conn_later(c);
	return false;
}

static bool step_owed(struct http_conn *c)
{
	ssize_t n = c->in.len < IN_MAX ? conn_fill(c) : -EAGAIN;

	if (n < 0 && n != -EAGAIN)
		return conn_gone(c);
	conn_wait_owed(c);
	return false;
}

/* ---- writing ----------------------------------------------------------- */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The next `len` bytes of the body. Copied, because a layer may scribble over
 * what it takes. */
static ssize_t conn_body(const struct http_conn *c, uint8_t *to, size_t len)
{
	ssize_t n;

	if (!c->body_fd) {
		memcpy(to, c->body + c->body_sent, len);
		return (ssize_t)len;
	}
	n = pread(c->body_fd, to, len, (off_t)c->body_sent);
	return n > 0 ? n : -EIO; /* its length was promised */
}

static ssize_t conn_gather(const struct http_conn *c, struct chunk *to)
{
	size_t head = least(c->out.len, to->room);
	size_t body = least(c->body_len - c->body_sent, to->room - head);
	ssize_t n = 0;

	if (head > 0)
		memcpy(to->data, buf_data(&c->out), head);
	if (body > 0)
		n = conn_body(c, to->data + head, body);
	return n < 0 ? n : (ssize_t)head + n;
}

static ssize_t conn_write_once(struct http_conn *c)
{
	struct chunk_pool *pool = loop_chunks(c->loop);
	struct chunk *chunk = chunk_take(pool);
	ssize_t n;
	size_t head;

	if (!chunk)
		return -ENOMEM;
	n = conn_gather(c, chunk);
	if (n > 0)
		n = stream_write(c->stream, chunk->data, (size_t)n);
	chunk_give(pool, chunk);
	if (n <= 0)
		return n;
	head = least((size_t)n, c->out.len);
	buf_eat(&c->out, head);
	c->body_sent += (size_t)n - head;
	if (!c->interim)
		timer_set(c->timer, c->times.write_ms);
	return n;
}

static bool conn_has_output(const struct http_conn *c)
{
	return c->out.len > 0 || c->body_sent < c->body_len;
}

/* The response is out. */
static bool conn_written(struct http_conn *c)
{
	answer_done(c);
	c->state = READ;
	if (c->interim) {
		c->interim = false;
		return true;
	}
	http_parser_free(c->parser);
	c->parser = NULL;
	c->served = true;
	if (c->close || c->drain) {
		c->state = LINGER;
		buf_done(&c->in);
	}
	timer_set(c->timer, c->state == LINGER ? c->times.linger_ms
					       : c->times.idle_ms);
	return true;
}

static bool step_write(struct http_conn *c)
{
	ssize_t n = c->failed ? -ENOMEM : 0;

	for (int turn = 0; n >= 0 && conn_has_output(c); turn++) {
		if (turn == WRITE_TURNS) {
			conn_later(c);
			return false;
		}
		n = conn_write_once(c);
	}
	if (n >= 0)
		n = stream_flush(c->stream);
	if (n == 0)
		return conn_written(c);
	if (n != -EAGAIN)
		return conn_gone(c);
	conn_wait(c, STREAM_WRITE);
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
		return conn_gone(c);
	c->shut = r == 0;
	while (n > 0 && c->drained < HTTP_LINGER_MAX) {
		n = conn_fill(c);
		c->drained += n > 0 ? (size_t)n : 0;
		buf_done(&c->in);
	}
	if (n > 0 || (n < 0 && n != -EAGAIN) || (n == 0 && c->shut))
		return conn_gone(c);
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
		return conn_gone(c);
	r = stream_handshake(c->stream, NULL);
	if (r == -EAGAIN) {
		conn_wait(c, STREAM_HANDSHAKE);
		return false;
	}
	if (r < 0)
		return conn_gone(c);
	c->state = READ;
	return true;
}

/* Each answers whether the connection lives and has something more to do. */
static bool (*const steps[])(struct http_conn *c) = {
		[HANDSHAKE] = step_handshake,
		[READ] = step_read,
		[OWED] = step_owed,
		[WRITE] = step_write,
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
		(void)conn_gone(c);
	else if (conn_refuse(c, 408, "The request did not come in time."))
		conn_step(c);
}
