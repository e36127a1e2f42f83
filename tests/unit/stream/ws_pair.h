/*
 * A ws layer over memory, ready for frames, in either role; and what it told
 * its hearer.
 */
#ifndef WS_PAIR_H
#define WS_PAIR_H

#include <errno.h>

#include "stream/mem.h"
#include "stream/stream.h"
#include "stream/ws_layer.h"
#include "ws_wire.h"

#define WS_TEST_KEY "dGhlIHNhbXBsZSBub25jZQ=="

struct heard {
	char text[1024]; /* "close 1000 bye;pong;text Hello;" */
	size_t len;
	uint32_t rtt_ms;
};

static inline void heard_note(void *arg, const struct note *n)
{
	struct heard *h = arg;
	char *to = h->text + h->len;
	size_t room = sizeof(h->text) - h->len;

	if (n->kind == NOTE_CLOSE && strlen(n->close.reason) > 40)
		(void)snprintf(to, room, "close %u #%zu;", n->close.code,
				strlen(n->close.reason));
	else if (n->kind == NOTE_CLOSE)
		(void)snprintf(to, room, "close %u %s;", n->close.code,
				n->close.reason);
	else if (n->kind == NOTE_TEXT && n->text.len > 40)
		(void)snprintf(to, room, "text #%zu;", n->text.len);
	else if (n->kind == NOTE_TEXT)
		(void)snprintf(to, room, "text %.*s;", (int)n->text.len,
				n->text.data);
	else if (n->kind == NOTE_PONG)
		(void)snprintf(to, room, "pong;");
	if (n->kind == NOTE_PONG)
		h->rtt_ms = n->pong.rtt_ms;
	h->len += strlen(to);
}

static inline int shake(struct stream *s, struct err *e)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < 100000; i++)
		r = stream_handshake(s, e);
	return r;
}

/* The key in the request that a client has written. */
static inline void request_key(struct stream *s, char ret[WS_KEY_LEN + 1])
{
	const char *at = strstr(mem_written(s), "Sec-WebSocket-Key: ");

	CHECK(at != NULL);
	memcpy(ret, at + 19, WS_KEY_LEN);
	ret[WS_KEY_LEN] = '\0';
}

static inline struct stream *ready_server(bool chop, bool text)
{
	struct ws_server_options o = {.key = WS_TEST_KEY, .text = text};
	struct stream *s = mem_new("");

	mem_hold_open(s);
	CHECK(!chop || chop_wrap(&s) == 0);
	CHECK_INT(ws_accept_wrap(&s, &o, NULL), 0);
	CHECK_INT(shake(s, NULL), 0);
	mem_forget_output(s);
	return s;
}

static inline struct stream *ready_client(bool chop, bool mask_zero)
{
	char host[] = "pve1:8006", path[] = "/x";
	char key[WS_KEY_LEN + 1], accept[WS_ACCEPT_LEN + 1], answer[256];
	struct ws_client_options o = {
			.host = host, .path = path, .mask_zero = mask_zero};
	struct stream *s = mem_new("");

	mem_hold_open(s);
	CHECK(!chop || chop_wrap(&s) == 0);
	CHECK_INT(ws_connect_wrap(&s, &o, NULL), 0);
	CHECK_INT(shake(s, NULL), -EAGAIN);
	request_key(s, key);
	CHECK_INT(ws_accept_key(key, accept), 0);
	(void)snprintf(answer, sizeof(answer),
			"HTTP/1.1 101 Switching Protocols\r\n"
			"Upgrade: websocket\r\nConnection: upgrade\r\n"
			"Sec-WebSocket-Accept: %s\r\n\r\n",
			accept);
	CHECK(mem_feed(s, answer, strlen(answer)) == 0);
	CHECK_INT(shake(s, NULL), 0);
	mem_forget_output(s);
	return s;
}

/* Read to the end (which the wire must have), `len` bytes at most a call,
 * flushing in between. */
static inline ssize_t read_all(struct stream *s, size_t len, struct buf *to)
{
	uint8_t *block = malloc(STREAM_HEAD + len);
	ssize_t n = 1;

	for (int i = 0; (n > 0 || n == -EAGAIN) && i < 10000000; i++) {
		n = stream_read(s, block + STREAM_HEAD, len);
		if (n > 0) {
			CHECK(buf_add(to, block + STREAM_HEAD, (size_t)n) == 0);
		}
		(void)stream_flush(s);
	}
	for (int i = 0; i < 1000 && stream_flush(s) == -EAGAIN; i++)
		;
	free(block);
	return n;
}

enum { ROOM = 65408 };

static uint8_t block[STREAM_HEAD + 2 * ROOM];
static uint8_t *const data = block + STREAM_HEAD;

/* The layer holds nothing that it would not need when idle. */
static inline bool is_idle(struct stream *s)
{
	const struct ws *w = (const struct ws *)s;

	return !w->raw.base && !w->out.base && !w->in_control && !w->in_text &&
	       !w->pong && !w->hello && !w->close_reason;
}

static inline void feed(struct stream *s, const char *words, bool mask)
{
	struct buf in;

	buf_init(&in, WIRE_MAX);
	wire_add(&in, words, mask);
	CHECK(mem_feed(s, buf_data(&in), in.len) == 0);
	buf_done(&in);
}

/* What was written so far is just these frames. */
static inline void check_sent(struct stream *s, const char *words, bool masked)
{
	struct buf is, should;

	buf_init(&is, WIRE_MAX);
	buf_init(&should, WIRE_MAX);
	wire_bare(&is, mem_output(s), masked);
	wire_add(&should, words, false);
	CHECK_INT(is.len, should.len);
	CHECK(is.len == 0 ||
			memcmp(buf_data(&is), buf_data(&should), is.len) == 0);
	buf_done(&is);
	buf_done(&should);
}

static inline void letters(uint8_t *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)('a' + i % 26);
}

static inline void tell_close(
		struct stream *s, uint16_t code, const char *reason)
{
	struct note n = {.kind = NOTE_CLOSE, .close.code = code};

	(void)snprintf(n.close.reason, sizeof(n.close.reason), "%s", reason);
	CHECK_INT(stream_tell(s, &n), 0);
}

#endif
