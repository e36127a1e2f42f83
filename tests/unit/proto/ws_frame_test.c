#include "proto/ws_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define LEN_MAX (UINT64_C(1) << 40)

static int parse(const char *bytes, size_t len, bool masked)
{
	struct ws_header h;

	return ws_header_parse(
			(const uint8_t *)bytes, len, masked, LEN_MAX, &h);
}

#define PARSE(bytes, masked) parse(bytes, sizeof(bytes) - 1, masked)

static void a_header_is_read_as_it_was_written(void)
{
	static const uint64_t lens[] = {0, 1, 125, 126, 127, 0xffff, 0x10000,
			UINT64_C(1) << 32, LEN_MAX};
	uint8_t room[WS_HEADER_MAX];

	for (size_t i = 0; i < 9; i++)
		for (int masked = 0; masked < 2; masked++) {
			struct ws_header h = {.len = lens[i],
					.opcode = WS_OP_BINARY,
					.fin = i % 2 == 0,
					.masked = masked,
					.key = {1, 2, 3, 4}};
			struct ws_header got;
			size_t size = ws_header_write(room + WS_HEADER_MAX, &h);
			uint8_t *at = room + WS_HEADER_MAX - size;

			CHECK_INT(size, ws_header_size(h.len, masked));
			for (size_t cut = 0; cut < size; cut++)
				CHECK_INT(ws_header_parse(at, cut, masked,
							  LEN_MAX, &got),
						0);
			CHECK_INT(ws_header_parse(at, size, masked, LEN_MAX,
						  &got),
					size);
			CHECK(got.len == h.len && got.fin == h.fin &&
					got.opcode == h.opcode &&
					got.masked == h.masked);
			CHECK(!masked || memcmp(got.key, h.key, 4) == 0);
		}
}

static void what_breaks_the_rfc_is_refused_as_early_as_it_shows(void)
{
	CHECK_INT(PARSE("\xc2", true), -EPROTO); /* RSV1 */
	CHECK_INT(PARSE("\xa2", true), -EPROTO);
	CHECK_INT(PARSE("\x92", true), -EPROTO);
	CHECK_INT(PARSE("\x83", true), -EPROTO); /* opcode 3 */
	CHECK_INT(PARSE("\x8b", true), -EPROTO); /* opcode 11 */
	CHECK_INT(PARSE("\x09", true), -EPROTO); /* half a ping */
	CHECK_INT(PARSE("\x82\x05", true), -EPROTO);
	CHECK_INT(PARSE("\x82\x85", false), -EPROTO);
	CHECK_INT(PARSE("\x89\xfe", true), -EPROTO); /* a long ping */
	CHECK_INT(PARSE("\x82\x7e\x00\x7d", false), -EPROTO);
	CHECK_INT(PARSE("\x82\x7e\x00\x7e", false), 4);
	CHECK_INT(PARSE("\x82\x7f\0\0\0\0\0\0\xff\xff", false), -EPROTO);
	CHECK_INT(PARSE("\x82\x7f\0\0\0\0\0\1\0\0", false), 10);
	CHECK_INT(PARSE("\x82\x7f\x80\0\0\0\0\0\0\0", false), -EPROTO);
	CHECK_INT(PARSE("\x82\x7f\x40\0\0\0\0\0\0\0", false), -EMSGSIZE);
	CHECK_INT(PARSE("\x82\xff\x40\0\0\0\0\0\0\0", true), -EMSGSIZE);
}

static void only_nine_first_bytes_begin_a_frame(void)
{
	int good = 0;

	for (int c = 0; c < 256; c++) {
		uint8_t first = (uint8_t)c;

		good += parse((const char *)&first, 1, true) == 0;
	}
	CHECK_INT(good, 3 * 2 + 3);
}

