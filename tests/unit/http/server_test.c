#include "http/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop.h"
#include "peer.h"
#include "stream/stream.h"
#include "test.h"

#define HOST "Host: gate\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define UPGRADE "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"

static void say(struct peer *p, const char *text)
{
	peer_send(p, text, strlen(text));
}

static void two_requests_are_answered_on_one_connection(void)
{
	for (int chopped = 0; chopped < 2; chopped++) {
		struct peer p;

		peer_new(&p, chopped);
		say(&p, GET HOST "\r\n"
				 "POST /b?x HTTP/1.1\r\n" HOST
				 "Content-Length: 2\r\nConnection: "
				 "close\r\n\r\nhi");
		peer_run(&p, 5000);
		CHECK(!p.late && p.gone);
		CHECK_INT(p.requests, 2);
		CHECK_HAS(peer_text(&p), "GET /? ");
		CHECK_HAS(peer_text(&p), "POST /b?x hi");
		CHECK_HAS(peer_text(&p), "Connection: close\r\n");
		peer_free(&p);
	}
}

static void a_thousand_pipelined_requests_are_answered_in_order(void)
{
	struct peer p;
	char text[128];
	const char *at;

	peer_new(&p, false);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof(text),
				"GET /%d HTTP/1.1\r\n" HOST "%s\r\n", i,
				i == 999 ? "Connection: close\r\n" : "");
		say(&p, text);
	}
	peer_run(&p, 10000);
	CHECK(!p.late);
	CHECK_INT(p.requests, 1000);
	at = peer_text(&p);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof(text), "GET /%d? ", i);
		at = strstr(at, text);
		CHECK(at != NULL);
	}
	peer_free(&p);
}

static void hold(struct peer *p, const struct http_request *q)
{
	(void)q;
	loop_stop(p->loop);
}

static void what_comes_while_an_answer_is_owed_waits_in_the_kernel(void)
{
	struct peer p;
	char *flood = calloc(1, 1024 * 1024);

	CHECK(flood != NULL);
	peer_new(&p, false);
	p.act = hold;
	say(&p, GET HOST "\r\n");
	peer_send(&p, flood, 1024 * 1024);
	peer_run(&p, 5000);
	peer_run(&p, 100);
	CHECK_INT(p.requests, 1);
	CHECK(p.sent.len > 512 * 1024); /* it was not read */
	free(flood);
	peer_free(&p);
}

static void the_end_of_what_a_client_says_is_not_its_leaving(void)
{
	struct peer p;

	peer_new(&p, false);
	p.act = hold;
	say(&p, GET HOST "\r\n");
	peer_run(&p, 5000);
	CHECK(shutdown(p.fd, SHUT_WR) == 0);
	peer_run(&p, 50);
	CHECK(!p.gone);
	http_answer(p.conn, &(struct http_response){.status = 204});
	peer_run(&p, 5000);
	CHECK_INT(peer_status(&p), 204);
	CHECK(p.gone);
	peer_free(&p);
}

static void hold_the_second(struct peer *p, const struct http_request *q)
{
	if (p->requests == 1)
		peer_answer(p, q);
	else
		loop_stop(p->loop);
}

static void the_owner_hears_that_a_client_it_owes_an_answer_has_gone(void)
{
	static const char twice[] = GET HOST "\r\n" GET HOST "\r\n";
	struct peer p;

	peer_new(&p, false);
	p.act = hold_the_second;
	CHECK(send(p.fd, twice, sizeof(twice) - 1, 0) > 0);
	CHECK(watch_set(p.watch, 0) == 0);
	while (p.requests < 2) {
		timer_set(p.limit, 1);
		CHECK(loop_run(p.loop) == 0);
	}
	p.late = false;
	watch_free(p.watch);
	p.watch = NULL;
	(void)close(p.fd); /* with an answer unread: a reset */
	p.fd = -1;
	timer_set(p.limit, 2000);
	CHECK(loop_run(p.loop) == 0);
	CHECK(p.gone && !p.late);
	peer_free(&p);
}

static void head_is_answered_with_the_head_alone(void)
{
	struct peer p;

	peer_new(&p, false);
	p.close = true;
	say(&p, "HEAD /x HTTP/1.1\r\n" HOST "\r\n");
	peer_run(&p, 5000);
	CHECK_INT(peer_status(&p), 200);
	CHECK_HAS(peer_text(&p), "Content-Length: 9\r\n");
	CHECK(strstr(peer_text(&p), "\r\n\r\n")[4] == '\0');
	peer_free(&p);
}

static void a_refused_head_request_gets_no_body_either(void)
{
	struct peer p;

	peer_new(&p, false);
	say(&p, "HEAD /../x HTTP/1.1\r\n" HOST "\r\n");
	peer_run(&p, 5000);
	CHECK_INT(peer_status(&p), 400);
	CHECK(strstr(peer_text(&p), "\r\n\r\n")[4] == '\0');
	peer_free(&p);
}

