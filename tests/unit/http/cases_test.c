/*
 * What the server takes and what it refuses, as a table: each case is sent
 * whole and byte by byte, and must be answered the same way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "http/parser.h"
#include "http/server.h"
#include "peer.h"
#include "test.h"

#define H "Host: gate\r\n"
#define G "GET / HTTP/1.1\r\n"
#define P "POST / HTTP/1.1\r\n" H
#define WS "Connection: Upgrade\r\nUpgrade: websocket\r\n"
#define TE P "Transfer-Encoding: chunked\r\n\r\n"
#define PATH(x) "GET " x " HTTP/1.1\r\n" H "\r\n"
#define FIELD(x) G H x "\r\n\r\n"
#define HOSTED(x) G "Host:" x "\r\n\r\n"

/* The text is the case's name, too. One more byte than the text would make:
 * NULs inside count. */
#define CASE(status, text)                     \
	{                                      \
		status, text, sizeof(text) - 1 \
	}

static const struct {
	unsigned status;
	const char *text;
	size_t len;
} cases[] = {
		/* good ones */
		CASE(200, G H "\r\n"),
		CASE(200, "\r\n" G H "\r\n"),
		CASE(200, "GET / HTTP/1.0\r\n\r\n"),
		CASE(200, "GET / HTTP/1.0\r\n" H "\r\n"),
		CASE(200, "HEAD / HTTP/1.1\r\n" H "\r\n"),
		CASE(200, "DELETE /x HTTP/1.1\r\n" H "\r\n"),
		CASE(200, "OPTIONS /x HTTP/1.1\r\n" H "\r\n"),
		CASE(200, P "Content-Length: 2\r\n\r\nhi"),
		CASE(200, P "Content-Length: 0\r\n\r\n"),
		CASE(200, P "Content-Length: 002\r\n\r\nhi"),
		CASE(200, P "\r\n"),
		CASE(200, TE "2\r\nhi\r\n0\r\n\r\n"),
		CASE(200, TE "1\r\nh\r\n1\r\ni\r\n0\r\n\r\n"),
		CASE(200, TE "A\r\n0123456789\r\n0\r\n\r\n"),
		CASE(200, TE "0\r\n\r\n"),
		CASE(200, TE "2;a=b\r\nhi\r\n0\r\n\r\n"),
		CASE(200, P "transfer-encoding: Chunked\r\n\r\n0\r\n\r\n"),
		CASE(200, FIELD("X:")),
		CASE(200, FIELD("X: \t a \t ")),
		CASE(200, FIELD("X: caf\xc3\xa9")),
		CASE(200, FIELD("X-1!#$%&'*+-.^_`|~: a")),
		CASE(200, FIELD("Connection: keep-alive, foo\r\nConnection: "
				"x")),
		CASE(200, FIELD("Connection: Upgrade, HTTP2-Settings\r\n"
				"Upgrade: h2c\r\nHTTP2-Settings: AA")),
		CASE(200, FIELD("Accept: a\r\nAccept: b")),
		CASE(200, P "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
			    "hi"),

		/* hosts */
		CASE(400, G "\r\n"),
		CASE(400, G H H "\r\n"),
		CASE(400, G H "host: other\r\n\r\n"),
		CASE(400, HOSTED("")),
		CASE(400, HOSTED(" ")),
		CASE(400, HOSTED(" a b")),
		CASE(400, HOSTED(" a,b")),
		CASE(400, HOSTED(" user@gate")),
		CASE(400, HOSTED(" gate/")),
		CASE(400, HOSTED(" gate:")),
		CASE(400, HOSTED(" gate:0")),
		CASE(400, HOSTED(" gate:080")),
		CASE(400, HOSTED(" gate:99999")),
		CASE(400, HOSTED(" gate:80a")),
		CASE(400, HOSTED(" [::1")),
		CASE(400, HOSTED(" [::1]x")),
		CASE(400, HOSTED(" [fe80::1%25eth0]")),
		CASE(400, HOSTED(" ::1")),
		CASE(200, HOSTED(" [::1]:8443")),
		CASE(200, HOSTED("gate:8443")),
		CASE(400, "GET / HTTP/1.0\r\n" H H "\r\n"),

		/* request lines */
		CASE(400, "GET /\r\n\r\n"),
		CASE(400, "GET\r\n\r\n"),
		CASE(400, "GET / HTTP/1.1 \r\n" H "\r\n"),
		CASE(400, "GET  / HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /  HTTP/1.1\r\n" H "\r\n"),
		CASE(400, " GET / HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET\t/ HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /\tHTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /a b HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET / http/1.1\r\n" H "\r\n"),
		CASE(400, "GET / HTTP/1\r\n" H "\r\n"),
		CASE(400, "GET / HTTP/1.10\r\n" H "\r\n"),
		CASE(400, "GET / HTTP/01.1\r\n" H "\r\n"),
		CASE(400, "GET / HTTP/1,1\r\n" H "\r\n"),
		CASE(400, "GET / HTTPS/1.1\r\n" H "\r\n"),
		CASE(400, "GET / RTSP/1.0\r\n" H "\r\n"),
		CASE(505, "GET / HTTP/0.9\r\n" H "\r\n"),
		CASE(505, "GET / HTTP/1.2\r\n" H "\r\n"),
		CASE(505, "GET / HTTP/2.0\r\n" H "\r\n"),
		CASE(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		CASE(400, "\r\n\r\n" G H "\r\n"),
		CASE(400, "\n" G H "\r\n"),
		CASE(400, "\r\r\n" G H "\r\n"),
		CASE(400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
		CASE(400, "\0" G H "\r\n"),
		CASE(400, "GET /\0 HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GET /\x7f HTTP/1.1\r\n" H "\r\n"),

		/* methods */
		CASE(501, "get / HTTP/1.1\r\n" H "\r\n"),
		CASE(501, "BREW / HTTP/1.1\r\n" H "\r\n"),
		CASE(501, "GETX / HTTP/1.1\r\n" H "\r\n"),
		CASE(501, "TRACE / HTTP/1.1\r\n" H "\r\n"),
		CASE(501, "CONNECT gate:80 HTTP/1.1\r\n" H "\r\n"),
		CASE(501, "PROPFIND / HTTP/1.1\r\n" H "\r\n"),
		CASE(501, "DESCRIBE / HTTP/1.1\r\n" H "\r\n"),
		CASE(400, "GE(T / HTTP/1.1\r\n" H "\r\n"),

		/* targets */
		CASE(400, PATH("*")),
		CASE(400, "OPTIONS * HTTP/1.1\r\n" H "\r\n"),
		CASE(400, PATH("x")),
		CASE(400, PATH("?x")),
		CASE(400, PATH("gate")),
		CASE(400, PATH("/#x")),
		CASE(400, PATH("/?a#x")),
		CASE(200, PATH("http://gate/")),
		CASE(200, PATH("http://GATE:80/x?y")),
		CASE(200, PATH("https://gate")),
		CASE(400, PATH("http://other/")),
		CASE(400, PATH("http://gate:81/")),
		CASE(400, PATH("http://user@gate/")),
		CASE(400, PATH("http:///")),
		CASE(400, PATH("http://gate?x")),
		CASE(400, PATH("http:/gate/")),
		CASE(400, PATH("ftp://gate/")),
		CASE(400, PATH("//gate/x")),
		CASE(400, PATH("//")),
		CASE(400, PATH("/a//b")),
		CASE(400, PATH("/a//")),
		CASE(400, PATH("/.")),
		CASE(400, PATH("/..")),
		CASE(400, PATH("/../etc/passwd")),
		CASE(400, PATH("/a/../b")),
		CASE(400, PATH("/a/./b")),
		CASE(400, PATH("/a/..")),
		CASE(400, PATH("/%2e%2e/b")),
		CASE(400, PATH("/%2E./b")),
		CASE(400, PATH("/a/%2e")),
		CASE(400, PATH("/a%2F..%2Fb")),
		CASE(400, PATH("/..%2fb")),
		CASE(400, PATH("/%2Fetc")),
		CASE(400, PATH("/a%2F%2Fb")),
		CASE(400, PATH("/a%2F")),
		CASE(400, PATH("/a\\b")),
		CASE(400, PATH("/a%5Cb")),
		CASE(400, PATH("/..%5c..%5cb")),
		CASE(400, PATH("/%00")),
		CASE(400, PATH("/a%00.js")),
		CASE(400, PATH("/%0d%0aX:y")),
		CASE(400, PATH("/%1b")),
		CASE(400, PATH("/%7f")),
		CASE(400, PATH("/%")),
		CASE(400, PATH("/%2")),
		CASE(400, PATH("/%zz")),
		CASE(400, PATH("/%u002f")),
		CASE(400, PATH("/%c0%ae%c0%ae/")),
		CASE(400, PATH("/%ff")),
		CASE(400, PATH("/%ed%a0%80")),
		CASE(400, PATH("/a|b")),
		CASE(400, PATH("/<x>")),
		CASE(400, PATH("/{x}")),
		CASE(400, PATH("/?%")),
		CASE(400, PATH("/?a=%00")),
		CASE(400, PATH("/?a=%4")),
		CASE(200, PATH("/a/")),
		CASE(200, PATH("/a%2Fb/c")),
		CASE(200, PATH("/%252e%252e/")),
		CASE(200, PATH("/...")),
		CASE(200, PATH("/.well-known/x")),
		CASE(200, PATH("/caf%c3%a9")),
		CASE(200, PATH("/?a=../../b&c=//d")),
		CASE(200, PATH("/?a={\"x\":[1|2]}")),

		/* header fields */
		CASE(400, FIELD("X : a")),
		CASE(400, FIELD("X\t: a")),
		CASE(400, FIELD(" X: a")),
		CASE(400, G " X: a\r\n" H "\r\n"),
		CASE(400, FIELD("X: a\r\n b")),
		CASE(400, FIELD("X: a\r\n\tb")),
		CASE(400, FIELD("X")),
		CASE(400, FIELD(": a")),
		CASE(400, FIELD("X(): a")),
		CASE(400, FIELD("X\xc3\xa9: a")),
		CASE(400, FIELD("X\0: a")),
		CASE(400, FIELD("X: a\0b")),
		CASE(400, FIELD("X: a\x01")),
		CASE(400, FIELD("X: a\x7f")),
		CASE(400, FIELD("X: a\rb")),
		CASE(400, FIELD("X: a\r\r")),
		CASE(400, FIELD("X: a\nY: b")),
		CASE(400, G H "X: a\n\r\n"),
		CASE(400, "GET / HTTP/1.1\nHost: gate\n\n"),
		CASE(400, G H "\n"),
		CASE(400, G H "\r\r\n"),
		CASE(400, FIELD("Origin: a\r\nOrigin: a")),
		CASE(400, FIELD("Authorization: a\r\nauthorization: b")),
		CASE(400, FIELD("Cookie: a=b\r\nCookie: a=c")),
		CASE(400, FIELD("Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: "
				"b")),
		CASE(417, FIELD("Expect: 200-ok")),

		/* smuggling shapes */
		CASE(400, P "Content-Length: 2\r\nTransfer-Encoding: "
			    "chunked\r\n"
			    "\r\n0\r\n\r\n"),
		CASE(400, P "Transfer-Encoding: chunked\r\nContent-Length: "
			    "2\r\n"
			    "\r\n0\r\n\r\n"),
		CASE(400, P "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi"),
		CASE(400, P "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi"),
		CASE(400, P "Content-Length: 2, 2\r\n\r\nhi"),
		CASE(400, P "Content-Length: +2\r\n\r\nhi"),
		CASE(400, P "Content-Length: -2\r\n\r\nhi"),
		CASE(400, P "Content-Length: 0x2\r\n\r\nhi"),
		CASE(400, P "Content-Length: 2 \t2\r\n\r\nhi"),
		CASE(400, P "Content-Length: 2.0\r\n\r\nhi"),
		CASE(400, P "Content-Length: a\r\n\r\n"),
		CASE(400, P "Content-Length:\r\n\r\n"),
		CASE(413, P "Content-Length: 65537\r\n\r\n"),
		CASE(413, P "Content-Length: 999999999999\r\n\r\n"),
		CASE(400, P "Transfer-Encoding: chunked\r\n"
			    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		CASE(400, P "Transfer-Encoding: chunked\r\n"
			    "Transfer-Encoding: identity\r\n\r\n"),
		CASE(501, P "Transfer-Encoding: identity\r\n\r\n"),
		CASE(501, P "Transfer-Encoding: gzip\r\n\r\n"),
		CASE(501, P "Transfer-Encoding: gzip, chunked\r\n\r\n"
			    "0\r\n\r\n"),
		CASE(501, P "Transfer-Encoding: xchunked\r\n\r\n"),
		CASE(501, P "Transfer-Encoding:\r\n\r\n"),
		CASE(400, P "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
		CASE(400, P "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"),
		CASE(400, P "X: a\rTransfer-Encoding: chunked\r\n\r\n"),
		CASE(400, P "Transfer-Encoding: \x0b"
			    "chunked\r\n\r\n"),
		CASE(400, "POST / HTTP/1.0\r\n"
			  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		CASE(400, G H WS "Content-Length: 2\r\n\r\nhi"),
		CASE(400, G H WS "Transfer-Encoding: chunked\r\n\r\n"
				 "0\r\n\r\n"),

		/* chunks */
		CASE(400, TE "x\r\n"),
		CASE(400, TE "-1\r\n"),
		CASE(400, TE "0x2\r\nhi\r\n0\r\n\r\n"),
		CASE(400, TE "\r\nhi\r\n"),
		CASE(400, TE "2\nhi\r\n0\r\n\r\n"),
		CASE(400, TE "2\r\nhi\n0\r\n\r\n"),
		CASE(400, TE "2\r\nhi0\r\n\r\n"),
		CASE(400, TE "2\rXhi\r\n0\r\n\r\n"),
		CASE(400, TE "2\r\nhi\rX0\r\n\r\n"),
		CASE(400, TE "ffffffffffffffffff\r\n"),
		CASE(413, TE "10001\r\n"),
		CASE(413, TE "ffffffff\r\n"),
		CASE(400, TE "2 \r\nhi\r\n0\r\n\r\n"),
		CASE(400, TE "0\r\nX: y\r\n\r\n"),
		CASE(400, TE "0\r\nContent-Length: 5\r\n\r\n"),
		CASE(400, TE "0\r\n\rX"),
};

static void check_problem(struct peer *p, unsigned status, bool head_only)
{
	const char *body = strstr(peer_text(p), "\r\n\r\n");
	json_t *root;

	CHECK(body != NULL);
	CHECK_HAS(peer_text(p), "Content-Type: application/problem+json\r\n");
	CHECK_HAS(peer_text(p), "Connection: close\r\n");
	if (head_only)
		return;
	root = json_loads(body + 4, 0, NULL);
	CHECK(root != NULL);
	CHECK_INT(json_integer_value(json_object_get(root, "status")), status);
	CHECK(json_string_value(json_object_get(root, "code")) != NULL);
	json_decref(root);
}

static unsigned run_case(size_t i, bool chopped)
{
	unsigned status;
	struct peer p;

	peer_new(&p, chopped);
	p.close = true;
	peer_send(&p, cases[i].text, cases[i].len);
	peer_run(&p, 1000);
	status = strncmp(peer_text(&p), "HTTP/1.1 100", 12)
				 ? peer_status(&p)
				 : (unsigned)atoi(peer_text(&p) + 25 + 9);
	if (status >= 400)
		check_problem(&p, status, false);
	if (status && p.requests != (status == 200))
		status = 1000 + p.requests;
	peer_free(&p);
	return status;
}

static void run_cases(bool chopped)
{
	size_t failed = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned status = run_case(i, chopped);

		if (status == cases[i].status)
			continue;
		failed++;
		print_error("case %zu: %u instead of %u: %s\n", i, status,
				cases[i].status, cases[i].text);
	}
	CHECK_INT(failed, 0);
}

static void each_shape_is_taken_or_refused_as_listed(void)
{
	run_cases(false);
}

static void byte_by_byte_the_answers_are_the_same(void)
{
	run_cases(true);
}

static char text[HTTP_CHUNKED_MAX + 16 * 1024];

static unsigned status_of(size_t len)
{
	unsigned status;
	struct peer p;

	peer_new(&p, false);
	p.close = true;
	peer_send(&p, text, len);
	peer_run(&p, 2000);
	status = peer_status(&p);
	peer_free(&p);
	return status;
}

static size_t add(size_t at, const char *what)
{
	memcpy(text + at, what, strlen(what));
	return at + strlen(what);
}

static size_t fill(size_t at, size_t len)
{
	memset(text + at, 'a', len);
	return at + len;
}

static unsigned with_target(size_t target_len)
{
	size_t at = fill(add(0, "GET /"), target_len - 1);

	return status_of(add(at, " HTTP/1.1\r\n" H "\r\n"));
}

static void a_target_has_a_limit(void)
{
	CHECK_INT(with_target(HTTP_TARGET_MAX - 20), 200);
	CHECK_INT(with_target(HTTP_TARGET_MAX), 414);
	CHECK_INT(with_target(100 * 1024), 414);
	/* refused although the line never ends */
	CHECK_INT(status_of(fill(add(0, "GET /"), 7 * 1024)), 414);
}

static unsigned with_field(size_t len)
{
	size_t at = fill(add(0, G H "X: "), len);

	return status_of(add(at, "\r\n\r\n"));
}

static void a_head_has_a_limit(void)
{
	size_t most = HTTP_HEAD_MAX - strlen(G H "X: \r\n\r\n");

	CHECK_INT(with_field(most), 200);
	CHECK_INT(with_field(most + 1), 431);
	CHECK_INT(with_field(100 * 1024), 431);
}

static unsigned with_fields(int count)
{
	size_t at = add(0, G H);

	for (int i = 1; i < count; i++)
		at = add(at, "X: a\r\n");
	return status_of(add(at, "\r\n"));
}

static void headers_are_counted(void)
{
	CHECK_INT(with_fields(HTTP_HEADERS_MAX), 200);
	CHECK_INT(with_fields(HTTP_HEADERS_MAX + 1), 431);
}

static void a_body_may_be_as_large_as_the_limit(void)
{
	size_t at = add(0, P "Content-Length: 65536\r\n\r\n");

	CHECK_INT(status_of(fill(at, HTTP_BODY_MAX)), 200);
	at = add(0, TE "10000\r\n");
	at = fill(at, HTTP_BODY_MAX);
	CHECK_INT(status_of(add(at, "\r\n0\r\n\r\n")), 200);
	at = add(0, TE "10000\r\n");
	at = fill(at, HTTP_BODY_MAX);
	CHECK_INT(status_of(add(at, "\r\n1\r\na\r\n")), 413);
}

static void chunk_lines_cannot_go_on_for_ever(void)
{
	CHECK_INT(status_of(fill(add(0, TE "1;"), HTTP_CHUNKED_MAX + 1)), 413);
}

TESTS(T(each_shape_is_taken_or_refused_as_listed),
		T(byte_by_byte_the_answers_are_the_same),
		T(a_target_has_a_limit), T(a_head_has_a_limit),
		T(headers_are_counted), T(a_body_may_be_as_large_as_the_limit),
		T(chunk_lines_cannot_go_on_for_ever))
