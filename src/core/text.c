#include "core/text.h"

#include <stdint.h>
#include <string.h>

/* The second byte decides what is too long, a surrogate, or too large. */
static const struct {
	uint8_t first, last; /* lead bytes */
	uint8_t len;
	uint8_t from, to; /* second byte */
} utf8_leads[] = {
		{0xc2, 0xdf, 2, 0x80, 0xbf},
		{0xe0, 0xe0, 3, 0xa0, 0xbf},
		{0xe1, 0xec, 3, 0x80, 0xbf},
		{0xed, 0xed, 3, 0x80, 0x9f},
		{0xee, 0xef, 3, 0x80, 0xbf},
		{0xf0, 0xf0, 4, 0x90, 0xbf},
		{0xf1, 0xf3, 4, 0x80, 0xbf},
		{0xf4, 0xf4, 4, 0x80, 0x8f},
};

size_t text_utf8(const void *data, size_t len)
{
	const uint8_t *c = data;
	size_t i = 0, n;

	if (len == 0)
		return 0;
	if (c[0] < 0x80)
		return 1;
	while (i < sizeof(utf8_leads) / sizeof(*utf8_leads) &&
			c[0] > utf8_leads[i].last)
		i++;
	if (i == sizeof(utf8_leads) / sizeof(*utf8_leads) ||
			c[0] < utf8_leads[i].first)
		return 0;
	n = utf8_leads[i].len;
	if (len < n || c[1] < utf8_leads[i].from || c[1] > utf8_leads[i].to)
		return 0;
	for (i = 2; i < n; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool text_is_control(const void *data, size_t len)
{
	const uint8_t *c = data;

	if (len > 0 && (c[0] < 0x20 || c[0] == 0x7f))
		return true;
	return len > 1 && c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f;
}

static bool turns_the_line(const uint8_t *c, size_t len)
{
	if (len == 2)
		return c[0] == 0xd8 && c[1] == 0x9c;
	if (len != 3 || c[0] != 0xe2)
		return false;
	if (c[1] == 0x80)
		return c[2] == 0x8e || c[2] == 0x8f ||
		       (c[2] >= 0xa8 && c[2] <= 0xae);
	return c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9;
}

bool text_is_plain(const void *data, size_t len)
{
	size_t n = text_utf8(data, len);

	return n > 0 && !text_is_control(data, n) && !turns_the_line(data, n);
}

static size_t json_escape(uint8_t code, char ret[TEXT_JSON_MAX])
{
	static const char from[] = "\b\f\n\r\t\"\\", to[] = "bfnrt\"\\";
	static const char digits[] = "0123456789abcdef";
	const char *at = code ? strchr(from, code) : NULL;

	ret[0] = '\\';
	if (at) {
		ret[1] = to[at - from];
		return 2;
	}
	ret[1] = 'u';
	ret[2] = ret[3] = '0';
	ret[4] = digits[code >> 4];
	ret[5] = digits[code & 15];
	return 6;
}

static const char unknown[3] = "\xef\xbf\xbd"; /* U+FFFD, no NUL */

size_t text_json(const void *data, size_t len, char ret[TEXT_JSON_MAX],
		size_t *ret_len)
{
	const uint8_t *c = data;
	size_t n = text_utf8(data, len);

	if (n == 0) {
		memcpy(ret, unknown, sizeof(unknown));
		*ret_len = sizeof(unknown);
		return 1;
	}
	if (text_is_control(data, len) || c[0] == '"' || c[0] == '\\') {
		*ret_len = json_escape(c[n - 1], ret); /* C1: U+0080 + .. */
		return n;
	}
	memcpy(ret, c, n);
	*ret_len = n;
	return n;
}

size_t text_hash(const char *text)
{
	uint64_t h = 1469598103934665603u; /* FNV-1a */

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return (size_t)(h ^ (h >> 32));
}
