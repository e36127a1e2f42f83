#include "stream/spice_filter.h"

#include <errno.h>
#include <string.h>

#include "steps.h"
#include "stream/layer.h"
#include "stream/mem.h"
#include "test.h"

/* type, size, and what follows */
#define M_INFO "\145\0\5\0\0\0hello"
#define M_ATTACH "\150\0\0\0\0\0"
#define M_START "\152\0\4\0\0\0\12\0\0\0"
#define M_CUT "\153\0\10\0\0\0clip"
#define M_TOKEN "\154\0\4\0\0\0\1\0\0\0"
#define M_LONG "\145\0\1\0\20\0"
/* serial, type, size, sub_list */
#define SERIAL "\1\0\0\0\0\0\0\0"
#define F_ATTACH SERIAL "\150\0\0\0\0\0\0\0\0\0"
#define F_INFO SERIAL "\145\0\2\0\0\0\0\0\0\0hi"
#define F_DATA SERIAL "\153\0\2\0\0\0\0\0\0\0no"
#define F_WITHIN SERIAL "\145\0\2\0\0\0\4\0\0\0hi"

static void filtered_is(const char *says, size_t len, bool mini,
		const char *left, size_t left_len, ssize_t end)
{
	for (size_t piece = 1; piece <= 64; piece++)
		for (int cut = 0; cut < 2; cut++) {
			struct stream *s = mem_new_n(says, len);
			struct buf got;

			CHECK(!cut || chop_wrap(&s) == 0);
			CHECK(spice_filter_wrap(&s, mini, NULL) == 0);
			CHECK_INT(drain(s, piece, &got), end);
			CHECK_INT(got.len, left_len);
			CHECK_MEM(buf_data(&got), left, left_len);
			buf_done(&got);
			stream_free(s);
		}
}

#define FILTERED(says, mini, left, end)                                     \
	filtered_is(says, sizeof(says) - 1, (mini), left, sizeof(left) - 1, \
			(end))

static void what_is_meant_for_the_agent_does_not_pass(void)
{
	FILTERED(M_INFO M_START M_ATTACH M_TOKEN "\153\0\4\0\0\0clip" M_INFO,
			true, M_INFO M_ATTACH M_INFO, 0);
	FILTERED(F_ATTACH F_DATA F_INFO F_DATA, false, F_ATTACH F_INFO, 0);
	FILTERED(M_ATTACH M_CUT, true, M_ATTACH, 0); /* it ends within */
}

static void a_message_past_the_limit_ends_it(void)
{
	FILTERED(M_ATTACH M_LONG "x", true, M_ATTACH, -EMSGSIZE);
}

static void a_message_within_a_message_ends_it(void)
{
	FILTERED(F_ATTACH F_WITHIN, false, F_ATTACH, -EPROTO);
}

static void who_sends_only_what_is_dropped_does_not_hold_the_loop(void)
{
	struct stream *s = mem_new("");
	uint8_t memory[STREAM_HEAD + 64];
	int dry = 0;

	for (int i = 0; i < 100; i++)
		CHECK(mem_feed(s, M_TOKEN, sizeof(M_TOKEN) - 1) == 0);
	CHECK(spice_filter_wrap(&s, true, NULL) == 0);
	while (stream_read(s, memory + STREAM_HEAD, 64) == -EAGAIN)
		dry++;
	CHECK(dry > 10);
	stream_free(s);
}

TESTS(T(what_is_meant_for_the_agent_does_not_pass),
		T(a_message_past_the_limit_ends_it),
		T(a_message_within_a_message_ends_it),
		T(who_sends_only_what_is_dropped_does_not_hold_the_loop))
