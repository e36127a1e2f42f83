#include "cli/chord.h"

#include <errno.h>
#include <string.h>

#include "stream/mem.h"
#include "stream/stream.h"
#include "test.h"

#define KEY "\x1d" /* Ctrl+] */

static void ready(struct stream *s)
{
	for (int calls = 0; calls < 4; calls++)
		(void)stream_handshake(s, NULL);
}

/* What of these keys the guest gets, in one read or a byte at a time; what is
 * behind it: 0 or -EAGAIN. */
static void keys_give(const char *typed, const char *want, ssize_t then)
{
	for (int cut = 0; cut < 2; cut++) {
		struct stream *s = mem_new(typed);
		uint8_t scratch[STREAM_HEAD + 64],
				*data = scratch + STREAM_HEAD;
		size_t len = 0;
		ssize_t n = 1;

		mem_hold_open(s);
		CHECK(!cut || chop_wrap(&s) == 0);
		CHECK_INT(chord_wrap(&s, NULL), 0);
		ready(s);
		for (int calls = 0; calls < 32 && n != 0; calls++) {
			n = stream_read(s, data + len, 64 - len);
			len += n > 0 ? (size_t)n : 0;
		}
		data[len] = '\0';
		CHECK_STR((char *)data, want);
		CHECK_INT(n, then);
		stream_free(s);
	}
}

static void the_chord_ends_it_and_anything_else_is_the_guests(void)
{
	keys_give("ls\r", "ls\r", -EAGAIN);
	keys_give("a" KEY "qb", "a", 0);
	keys_give("a" KEY KEY "b", "a" KEY "b", -EAGAIN);
	keys_give(KEY "xq", KEY "xq", -EAGAIN);
	keys_give(KEY KEY "q", KEY "q", -EAGAIN);
	keys_give(KEY, "", -EAGAIN); /* it waits for the next key */
}

static void an_end_that_came_with_the_last_keys_is_pending(void)
{
	struct stream *s = mem_new("ab" KEY "q");
	uint8_t scratch[STREAM_HEAD + 8], *data = scratch + STREAM_HEAD;

	mem_hold_open(s);
	CHECK_INT(chord_wrap(&s, NULL), 0);
	ready(s);
	CHECK_INT(stream_read(s, data, 8), 2);
	CHECK(stream_pending(s));
	CHECK_INT(stream_read(s, data, 8), 0);
	stream_free(s);
}

/* Or every end would wait for a goodbye that no terminal says. */
static void after_a_goodbye_nothing_more_is_waited_for(void)
{
	struct stream *wire = mem_new("more"), *s = wire;
	uint8_t scratch[STREAM_HEAD + 8], *data = scratch + STREAM_HEAD;

	mem_hold_open(wire);
	CHECK_INT(chord_wrap(&s, NULL), 0);
	ready(s);
	CHECK_INT(stream_shutdown(s), 0);
	CHECK(mem_is_shut(wire));
	CHECK(stream_pending(s));
	CHECK_INT(stream_read(s, data, 8), 0);
	CHECK_INT(stream_read(s, data, 8), 0);
	stream_free(s);
}

TESTS(T(the_chord_ends_it_and_anything_else_is_the_guests),
		T(an_end_that_came_with_the_last_keys_is_pending),
		T(after_a_goodbye_nothing_more_is_waited_for))