static void masking_is_right_from_any_place_of_the_key_and_shifted(void)
{
	static const uint8_t key[4] = {0x12, 0x80, 0xff, 0x01};
	uint8_t from[400], data[400];

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i * 31);
	for (size_t len = 0; len < 300; len++)
		for (size_t shift = 0; shift < 70; shift += 1 + shift / 9) {
			size_t at = len % 7;

			memcpy(data, from, sizeof(data));
			ws_mask(data + 5, data + 5 + shift, len, key, at);
			for (size_t i = 0; i < len; i++)
				CHECK(data[5 + i] ==
						(from[5 + shift + i] ^
								key[(at + i) % 4]));
			CHECK_MEM(data, from, 5);
			if (len >= shift)
				CHECK_MEM(data + 5 + len + shift,
						from + 5 + len + shift, 20);
		}
}

static void a_key_of_zeros_only_moves(void)
{
	static const uint8_t key[4];
	uint8_t data[] = "xabcdef";

	ws_mask(data, data + 1, 6, key, 3);
	CHECK_MEM(data, "abcdef", 6);
	ws_mask(data, data, 6, key, 3);
	CHECK_MEM(data, "abcdef", 6);
}

static void a_close_says_code_and_reason(void)
{
	char reason[WS_REASON_MAX + 1];
	uint8_t says[WS_CONTROL_MAX];
	uint16_t code;
	size_t len = ws_close_write(4404, "no_such_guest", says);

	CHECK_INT(len, 15);
	CHECK_INT(ws_close_parse(says, len, &code, reason), 0);
	CHECK_INT(code, 4404);
	CHECK_STR(reason, "no_such_guest");
	CHECK_INT(ws_close_parse(says, 0, &code, reason), 0);
	CHECK_INT(code, 0);
	CHECK_STR(reason, "");
	CHECK_INT(ws_close_parse(says, 1, &code, reason), -EPROTO);
}

static void a_long_reason_is_cut_between_characters(void)
{
	char text[200], reason[WS_REASON_MAX + 1];
	uint8_t says[WS_CONTROL_MAX];
	uint16_t code;

	memset(text, 'a', sizeof(text));
	memcpy(text + 121, "\xe2\x82\xac", 4);
	CHECK_INT(ws_close_write(1000, text, says), 2 + 121);
	memcpy(text + 120, "\xe2\x82\xac", 4);
	CHECK_INT(ws_close_write(1000, text, says), 2 + 123);
	CHECK_INT(ws_close_parse(says, 125, &code, reason), 0);
	CHECK_INT(strlen(reason), 123);
	CHECK_INT(ws_close_write(1000, "\xff", says), 2);
}

static void codes_that_never_go_on_the_wire_are_neither_read_nor_written(void)
{
	char reason[WS_REASON_MAX + 1];
	uint8_t says[WS_CONTROL_MAX];
	int valid = 0;

	for (unsigned c = 0; c <= 0xffff; c++) {
		uint8_t data[2] = {(uint8_t)(c >> 8), (uint8_t)c};
		uint16_t code;
		int r = ws_close_parse(data, 2, &code, reason);

		CHECK(r == (ws_close_code_is_valid(c) ? 0 : -EPROTO));
		CHECK(ws_close_write((uint16_t)c, "", says) ==
				(r == 0 ? 2 : 0));
		valid += r == 0;
	}
	CHECK_INT(valid, 4 + 8 + 2000);
	CHECK(!ws_close_code_is_valid(1004) && !ws_close_code_is_valid(1005) &&
			!ws_close_code_is_valid(1006) &&
			!ws_close_code_is_valid(1015));
}

static void the_accept_key_is_the_one_of_the_rfc(void)
{
	char accept[WS_ACCEPT_LEN + 1], text[201];

	CHECK_INT(ws_accept_key("dGhlIHNhbXBsZSBub25jZQ==", accept), 0);
	CHECK_STR(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	memset(text, 'a', 200);
	text[200] = '\0';
	CHECK(ws_accept_key(text, accept) < 0);
}

TESTS(T(a_header_is_read_as_it_was_written),
		T(what_breaks_the_rfc_is_refused_as_early_as_it_shows),
		T(only_nine_first_bytes_begin_a_frame),
		T(masking_is_right_from_any_place_of_the_key_and_shifted),
		T(a_key_of_zeros_only_moves), T(a_close_says_code_and_reason),
		T(a_long_reason_is_cut_between_characters),
		T(codes_that_never_go_on_the_wire_are_neither_read_nor_written),
		T(the_accept_key_is_the_one_of_the_rfc))
