#include "proto/spice_link.h"

#include <errno.h>
#include <string.h>

#include "test.h"

/* What spice-gtk 0.42 says for its main channel: one word of each set. */
static const uint8_t main_link[] = "REDQ\2\0\0\0\2\0\0\0\32\0\0\0"
				   "\0\0\0\0\1\0\1\0\0\0\1\0\0\0\22\0\0\0"
				   "\13\0\0\0\11\0\0\0";
enum { MAIN_LEN = sizeof(main_link) - 1, BODY = SPICE_HEADER_LEN };

static int parse(const uint8_t *data, size_t len, struct spice_link *ret)
{
	return spice_link_parse(data, len, ret);
}

static void a_link_is_read_and_written_as_it_was(void)
{
	struct spice_link l = {0};
	struct buf out;
	size_t size = 0;

	CHECK_INT(spice_header_parse(main_link, &size), 0);
	CHECK_INT(size, MAIN_LEN - BODY);
	CHECK_INT(parse(main_link + BODY, size, &l), 0);
	CHECK_INT(l.connection_id, 0);
	CHECK_INT(l.channel_type, SPICE_MAIN);
	CHECK_INT(l.channel_id, 0);
	CHECK_INT(l.common.count, 1);
	CHECK_INT(l.common.words[0], 0x0b);
	CHECK_INT(l.channel.count, 1);
	CHECK_INT(l.channel.words[0], 9);
	buf_init(&out, 1000);
	CHECK_INT(spice_link_write(&out, &l), 0);
	CHECK_INT(out.len, MAIN_LEN);
	CHECK_MEM(buf_data(&out), main_link, MAIN_LEN);
	buf_done(&out);
}

static void a_cut_link_is_malformed_at_every_byte(void)
{
	for (size_t len = 0; len < MAIN_LEN - BODY; len++) {
		uint8_t exact[MAIN_LEN]; /* a sanitizer sees its end */
		struct spice_link l;

		memcpy(exact + MAIN_LEN - len, main_link + BODY, len);
		CHECK_INT(parse(exact + MAIN_LEN - len, len, &l), -EPROTO);
	}
}

static void a_header_is_judged_before_anything_is_believed(void)
{
	uint8_t data[SPICE_HEADER_LEN];
	size_t size = 7;

	memcpy(data, main_link, sizeof(data));
	data[3] = 'R';
	CHECK_INT(spice_header_parse(data, &size), -EPROTO);
	memcpy(data, main_link, sizeof(data));
	data[4] = 1;
	CHECK_INT(spice_header_parse(data, &size), -EPROTONOSUPPORT);
	memcpy(data, main_link, sizeof(data));
	data[8] = 9; /* minor versions understand each other */
	memcpy(data + 12, "\0\20\0\0", 4);
	CHECK_INT(spice_header_parse(data, &size), 0);
	CHECK_INT(size, SPICE_BODY_MAX);
	data[12] = 1;
	CHECK_INT(spice_header_parse(data, &size), -EMSGSIZE);
	memset(data + 12, 0xff, 4);
	CHECK_INT(spice_header_parse(data, &size), -EMSGSIZE);
	CHECK(spice_header_begins((const uint8_t *)"", 0));
	CHECK(spice_header_begins((const uint8_t *)"RE", 2));
	CHECK(!spice_header_begins((const uint8_t *)"RFB ", 4));
}

static void put(uint8_t *to, uint32_t n)
{
	to[0] = (uint8_t)n;
	to[1] = (uint8_t)(n >> 8);
	to[2] = (uint8_t)(n >> 16);
	to[3] = (uint8_t)(n >> 24);
}

