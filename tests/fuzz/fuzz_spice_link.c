/*
 * Link messages and replies of a stranger. The first byte: 1 it is a reply.
 * What is understood can be written, and is then understood the same.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/spice_link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void expect(int truth)
{
	if (!truth)
		abort();
}

static const uint8_t *body(const struct buf *out, size_t *ret_size)
{
	expect(out->len >= SPICE_HEADER_LEN);
	expect(spice_header_parse(buf_data(out), ret_size) == 0);
	expect(out->len == SPICE_HEADER_LEN + *ret_size);
	return buf_data(out) + SPICE_HEADER_LEN;
}

static void is_the_same(const struct buf *a, struct buf *b)
{
	expect(a->len == b->len);
	expect(memcmp(buf_data(a), buf_data(b), a->len) == 0);
	buf_done(b);
}

static void link_again(const struct spice_link *a, struct buf *out)
{
	struct buf again = {.max = out->max};
	struct spice_link b;
	const uint8_t *at;
	size_t size;

	expect(spice_link_write(out, a) == 0);
	at = body(out, &size);
	expect(spice_link_parse(at, size, &b) == 0);
	expect(spice_link_write(&again, &b) == 0);
	is_the_same(out, &again);
}

static void reply_again(const struct spice_reply *a, struct buf *out)
{
	struct buf again = {.max = out->max};
	struct spice_reply b;
	const uint8_t *at;
	size_t size;

	expect(spice_reply_write(out, a) == 0);
	at = body(out, &size);
	expect(spice_reply_parse(at, size, &b) == 0);
	expect(spice_reply_write(&again, &b) == 0);
	is_the_same(out, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct spice_reply r;
	struct spice_link l;
	struct buf out;
	uint8_t *exact;
	size_t size;

	if (len < 1 + SPICE_HEADER_LEN)
		return 0;
	if (spice_header_parse(data + 1, &size) == 0)
		expect(size <= SPICE_BODY_MAX &&
				spice_header_begins(data + 1, len - 1));
	size = len - 1 - SPICE_HEADER_LEN;
	exact = malloc(size ? size : 1); /* a sanitizer sees its end */
	expect(exact != NULL);
	memcpy(exact, data + 1 + SPICE_HEADER_LEN, size);
	buf_init(&out, 8192);
	if (data[0] & 1) {
		if (spice_reply_parse(exact, size, &r) == 0)
			reply_again(&r, &out);
	} else if (spice_link_parse(exact, size, &l) == 0) {
		expect(l.common.count <= SPICE_CAPS_MAX);
		link_again(&l, &out);
	}
	buf_done(&out);
	free(exact);
	return 0;
}
