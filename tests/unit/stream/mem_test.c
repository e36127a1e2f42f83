#include "stream/mem.h"

#include <errno.h>

#include "stream/stream.h"
#include "test.h"

static void a_mem_stream_reads_its_text_and_then_the_end(void)
{
	struct stream *s = mem_new("abc");
	uint8_t data[8];

	CHECK_INT(stream_read(s, data, 2), 2);
	CHECK_INT(stream_read(s, data, 8), 1);
	CHECK_INT(stream_read(s, data, 8), 0);
	CHECK_INT(stream_read(s, data, 8), 0);
	stream_free(s);
}

static void chop_moves_one_byte_every_second_call(void)
{
	struct stream *s = mem_new("abc");
	uint8_t data[8];

	CHECK(chop_wrap(&s) == 0);
	CHECK_INT(stream_read(s, data, 8), -EAGAIN);
	CHECK_INT(stream_read(s, data, 8), 1);
	CHECK_INT(stream_write(s, data, 1), -EAGAIN);
	CHECK_INT(stream_write(s, data, 1), 1);
	CHECK_STR(mem_written(s), "a");
	stream_free(s);
}

static void a_pair_feeds_each_other_within_its_room(void)
{
	struct stream *a, *b;
	uint8_t data[8] = "12345678";

	CHECK(mem_pair(&a, &b, 4) == 0);
	CHECK_INT(stream_read(b, data, 8), -EAGAIN);
	CHECK_INT(stream_write(a, data, 8), 4);
	CHECK_INT(stream_write(a, data + 4, 4), -EAGAIN);
	CHECK_INT(stream_read(b, data, 8), 4);
	CHECK_MEM(data, "1234", 4);
	CHECK(stream_shutdown(a) == 0);
	CHECK_INT(stream_read(b, data, 8), 0);
	stream_free(a);
	CHECK_INT(stream_write(b, data, 1), -EPIPE);
	stream_free(b);
}

TESTS(T(a_mem_stream_reads_its_text_and_then_the_end),
		T(chop_moves_one_byte_every_second_call),
		T(a_pair_feeds_each_other_within_its_room))
