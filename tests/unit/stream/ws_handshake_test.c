#include "core/crypto.h"
#include "ws_pair.h"

#define UPGRADED                               \
	"HTTP/1.1 101 Switching Protocols\r\n" \
	"Upgrade: websocket\r\nConnection: Upgrade\r\n"

static struct ws_client_options client(const char *protocol)
{
	static char host[] = "pve1:8006", path[] = "/ws?vncticket=t%2Fx";
	static char words[64];

	(void)snprintf(words, sizeof(words), "%s", protocol ? protocol : "");
	return (struct ws_client_options){.host = host,
			.path = path,
			.protocol = protocol ? words : NULL};
}

/* Ask, and be answered with this head (%s is the accept key). */
static int answered(const char *head, const char *protocol, struct err *e)
{
	struct ws_client_options o = client(protocol);
	struct stream *s = mem_new("");
	char key[WS_KEY_LEN + 1], accept[WS_ACCEPT_LEN + 1], text[1024];
	int r;

	mem_hold_open(s);
	CHECK_INT(ws_connect_wrap(&s, &o, e), 0);
	CHECK_INT(stream_handshake(s, e), -EAGAIN);
	request_key(s, key);
	CHECK_INT(ws_accept_key(key, accept), 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(text, sizeof(text), head, accept);
#pragma GCC diagnostic pop
	CHECK(mem_feed(s, text, strlen(text)) == 0);
	mem_end(s);
	r = stream_handshake(s, e);
	stream_free(s);
	return r;
}

static void a_client_asks_as_the_rfc_wants_it(void)
{
	struct ws_client_options o = client("binary");
	struct stream *s = mem_new("");
	char key[WS_KEY_LEN + 1], should[512];
	uint8_t nonce[16];

	CHECK(secret_sets(&o.credential, "Cookie: PVEAuthCookie=abc") == 0);
	mem_hold_open(s);
	CHECK_INT(ws_connect_wrap(&s, &o, NULL), 0);
	CHECK_INT(stream_write(s, data, 1), -ENOTCONN);
	CHECK_INT(shake(s, NULL), -EAGAIN);
	request_key(s, key);
	(void)snprintf(should, sizeof(should),
			"GET /ws?vncticket=t%%2Fx HTTP/1.1\r\n"
			"Host: pve1:8006\r\n"
			"Upgrade: websocket\r\n"
			"Connection: Upgrade\r\n"
			"Sec-WebSocket-Version: 13\r\n"
			"Sec-WebSocket-Key: %s\r\n"
			"Sec-WebSocket-Protocol: binary\r\n"
			"Cookie: PVEAuthCookie=abc\r\n\r\n",
			key);
	CHECK_STR(mem_written(s), should);
	CHECK_INT(crypto_unbase64(key, WS_KEY_LEN, nonce, 16), 16);
	secret_done(&o.credential);
	stream_free(s);
}

static void every_request_has_its_own_key(void)
{
	char key[2][WS_KEY_LEN + 1];

	for (int i = 0; i < 2; i++) {
		struct ws_client_options o = client(NULL);
		struct stream *s = mem_new("");

		mem_hold_open(s);
		CHECK_INT(ws_connect_wrap(&s, &o, NULL), 0);
		CHECK_INT(shake(s, NULL), -EAGAIN);
		request_key(s, key[i]);
		stream_free(s);
	}
	CHECK(strcmp(key[0], key[1]) != 0);
}

static void a_good_answer_opens_the_stream(void)
{
	CHECK_INT(answered(UPGRADED "Sec-WebSocket-Accept: %s\r\n\r\n", NULL,
				  NULL),
			0);
	CHECK_INT(answered(UPGRADED "Sec-WebSocket-Accept: %s\r\n\r\n",
				  "binary", NULL),
			0);
	CHECK_INT(answered(UPGRADED "Sec-WebSocket-Accept: %s\r\n"
				    "Sec-WebSocket-Protocol: binary\r\n\r\n",
				  "binary", NULL),
			0);
}

static void a_wrong_answer_is_a_broken_protocol(void)
{
	static const struct {
		const char *head, *protocol, *words;
	} wrong[] = {
			{UPGRADED "\r\n%.0s", NULL, "Accept"},
			{UPGRADED "Sec-WebSocket-Accept: x%s\r\n\r\n", NULL,
					"Accept"},
			{UPGRADED "Sec-WebSocket-Accept: %s\r\n"
				  "Sec-WebSocket-Protocol: a\r\n\r\n",
					NULL, "subprotocol"},
			{UPGRADED "Sec-WebSocket-Accept: %s\r\n"
				  "Sec-WebSocket-Protocol: a\r\n\r\n",
					"binary", "subprotocol"},
			{UPGRADED "Sec-WebSocket-Accept: %s\r\n"
				  "Sec-WebSocket-Extensions: "
				  "permessage-deflate\r\n\r\n",
					NULL, "extension"},
			{"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n"
			 "Sec-WebSocket-Accept: %s\r\n\r\n",
					NULL, "upgrades"},
			{"HTTP/1.1 101 x\r\nConnection: upgrade\r\n"
			 "Sec-WebSocket-Accept: %s\r\n\r\n",
					NULL, "upgrades"},
			{"SSH-2.0-x%.0s\r\n", NULL, "not HTTP"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct err e = {0};

		CHECK_INT(answered(wrong[i].head, wrong[i].protocol, &e),
				-EPROTO);
		CHECK_HAS(e.text, wrong[i].words);
		CHECK_HAS(e.text, "pve1:8006");
	}
}

static void a_refusal_says_status_and_reason(void)
{
	struct err e = {0};

	CHECK_INT(answered("HTTP/1.1 401 permission denied - invalid PVEVNC "
			   "ticket\r\n\r\n%.0s",
				  NULL, &e),
			-EACCES);
	CHECK_STR(e.text, "pve1:8006 refused the WebSocket: 401 permission "
			  "denied - invalid PVEVNC ticket");
	CHECK_INT(answered("HTTP/1.1 403 no\r\n\r\n%.0s", NULL, &e), -EACCES);
	CHECK_INT(answered("HTTP/1.1 404 no\r\n\r\n%.0s", NULL, &e), -ENOENT);
	CHECK_INT(answered("HTTP/1.1 301 no\r\n\r\n%.0s", NULL, &e),
			-ECONNREFUSED);
	CHECK_INT(answered("HTTP/1.1 595 \x1b[2Jno\r\n\r\n%.0s", NULL, &e),
			-ECONNREFUSED);
	CHECK(!strchr(e.text, 0x1b));
	CHECK_HAS(e.text, "595");
}

static void an_answer_that_never_comes_is_told(void)
{
	struct err e = {0};

	CHECK_INT(answered("HTTP/1.1 101 %.0s", NULL, &e), -ECONNRESET);
	CHECK_HAS(e.text, "closed without an answer");
}

static void an_answer_without_end_is_given_up(void)
{
	struct ws_client_options o = client(NULL);
	struct stream *s = mem_new("HTTP/1.1 101 x\r\n");
	struct err e = {0};

	for (int i = 0; i < 2000; i++)
		CHECK(mem_feed(s, "a: bcdefgh\r\n", 12) == 0);
	CHECK_INT(ws_connect_wrap(&s, &o, NULL), 0);
	CHECK_INT(shake(s, &e), -EMSGSIZE);
	CHECK_HAS(e.text, "too long");
	stream_free(s);
}

/* The frames that come with the head, and the answer cut anywhere. */
static void bytes_after_the_head_are_early(void)
{
	struct ws_client_options o = client(NULL);

	for (int chop = 0; chop < 2; chop++) {
		struct stream *s = mem_new("");
		char key[WS_KEY_LEN + 1], accept[WS_ACCEPT_LEN + 1], text[512];
		uint8_t all[4096];
		ssize_t n = -EAGAIN;
		size_t got = 0;

		mem_hold_open(s);
		CHECK(!chop || chop_wrap(&s) == 0);
		CHECK_INT(ws_connect_wrap(&s, &o, NULL), 0);
		CHECK_INT(shake(s, NULL), -EAGAIN);
		request_key(s, key);
		CHECK_INT(ws_accept_key(key, accept), 0);
		(void)snprintf(text, sizeof(text),
				UPGRADED "Sec-WebSocket-Accept: %s\r\n\r\n"
					 "\x82\x05hello\x82\x02",
				accept);
		CHECK(mem_feed(s, text, strlen(text)) == 0);
		CHECK_INT(shake(s, NULL), 0);
		CHECK(stream_pending(s) == !chop);
		for (int i = 0; i < 100 && got < 5; i++) {
			n = stream_read(s, data, 4096);
			if (n > 0)
				memcpy(all + got, data, (size_t)n);
			got += n > 0 ? (size_t)n : 0;
		}
		CHECK_MEM(all, "hello", 5);
		CHECK(!stream_pending(s));
		stream_free(s);
	}
}

static void what_would_break_the_request_is_refused(void)
{
	static const struct {
		const char *host, *path, *protocol, *credential;
	} wrong[] = {
			{"", "/", NULL, ""},
			{"h\r\nX: y", "/", NULL, ""},
			{"h", "x", NULL, ""},
			{"h", "/a b", NULL, ""},
			{"h", "/a\nb", NULL, ""},
			{"h", "/", "", ""},
			{"h", "/", "a\r\nb", ""},
			{"h", "/", NULL, "Cookie: a\r\nX: y"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct ws_client_options o = {.host = (char *)wrong[i].host,
				.path = (char *)wrong[i].path,
				.protocol = (char *)wrong[i].protocol};
		struct stream *s = mem_new(""), *was = s;
		struct err e = {0};

		CHECK(secret_sets(&o.credential, wrong[i].credential) == 0);
		CHECK_INT(ws_connect_wrap(&s, &o, &e), -EINVAL);
		CHECK(s == was && e.text[0]);
		secret_done(&o.credential);
		stream_free(s);
	}
}

static void options_are_copied_whole(void)
{
	struct ws_client_options from = client("binary"), to;

	from.mask_zero = true;
	CHECK(secret_sets(&from.credential, "Cookie: x") == 0);
	CHECK_INT(ws_client_options_copy(&to, &from), 0);
	CHECK(to.host != from.host && to.mask_zero);
	CHECK_STR(to.host, from.host);
	CHECK_STR(to.path, from.path);
	CHECK_STR(to.protocol, "binary");
	CHECK(secret_equal(&to.credential, "Cookie: x", 9));
	ws_client_options_done(&to);
	ws_client_options_done(&to);
	secret_done(&from.credential);
}

static void a_server_answers_as_the_rfc_wants_it(void)
{
	for (int chop = 0; chop < 2; chop++) {
		struct ws_server_options o = {.key = WS_TEST_KEY,
				.protocol = "binary",
				.headers = "X-A: b\r\n"};
		struct stream *s = mem_new("");

		CHECK(!chop || chop_wrap(&s) == 0);
		CHECK_INT(ws_accept_wrap(&s, &o, NULL), 0);
		CHECK_INT(shake(s, NULL), 0);
		CHECK_STR(mem_written(s), "HTTP/1.1 101 Switching Protocols\r\n"
					  "Upgrade: websocket\r\n"
					  "Connection: Upgrade\r\n"
					  "Sec-WebSocket-Accept: "
					  "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
					  "Sec-WebSocket-Protocol: binary\r\n"
					  "X-A: b\r\n\r\n");
		stream_free(s);
	}
}

static void a_handshake_waits_for_the_right_direction(void)
{
	struct ws_client_options o = client(NULL);
	struct stream *s = mem_new("");

	mem_hold_open(s);
	mem_write_limit(s, 0);
	CHECK_INT(ws_connect_wrap(&s, &o, NULL), 0);
	CHECK_INT(stream_handshake(s, NULL), -EAGAIN);
	CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_WRITE);
	mem_write_limit(s, SIZE_MAX);
	CHECK_INT(stream_handshake(s, NULL), -EAGAIN);
	CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_READ);
	CHECK(((struct ws *)s)->out.base == NULL);
	CHECK_INT(stream_bare_fd(s, STREAM_READ), -1);
	stream_free(s);
}

TESTS(T(a_client_asks_as_the_rfc_wants_it), T(every_request_has_its_own_key),
		T(a_good_answer_opens_the_stream),
		T(a_wrong_answer_is_a_broken_protocol),
		T(a_refusal_says_status_and_reason),
		T(an_answer_that_never_comes_is_told),
		T(an_answer_without_end_is_given_up),
		T(bytes_after_the_head_are_early),
		T(what_would_break_the_request_is_refused),
		T(options_are_copied_whole),
		T(a_server_answers_as_the_rfc_wants_it),
		T(a_handshake_waits_for_the_right_direction))
