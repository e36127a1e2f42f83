#include "http/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/loop.h"
#include "core/secret.h"
#include "test.h"
#include "trip.h"

/* ---- what is asked ------------------------------------------------------ */

static void a_get_is_lean_and_its_answer_comes_whole(void)
{
	trip_begin();
	trip.server.say = "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\n"
			  "Content-Length: 5\r\n\r\nhello";
	CHECK_INT(trip_get(), 0);
	CHECK_INT(trip.reply.status, 200);
	CHECK_STR(trip.reply.reason, "OK");
	CHECK_STR(trip.reply.address, "127.0.0.1");
	CHECK_STR(trip.type, "text/x");
	CHECK_STR(trip.body, "hello");
	CHECK_HAS(trip_heard(), "GET /api?x=1 HTTP/1.1\r\nHost: 127.0.0.1:");
	CHECK(!trip_heard_has("accept"));
	CHECK(!trip_heard_has("user-agent"));
	CHECK(!trip_heard_has("content-"));
	trip_end();
}

static void every_other_method_says_its_length(void)
{
	static const char *const methods[] = {"POST", "PUT", "DELETE"};

	trip_begin();
	trip.server.say = "HTTP/1.1 204 No Content\r\n\r\n";
	for (size_t i = 0; i < 3; i++) {
		const struct http_call_options o = {
				.method = methods[i],
				.url = trip_url("http", "127.0.0.1"),
		};

		CHECK_INT(trip_call(&o), 0);
		CHECK_INT(trip.reply.status, 204);
		CHECK_HAS(trip_heard(), methods[i]);
		CHECK_HAS(trip_heard(), "Content-Length: 0\r\n");
		CHECK(!trip_heard_has("content-type"));
		CHECK(!trip_heard_has("expect"));
		buf_eat(&trip.server.heard, trip.server.heard.len);
	}
	trip_end();
}

static void a_body_and_secret_lines_are_sent(void)
{
	struct secret token = {0};
	const struct http_line lines[] = {
			{.name = "Content-Type", .value = "application/json"},
			{.name = "Authorization", .secret = &token},
			{.name = "X-Empty", .value = ""},
	};
	struct http_call_options o = {
			.method = "POST",
			.lines = lines,
			.line_count = 3,
			.body = "{\"a\":1}",
			.body_len = 7,
	};

	trip_begin();
	trip.server.say = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	CHECK_INT(secret_sets(&token, "Bearer abc"), 0);
	o.url = trip_url("http", "127.0.0.1");
	CHECK_INT(trip_call(&o), 0);
	CHECK_HAS(trip_heard(), "Authorization: Bearer abc\r\n");
	CHECK_HAS(trip_heard(), "Content-Type: application/json\r\n");
	CHECK_HAS(trip_heard(), "X-Empty:\r\n");
	CHECK_HAS(trip_heard(), "Content-Length: 7\r\n");
	CHECK_HAS(trip_heard(), "\r\n\r\n{\"a\":1}");
	secret_done(&token);
	trip_end();
}

static void a_call_that_cannot_be_sent_as_one_is_refused(void)
{
	const struct http_line split = {.name = "X", .value = "a\r\nY: b"};
	const struct http_line odd = {.name = "X: y\r\nZ", .value = "a"};
	const struct http_call_options cases[] = {
			{.method = "GET", .url = "ftp://127.0.0.1/"},
			{.method = "GET", .url = "file:///etc/passwd"},
			{.method = "GET", .url = "http://me:pw@127.0.0.1/"},
			{.method = "GET", .url = "nonsense"},
			{.method = "GE T", .url = "http://127.0.0.1/"},
			{.method = "GET",
					.url = "http://127.0.0.1/",
					.lines = &split,
					.line_count = 1},
			{.method = "GET",
					.url = "http://127.0.0.1/",
					.lines = &odd,
					.line_count = 1},
			{.method = "GET",
					.url = "http://127.0.0.1/",
					.address = "a name"},
	};

	trip_begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(http_call(NULL, trip.client, &cases[i], trip_on_told,
					  NULL, &trip.error),
				-EINVAL);
	CHECK_INT(trip.told, 0);
	trip_end();
}

static void a_name_is_looked_up_and_a_pinned_address_goes_before_it(void)
{
	struct http_call_options o = {.method = "GET"};

	trip_begin();
	trip.server.say = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	o.url = trip_url("http", "localhost");
	CHECK_INT(trip_call(&o), 0);
	o.url = trip_url("http", "no-such-name.invalid");
	o.address = "127.0.0.1";
	CHECK_INT(trip_call(&o), 0);
	CHECK_STR(trip.reply.address, "127.0.0.1");
	CHECK_HAS(trip_heard(), "Host: no-such-name.invalid:");
	o.address = NULL;
	CHECK(trip_call(&o) == -ENOENT || trip.answered == -EHOSTUNREACH);
	trip_end();
}

static void a_connection_is_used_again(void)
{
	trip_begin();
	trip.server.say = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	CHECK_INT(trip_get(), 0);
	CHECK_INT(trip_get(), 0);
	CHECK_INT(trip.server.asked, 2);
	CHECK_INT(trip.server.accepted, 1);
	trip_end();
}