/* Counts and offsets that a hostile peer would choose. */
static void sizes_that_do_not_fit_are_refused(void)
{
	static const struct {
		uint32_t common, channel, offset;
		int r;
	} cases[] = {
			{1, 1, 18, 0},
			{2, 0, 18, 0},
			{0, 0, 0, 0},
			{0, 0, UINT32_MAX, 0},
			{1, 0, 22, 0},
			{1, 0, 19, 0}, /* crooked, but inside */
			{1, 1, 19, -EPROTO},
			{1, 0, 23, -EPROTO},
			{1, 0, 26, -EPROTO},
			{1, 0, 27, -EPROTO},
			{1, 0, 17, -EPROTO},
			{1, 0, 0, -EPROTO},
			{1, 0, UINT32_MAX, -EPROTO},
			{1, 0, UINT32_MAX - 3, -EPROTO},
			{0, 3, 18, -EPROTO},
			{16, 16, 18, -EPROTO},
			{17, 0, 18, -EMSGSIZE},
			{0, 17, 18, -EMSGSIZE},
			{UINT32_MAX, 1, 18, -EMSGSIZE},
			{1, UINT32_MAX, 18, -EMSGSIZE},
			{0x40000000, 0, 18, -EMSGSIZE},
			{0x80000000, 0x80000000, 18, -EMSGSIZE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t body[MAIN_LEN - BODY];
		struct spice_link l = {0};

		memcpy(body, main_link + BODY, sizeof(body));
		put(body + 6, cases[i].common);
		put(body + 10, cases[i].channel);
		put(body + 14, cases[i].offset);
		CHECK_INT(parse(body, sizeof(body), &l), cases[i].r);
		CHECK_INT(l.common.count, cases[i].r ? 0 : cases[i].common);
	}
}

static void the_most_words_are_read_and_written(void)
{
	struct spice_link l = {.connection_id = 0xdeadbeef,
			.channel_type = SPICE_USBREDIR,
			.channel_id = 3,
			.common.count = SPICE_CAPS_MAX,
			.channel.count = SPICE_CAPS_MAX};
	struct spice_link again;
	struct buf out;

	for (uint32_t i = 0; i < SPICE_CAPS_MAX; i++) {
		l.common.words[i] = 0x01020304 * i;
		l.channel.words[i] = ~(0x01020304 * i);
	}
	buf_init(&out, 1000);
	CHECK_INT(spice_link_write(&out, &l), 0);
	CHECK_INT(parse(buf_data(&out) + BODY, out.len - BODY, &again), 0);
	CHECK_INT(again.connection_id, 0xdeadbeef);
	CHECK_INT(again.channel_type, SPICE_USBREDIR);
	CHECK_INT(again.channel_id, 3);
	CHECK_MEM(&l.common, &again.common, sizeof(l.common));
	CHECK_MEM(&l.channel, &again.channel, sizeof(l.channel));
	buf_done(&out);
}

static void a_reply_is_read_and_written_as_it_was(void)
{
	struct spice_reply r = {.common = {1, {0x0b}}, .channel = {1, {9}}};
	struct spice_reply again;
	struct buf out;
	size_t size;

	for (size_t i = 0; i < SPICE_KEY_LEN; i++)
		r.key[i] = (uint8_t)i;
	buf_init(&out, 1000);
	CHECK_INT(spice_reply_write(&out, &r), 0);
	CHECK_INT(spice_header_parse(buf_data(&out), &size), 0);
	CHECK_INT(size, 178 + 8);
	CHECK_INT(out.len, BODY + size);
	CHECK_INT(spice_reply_parse(buf_data(&out) + BODY, size, &again), 0);
	CHECK_INT(again.error, SPICE_OK);
	CHECK_MEM(again.key, r.key, sizeof(r.key));
	CHECK_MEM(&again.common, &r.common, sizeof(r.common));
	CHECK_MEM(&again.channel, &r.channel, sizeof(r.channel));
	for (size_t len = 0; len < size; len++)
		CHECK_INT(spice_reply_parse(buf_data(&out) + BODY, len, &again),
				-EPROTO);
	put(buf_data(&out) + BODY + 174, UINT32_MAX - 1);
	CHECK_INT(spice_reply_parse(buf_data(&out) + BODY, size, &again),
			-EPROTO);
	buf_done(&out);
}

static void a_refusal_needs_nothing_but_its_error(void)
{
	struct spice_reply r;
	struct buf out;

	CHECK_INT(spice_reply_parse((const uint8_t *)"\7\0\0\0", 4, &r), 0);
	CHECK_INT(r.error, SPICE_PERMISSION_DENIED);
	CHECK_INT(r.common.count + r.channel.count, 0);
	buf_init(&out, 1000);
	CHECK_INT(spice_reply_write(&out, &r), 0);
	CHECK_INT(out.len, BODY + 178); /* whole, as libspice says it */
	buf_done(&out);
}

static void the_login_is_settled_on_each_side(void)
{
	struct spice_caps none = {0};
	struct spice_caps all = {2, {0xffffffff, 5}};

	spice_caps_own_login(&none);
	CHECK_INT(none.count, 1);
	CHECK_INT(none.words[0], 3);
	spice_caps_own_login(&all);
	CHECK_INT(all.count, 2);
	CHECK_INT(all.words[0], 0xfffffffb);
	CHECK_INT(all.words[1], 5);
	CHECK(spice_caps_has(&all, SPICE_CAP_MINI_HEADER));
	CHECK(!spice_caps_has(&none, SPICE_CAP_MINI_HEADER));
}

static void errors_cross_from_one_side_to_the_other(void)
{
	CHECK_INT(spice_errno(SPICE_PERMISSION_DENIED), -EACCES);
	CHECK_INT(spice_errno(SPICE_NEED_SECURED), -ECONNREFUSED);
	CHECK_INT(spice_errno(4711), -ECONNREFUSED);
	CHECK_INT(spice_errno(SPICE_OK), 0);
	CHECK_INT(spice_error_for(0), SPICE_OK);
	CHECK_INT(spice_error_for(-EACCES), SPICE_PERMISSION_DENIED);
	CHECK_INT(spice_error_for(-ENOENT), SPICE_BAD_CONNECTION_ID);
	CHECK_INT(spice_error_for(-ENODEV), SPICE_CHANNEL_NOT_AVAILABLE);
	CHECK_INT(spice_error_for(-ECONNREFUSED), SPICE_ERROR);
	CHECK_INT(spice_error_for(-ETIMEDOUT), SPICE_ERROR);
	CHECK_STR(spice_error_text(SPICE_PERMISSION_DENIED),
			"permission denied");
	CHECK_STR(spice_error_text(4711), "an unknown error");
}

TESTS(T(a_link_is_read_and_written_as_it_was),
		T(a_cut_link_is_malformed_at_every_byte),
		T(a_header_is_judged_before_anything_is_believed),
		T(sizes_that_do_not_fit_are_refused),
		T(the_most_words_are_read_and_written),
		T(a_reply_is_read_and_written_as_it_was),
		T(a_refusal_needs_nothing_but_its_error),
		T(the_login_is_settled_on_each_side),
		T(errors_cross_from_one_side_to_the_other))
