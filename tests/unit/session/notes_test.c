#include "session/notes.h"

#include <errno.h>
#include <string.h>

#include "stream/stream.h"
#include "test.h"

static void a_size_is_read(void)
{
	static const struct {
		const char *text;
		unsigned cols, rows;
	} good[] = {
			{"{\"resize\":[80,24]}", 80, 24},
			{" { \"resize\" : [ 1 , 1000 ] } ", 1, 1000},
			{"{\"later\":{\"a\":[]},\"resize\":[1000,1]}", 1000, 1},
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct note n = {0};

		CHECK_INT(page_note_read(good[i].text, strlen(good[i].text),
					  &n),
				0);
		CHECK_INT(n.kind, NOTE_RESIZE);
		CHECK_INT(n.resize.cols, good[i].cols);
		CHECK_INT(n.resize.rows, good[i].rows);
	}
}

static void anything_else_is_not_understood(void)
{
	static const char *const bad[] = {"", "{}", "[]", "null", "resize", "{",
			"{\"resize\":null}", "{\"resize\":80}",
			"{\"resize\":[80]}", "{\"resize\":[80,24,1]}",
			"{\"resize\":[0,24]}", "{\"resize\":[80,0]}",
			"{\"resize\":[80,1001]}", "{\"resize\":[-80,24]}",
			"{\"resize\":[65616,24]}",
			"{\"resize\":[99999999999999999999,24]}",
			"{\"resize\":[80.5,24]}", "{\"resize\":[\"80\",24]}",
			"{\"resize\":{\"0\":80,\"1\":24}}",
			"{\"resize\":[80,24]}{}", "{\"Resize\":[80,24]}",
			"{\"resize\":[80,24],\"resize\":[1,1]}"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct note n = {.kind = NOTE_PONG};

		CHECK_INT(page_note_read(bad[i], strlen(bad[i]), &n), -EINVAL);
		CHECK_INT(n.kind, NOTE_PONG); /* untouched */
	}
}

static void no_more_than_so_many_bytes_are_looked_at(void)
{
	char long_one[PAGE_NOTE_MAX + 1];
	struct note n;

	memset(long_one, ' ', sizeof(long_one));
	memcpy(long_one, "{\"resize\":[80,24]}", 18);
	CHECK_INT(page_note_read(long_one, PAGE_NOTE_MAX, &n), 0);
	CHECK_INT(page_note_read(long_one, PAGE_NOTE_MAX + 1, &n), -EMSGSIZE);
}

TESTS(T(a_size_is_read), T(anything_else_is_not_understood),
		T(no_more_than_so_many_bytes_are_looked_at))
