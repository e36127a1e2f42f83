#include "proto/connect_request.h"

#include <errno.h>
#include <string.h>

#include "test.h"

#define TARGET "gbspice:65f0:100:pve1:61000::0123abcd:3128"
#define GOOD                               \
	"CONNECT " TARGET " HTTP/1.0\r\n"  \
	"Host: " TARGET "\r\n"             \
	"Proxy-Connection: keep-alive\r\n" \
	"User-Agent: GLib/2.74\r\n\r\n"

static struct connect_request got;

static int parse(const char *text, size_t len)
{
	memset(&got, 0, sizeof(got));
	return connect_request_parse((const uint8_t *)text, len, &got);
}

static int parses(const char *text)
{
	return parse(text, strlen(text));
}

static void is_host(const char *host)
{
	CHECK_INT(got.host.len, strlen(host));
	CHECK_MEM(got.host.at, host, got.host.len);
}

static void the_host_is_cut_at_its_last_colon(void)
{
	for (size_t len = 0; len < strlen(GOOD); len++)
		CHECK_INT(parse(GOOD, len), 0);
	CHECK_INT(parses(GOOD "REDQ"), strlen(GOOD));
	is_host("gbspice:65f0:100:pve1:61000::0123abcd");
	CHECK_INT(got.port, 3128);
	CHECK_INT(got.minor, 0);
	CHECK(parses("CONNECT a:1 HTTP/1.1\r\nhOST:\ta:1 \r\n\r\n") > 0);
	is_host("a");
	CHECK_INT(got.minor, 1);
}

static void only_1_0_may_leave_the_host_header_out(void)
{
	CHECK(parses("CONNECT a:1 HTTP/1.0\r\n\r\n") > 0);
	CHECK_INT(parses("CONNECT a:1 HTTP/1.1\r\n\r\n"), -EPROTO);
}

static void what_is_no_such_request_is_refused(void)
{
	static const char *const wrong[] = {
			"GET / HTTP/1.1\r\n",
			"connect a:1 HTTP/1.0\r\n\r\n",
			"CONNECT  a:1 HTTP/1.0\r\n\r\n",
			"CONNECT a:1  HTTP/1.0\r\n\r\n",
			"CONNECT a:1 HTTP/1.0 \r\n\r\n",
			"CONNECT a:1 HTTP/2.0\r\n\r\n",
			"CONNECT a:1 HTTP/1.00\r\n\r\n",
			"CONNECT a:1\r\n\r\n",
			"CONNECT \r\n\r\n",
			"CONNECT HTTP/1.0\r\n\r\n",
			"CONNECT a HTTP/1.0\r\n\r\n",
			"CONNECT a: HTTP/1.0\r\n\r\n",
			"CONNECT :1 HTTP/1.0\r\n\r\n",
			"CONNECT a:0 HTTP/1.0\r\n\r\n",
			"CONNECT a:65536 HTTP/1.0\r\n\r\n",
			"CONNECT a:+1 HTTP/1.0\r\n\r\n",
			"CONNECT a:1x HTTP/1.0\r\n\r\n",
			"CONNECT a\tb:1 HTTP/1.0\r\n\r\n",
			"CONNECT \303\244:1 HTTP/1.0\r\n\r\n",
			"CONNECT a\177:1 HTTP/1.0\r\n\r\n",
			"CONNECT a:1 HTTP/1.0\nHost: a:1\r\n\r\n",
			"CONNECT a:1 HTTP/1.0\r\nHost: b:1\r\n\r\n",
			"CONNECT a:1 HTTP/1.0\r\nHost: a\r\n\r\n",
			"CONNECT a:1 HTTP/1.0\r\nHost: A:1\r\n\r\n",
			"CONNECT a:1 HTTP/1.0\r\nHost: a:1\r\nHost: a:1\r\n"
			"\r\n",
			"CONNECT a:1 HTTP/1.0\r\nHost : a:1\r\n\r\n",
			"CONNECT a:1 HTTP/1.0\r\nHost: a:1\r\n x\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (parses(wrong[i]) != -EPROTO)
			fail_msg("was accepted: %s", wrong[i]);
	CHECK_INT(parse("CONNECT a\0b:1 HTTP/1.0\r\n\r\n", 27), -EPROTO);
}

static void what_is_too_long_is_given_up(void)
{
	static char text[HTTP_HEAD_MAX + 64];
	static const char end[] = ":1 HTTP/1.0\r\n\r\n";

	memset(text, 'x', sizeof(text));
	memcpy(text, "CONNECT ", 8);
	memcpy(text + 8 + CONNECT_HOST_MAX, end, sizeof(end) - 1);
	CHECK(parse(text, 8 + CONNECT_HOST_MAX + sizeof(end) - 1) > 0);
	memset(text + 8, 'x', sizeof(text) - 8);
	memcpy(text + 9 + CONNECT_HOST_MAX, end, sizeof(end) - 1);
	CHECK_INT(parse(text, 9 + CONNECT_HOST_MAX + sizeof(end) - 1),
			-EMSGSIZE);
	memset(text + 8, 'x', sizeof(text) - 8);
	CHECK_INT(parse(text, HTTP_HEAD_MAX - 1), 0);
	CHECK_INT(parse(text, HTTP_HEAD_MAX), -EMSGSIZE);
}

TESTS(T(the_host_is_cut_at_its_last_colon),
		T(only_1_0_may_leave_the_host_header_out),
		T(what_is_no_such_request_is_refused),
		T(what_is_too_long_is_given_up))
