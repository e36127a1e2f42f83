#include "proto/rfb.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

static int parse(const char *line, enum rfb_version *v)
{
	return rfb_version_parse((const uint8_t *)line, strlen(line), v);
}

static void every_version_in_the_field_maps_to_one_of_three(void)
{
	static const struct {
		const char *line;
		enum rfb_version is;
	} cases[] = {
			{"RFB 003.003\n", RFB_3_3},
			{"RFB 003.005\n", RFB_3_3},
			{"RFB 003.006\n", RFB_3_3},
			{"RFB 003.007\n", RFB_3_7},
			{"RFB 003.008\n", RFB_3_8},
			{"RFB 003.016\n", RFB_3_8},
			{"RFB 003.889\n", RFB_3_8},
			{"RFB 004.001\n", RFB_3_8},
			{"RFB 005.000\n", RFB_3_8},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum rfb_version v = 0;

		CHECK_INT(parse(cases[i].line, &v), RFB_VERSION_LEN);
		CHECK_INT(v, cases[i].is);
	}
}

static void what_is_no_version_is_refused_at_its_first_wrong_byte(void)
{
	static const char *const wrong[] = {"RFB 000.000\n", "RFB 003.002\n",
			"RFB 009.000\n", "RFB 3.8\n\n\n\n\n", "RFB 003.008\r",
			"HTTP/1.1 400", "S", "RFB x", "RFB 003.0-8\n",
			"RFB 003.008 "};
	enum rfb_version v = RFB_3_7;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		CHECK_INT(parse(wrong[i], &v), -EPROTO);
	CHECK_INT(v, RFB_3_7);
}

static void half_a_version_needs_more(void)
{
	static const char line[] = "RFB 003.008\n";
	enum rfb_version v;

	for (size_t i = 0; i < RFB_VERSION_LEN; i++)
		CHECK_INT(rfb_version_parse((const uint8_t *)line, i, &v), 0);
}

static void a_version_is_written_as_it_is_read(void)
{
	static const enum rfb_version all[] = {RFB_3_3, RFB_3_7, RFB_3_8};
	uint8_t line[RFB_VERSION_LEN];

	for (size_t i = 0; i < 3; i++) {
		enum rfb_version v;

		rfb_version_write(all[i], line);
		CHECK_INT(rfb_version_parse(line, sizeof(line), &v),
				RFB_VERSION_LEN);
		CHECK_INT(v, all[i]);
	}
	CHECK_MEM(line, "RFB 003.008\n", RFB_VERSION_LEN);
}

static void a_reason_is_cut_at_its_ceiling(void)
{
	char text[RFB_REASON_MAX + 10];
	struct buf b;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	buf_init(&b, 4096);
	CHECK_INT(rfb_reason_write(&b, text), 0);
	CHECK_INT(b.len, 4 + RFB_REASON_MAX);
	CHECK_INT(rfb_u32(buf_data(&b)), RFB_REASON_MAX);
	buf_done(&b);
	CHECK_INT(rfb_reason_write(&b, "no"), 0);
	CHECK_MEM(buf_data(&b), "\0\0\0\2no", 6);
	buf_done(&b);
}

static void clean_is(const char *data, size_t len, const char *expected)
{
	char text[RFB_CLEAN_MAX];

	rfb_text_clean((const uint8_t *)data, len, text);
	CHECK_STR(text, expected);
}

#define CLEAN(data, expected) clean_is((data), sizeof(data) - 1, (expected))

static void a_strangers_text_cannot_speak_to_the_terminal(void)
{
	CLEAN("too many failures", "too many failures");
	CLEAN("line\r\n", "line");
	CLEAN("a\0b\0", "a?b");
	CLEAN("\x1b[2Jx\x7f", "?[2Jx?");
	CLEAN("Zu viele Fehler: \xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80",
			"Zu viele Fehler: \xc3\xbc \xe2\x82\xac "
			"\xf0\x9f\x98\x80");
	CLEAN("\xc2\x9b"
	      "31m",
			"?31m"); /* CSI as one C1 character */
	CLEAN("\xe2\x80\xaegnp.exe", "?gnp.exe");
	CLEAN("", "");
	CLEAN(" \r\n", "");
}

static void bytes_that_are_no_utf8_are_replaced(void)
{
	CLEAN("\xff\xfe", "??");
	CLEAN("\xc0\xaf", "??");           /* overlong */
	CLEAN("\xe0\x80\xaf", "???");      /* overlong */
	CLEAN("\xed\xa0\x80", "???");      /* surrogate */
	CLEAN("\xf4\x90\x80\x80", "????"); /* past the last character */
	CLEAN("ab\xe2\x82", "ab??");       /* cut */
	CLEAN("\x80", "?");
}

static void a_long_text_is_cut_between_two_characters(void)
{
	char many[400], text[RFB_CLEAN_MAX];

	for (size_t i = 0; i < sizeof(many); i += 2)
		memcpy(many + i, "\xc3\xbc", 2);
	rfb_text_clean((uint8_t *)many, sizeof(many), text);
	CHECK_INT(strlen(text), 158); /* 159 would be half a character */
	CHECK_MEM(text + 156, "\xc3\xbc", 3);
}

static void a_server_init_has_a_ceiling_for_its_name(void)
{
	uint8_t head[RFB_SERVER_INIT_LEN] = {0};
	size_t len = 7;

	head[23] = 5;
	CHECK_INT(rfb_server_init_len(head, 100, &len), 0);
	CHECK_INT(len, RFB_SERVER_INIT_LEN + 5);
	memset(head + 20, 0xff, 4);
	CHECK_INT(rfb_server_init_len(head, 100, &len), -EMSGSIZE);
	CHECK_INT(len, RFB_SERVER_INIT_LEN + 5);
}

static void other_protocols_are_called_by_their_names(void)
{
	CHECK_STR(rfb_other_protocol((const uint8_t *)"HTTP/1.1 4", 10),
			"HTTP");
	CHECK_STR(rfb_other_protocol((const uint8_t *)"SSH-2.0", 7), "SSH");
	CHECK(!rfb_other_protocol((const uint8_t *)"RFB 003.008\n", 12));
	CHECK(!rfb_other_protocol((const uint8_t *)"HT", 2));
}

TESTS(T(every_version_in_the_field_maps_to_one_of_three),
		T(what_is_no_version_is_refused_at_its_first_wrong_byte),
		T(half_a_version_needs_more),
		T(a_version_is_written_as_it_is_read),
		T(a_reason_is_cut_at_its_ceiling),
		T(a_strangers_text_cannot_speak_to_the_terminal),
		T(bytes_that_are_no_utf8_are_replaced),
		T(a_long_text_is_cut_between_two_characters),
		T(a_server_init_has_a_ceiling_for_its_name),
		T(other_protocols_are_called_by_their_names))
