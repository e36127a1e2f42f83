#include "http/server_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/chunk.h"
#include "http/headers.h"
#include "http/problem.h"

enum {
	PROBLEM_MAX = 16 * 1024,
	WRITE_TURNS = 16, /* a step: of one chunk each */
};

void http_conn_answer_done(struct http_conn *c)
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
		http_conn_answer_done(c);
	return x;
}

static void begin_write(struct http_conn *c)
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

	buf_init(&b, PROBLEM_MAX);
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
	begin_write(c);
	http_conn_later(c);
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

bool http_conn_refuse(struct http_conn *c, unsigned status, const char *detail)
{
	if (answer_problem(c, status, refusal_code(status), detail) < 0)
		return http_conn_gone(c);
	begin_write(c);
	return true;
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
	http_conn_answer_done(c);
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

bool http_conn_write(struct http_conn *c)
{
	ssize_t n = c->failed ? -ENOMEM : 0;

	for (int turn = 0; n >= 0 && conn_has_output(c); turn++) {
		if (turn == WRITE_TURNS) {
			http_conn_later(c);
			return false;
		}
		n = conn_write_once(c);
	}
	if (n >= 0)
		n = stream_flush(c->stream);
	if (n == 0)
		return conn_written(c);
	if (n != -EAGAIN)
		return http_conn_gone(c);
	http_conn_wait(c, STREAM_WRITE);
	return false;
}
