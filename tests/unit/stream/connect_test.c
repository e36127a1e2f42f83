#include "stream/connect.h"

#include <errno.h>
#include <string.h>

#include "proto/http_head.h"
#include "steps.h"
#include "stream/mem.h"
#include "stream/stream.h"
#include "test.h"

#define HOST "pvespiceproxy:65F0:100:pve1:61000::0123abcd"
#define OPEN "HTTP/1.0 200 OK\r\n\r\n"

static uint8_t memory[STREAM_HEAD + 256];
static uint8_t *const data = memory + STREAM_HEAD;

static struct stream *asking(struct stream *s, const char *credential, bool cut)
{
	struct connect_options o = {.port = 61000}, copy;

	CHECK_INT(secret_sets(&o.host, HOST), 0);
	if (credential)
		CHECK_INT(secret_sets(&o.credential, credential), 0);
	CHECK_INT(connect_options_copy(&copy, &o), 0);
	connect_options_done(&o);
	CHECK(!cut || chop_wrap(&s) == 0);
	CHECK_INT(connect_wrap(&s, &copy, NULL), 0);
	connect_options_done(&copy);
	return s;
}

static void request_line_and_host_carry_what_was_given(void)
{
	for (int cut = 0; cut < 2; cut++) {
		struct stream *s = asking(mem_new(OPEN), NULL, cut);

		CHECK_INT(stream_write(s, data, 1), -ENOTCONN);
		CHECK_INT(shake(s, NULL), 0);
		CHECK_STR(mem_written(s), "CONNECT " HOST ":61000 HTTP/1.0\r\n"
					  "Host: " HOST ":61000\r\n\r\n");
		stream_free(s);
	}
}

static void a_credential_is_a_header_of_its_own(void)
{
	struct stream *s = asking(mem_new(OPEN),
			"Proxy-Authorization: Basic eA==", false);

	CHECK_INT(shake(s, NULL), 0);
	CHECK_HAS(mem_written(s),
			":61000\r\nProxy-Authorization: Basic eA==\r\n\r\n");
	stream_free(s);
}

static void bytes_pass_through_a_tunnel(void)
{
	for (int cut = 0; cut < 2; cut++) {
		struct stream *s = asking(
				mem_new(OPEN "early and late"), NULL, cut);

		CHECK_INT(shake(s, NULL), 0);
		mem_forget_output(s);
		CHECK_INT(stream_bare_fd(s, STREAM_READ), -1);
		CHECK(cut || stream_pending(s));
		reads(s, "early and late");
		CHECK(!stream_pending(s));
		memcpy(data, "up", 2);
		for (size_t sent = 0; sent < 2;) {
			ssize_t n = stream_write(s, data + sent, 2 - sent);

			CHECK(n > 0 || n == -EAGAIN);
			sent += n > 0 ? (size_t)n : 0;
		}
		CHECK_STR(mem_written(s), "up");
		stream_free(s);
	}
}

static void an_answer_may_have_headers(void)
{
	struct stream *s = asking(mem_new("HTTP/1.1 200 Connection "
					  "established\r\nVia: x\r\n"
					  "Content-Length: 5\r\n\r\nREDQ"),
			NULL, false);

	CHECK_INT(shake(s, NULL), 0);
	reads(s, "REDQ");
	stream_free(s);
}

/* clang-format off */
static const struct {
	const char *says;
	int r;
	const char *words;
} refusals[] = {
	{"HTTP/1.0 401 invalid ticket\r\n\r\n", -EACCES, "401 invalid ticket"},
	{"HTTP/1.1 407 who\r\nA: b\r\n\r\n", -EACCES, "407 who"},
	{"HTTP/1.1 501 method 'X'\r\n\r\n", -ECONNREFUSED, "501 method"},
	{"HTTP/1.1 595 refused\r\n\r\n", -ECONNREFUSED, "595 refused"},
	{"HTTP/1.1 201 Created\r\n\r\n", -ECONNREFUSED, "201 Created"},
	{"HTTP/1.1 100 Continue\r\n\r\n", -ECONNREFUSED, "100"},
	{"HTTP/1.1 403 a\033[2Jb\r\n\r\n", -ECONNREFUSED, "403 a?[2Jb"},
	{"SSH-2.0-x\r\n", -EPROTO, "not HTTP"},
	{"HTTP/2.0 200 OK\r\n\r\n", -EPROTO, "not HTTP"},
	{"HTTP/1.0 20 OK\r\n\r\n", -EPROTO, "not HTTP"},
	{"HTTP/1.0 200 OK\r\nno colon\r\n\r\n", -EPROTO, "not HTTP"},
	{"HTTP/1.0 200 OK\r\n folded: x\r\n\r\n", -EPROTO, "not HTTP"},
	{"HTTP/1.0 200 O\nK\r\n\r\n", -EPROTO, "not HTTP"},
	{"", -ECONNRESET, "without an answer"},
	{"HTTP/1.0 200 OK\r\n", -ECONNRESET, "without an answer"},
};
/* clang-format on */

