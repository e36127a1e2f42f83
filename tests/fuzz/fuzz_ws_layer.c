/*
 * The layer, fed by a stranger. The first byte chooses role, wire and size of
 * reads; the rest is the wire. Whatever comes: reads end, nothing is held but
 * what is cut, what we say is well-formed, and the payload is the same
 * however finely the wire is cut.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/mem.h"
#include "stream/ws_layer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { CLIENT = 1, CHOP = 2, NOTES = 4, SHORT_WRITES = 8, READ_SHIFT = 4 };

static const size_t read_lens[] = {1, 2, 5, 14, 64, 300, 4096, 65408};

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static struct stream *open_layer(const uint8_t *wire, size_t len, int how)
{
	struct ws_server_options so = {.key = "dGhlIHNhbXBsZSBub25jZQ==",
			.text = (how & NOTES) != 0};
	char host[] = "h", path[] = "/";
	struct ws_client_options co = {.host = host, .path = path};
	struct stream *s = mem_new_n(wire, len);
	struct ws *w;

	expect(s && (!(how & CHOP) || chop_wrap(&s) == 0));
	expect((how & CLIENT ? ws_connect_wrap(&s, &co, NULL)
			     : ws_accept_wrap(&s, &so, NULL)) == 0);
	w = (struct ws *)s; /* the hellos are another harness's */
	ws_hello_free(w->hello);
	w->hello = NULL;
	buf_done(&w->out);
	for (struct stream *l = s; l; l = l->below)
		l->ready = true;
	return s;
}

static void check_memory(const struct ws *w)
{
	expect(w->raw.room <= 64 && w->out.room <= 512);
	expect(w->in_left <= WS_LENGTH_MAX);
}

/* Everything we said parses as frames of our role. */
static void check_said(struct stream *s, bool client)
{
	const struct buf *out = mem_output(s);
	const uint8_t *at = out->len ? buf_data(out) : NULL;
	size_t left = out->len;

	while (left > 0) {
		struct ws_header h;
		int n = ws_header_parse(at, left, client, WS_FRAME_MAX, &h);

		expect(n >= 0);
		if (n == 0 || h.len > left - (size_t)n)
			return; /* the wire was too small for the rest */
		at += (size_t)n + h.len;
		left -= (size_t)n + h.len;
	}
}

static ssize_t drain(struct stream *s, size_t len, struct buf *to)
{
	uint8_t *block = malloc(STREAM_HEAD + len);
	ssize_t n = 1;

	expect(block != NULL);
	for (int i = 0; n > 0 || n == -EAGAIN; i++) {
		expect(i < 10000000);
		n = stream_read(s, block + STREAM_HEAD, len);
		expect(n <= (ssize_t)len);
		if (n > 0)
			expect(buf_add(to, block + STREAM_HEAD, (size_t)n) ==
					0);
		if (n > 0 && n < 100) /* a word of our own in between */
			(void)stream_write(s, block + STREAM_HEAD, (size_t)n);
		(void)stream_flush(s);
		check_memory((struct ws *)s);
	}
	free(block);
	return n;
}

static ssize_t run(const uint8_t *wire, size_t len, int how, struct buf *to)
{
	struct stream *s = open_layer(wire, len, how);
	ssize_t end;

	if (how & SHORT_WRITES)
		mem_write_limit(s, 1 + len % 9);
	end = drain(s, read_lens[how >> READ_SHIFT & 7], to);
	for (int i = 0; i < 5000 && stream_shutdown(s) == -EAGAIN; i++)
		;
	check_said(s, how & CLIENT);
	stream_free(s);
	return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf a, b;
	int how;

	if (len < 1 || len > 65536)
		return 0;
	how = data[0];
	buf_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	expect(run(data + 1, len - 1, how, &a) ==
			run(data + 1, len - 1, how ^ CHOP ^ 0x70, &b));
	expect(a.len == b.len &&
			(a.len == 0 || memcmp(buf_data(&a), buf_data(&b),
						       a.len) == 0));
	buf_done(&a);
	buf_done(&b);
	return 0;
}
