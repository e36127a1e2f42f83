#include "proto/rfb_client.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

/* A message of each kind, with its fate. */
struct sample {
	const char *name;
	uint8_t data[64];
	size_t len;
	unsigned drops;
};

#define INPUT RFB_DROP_INPUT
#define CLIP (RFB_DROP_INPUT | RFB_DROP_CLIPBOARD)

static const struct sample samples[] = {
		{"SetPixelFormat", {0, 0, 0, 0, 32, 24, 0, 1}, 20, 0},
		{"SetEncodings", {2, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 16}, 12, 0},
		{"SetEncodings, none", {2, 0, 0, 0}, 4, 0},
		{"update request", {3, 1, 0, 0, 0, 0, 2, 0, 1, 0}, 10, 0},
		{"key", {4, 1, 0, 0, 0, 0, 0xff, 0x0d}, 8, INPUT},
		{"pointer", {5, 1, 0, 9, 0, 9}, 6, INPUT},
		{"cut text", {6, 0, 0, 0, 0, 0, 0, 3, 'a', 'b', 'c'}, 11, CLIP},
		{"cut text, empty", {6}, 8, CLIP},
		{"extended clipboard",
				{6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfc, 1, 0, 0,
						1},
				12, CLIP},
		{"continuous updates", {150, 1, 0, 0, 0, 0, 2, 0, 1, 0}, 10, 0},
		{"fence", {248, 0, 0, 0, 0, 0, 0, 1, 3, 4, 4, 4}, 12, 0},
		{"fence, empty", {248}, 9, 0},
		{"xvp", {250, 0, 1, 2}, 4, INPUT},
		{"SetDesktopSize", {251, 0, 2, 0, 1, 0, 1}, 24, INPUT},
		{"gii, big endian", {253, 0x80, 0, 2, 6, 6}, 6, INPUT},
		{"gii, little endian", {253, 0, 2, 0, 6, 6}, 6, INPUT},
		{"QEMU key", {255, 0, 0, 1, 0, 0, 0, 13, 0, 0, 0, 28}, 12,
				INPUT},
		{"QEMU audio on", {255, 1, 0, 0}, 4, 0},
		{"QEMU audio format", {255, 1, 0, 2, 3, 2, 0, 0, 0xac, 0x44},
				10, 0},
		{"update request", {3, 0, 0, 0, 0, 0, 2, 0, 1, 0}, 10, 0},
};

enum { SAMPLES = sizeof(samples) / sizeof(*samples), WIRE_MAX = 1024 };

static size_t all_but(unsigned drop, uint8_t *wire)
{
	size_t len = 0;

	for (size_t i = 0; i < SAMPLES; i++)
		if (!(samples[i].drops & drop)) {
			memcpy(wire + len, samples[i].data, samples[i].len);
			len += samples[i].len;
		}
	return len;
}

/* Run `wire` through the filter in pieces of `cut`. */
static size_t filter(struct rfb_client *c, const uint8_t *wire, size_t len,
		size_t cut, uint8_t *out)
{
	size_t total = 0;

	for (size_t at = 0; at < len; at += cut) {
		size_t n = len - at < cut ? len - at : cut;
		size_t held = rfb_client_held(c);
		/* exactly as large as promised: the sanitizer watches */
		uint8_t *data = malloc(held + n);

		memcpy(data + held, wire + at, n);
		n = rfb_client_filter(c, data, n);
		memcpy(out + total, data, n);
		total += n;
		free(data);
	}
	return total;
}

static void a_message_ends_where_the_table_says(void)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct sample *s = &samples[i];
		struct rfb_client c;

		rfb_client_init(&c, 0);
		CHECK(rfb_client_between(&c));
		for (size_t n = 0; n < s->len; n++) {
			if (n > 0 && rfb_client_between(&c))
				fail_msg("%s ends early", s->name);
			rfb_client_see(&c, s->data + n, 1);
		}
		if (!rfb_client_between(&c))
			fail_msg("%s does not end", s->name);
		CHECK_INT(c.inputs, s->drops ? 1 : 0);
		CHECK_INT(c.updates, s->data[0] == 3 ? 1 : 0);
	}
}

static void each_drop_takes_its_kinds_away_however_it_is_cut(void)
{
	static const unsigned drops[] = {
			0, RFB_DROP_INPUT, RFB_DROP_CLIPBOARD, CLIP};
	uint8_t wire[WIRE_MAX], left[WIRE_MAX], out[WIRE_MAX];
	size_t len = all_but(0, wire);

	for (size_t d = 0; d < 4; d++) {
		size_t left_len = all_but(drops[d], left);

		for (size_t cut = 1; cut <= len; cut++) {
			struct rfb_client c;
			size_t n;

			rfb_client_init(&c, drops[d]);
			n = filter(&c, wire, len, cut, out);
			CHECK_INT(n, left_len);
			CHECK_MEM(out, left, left_len);
			CHECK(!c.lost && rfb_client_between(&c));
			CHECK_INT(c.updates, 2);
			CHECK_INT(c.inputs, 10);
		}
	}
}

