#include "core/utf8.h"

#include <string.h>

#include "test.h"

static bool valid(const char *text)
{
	return utf8_is_valid(text, strlen(text));
}

/* What RFC 3629 allows, written the other way round. */
static size_t encode(uint32_t c, uint8_t ret[4])
{
	if (c < 0x80) {
		ret[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		ret[0] = (uint8_t)(0xc0 | c >> 6);
		ret[1] = 0x80 | (c & 0x3f);
		return 2;
	}
	if (c < 0x10000) {
		ret[0] = (uint8_t)(0xe0 | c >> 12);
		ret[1] = 0x80 | (c >> 6 & 0x3f);
		ret[2] = 0x80 | (c & 0x3f);
		return 3;
	}
	ret[0] = (uint8_t)(0xf0 | c >> 18);
	ret[1] = 0x80 | (c >> 12 & 0x3f);
	ret[2] = 0x80 | (c >> 6 & 0x3f);
	ret[3] = 0x80 | (c & 0x3f);
	return 4;
}

static void every_character_but_surrogates_is_valid(void)
{
	uint8_t text[4];

	for (uint32_t c = 0; c < 0x120000; c++) {
		bool surrogate = c >= 0xd800 && c < 0xe000;
		size_t len = encode(c, text);

		CHECK(utf8_is_valid(text, len) ==
				(!surrogate && c <= 0x10ffff));
		CHECK(len == 1 || !utf8_is_valid(text, len - 1));
	}
}

static void overlong_forms_are_refused(void)
{
	CHECK(!valid("\xc0\xaf"));
	CHECK(!valid("\xc1\xbf"));
	CHECK(!valid("\xe0\x9f\xbf"));
	CHECK(!valid("\xf0\x8f\xbf\xbf"));
	CHECK(!valid("\xf8\x88\x80\x80\x80"));
}

static void a_text_in_pieces_is_judged_at_the_first_wrong_byte(void)
{
	struct utf8 u = {0};

	CHECK(utf8_feed(&u, "a\xe2", 2));
	CHECK(!utf8_is_whole(&u));
	CHECK(utf8_feed(&u, "\x82", 1));
	CHECK(utf8_feed(&u, "", 0));
	CHECK(utf8_feed(&u, "\xac", 1));
	CHECK(utf8_is_whole(&u));
	CHECK(utf8_feed(&u, "\xed", 1));
	CHECK(!utf8_feed(&u, "\xa0", 1));
}

static void a_cut_never_breaks_a_character(void)
{
	const char *text = "a\xe2\x82\xac"
			   "b";

	CHECK_INT(utf8_cut(text, 5, 9), 5);
	CHECK_INT(utf8_cut(text, 5, 4), 4);
	CHECK_INT(utf8_cut(text, 5, 3), 1);
	CHECK_INT(utf8_cut(text, 5, 2), 1);
	CHECK_INT(utf8_cut(text, 5, 1), 1);
	CHECK_INT(utf8_cut(text, 5, 0), 0);
}

TESTS(T(every_character_but_surrogates_is_valid), T(overlong_forms_are_refused),
		T(a_text_in_pieces_is_judged_at_the_first_wrong_byte),
		T(a_cut_never_breaks_a_character))
