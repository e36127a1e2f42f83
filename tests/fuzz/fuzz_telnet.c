/*
 * What a telnet peer says. The first byte says how the rest is cut: however it
 * is, the same text and the same answers come of it, and the answers are
 * bounded. What we encode in the state it left comes back as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/telnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { FUZZ_MAX = 1 << 20 };

static void expect(int truth)
{
	if (!truth)
		abort();
}

/* The length of the text. */
static size_t decode(struct telnet *t, const uint8_t *in, size_t len,
		size_t cut, uint8_t *text, struct buf *out)
{
	size_t total = 0;

	for (size_t at = 0, n, kept; at < len; at += n) {
		uint8_t *piece;

		n = cut && cut < len - at ? cut : len - at;
		piece = malloc(n);
		expect(piece != NULL);
		memcpy(piece, in + at, n);
		expect(telnet_decode(t, piece, n, out, &kept) == 0);
		expect(kept <= n);
		memcpy(text + total, piece, kept);
		total += kept;
		free(piece);
	}
	return total;
}

/* A peer that understood us reads the text again. */
static void comes_back(const struct telnet *t, const uint8_t *text, size_t len)
{
	struct telnet peer;
	struct buf wire, out;
	size_t kept;

	buf_init(&wire, FUZZ_MAX);
	buf_init(&out, FUZZ_MAX);
	expect(telnet_init(&peer, &out) == 0);
	memcpy(peer.him, t->us, sizeof(peer.him)); /* what we agreed to be */
	expect(telnet_encode(t, text, len, &wire) == 0);
	expect(wire.len >= len && wire.len <= 2 * len);
	expect(telnet_decode(&peer, buf_data(&wire), wire.len, &out, &kept) ==
			0);
	expect(kept == len &&
			(len == 0 || memcmp(buf_data(&wire), text, len) == 0));
	buf_done(&wire);
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct telnet whole, cut;
	struct buf a_out, b_out;
	uint8_t *a, *b;
	size_t a_len, b_len;

	if (len < 2 || len > 65536)
		return 0;
	a = malloc(len);
	b = malloc(len);
	expect(a && b);
	buf_init(&a_out, FUZZ_MAX);
	buf_init(&b_out, FUZZ_MAX);
	expect(telnet_init(&whole, &a_out) == 0);
	expect(telnet_init(&cut, &b_out) == 0);
	expect(telnet_resize(&whole, 255, data[0], &a_out) == 0);
	expect(telnet_resize(&cut, 255, data[0], &b_out) == 0);
	a_len = decode(&whole, data + 1, len - 1, 0, a, &a_out);
	b_len = decode(&cut, data + 1, len - 1, 1 + data[0] % 7, b, &b_out);
	expect(a_len == b_len && memcmp(a, b, a_len) == 0);
	expect(a_out.len == b_out.len &&
			memcmp(buf_data(&a_out), buf_data(&b_out), a_out.len) ==
					0);
	expect(a_out.len <= 64 + 6 * len); /* a size for three bytes at most */
	comes_back(&whole, a, a_len);
	buf_done(&a_out);
	buf_done(&b_out);
	free(a);
	free(b);
	return 0;
}
