#include "proto/asciicast.h"

#include <errno.h>
#include <string.h>

#include "core/buf.h"
#include "proto/json.h"
#include "test.h"

static struct buf out;
static struct cast_text text;
static struct err e;

static void say(const char *data, size_t len)
{
	CHECK_INT(cast_write_text(&out, &text, CAST_OUTPUT, 1500000, data, len),
			0);
}

/* What was written so far. */
static void is_written(const char *should)
{
	CHECK_INT(out.len, strlen(should));
	if (out.len == strlen(should) && out.len > 0)
		CHECK_MEM(buf_data(&out), should, out.len);
	buf_done(&out);
}

static void begin(void)
{
	buf_init(&out, 1 << 20);
	text = (struct cast_text){0};
}

static void a_recording_begins_with_its_size(void)
{
	const struct cast_header h = {132, 43, 1767225600, "home/\"web1\""};

	begin();
	CHECK_INT(cast_write_header(&out, &h), 0);
	is_written("{\"version\":2,\"width\":132,\"height\":43,"
		   "\"timestamp\":1767225600,\"title\":\"home/\\\"web1\\\"\"}"
		   "\n");
}

static void output_is_an_event_with_its_time(void)
{
	begin();
	say("login: ", 7);
	is_written("[1.500000, \"o\", \"login: \"]\n");
	CHECK_INT(cast_write_resize(&out, 61000001, 80, 24), 0);
	is_written("[61.000001, \"r\", \"80x24\"]\n");
}

static void a_character_cut_between_reads_is_kept_whole(void)
{
	static const char euro[] = "a\xe2\x82\xac"
				   "b";

	for (size_t cut = 0; cut <= 5; cut++) {
		begin();
		say(euro, cut);
		say(euro + cut, 5 - cut);
		for (size_t i = 0; i < out.len; i++)
			CHECK(buf_data(&out)[i] != 0xef); /* no U+FFFD */
		CHECK_INT(text.kept_len, 0);
		buf_done(&out);
	}
	begin();
	say(euro, 2);
	is_written("[1.500000, \"o\", \"a\"]\n");
	say(euro + 2, 3);
	is_written("[1.500000, \"o\", \"\xe2\x82\xac"
		   "b\"]\n");
}

static void what_is_no_utf8_is_replaced_and_nuls_are_left_out(void)
{
	begin();
	say("a\xff"
	    "b\0c",
			5);
	is_written("[1.500000, \"o\", \"a\xef\xbf\xbd"
		   "bc\"]\n");
	say("\xe2\x82", 2);
	is_written("");
	CHECK_INT(cast_write_rest(&out, &text, CAST_OUTPUT, 2000000), 0);
	CHECK(out.len > 0);
	buf_done(&out);
	CHECK_INT(cast_write_rest(&out, &text, CAST_OUTPUT, 2000000), 0);
	is_written("");
}

/* ---- reading --------------------------------------------------------------
 */

static int header(const char *line, struct cast_header *ret)
{
	return cast_read_header(line, strlen(line), ret, &e);
}

static void a_header_is_read(void)
{
	struct cast_header h;

	CHECK_INT(header("{\"version\": 2, \"width\": 80, \"height\": 24, "
			 "\"env\": {}}",
				  &h),
			0);
	CHECK_INT(h.cols, 80);
	CHECK_INT(h.rows, 24);
	CHECK_INT(header("{\"version\": 1}", &h), -ENOTSUP);
	CHECK_INT(header("{\"version\": 2, \"width\": 0, \"height\": 24}", &h),
			-EINVAL);
	CHECK_INT(header("{\"version\": 2, \"width\": 80, \"height\": 99999}",
				  &h),
			-EINVAL);
	CHECK_INT(header("[]", &h), -EINVAL);
	CHECK_INT(header("", &h), -EINVAL);
}

static int event(const char *line, struct cast_event *ret)
{
	return cast_read_event(line, strlen(line), ret, &e);
}

static void events_are_read(void)
{
	struct cast_event ev;

	CHECK_INT(event("[1.5, \"o\", \"hi\\r\\n\"]", &ev), 0);
	CHECK_INT(ev.kind, CAST_OUTPUT);
	CHECK_INT(ev.at_us, 1500000);
	CHECK_STR(ev.text, "hi\r\n");
	json_free(ev.tree);
	CHECK_INT(event("[2, \"r\", \"80x24\"]", &ev), 0);
	CHECK_INT(ev.kind, CAST_RESIZE);
	json_free(ev.tree);
	CHECK_INT(event("[2, \"m\", \"marker\"]", &ev), -ENOMSG);
	CHECK_INT(event("[-1, \"o\", \"\"]", &ev), -EINVAL);
	CHECK_INT(event("[1e300, \"o\", \"\"]", &ev), -EINVAL);
	CHECK_INT(event("[1, \"o\"]", &ev), -EINVAL);
	CHECK_INT(event("[1, 2, 3]", &ev), -EINVAL);
	CHECK_INT(event("{}", &ev), -EINVAL);
	CHECK_INT(event("[1, \"o\", \"", &ev), -EINVAL);
}

static void sizes_are_read(void)
{
	unsigned cols = 0, rows = 0;

	CHECK_INT(cast_read_size("132x43", &cols, &rows), 0);
	CHECK_INT(cols, 132);
	CHECK_INT(rows, 43);
	CHECK_INT(cast_read_size("0x24", &cols, &rows), -EINVAL);
	CHECK_INT(cast_read_size("80x24x", &cols, &rows), -EINVAL);
	CHECK_INT(cast_read_size("80x99999", &cols, &rows), -EINVAL);
	CHECK_INT(cast_read_size("", &cols, &rows), -EINVAL);
}

TESTS(T(a_recording_begins_with_its_size), T(output_is_an_event_with_its_time),
		T(a_character_cut_between_reads_is_kept_whole),
		T(what_is_no_utf8_is_replaced_and_nuls_are_left_out),
		T(a_header_is_read), T(events_are_read), T(sizes_are_read))
