#include "stream/rfb_filter.h"

#include <errno.h>
#include <string.h>

#include "steps.h"
#include "stream/layer.h"
#include "stream/mem.h"
#include "stream/rfb.h"
#include "test.h"

#define KEY "\4\1\0\0\0\0\0k"
#define QEMU_KEY "\377\0\0\1\0\0\0k\0\0\0k"
#define QEMU_AUDIO "\377\1\0\0"
#define CUT_TEXT "\6\0\0\0\0\0\0\5hello"
#define UPDATE "\3\1\0\0\0\0\2\0\1\0"
#define UNKNOWN "\115abc"
#define ALL UPDATE KEY QEMU_KEY QEMU_AUDIO CUT_TEXT QEMU_AUDIO UPDATE

static void filtered_is(const char *says, size_t len, unsigned drop,
		const char *left, size_t left_len, ssize_t end)
{
	for (size_t piece = 1; piece <= 64; piece++)
		for (int cut = 0; cut < 2; cut++) {
			struct stream *s = mem_new_n(says, len);
			struct buf got;

			CHECK(!cut || chop_wrap(&s) == 0);
			CHECK(rfb_filter_wrap(&s, drop, NULL) == 0);
			CHECK_INT(drain(s, piece, &got), end);
			CHECK_INT(got.len, left_len);
			CHECK_MEM(buf_data(&got), left, left_len);
			buf_done(&got);
			stream_free(s);
		}
}

#define FILTERED(says, drop, left, end)                                     \
	filtered_is(says, sizeof(says) - 1, (drop), left, sizeof(left) - 1, \
			(end))

static void who_may_only_view_sends_no_input(void)
{
	FILTERED(ALL, RFB_DROP_INPUT, UPDATE QEMU_AUDIO QEMU_AUDIO UPDATE, 0);
}

static void a_closed_clipboard_lets_keys_pass(void)
{
	FILTERED(ALL, RFB_DROP_CLIPBOARD,
			UPDATE KEY QEMU_KEY QEMU_AUDIO QEMU_AUDIO UPDATE, 0);
}

static void what_came_before_an_unknown_message_still_passes(void)
{
	FILTERED(UPDATE KEY UNKNOWN UPDATE, RFB_DROP_INPUT, UPDATE, -EPROTO);
}

static void who_sends_only_what_is_dropped_does_not_hold_the_loop(void)
{
	struct stream *s = mem_new("");
	uint8_t memory[STREAM_HEAD + 8];

	for (int i = 0; i < 100; i++)
		CHECK(mem_feed(s, KEY, 8) == 0);
	CHECK(rfb_filter_wrap(&s, RFB_DROP_INPUT, NULL) == 0);
	CHECK_INT(stream_read(s, memory + STREAM_HEAD, 8), -EAGAIN);
	CHECK_INT(drain(s, 8, &(struct buf){0}), 0);
	stream_free(s);
}

static void writes_pass_and_the_kernel_gets_no_short_cut(void)
{
	uint8_t memory[STREAM_HEAD + 4], *data = memory + STREAM_HEAD;
	struct stream *s = mem_new("");

	CHECK(rfb_filter_wrap(&s, RFB_DROP_INPUT, NULL) == 0);
	memcpy(data, "abcd", 4);
	CHECK_INT(stream_write(s, data, 4), 4);
	CHECK_STR(mem_written(s), "abcd");
	CHECK(!s->ops->bare && s->ops->read);
	stream_free(s);
}

static void it_sits_above_the_greeting(void)
{
	struct stream *s = mem_new("RFB 003.008\n\1\1" UPDATE);
	const struct secret none = {0};
	struct buf got;

	/* the text ends at its first NUL: the rest is fed */
	CHECK(mem_feed(s, "\0\0\0\0\2\0\1\0" KEY, 16) == 0);
	CHECK(rfb_greet_wrap(&s, &none, NULL) == 0);
	CHECK(rfb_filter_wrap(&s, RFB_DROP_INPUT, NULL) == 0);
	CHECK(stream_handshake(s, NULL) == 0);
	CHECK(rfb_greet_finish(s, NULL, NULL) == 0);
	CHECK_INT(drain(s, 64, &got), 0);
	CHECK_INT(got.len, 10);
	CHECK_MEM(buf_data(&got), UPDATE, 10);
	buf_done(&got);
	stream_free(s);
}

static void an_unknown_message_is_pending_until_it_is_told(void)
{
	uint8_t memory[STREAM_HEAD + 64], *data = memory + STREAM_HEAD;
	struct stream *s = mem_new_n(UPDATE UNKNOWN, 14);

	mem_hold_open(s);
	CHECK(rfb_filter_wrap(&s, RFB_DROP_INPUT, NULL) == 0);
	CHECK_INT(stream_read(s, data, 64), 10);
	CHECK(stream_pending(s));
	CHECK_INT(stream_read(s, data, 64), -EPROTO);
	stream_free(s);
}

TESTS(T(an_unknown_message_is_pending_until_it_is_told),
		T(who_may_only_view_sends_no_input),
		T(a_closed_clipboard_lets_keys_pass),
		T(what_came_before_an_unknown_message_still_passes),
		T(who_sends_only_what_is_dropped_does_not_hold_the_loop),
		T(writes_pass_and_the_kernel_gets_no_short_cut),
		T(it_sits_above_the_greeting))
