#include "proto/ws_response.h"

#include <errno.h>
#include <string.h>

#include "test.h"

#define LINE "HTTP/1.1 101 Switching Protocols\r\n"
#define GOOD LINE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define ACCEPT "Sec-WebSocket-Accept: abc=\r\n"

static struct ws_response got;

static int parse(const char *text, size_t len)
{
	return ws_response_parse((const uint8_t *)text, len, &got);
}

#define PARSE(text) parse(text, sizeof(text) - 1)

static void a_good_answer_is_read_in_any_number_of_pieces(void)
{
	static const char text[] =
			GOOD ACCEPT "Sec-WebSocket-Protocol: binary\r\n\r\n";

	for (size_t len = 0; len < sizeof(text) - 1; len++)
		CHECK_INT(parse(text, len), 0);
	CHECK_INT(PARSE(text), sizeof(text) - 1);
	CHECK_INT(parse(text, sizeof(text)), sizeof(text) - 1);
	CHECK_INT(got.status, 101);
	CHECK_STR(got.reason, "Switching Protocols");
	CHECK_STR(got.accept, "abc=");
	CHECK_STR(got.protocol, "binary");
	CHECK(got.upgrade && got.connection && !got.extensions);
}

static void names_and_words_have_no_case_and_lists_are_searched(void)
{
	CHECK(PARSE(LINE "UPGRADE:WebSocket\r\n"
			 "connection:\t keep-alive ,\tUPGRADE \r\n"
			 "Sec-WebSocket-Extensions: x\r\n\r\n") > 0);
	CHECK(got.upgrade && got.connection && got.extensions);
	CHECK(PARSE(LINE "Connection: upgraded, not-upgrade\r\n\r\n") > 0);
	CHECK(!got.connection && !got.upgrade);
	CHECK(PARSE(LINE "Connection: a\r\nConnection: upgrade\r\n\r\n") > 0);
	CHECK(got.connection);
}

static void a_refusal_keeps_its_words(void)
{
	CHECK(PARSE("HTTP/1.0 401 permission denied - invalid PVEVNC "
		    "ticket\r\nServer: pve-api-daemon/3.0\r\n\r\nbody") > 0);
	CHECK_INT(got.status, 401);
	CHECK_STR(got.reason, "permission denied - invalid PVEVNC ticket");
	CHECK(PARSE("HTTP/1.1 404 \r\n\r\n") > 0);
	CHECK_STR(got.reason, "");
	CHECK(PARSE("HTTP/1.1 500\r\n\r\n") > 0);
	CHECK_INT(got.status, 500);
}

static void a_long_reason_is_cut(void)
{
	char text[400] = "HTTP/1.1 403 ";

	memset(text + 13, 'x', 300);
	memcpy(text + 313, "\r\n\r\n", 4);
	CHECK_INT(parse(text, 317), 317);
	CHECK_INT(strlen(got.reason), WS_RESPONSE_VALUE_MAX - 1);
}

static void what_is_not_such_an_answer_is_refused(void)
{
	static const char *const wrong[] = {
			"SSH-2.0-OpenSSH_9.2\r\n",
			"RFB 003.008\n",
			"http/1.1 101 x\r\n\r\n",
			"HTTP/2.0 101 x\r\n\r\n",
			"HTTP/1.1  101 x\r\n\r\n",
			"HTTP/1.1 1010 x\r\n\r\n",
			"HTTP/1.1 10\r\n\r\n",
			"HTTP/1.1 601 x\r\n\r\n",
			"HTTP/1.1 001 x\r\n\r\n",
			"HTTP/1.1 1a1 x\r\n\r\n",
			"HTTP/1.1\t101 x\r\n\r\n",
			"HTTP/1.1 101 a\nb\r\n\r\n",
			"HTTP/1.1 101 a\rb\r\n\r\n",
			LINE "no colon\r\n\r\n",
			LINE ": empty name\r\n\r\n",
			LINE "a b: c\r\n\r\n",
			LINE "Upgrade : websocket\r\n\r\n",
			LINE "a: b\r\n folded\r\n\r\n",
			LINE "a: b\r\n\tfolded\r\n\r\n",
			LINE "a: b\nc: d\r\n\r\n",
			LINE "a: b\rc: d\r\n\r\n",
			LINE "Upgrade: h2c\r\n\r\n",
			LINE "Upgrade: websocket, h2c\r\n\r\n",
			GOOD "Upgrade: websocket\r\n\r\n",
			GOOD ACCEPT ACCEPT "\r\n",
			GOOD "Sec-WebSocket-Accept:\r\n\r\n",
			GOOD "Sec-WebSocket-Protocol: \r\n\r\n",
			GOOD "Sec-WebSocket-Protocol: a\r\n"
			     "Sec-WebSocket-Protocol: a\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (parse(wrong[i], strlen(wrong[i])) != -EPROTO)
			fail_msg("was accepted: %s", wrong[i]);
	CHECK_INT(PARSE(LINE "a: b\0c\r\n\r\n"), -EPROTO);
	CHECK_INT(PARSE("HTTP/1.1 101 a\0b\r\n\r\n"), -EPROTO);
}

static void a_head_without_end_is_given_up(void)
{
	static char text[WS_RESPONSE_MAX + 100] = LINE "a: ";

	memset(text + sizeof(LINE) + 2, 'x', sizeof(text) - sizeof(LINE) - 2);
	CHECK_INT(parse(text, WS_RESPONSE_MAX - 1), 0);
	CHECK_INT(parse(text, WS_RESPONSE_MAX), -EMSGSIZE);
	memcpy(text + WS_RESPONSE_MAX - 4, "\r\n\r\n", 4);
	CHECK_INT(parse(text, sizeof(text)), WS_RESPONSE_MAX);
	memset(text + WS_RESPONSE_MAX - 4, 'x', 4);
	memcpy(text + WS_RESPONSE_MAX - 3, "\r\n\r\n", 4);
	CHECK_INT(parse(text, sizeof(text)), -EMSGSIZE);
}

TESTS(T(a_good_answer_is_read_in_any_number_of_pieces),
		T(names_and_words_have_no_case_and_lists_are_searched),
		T(a_refusal_keeps_its_words), T(a_long_reason_is_cut),
		T(what_is_not_such_an_answer_is_refused),
		T(a_head_without_end_is_given_up))
