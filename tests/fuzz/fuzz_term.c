/*
 * The term layer over a WebSocket whose wire takes what it likes, against a
 * termproxy that loses each header that is not whole within one frame: every
 * byte arrives in order, the last size is the one told last. The input is a
 * list of pairs: what to do, how much.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/stream/term_wire.h"
#include "stream/mem.h"
#include "stream/stream.h"
#include "stream/term.h"
#include "stream/ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { TYPED_MAX = 1 << 18 };

static void expect(int truth)
{
	if (!truth)
		abort();
}

static struct stream *connected(struct stream *s, bool mask_zero)
{
	static char host[] = "h", path[] = "/";
	struct ws_client_options o = {
			.host = host, .path = path, .mask_zero = mask_zero};
	char accept[WS_ACCEPT_LEN + 1], key[WS_KEY_LEN + 1] = "";
	struct secret login = {0};
	struct buf answer;
	const char *at;

	expect(ws_connect_wrap(&s, &o, NULL) == 0);
	expect(stream_handshake(s, NULL) == -EAGAIN);
	at = strstr(mem_written(s), "-Key: ");
	expect(at != NULL);
	memcpy(key, at + 6, WS_KEY_LEN);
	expect(ws_accept_key(key, accept) == 0);
	buf_init(&answer, 1024);
	expect(buf_addf(&answer,
			       "HTTP/1.1 101 \r\nUpgrade: websocket\r\n"
			       "Connection: upgrade\r\n"
			       "Sec-WebSocket-Accept: %s\r\n\r\n\x82\2OK",
			       accept) == 0);
	expect(mem_feed(s, buf_data(&answer), answer.len) == 0);
	buf_done(&answer);
	expect(secret_sets(&login, "user:ticket") == 0);
	expect(term_wrap(&s, &login, NULL) == 0);
	secret_done(&login);
	expect(stream_handshake(s, NULL) == 0);
	mem_forget_output(s);
	return s;
}

static void finish(struct stream *s, struct termproxy *t)
{
	int r = -EAGAIN;

	mem_write_limit(s, SIZE_MAX);
	while (r == -EAGAIN)
		r = stream_flush(s);
	expect(r == 0 && term_frames(t, mem_output(s)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t block[STREAM_HEAD + TYPED_MAX];
	uint8_t *text = block + STREAM_HEAD;
	struct stream *s;
	struct termproxy t;
	char last[32] = "";
	size_t typed = 0;

	if (len < 1 || len > 512)
		return 0;
	s = mem_new("");
	mem_hold_open(s);
	s = connected(s, data[0] & 1);
	for (size_t i = 1; i + 1 < len; i += 2) {
		size_t much = data[i + 1];
		struct note n = {.kind = NOTE_RESIZE,
				.resize = {(uint16_t)(much * much + 1),
						(uint16_t)(much + 1)}};
		ssize_t done;

		switch (data[i] % 4) {
		case 0:
			mem_write_limit(s, much);
			break;
		case 1:
			expect(stream_tell(s, &n) == 0);
			(void)snprintf(last, sizeof(last), "%ux%u;",
					n.resize.cols, n.resize.rows);
			break;
		case 2:
			(void)stream_flush(s);
			break;
		default:
			much = data[i] & 4 ? much * 300 : much;
			if (typed + much > TYPED_MAX)
				break;
			for (size_t k = typed; k < typed + much; k++)
				text[k] = (uint8_t)(k * 7 + k / 256);
			done = stream_write(s, text + typed, much);
			expect(done == -EAGAIN ||
					(done >= 0 && (size_t)done <= much));
			typed += done > 0 ? (size_t)done : 0;
		}
	}
	termproxy_init(&t);
	finish(s, &t);
	expect(t.cut ? t.input.len <= typed : t.input.len == typed);
	for (size_t i = 0; i < t.input.len; i++)
		expect(buf_data(&t.input)[i] == (uint8_t)(i * 7 + i / 256));
	/* a size that waits for the end of a message was not told yet */
	if (t.left == 0 && !t.cut && *last && strlen(t.sizes) < 200)
		expect(strlen(t.sizes) >= strlen(last) &&
				strcmp(t.sizes + strlen(t.sizes) - strlen(last),
						last) == 0);
	buf_done(&t.input);
	stream_free(s);
	return 0;
}
