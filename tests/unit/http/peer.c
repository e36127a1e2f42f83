#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop.h"
#include "stream/mem.h"
#include "stream/stream.h"
#include "stream/tcp.h"
#include "test.h"

void peer_answer(struct peer *p, const struct http_request *q)
{
	struct buf b;
	struct http_response r = {
			.status = 200,
			.type = "text/plain",
			.close = p->close,
	};

	buf_init(&b, 1024 * 1024);
	CHECK(buf_addf(&b, "%s %s?%s ", q->method, q->path, q->query) == 0);
	CHECK(buf_add(&b, q->body, q->body_len) == 0);
	r.body = buf_data(&b);
	r.body_len = b.len;
	http_answer(p->conn, &r);
	buf_done(&b);
}

static void on_request(
		void *arg, struct http_conn *c, const struct http_request *q)
{
	struct peer *p = arg;

	CHECK(c == p->conn);
	p->requests++;
	if (p->act)
		p->act(p, q);
	else
		peer_answer(p, q);
}

static void on_gone(void *arg, struct http_conn *c)
{
	struct peer *p = arg;

	CHECK(c == p->conn);
	p->conn = NULL;
	p->gone = true;
	loop_stop(p->loop);
}

static const struct http_events events = {on_request, on_gone};

static void peer_say(struct peer *p)
{
	while (p->sent.len > 0) {
		ssize_t n = send(p->fd, buf_data(&p->sent), p->sent.len,
				MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			break;
		buf_eat(&p->sent, (size_t)n);
	}
}

static void peer_hear(struct peer *p)
{
	uint8_t data[8192];
	ssize_t n;

	while ((n = recv(p->fd, data, sizeof(data), MSG_DONTWAIT)) > 0)
		CHECK(buf_add(&p->heard, data, (size_t)n) == 0);
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		p->end = true;
		(void)watch_set(p->watch, 0);
		if (!p->keep_open)
			(void)shutdown(p->fd, SHUT_RDWR);
	}
}

static void on_peer(void *arg, int ready)
{
	struct peer *p = arg;

	if (ready & LOOP_WRITE)
		peer_say(p);
	peer_hear(p);
	if (p->stop_at && p->heard.len >= p->stop_at)
		loop_stop(p->loop);
	if (!p->end)
		(void)watch_set(p->watch,
				p->sent.len > 0 ? LOOP_READ | LOOP_WRITE
						: LOOP_READ);
}

static void on_limit(void *arg)
{
	struct peer *p = arg;

	p->late = true;
	loop_stop(p->loop);
}

void peer_new(struct peer *p, bool chopped)
{
	struct stream *s = NULL;
	int fds[2];

	*p = (struct peer){0};
	CHECK(loop_new(&p->loop) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			      fds) == 0);
	CHECK(fd_wrap(&s, fds[0]) == 0);
	if (chopped)
		CHECK(chop_wrap(&s) == 0);
	p->fd = fds[1];
	buf_init(&p->sent, 64 * 1024 * 1024);
	buf_init(&p->heard, 64 * 1024 * 1024);
	CHECK(watch_new(&p->watch, p->loop, p->fd, on_peer, p) == 0);
	CHECK(timer_new(&p->limit, p->loop, on_limit, p) == 0);
	CHECK(http_conn_new(&p->conn, p->loop, s, &events, p) == 0);
	CHECK(watch_set(p->watch, LOOP_READ) == 0);
}

void peer_free(struct peer *p)
{
	http_conn_free(p->conn);
	if (p->watch)
		watch_free(p->watch);
	timer_free(p->limit);
	if (p->fd >= 0)
		(void)close(p->fd);
	buf_done(&p->sent);
	buf_done(&p->heard);
	loop_free(p->loop);
}

void peer_send(struct peer *p, const void *data, size_t len)
{
	CHECK(buf_add(&p->sent, data, len) == 0);
	(void)watch_set(p->watch, LOOP_READ | LOOP_WRITE);
}

void peer_run(struct peer *p, unsigned limit_ms)
{
	p->late = false;
	timer_set(p->limit, limit_ms);
	(void)loop_run(p->loop);
	timer_stop(p->limit);
	if (!p->end && p->watch)
		peer_hear(p);
}

const char *peer_text(struct peer *p)
{
	uint8_t *end = buf_room(&p->heard, 1);

	CHECK(end != NULL);
	*end = '\0';
	return (const char *)buf_data(&p->heard);
}

unsigned peer_status(struct peer *p)
{
	unsigned status = 0;

	(void)sscanf(peer_text(p), "HTTP/1.1 %u ", &status);
	return status;
}
