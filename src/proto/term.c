#include "proto/term.h"

#include <string.h>

/* Digits of n, written so that they end right before `end`. */
static size_t number_before(uint8_t *end, size_t n)
{
	size_t len = 0;

	do {
		*--end = (uint8_t)('0' + n % 10);
		len++;
		n /= 10;
	} while (n > 0);
	return len;
}

/* "7:" before `end`. */
static size_t field_before(uint8_t *end, size_t n)
{
	end[-1] = ':';
	return 1 + number_before(end - 1, n);
}

size_t term_input_head(uint8_t *data, size_t len)
{
	size_t n = field_before(data, len);

	return n + field_before(data - n, 0);
}

size_t term_resize_write(
		uint16_t cols, uint16_t rows, uint8_t ret[TERM_RESIZE_MAX])
{
	uint8_t text[TERM_RESIZE_MAX], *end = text + sizeof(text);
	size_t n = field_before(end, rows);

	n += field_before(end - n, cols);
	n += field_before(end - n, 1);
	memcpy(ret, end - n, n);
	return n;
}
