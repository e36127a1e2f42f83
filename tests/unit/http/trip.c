#include "trip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/loop.h"
#include "http/server.h"
#include "stream/tcp.h"
#include "stream/tls.h"
#include "test.h"

struct trip trip;

static void too_late(void *arg)
{
	fail_msg("the loop waits for ever (asked %u)", trip.server.asked);
}

static void conn_close(void)
{
	watch_free(trip.server.conn);
	trip.server.conn = NULL;
	if (trip.server.conn_fd >= 0)
		(void)close(trip.server.conn_fd);
	trip.server.conn_fd = -1;
}

static void conn_say(void)
{
	size_t len = trip.server.say_len ? trip.server.say_len
					 : strlen(trip.server.say);

	(void)send(trip.server.conn_fd, trip.server.say, len,
			MSG_NOSIGNAL | MSG_DONTWAIT);
	if (trip.server.close)
		conn_close();
}

static void on_conn(void *arg, int events)
{
	char data[16384];
	ssize_t n = recv(trip.server.conn_fd, data, sizeof(data), MSG_DONTWAIT);

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			conn_close();
		return;
	}
	CHECK_INT(buf_add(&trip.server.heard, data, (size_t)n), 0);
	if (memmem(data, (size_t)n, "\r\n\r\n", 4)) {
		trip.server.asked++;
		if (trip.server.drop > 0) {
			trip.server.drop--;
			conn_close();
		} else if (trip.server.say) {
			conn_say();
		}
	}
}

static void on_request(
		void *arg, struct http_conn *c, const struct http_request *q)
{
	struct http_response r = {
			.status = 200,
			.type = "text/plain",
			.body = "sealed",
			.body_len = 6,
			.close = true,
	};

	trip.server.asked++;
	http_answer(c, &r);
}

static void on_gone(void *arg, struct http_conn *c)
{
	trip.server.http = NULL;
}

static void tls_accept(int fd)
{
	static const struct http_events events = {on_request, on_gone};
	struct stream *s = NULL;

	CHECK_INT(fd_wrap(&s, fd), 0);
	CHECK_INT(tls_accept_wrap(&s, trip.server.tls, NULL), 0);
	http_conn_free(trip.server.http);
	CHECK_INT(http_conn_new(&trip.server.http, trip.loop, s, &events, NULL),
			0);
}

static void on_accept(void *arg, int events)
{
	int fd = accept4(trip.server.fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	trip.server.accepted++;
	if (trip.server.at_once) {
		(void)close(fd);
		return;
	}
	if (trip.server.tls) {
		tls_accept(fd);
		return;
	}
	conn_close();
	trip.server.conn_fd = fd;
	CHECK_INT(watch_new(&trip.server.conn, trip.loop, fd, on_conn, NULL),
			0);
	CHECK_INT(watch_set(trip.server.conn, LOOP_READ), 0);
}

void trip_server_listen(const struct sockaddr *a, socklen_t len)
{
	trip.server.fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(trip.server.fd >= 0);
	CHECK_INT(bind(trip.server.fd, a, len), 0);
	CHECK_INT(listen(trip.server.fd, 8), 0);
	CHECK_INT(watch_new(&trip.server.watch, trip.loop, trip.server.fd,
				  on_accept, NULL),
			0);
	CHECK_INT(watch_set(trip.server.watch, LOOP_READ), 0);
}

void trip_server_tcp(void)
{
	struct sockaddr_in a = {
			.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(a);

	trip_server_listen((struct sockaddr *)&a, sizeof(a));
	CHECK_INT(getsockname(trip.server.fd, (struct sockaddr *)&a, &len), 0);
	trip.server.port = ntohs(a.sin_port);
}

void trip_begin_with(const struct http_client_options *o)
{
	trip.server = (struct server){.conn_fd = -1, .fd = -1};
	buf_init(&trip.server.heard, 1024 * 1024);
	trip.told = trip.answered = 0;
	trip.body = NULL;
	CHECK_INT(loop_new(&trip.loop), 0);
	CHECK_INT(timer_new(&trip.limit, trip.loop, too_late, NULL), 0);
	timer_set(trip.limit, 8000);
	CHECK_INT(http_client_new(&trip.client, trip.loop, o, NULL), 0);
}

void trip_begin(void)
{
	trip_begin_with(NULL);
	trip_server_tcp();
}

void trip_end(void)
{
	http_client_free(trip.client);
	http_conn_free(trip.server.http);
	tls_context_unref(trip.server.tls);
	conn_close();
	watch_free(trip.server.watch);
	if (trip.server.fd >= 0)
		(void)close(trip.server.fd);
	buf_done(&trip.server.heard);
	timer_free(trip.limit);
	loop_free(trip.loop);
	free(trip.body);
}

void trip_on_told(void *arg, int r, const struct http_reply *a,
		const struct err *e)
{
	trip.told++;
	trip.answered = r;
	free(trip.body);
	trip.body = NULL;
	if (r == 0) {
		trip.reply = *a;
		trip.body = strdup(a->body);
		CHECK_INT(strlen(a->body), a->body_len);
		(void)snprintf(trip.type, sizeof(trip.type), "%s",
				a->type ? a->type : "(none)");
	} else {
		CHECK(a == NULL);
		trip.error = *e;
	}
	loop_stop(trip.loop);
}

const char *trip_url(const char *scheme, const char *host)
{
	static char text[256];

	(void)snprintf(text, sizeof(text), "%s://%s:%u/api?x=1", scheme, host,
			trip.server.port);
	return text;
}

int trip_call(const struct http_call_options *o)
{
	int before = trip.told;

	CHECK_INT(http_call(NULL, trip.client, o, trip_on_told, NULL,
				  &trip.error),
			0);
	CHECK_INT(trip.told, before); /* never from within */
	CHECK_INT(loop_run(trip.loop), 0);
	CHECK_INT(trip.told, before + 1);
	return trip.answered;
}

int trip_get(void)
{
	const struct http_call_options o = {
			.method = "GET",
			.url = trip_url("http", "127.0.0.1"),
	};

	return trip_call(&o);
}

const char *trip_heard(void)
{
	CHECK_INT(buf_add(&trip.server.heard, "", 1), 0);
	trip.server.heard.len--;
	return (const char *)buf_data(&trip.server.heard);
}

bool trip_heard_has(const char *words)
{
	return strcasestr(trip_heard(), words) != NULL;
}