static struct stream *taken;
static uint8_t *early;
static size_t early_len;

static void take(struct peer *p, const struct http_request *q)
{
	CHECK(q->upgrade);
	taken = http_take(p->conn, &early, &early_len);
	p->conn = NULL;
	loop_stop(p->loop);
}

static void an_upgrade_takes_the_stream_and_the_bytes_after_the_head(void)
{
	for (int chopped = 0; chopped < 2; chopped++) {
		uint8_t data[64];
		struct peer p;
		size_t got;

		peer_new(&p, chopped);
		p.act = take;
		say(&p, GET HOST UPGRADE "\r\nfirst frames");
		peer_run(&p, 5000);
		CHECK(taken != NULL && early_len <= 12);
		got = early_len;
		if (got > 0)
			memcpy(data, early, got);
		while (got < 12) { /* the others are still in the stream */
			ssize_t n = stream_read(taken, data + 32 + got, 1);

			if (n == 1)
				data[got] = data[32 + got], got++;
			else
				CHECK(n < 0);
		}
		CHECK_MEM(data, "first frames", 12);
		stream_free(taken);
		free(early);
		peer_free(&p);
	}
}

static void the_client_is_told_to_go_on_with_its_body(void)
{
	for (int chopped = 0; chopped < 2; chopped++) {
		struct peer p;

		peer_new(&p, chopped);
		p.close = true;
		p.stop_at = 25;
		say(&p, "POST / HTTP/1.1\r\n" HOST
			"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
		peer_run(&p, 5000);
		CHECK_STR(peer_text(&p), "HTTP/1.1 100 Continue\r\n\r\n");
		p.stop_at = 0;
		say(&p, "body");
		peer_run(&p, 5000);
		CHECK_HAS(peer_text(&p), "HTTP/1.1 200 OK\r\n");
		CHECK_HAS(peer_text(&p), "POST /? body");
		peer_free(&p);
	}
}

static const struct http_times quick = {60, 60, 60, 60};

static void a_slow_drip_does_not_put_off_the_limit_of_the_head(void)
{
	struct peer p;

	peer_new(&p, false);
	http_conn_set_times(p.conn, &quick);
	p.keep_open = true;
	for (int i = 0; i < 40 && !p.end; i++) {
		say(&p, i ? "a" : GET HOST "X: ");
		peer_run(&p, 10);
	}
	CHECK_INT(peer_status(&p), 408);
	CHECK_HAS(peer_text(&p), "\"code\":\"limit\"");
	peer_free(&p);
}

static void a_body_that_stalls_is_given_up(void)
{
	struct peer p;

	peer_new(&p, false);
	http_conn_set_times(p.conn, &quick);
	say(&p, "POST / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nab");
	peer_run(&p, 2000);
	CHECK(!p.late);
	CHECK_INT(peer_status(&p), 408);
	peer_free(&p);
}

static void who_says_nothing_is_left_without_a_word(void)
{
	struct peer p;

	peer_new(&p, false);
	http_conn_set_times(p.conn, &quick);
	peer_run(&p, 2000);
	CHECK(p.gone && !p.late);
	CHECK_INT(p.heard.len, 0);
	peer_free(&p);
}

static void an_idle_connection_is_closed_after_its_limit(void)
{
	struct peer p;

	peer_new(&p, false);
	http_conn_set_times(p.conn, &quick);
	say(&p, GET HOST "\r\n");
	peer_run(&p, 2000);
	CHECK(p.gone && !p.late);
	CHECK_INT(peer_status(&p), 200);
	CHECK(!strstr(peer_text(&p), "408"));
	peer_free(&p);
}

static char large[8 * 1024 * 1024];

static void answer_large(struct peer *p, const struct http_request *q)
{
	(void)q;
	http_answer(p->conn, &(struct http_response){
					     .status = 200,
					     .type = "text/plain",
					     .body = large,
					     .body_len = sizeof(large),
					     .body_static = true,
					     .close = true,
			     });
}

static void a_client_that_does_not_read_is_left_after_the_limit(void)
{
	struct peer p;

	peer_new(&p, false);
	http_conn_set_times(p.conn, &quick);
	p.act = answer_large;
	say(&p, GET HOST "\r\n");
	while (p.requests == 0)
		peer_run(&p, 1);
	CHECK(watch_set(p.watch, 0) == 0);
	peer_run(&p, 2000);
	CHECK(p.gone && !p.late);
	peer_free(&p);
}

static void a_large_answer_arrives_whole(void)
{
	struct peer p;
	const char *body;

	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (char)('a' + i % 23);
	peer_new(&p, false);
	p.act = answer_large;
	say(&p, GET HOST "\r\n");
	peer_run(&p, 5000);
	CHECK(!p.late);
	body = strstr(peer_text(&p), "\r\n\r\n") + 4;
	CHECK_INT(p.heard.len - (size_t)(body - peer_text(&p)), sizeof(large));
	CHECK_MEM(body, large, sizeof(large));
	peer_free(&p);
}

static void a_refusal_is_read_although_more_input_was_under_way(void)
{
	char *flood = malloc(200 * 1024);
	struct peer p;

	CHECK(flood != NULL);
	memset(flood, 'x', 200 * 1024);
	peer_new(&p, false);
	say(&p, "POST / HTTP/1.1\r\n" HOST "Content-Length: 9999999\r\n\r\n");
	peer_send(&p, flood, 200 * 1024);
	peer_run(&p, 5000);
	CHECK_INT(peer_status(&p), 413);
	CHECK_INT(p.sent.len, 0);
	free(flood);
	peer_free(&p);
}

static void draining_ends_an_idle_connection_at_once(void)
{
	struct peer p;

	peer_new(&p, false);
	peer_run(&p, 20);
	http_conn_drain(p.conn);
	CHECK(!p.gone); /* never from inside the call */
	peer_run(&p, 2000);
	CHECK(p.gone && !p.late);
	peer_free(&p);
}

static void draining_lets_the_answer_out_first(void)
{
	struct peer p;

	peer_new(&p, false);
	p.act = hold;
	say(&p, GET HOST "\r\n");
	peer_run(&p, 2000);
	http_conn_drain(p.conn);
	peer_run(&p, 20);
	CHECK(!p.gone);
	http_answer(p.conn, &(struct http_response){.status = 204});
	peer_run(&p, 2000);
	CHECK(p.gone && !p.late);
	CHECK_INT(peer_status(&p), 204);
	CHECK_HAS(peer_text(&p), "Connection: close\r\n");
	peer_free(&p);
}

static void answer_badly(struct peer *p, const struct http_request *q)
{
	(void)q;
	http_answer(p->conn, &(struct http_response){
					     .status = 200,
					     .headers = "X: a\r\n\r\n<html>",
			     });
}

static void an_owner_that_hides_a_body_in_its_headers_gets_a_500(void)
{
	struct peer p;

	peer_new(&p, false);
	p.act = answer_badly;
	say(&p, GET HOST "\r\n");
	peer_run(&p, 2000);
	CHECK_INT(peer_status(&p), 500);
	CHECK(!strstr(peer_text(&p), "<html>"));
	peer_free(&p);
}

static void every_answer_carries_the_security_headers(void)
{
	static const char *const wanted[] = {"\r\nDate: ",
			"\r\nContent-Security-Policy: default-src 'none'; "
			"frame-ancestors 'none'",
			"\r\nX-Content-Type-Options: nosniff\r\n",
			"\r\nReferrer-Policy: no-referrer\r\n",
			"\r\nCache-Control: no-store\r\n",
			"\r\nCross-Origin-Opener-Policy: same-origin\r\n",
			"\r\nCross-Origin-Resource-Policy: same-origin\r\n",
			"\r\nPermissions-Policy: "};

	for (int good = 0; good < 2; good++) {
		struct peer p;

		peer_new(&p, false);
		p.close = true;
		say(&p, good ? GET HOST "\r\n" : GET "\r\n");
		peer_run(&p, 2000);
		for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
			CHECK_HAS(peer_text(&p), wanted[i]);
		CHECK(!strstr(peer_text(&p), "Server:"));
		peer_free(&p);
	}
}

TESTS(T(the_end_of_what_a_client_says_is_not_its_leaving),
		T(two_requests_are_answered_on_one_connection),
		T(a_thousand_pipelined_requests_are_answered_in_order),
		T(what_comes_while_an_answer_is_owed_waits_in_the_kernel),
		T(the_owner_hears_that_a_client_it_owes_an_answer_has_gone),
		T(head_is_answered_with_the_head_alone),
		T(a_refused_head_request_gets_no_body_either),
		T(an_upgrade_takes_the_stream_and_the_bytes_after_the_head),
		T(the_client_is_told_to_go_on_with_its_body),
		T(a_slow_drip_does_not_put_off_the_limit_of_the_head),
		T(a_body_that_stalls_is_given_up),
		T(who_says_nothing_is_left_without_a_word),
		T(an_idle_connection_is_closed_after_its_limit),
		T(a_client_that_does_not_read_is_left_after_the_limit),
		T(a_large_answer_arrives_whole),
		T(a_refusal_is_read_although_more_input_was_under_way),
		T(draining_ends_an_idle_connection_at_once),
		T(draining_lets_the_answer_out_first),
		T(an_owner_that_hides_a_body_in_its_headers_gets_a_500),
		T(every_answer_carries_the_security_headers))