static int post(void)
{
	const struct http_call_options o = {
			.method = "POST",
			.url = trip_url("http", "127.0.0.1"),
	};

	return trip_call(&o);
}

static void an_idle_connection_that_closes_is_asked_again_but_never_a_post(void)
{
	trip_begin();
	trip.server.say = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	CHECK_INT(trip_get(), 0);
	trip.server.drop = 1;
	CHECK_INT(trip_get(), 0);
	CHECK_INT(trip.server.asked, 3);
	CHECK_INT(trip.server.accepted, 2);
	trip.server.drop = 1;
	CHECK_INT(post(), -EPROTO);
	CHECK_INT(trip.server.asked, 4);
	CHECK_INT(trip.server.accepted, 3);
	trip.server.drop = 1; /* on a fresh one nothing is asked again */
	CHECK_INT(trip_get(), -EPROTO);
	CHECK_INT(trip.server.asked, 5);
	trip_end();
}

static void a_peer_that_does_not_shake_hands_is_not_there(void)
{
	const struct http_client_options o = {.connect_ms = 200};
	struct http_call_options q = {.method = "GET"};

	trip_begin_with(&o);
	trip_server_tcp();
	q.url = trip_url("https", "127.0.0.1");
	CHECK_INT(trip_call(&q), -EHOSTUNREACH);
	CHECK_INT(trip.server.accepted, 1);
	trip_end();
}

static void a_unix_socket_is_called(void)
{
	char path[] = "/tmp/gb-client-XXXXXX";
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const struct http_client_options o = {.unix_path = a.sun_path};
	const struct http_call_options q = {
			.method = "GET", .url = "http://localhost/x"};

	CHECK(mkdtemp(path) != NULL);
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/s", path);
	trip_begin_with(&o);
	CHECK_INT(trip_call(&q), -ECONNREFUSED);
	CHECK_HAS(trip.error.text, a.sun_path);
	trip_server_listen((struct sockaddr *)&a, sizeof(a));
	trip.server.say = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	CHECK_INT(trip_call(&q), 0);
	CHECK_STR(trip.body, "ok");
	CHECK_STR(trip.reply.address, "");
	CHECK_HAS(trip_heard(), "GET /x HTTP/1.1\r\nHost: localhost\r\n");
	trip_end();
	(void)unlink(a.sun_path);
	(void)rmdir(path);
}

/* ---- whoever lets go ----------------------------------------------------- */

static void stop(void *arg)
{
	loop_stop(trip.loop);
}

static void turn_for(uint64_t ms)
{
	struct timer *t;

	CHECK_INT(timer_new(&t, trip.loop, stop, NULL), 0);
	timer_set(t, ms);
	CHECK_INT(loop_run(trip.loop), 0);
	timer_free(t);
}

static void a_cancelled_call_is_never_told(void)
{
	struct http_call *q[2];
	struct http_call_options o = {.method = "GET"};

	trip_begin();
	o.url = trip_url("http", "127.0.0.1");
	for (int i = 0; i < 2; i++)
		CHECK_INT(http_call(&q[i], trip.client, &o, trip_on_told, NULL,
					  NULL),
				0);
	http_call_cancel(q[1]); /* at once, */
	turn_for(30);
	http_call_cancel(q[0]); /* with the question asked, */
	o.url = "http://localhost/";
	CHECK_INT(http_call(&q[0], trip.client, &o, trip_on_told, NULL, NULL),
			0);
	http_call_cancel(q[0]); /* while its name is looked up, */
	o.url = trip_url("http", "127.0.0.1");
	CHECK_INT(http_call(NULL, trip.client, &o, trip_on_told, NULL, NULL),
			0);
	turn_for(10);
	CHECK_INT(trip.told, 0);
	trip_end(); /* and with the client */
	CHECK_INT(trip.told, 0);
}

static void free_all(void *arg, int r, const struct http_reply *a,
		const struct err *e)
{
	trip.told++;
	http_client_free(trip.client);
	trip.client = NULL;
	loop_stop(trip.loop);
}

static void the_receiver_may_free_the_client(void)
{
	struct http_call_options o = {.method = "GET"};

	trip_begin();
	trip.server.at_once = true;
	o.url = trip_url("http", "127.0.0.1");
	for (int i = 0; i < 3; i++)
		CHECK_INT(http_call(NULL, trip.client, &o, free_all, NULL,
					  NULL),
				0);
	turn_for(50);
	CHECK_INT(trip.told, 1);
	trip_end();
}

TESTS(T(a_get_is_lean_and_its_answer_comes_whole),
		T(every_other_method_says_its_length),
		T(a_body_and_secret_lines_are_sent),
		T(a_call_that_cannot_be_sent_as_one_is_refused),
		T(a_name_is_looked_up_and_a_pinned_address_goes_before_it),
		T(a_connection_is_used_again),
		T(an_idle_connection_that_closes_is_asked_again_but_never_a_post),
		T(a_peer_that_does_not_shake_hands_is_not_there),
		T(a_unix_socket_is_called), T(a_cancelled_call_is_never_told),
		T(the_receiver_may_free_the_client))
