#include "stream/mute.h"

#include <errno.h>
#include <string.h>

#include "stream/mem.h"
#include "stream/stream.h"
#include "test.h"

static struct stream *muted(struct stream *s, bool cut)
{
	CHECK(s != NULL);
	CHECK(!cut || chop_wrap(&s) == 0);
	CHECK(mute_wrap(&s, NULL) == 0);
	for (int i = 0; i < 4; i++)
		(void)stream_handshake(s, NULL);
	return s;
}

static void nothing_typed_is_read_and_the_end_still_comes(void)
{
	for (int cut = 0; cut < 2; cut++) {
		struct stream *s = muted(mem_new("rm -rf /\n"), cut);
		uint8_t scratch[STREAM_HEAD + 4], *data = scratch + STREAM_HEAD;
		ssize_t n = -EAGAIN;
		int calls = 0;

		for (; n == -EAGAIN && calls < 64; calls++)
			n = stream_read(s, data, 4);
		CHECK_INT(n, 0);
		stream_free(s);
	}
}

static void who_types_without_end_keeps_nobody_waiting(void)
{
	static char endless[100000];
	struct stream *s = mem_new_n(endless, sizeof(endless));
	uint8_t scratch[STREAM_HEAD + 4], *data = scratch + STREAM_HEAD;

	mem_hold_open(s);
	s = muted(s, false);
	CHECK_INT(stream_read(s, data, 4), -EAGAIN);
	stream_free(s);
}

static void what_the_guest_says_passes(void)
{
	struct stream *wire = mem_new(""), *s = muted(wire, false);
	uint8_t scratch[STREAM_HEAD + 5], *data = scratch + STREAM_HEAD;

	memcpy(data, "hello", 5);
	CHECK_INT(stream_write(s, data, 5), 5);
	CHECK_STR(mem_written(wire), "hello");
	stream_free(s);
}

TESTS(T(nothing_typed_is_read_and_the_end_still_comes),
		T(who_types_without_end_keeps_nobody_waiting),
		T(what_the_guest_says_passes))
