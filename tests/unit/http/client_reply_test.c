#include "http/client.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/loop.h"
#include "test.h"
#include "trip.h"

static void a_redirect_is_an_answer_and_not_followed(void)
{
	trip_begin();
	trip.server.say = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n"
			  "Content-Length: 0\r\n\r\n";
	CHECK_INT(trip_get(), 0);
	CHECK_INT(trip.reply.status, 302);
	CHECK_INT(trip.server.asked, 1);
	trip_end();
}

static void the_reason_phrase_is_kept_and_cleaned(void)
{
	trip_begin();
	trip.server.say = "HTTP/1.1 401 permission denied - in\x1bvalid "
			  "ticket\r\n"
			  "\r\n";
	trip.server.close = true;
	CHECK_INT(trip_get(), 0);
	CHECK_INT(trip.reply.status, 401);
	CHECK_STR(trip.reply.reason, "permission denied - in?valid ticket");
	CHECK_STR(trip.body, "");
	trip_end();
}

static void a_body_without_a_length_ends_with_the_connection(void)
{
	trip_begin();
	trip.server.say = "HTTP/1.1 500 no\r\n\r\nto the end";
	trip.server.close = true;
	CHECK_INT(trip_get(), 0);
	CHECK_STR(trip.body, "to the end");
	trip_end();
}

static void a_chunked_body_is_taken(void)
{
	trip_begin();
	trip.server.say =
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
	CHECK_INT(trip_get(), 0);
	CHECK_STR(trip.body, "abcde");
	trip.server.say =
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			"3\r\nabc\r\n0\r\nX-After: y\r\n\r\n";
	CHECK_INT(trip_get(), 0);
	CHECK_STR(trip.body, "abc");
	trip_end();
}

static void what_is_too_large_is_refused_announced_or_not(void)
{
	const struct http_client_options small = {.body_max = 8};

	trip_begin_with(&small);
	trip_server_tcp();
	trip.server.say =
			"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789";
	CHECK_INT(trip_get(), -EMSGSIZE);
	trip.server.say = "HTTP/1.1 200 OK\r\n\r\n123456789";
	trip.server.close = true;
	CHECK_INT(trip_get(), -EMSGSIZE);
	trip.server.say = "HTTP/1.1 200 OK\r\n\r\n12345678";
	CHECK_INT(trip_get(), 0);
	trip_end();
}

static void a_head_has_a_limit(void)
{
	struct buf b;

	trip_begin();
	buf_init(&b, 1024 * 1024);
	CHECK_INT(buf_adds(&b, "HTTP/1.1 200 OK\r\n"), 0);
	while (b.len <= HTTP_CALL_HEAD_MAX)
		CHECK_INT(buf_addf(&b, "X-%zu: %0200d\r\n", b.len, 0), 0);
	CHECK_INT(buf_adds(&b, "\r\n"), 0);
	trip.server.say = (const char *)buf_data(&b);
	trip.server.say_len = b.len;
	trip.server.close = true;
	CHECK_INT(trip_get(), -EMSGSIZE);
	CHECK_HAS(trip.error.text, "head");
	buf_done(&b);
	trip_end();
}

static void garbage_and_a_cut_answer_are_no_answer(void)
{
	static const char *const cases[] = {
			"RFB 003.008\n",
			"HTTP/1.1 200 OK\r\nContent-Len",
			"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			"zz\r\nabc\r\n",
			"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
			"Content-Length: 1\r\n\r\nx",
	};

	trip_begin();
	trip.server.close = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		trip.server.say = cases[i];
		if (trip_get() != -EPROTO)
			fail_msg("case %zu: %d", i, trip.answered);
	}
	trip.server.say = NULL;
	trip.server.at_once = true;
	CHECK_INT(trip_get(), -EPROTO);
	trip_end();
}

static void nobody_there_is_told(void)
{
	trip_begin();
	watch_free(trip.server.watch);
	trip.server.watch = NULL;
	CHECK_INT(close(trip.server.fd), 0);
	trip.server.fd = -1;
	CHECK_INT(trip_get(), -ECONNREFUSED);
	CHECK_HAS(trip.error.text, "127.0.0.1:");
	trip_end();
}

static void silence_and_a_slow_body_run_into_the_limit(void)
{
	const struct http_client_options quick = {.call_ms = 150};

	trip_begin_with(&quick);
	trip_server_tcp();
	CHECK_INT(trip_get(), -ETIMEDOUT);
	trip.server.say = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234";
	CHECK_INT(trip_get(), -ETIMEDOUT);
	trip.server.say = "HTTP/1.1 100 Continue\r\n\r\n";
	CHECK_INT(trip_get(), -ETIMEDOUT);
	trip_end();
}

static void the_proxy_of_the_environment_is_not_asked(void)
{
	CHECK_INT(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	CHECK_INT(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
	trip_begin();
	trip.server.say = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	CHECK_INT(trip_get(), 0);
	trip_end();
	CHECK_INT(unsetenv("http_proxy"), 0);
	CHECK_INT(unsetenv("ALL_PROXY"), 0);
}

TESTS(T(a_redirect_is_an_answer_and_not_followed),
		T(the_reason_phrase_is_kept_and_cleaned),
		T(a_body_without_a_length_ends_with_the_connection),
		T(a_chunked_body_is_taken),
		T(what_is_too_large_is_refused_announced_or_not),
		T(a_head_has_a_limit),
		T(garbage_and_a_cut_answer_are_no_answer),
		T(nobody_there_is_told),
		T(silence_and_a_slow_body_run_into_the_limit),
		T(the_proxy_of_the_environment_is_not_asked))
