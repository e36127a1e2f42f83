#include "core/text.h"

#include <string.h>

#include "test.h"

/* Every code point, written as RFC 3629 says, is one character. */
static void every_code_point_is_known_and_surrogates_are_not(void)
{
	for (uint32_t c = 0x80; c < 0x110000; c++) {
		uint8_t b[4];
		size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		size_t want = c >= 0xd800 && c <= 0xdfff ? 0 : n;

		b[0] = (uint8_t)((0xf00 >> n & 0xff) | c >> 6 * (n - 1));
		for (size_t i = 1; i < n; i++)
			b[i] = 0x80 | (c >> 6 * (n - 1 - i) & 0x3f);
		CHECK_INT(text_utf8(b, n), want);
		CHECK_INT(text_utf8(b, n - 1), 0); /* cut */
	}
}

static void what_is_no_utf8_is_refused(void)
{
	static const char *const bad[] = {"\x80", "\xbf", "\xc0\x80",
			"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
			"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3(",
			"\xe2\x82(", "\xf0\x9f\x98("};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(text_utf8(bad[i], strlen(bad[i])), 0);
	CHECK_INT(text_utf8("a", 0), 0);
	CHECK_INT(text_utf8("\0", 1), 1);
	CHECK_INT(text_utf8("a\xff", 2), 1);
}

static void controls_are_known_in_both_planes(void)
{
	CHECK(text_is_control("\x1b", 1));
	CHECK(text_is_control("\0", 1));
	CHECK(text_is_control("\x7f", 1));
	CHECK(text_is_control("\xc2\x9b", 2)); /* CSI in one character */
	CHECK(!text_is_control("\xc2\xa0", 2));
	CHECK(!text_is_control("\xc2", 1));
	CHECK(!text_is_control(" ", 1));
	CHECK(!text_is_control("", 0));
}

/* "erase \u202egnp.exe": shown, it would read as another name. */
static void what_turns_a_line_is_not_plain(void)
{
	static const char *const marks[] = {"\xd8\x9c", "\xe2\x80\x8e",
			"\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xaa",
			"\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9"};
	static const char *const letters[] = {"a", " ", "\xc3\xa9", "\xd7\x90",
			"\xd8\xa7", "\xe2\x80\x93", "\xe2\x81\xaa",
			"\xf0\x9f\x98\x80"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		CHECK(!text_is_plain(marks[i], strlen(marks[i])));
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++)
		CHECK(text_is_plain(letters[i], strlen(letters[i])));
	CHECK(!text_is_plain("", 0));
	CHECK(!text_is_plain("\x1b", 1));
	CHECK(!text_is_plain("\xc2\x9b", 2));
	CHECK(!text_is_plain("\xff", 1));
}

static void json_of(const char *data, size_t len, const char *want)
{
	char all[64], piece[TEXT_JSON_MAX];
	size_t at = 0, n;

	while (len > 0) {
		size_t used = text_json(data, len, piece, &n);

		CHECK(used > 0 && used <= len && n <= TEXT_JSON_MAX);
		memcpy(all + at, piece, n);
		at += n;
		data += used;
		len -= used;
	}
	all[at] = '\0';
	CHECK_STR(all, want);
}

static void a_json_string_holds_no_control_and_only_utf8(void)
{
	json_of("a\"b\\c/d", 7, "a\\\"b\\\\c/d");
	json_of("\b\f\n\r\t", 5, "\\b\\f\\n\\r\\t");
	json_of("\0\x1b\x7f", 3, "\\u0000\\u001b\\u007f");
	json_of("\xc2\x9b", 2, "\\u009b");
	json_of("\xc3\xbc\xf0\x9f\x98\x80", 6, "\xc3\xbc\xf0\x9f\x98\x80");
	json_of("\xffz\xe2\x82", 4, "\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd");
}

TESTS(T(every_code_point_is_known_and_surrogates_are_not),
		T(what_is_no_utf8_is_refused),
		T(controls_are_known_in_both_planes),
		T(what_turns_a_line_is_not_plain),
		T(a_json_string_holds_no_control_and_only_utf8))