static void an_unknown_type_stops_the_framer_for_good(void)
{
	static const uint8_t wire[] = {3, 1, 0, 0, 0, 0, 2, 0, 1, 0, 77, 1, 3,
			1, 0, 0, 0, 0, 2, 0, 1, 0};
	uint8_t out[sizeof(wire)];

	for (size_t cut = 1; cut <= sizeof(wire); cut++) {
		struct rfb_client c;

		rfb_client_init(&c, RFB_DROP_INPUT);
		CHECK_INT(filter(&c, wire, sizeof(wire), cut, out), 10);
		CHECK(c.lost && !rfb_client_between(&c));
		CHECK_INT(c.updates, 1);
	}
}

static void unknown_messages_of_qemu_do_not_pass(void)
{
	static const uint8_t submessage[] = {255, 2, 0, 0};
	static const uint8_t audio[] = {255, 1, 0, 9};
	uint8_t out[4];

	for (size_t cut = 1; cut <= 4; cut++) {
		struct rfb_client c;

		rfb_client_init(&c, RFB_DROP_CLIPBOARD);
		CHECK_INT(filter(&c, submessage, 4, cut, out), 0);
		CHECK(c.lost);
		rfb_client_init(&c, RFB_DROP_CLIPBOARD);
		CHECK(filter(&c, audio, 4, cut, out) < 4);
		CHECK(c.lost);
	}
}

static void the_longest_cut_text_is_counted_not_kept(void)
{
	/* 2^31 bytes, said as a negative number */
	static const uint8_t head[] = {6, 0, 0, 0, 0x80, 0, 0, 0};
	static uint8_t text[64 * 1024];
	struct rfb_client c;
	uint64_t left = UINT64_C(1) << 31;

	rfb_client_init(&c, 0);
	rfb_client_see(&c, head, sizeof(head));
	for (; left > 0; left -= sizeof(text)) {
		CHECK(!rfb_client_between(&c));
		rfb_client_see(&c, text, sizeof(text));
	}
	CHECK(rfb_client_between(&c) && !c.lost);
}

/* -316 is asked for, then one pointer event with the mark and its byte. */
static const uint8_t wide[] = {2, 0, 0, 2, 0, 0, 0, 0, 0xff, 0xff, 0xfe, 0xc4,
		5, 0x81, 0, 1, 0, 2, 6, 3, 1, 0, 0, 0, 0, 0, 9, 0, 9};

static void a_pointer_with_more_buttons_is_one_byte_longer(void)
{
	struct rfb_client c;

	rfb_client_init(&c, 0);
	rfb_client_see(&c, wide, sizeof(wide));
	CHECK(rfb_client_between(&c) && c.updates == 1);

	/* not asked for (any more): the mark is a button */
	rfb_client_init(&c, 0);
	rfb_client_see(&c, wide, 12);
	rfb_client_see(&c, (const uint8_t *)"\2\0\0\0", 4);
	rfb_client_see(&c, wide + 12, 6);
	CHECK(rfb_client_between(&c) && c.inputs == 1);
}

static void a_filter_leaves_no_doubt_about_a_pointers_length(void)
{
	uint8_t expected[sizeof(wide) - 1], out[sizeof(wide)];

	memcpy(expected, wide, 18);
	expected[13] = 1;
	memcpy(expected + 18, wide + 19, sizeof(wide) - 19);
	for (size_t cut = 1; cut <= sizeof(wide); cut++) {
		struct rfb_client c;

		rfb_client_init(&c, RFB_DROP_CLIPBOARD);
		CHECK_INT(filter(&c, wide, sizeof(wide), cut, out),
				sizeof(expected));
		CHECK_MEM(out, expected, sizeof(expected));
	}
}

TESTS(T(a_message_ends_where_the_table_says),
		T(each_drop_takes_its_kinds_away_however_it_is_cut),
		T(an_unknown_type_stops_the_framer_for_good),
		T(unknown_messages_of_qemu_do_not_pass),
		T(the_longest_cut_text_is_counted_not_kept),
		T(a_pointer_with_more_buttons_is_one_byte_longer),
		T(a_filter_leaves_no_doubt_about_a_pointers_length))
