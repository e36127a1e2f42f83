#include "core/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static void bytes_leave_in_the_order_they_came(void)
{
	struct buf b;

	buf_init(&b, 100);
	CHECK(buf_adds(&b, "hello ") == 0);
	CHECK(buf_addf(&b, "%s %d", "world", 7) == 0);
	buf_eat(&b, 6);
	CHECK_INT(b.len, 7);
	CHECK_MEM(buf_data(&b), "world 7", 7);
	buf_done(&b);
}

static void nothing_is_added_past_the_ceiling(void)
{
	struct buf b;

	buf_init(&b, 8);
	CHECK(buf_adds(&b, "12345678") == 0);
	CHECK_INT(buf_adds(&b, "9"), -EMSGSIZE);
	CHECK_INT(b.len, 8);
	buf_eat(&b, 3);
	CHECK(buf_adds(&b, "abc") == 0);
	CHECK_MEM(buf_data(&b), "45678abc", 8);
	CHECK(buf_room(&b, SIZE_MAX) == NULL);
	buf_done(&b);
}

static void an_emptied_buf_holds_no_memory(void)
{
	struct buf b;

	buf_init(&b, 8);
	CHECK(buf_adds(&b, "x") == 0);
	buf_eat(&b, 1);
	CHECK(b.base == NULL);
	buf_done(&b);
}

static void a_string_can_be_taken_out(void)
{
	struct buf b;
	char *text;

	buf_init(&b, 1000);
	CHECK(buf_adds(&b, "--value") == 0);
	buf_eat(&b, 2);
	text = buf_take_string(&b);
	CHECK_STR(text, "value");
	CHECK(b.base == NULL);
	free(text);
	text = buf_take_string(&b);
	CHECK_STR(text, "");
	free(text);
}

TESTS(T(bytes_leave_in_the_order_they_came),
		T(nothing_is_added_past_the_ceiling),
		T(an_emptied_buf_holds_no_memory), T(a_string_can_be_taken_out))
