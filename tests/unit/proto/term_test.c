#include "proto/term.h"

#include <string.h>

#include "test.h"

static void is_head(size_t len, const char *should)
{
	uint8_t block[TERM_HEAD_MAX + 2] = "..........";
	size_t n = term_input_head(block + TERM_HEAD_MAX + 1, len);

	CHECK_INT(n, strlen(should));
	CHECK(n <= TERM_HEAD_MAX);
	CHECK_MEM(block + TERM_HEAD_MAX + 1 - n, should, n);
	CHECK_INT(block[TERM_HEAD_MAX + 1], '.'); /* the data */
	CHECK_INT(block[TERM_HEAD_MAX - n], '.');
}

static void a_header_ends_where_its_data_begins(void)
{
	is_head(1, "0:1:");
	is_head(9, "0:9:");
	is_head(10, "0:10:");
	is_head(12345, "0:12345:");
	is_head(TERM_INPUT_MAX, "0:65536:");
}

static void is_resize(uint16_t cols, uint16_t rows, const char *should)
{
	uint8_t text[TERM_RESIZE_MAX];
	size_t n = term_resize_write(cols, rows, text);

	CHECK_INT(n, strlen(should));
	CHECK_MEM(text, should, n);
}

static void a_resize_ends_with_a_colon(void)
{
	is_resize(80, 24, "1:80:24:");
	is_resize(1, 1, "1:1:1:");
	is_resize(65535, 65535, "1:65535:65535:");
}

TESTS(T(a_header_ends_where_its_data_begins), T(a_resize_ends_with_a_colon))
