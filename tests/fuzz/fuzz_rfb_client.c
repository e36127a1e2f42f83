/*
 * The framer over a viewer's messages. The first byte chooses the drop mask
 * and how the rest is cut. However it is cut, the same bytes pass; nothing
 * that was dropped is among them; watching counts what filtering counts.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/rfb_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Filter in pieces of `cut` (0: at once); the answer is what passed. */
static size_t filter(struct rfb_client *c, const uint8_t *in, size_t len,
		size_t cut, uint8_t *out)
{
	size_t total = 0;

	for (size_t at = 0, n; at < len; at += n) {
		size_t held = rfb_client_held(c), passed;
		uint8_t *piece;

		n = cut && cut < len - at ? cut : len - at;
		piece = malloc(held + n);
		if (!piece)
			abort();
		memcpy(piece + held, in + at, n);
		passed = rfb_client_filter(c, piece, n);
		if (passed > held + n)
			abort();
		memcpy(out + total, piece, passed);
		total += passed;
		free(piece);
	}
	return total;
}

static void expect(int truth)
{
	if (!truth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rfb_client whole, cut, seen, again;
	uint8_t *a, *b;
	size_t a_len, b_len;
	unsigned drop;

	if (len < 1)
		return 0;
	drop = data[0] & 3;
	a = malloc(len);
	b = malloc(len);
	expect(a && b);
	rfb_client_init(&whole, drop);
	rfb_client_init(&cut, drop);
	rfb_client_init(&seen, 0);
	a_len = filter(&whole, data + 1, len - 1, 0, a);
	b_len = filter(&cut, data + 1, len - 1, 1 + (data[0] >> 2), b);
	rfb_client_see(&seen, data + 1, len - 1);

	expect(whole.lost == cut.lost && whole.lost == seen.lost);
	expect(whole.inputs == cut.inputs && whole.inputs == seen.inputs);
	expect(whole.updates == cut.updates && whole.updates == seen.updates);
	expect(whole.dropped == cut.dropped && seen.dropped == 0);
	expect(a_len == b_len && memcmp(a, b, a_len) == 0);

	/* what passed once passes again, and none of it is input */
	rfb_client_init(&again, drop);
	b_len = filter(&again, a, a_len, 0, b);
	expect(whole.lost || b_len == a_len);
	expect(again.dropped == 0);
	expect(!(drop & RFB_DROP_INPUT) || again.inputs == 0);
	expect(again.updates == whole.updates);
	free(a);
	free(b);
	return 0;
}