static void a_refusal_says_why_and_never_the_ticket(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		for (int cut = 0; cut < 2; cut++) {
			struct stream *s = asking(
					mem_new(refusals[i].says), NULL, cut);
			struct err e = {0};

			CHECK_INT(shake(s, &e), refusals[i].r);
			CHECK_INT(e.code, refusals[i].r);
			CHECK_HAS(e.text, refusals[i].words);
			CHECK(!strstr(e.text, "0123abcd"));
			stream_free(s);
		}
}

static void every_prefix_is_waited_for(void)
{
	for (size_t len = 0; len < strlen(OPEN); len++) {
		struct stream *s = mem_new_n(OPEN, len);

		mem_hold_open(s);
		s = asking(s, NULL, false);
		CHECK_INT(stream_handshake(s, NULL), -EAGAIN);
		CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_READ);
		CHECK_INT(mem_feed(s, OPEN + len, strlen(OPEN) - len), 0);
		CHECK_INT(stream_handshake(s, NULL), 0);
		stream_free(s);
	}
}

static void a_wire_that_does_not_take_the_request_is_waited_for(void)
{
	struct stream *s = asking(mem_new(OPEN), NULL, false);

	mem_write_limit(s, 0);
	CHECK_INT(stream_handshake(s, NULL), -EAGAIN);
	CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_WRITE);
	mem_write_limit(s, 3);
	CHECK_INT(stream_handshake(s, NULL), 0);
	CHECK_HAS(mem_written(s), "Host: " HOST);
	stream_free(s);
}

static void a_head_without_end_is_given_up(void)
{
	static char text[HTTP_HEAD_MAX + 1] = "HTTP/1.0 200 ";
	struct err e = {0};
	struct stream *s;

	memset(text + 13, 'x', HTTP_HEAD_MAX - 13);
	s = mem_new(text);
	mem_hold_open(s);
	s = asking(s, NULL, false);
	CHECK_INT(shake(s, &e), -EMSGSIZE);
	CHECK_HAS(e.text, "too long");
	stream_free(s);
}

static void what_cannot_stand_in_a_request_is_refused(void)
{
	static const struct {
		const char *host, *credential;
		uint16_t port;
	} wrong[] = {
			{"", "", 1},
			{"a b", "", 1},
			{"a\r\nHost: b", "", 1},
			{"a", "", 0},
			{"a", "X: y\r\nZ: z", 1},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct connect_options o = {.port = wrong[i].port};
		struct stream *s = mem_new(""), *was = s;
		struct err e = {0};

		CHECK_INT(secret_sets(&o.host, wrong[i].host), 0);
		CHECK_INT(secret_sets(&o.credential, wrong[i].credential), 0);
		CHECK_INT(connect_wrap(&s, &o, &e), -EINVAL);
		CHECK(s == was && e.text[0]);
		connect_options_done(&o);
		stream_free(s);
	}
}

TESTS(T(request_line_and_host_carry_what_was_given),
		T(a_credential_is_a_header_of_its_own),
		T(bytes_pass_through_a_tunnel), T(an_answer_may_have_headers),
		T(a_refusal_says_why_and_never_the_ticket),
		T(every_prefix_is_waited_for),
		T(a_wire_that_does_not_take_the_request_is_waited_for),
		T(a_head_without_end_is_given_up),
		T(what_cannot_stand_in_a_request_is_refused))
