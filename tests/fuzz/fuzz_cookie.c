/* A Cookie header, and what else reads lists of a stranger. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/assets.h"
#include "http/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = calloc(1, len + 1);
	const char *value;
	size_t value_len;

	assert(text);
	if (len > 0)
		memcpy(text, data, len);
	value = cookie_find(text, "sid", &value_len);
	if (value) {
		assert(value >= text + 4 && value_len <= COOKIE_VALUE_MAX);
		assert(value + value_len <= text + len);
		assert(!memchr(value, ';', value_len));
	}
	(void)accepts_gzip(text);
	(void)etag_matches(text, "abc");
	free(text);
	return 0;
}
