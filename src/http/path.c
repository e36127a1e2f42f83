#include "http/path.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/utf8.h"
#include "http/parser.h"
#include "proto/url.h"

/* RFC 3986 3.3: pchar without "%" */
static bool path_char(char c)
{
	return c > 0x20 && c < 0x7f && !strchr("\"#%/<>?[\\]^`{|}", c);
}

/* No piece between slashes is empty, "." or "..". */
static bool pieces_are_clean(const char *text)
{
	for (;;) {
		size_t len = strcspn(text, "/");

		if (len == 0 || (len == 1 && text[0] == '.') ||
				(len == 2 && text[0] == '.' && text[1] == '.'))
			return false;
		if (text[len] == '\0')
			return true;
		text += len + 1;
	}
}

static bool is_clean(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f ||
				text[i] == '\\')
			return false;
	return utf8_is_valid(text, len) && pieces_are_clean(text);
}

int segment_decode(const char *raw, size_t len, char *ret)
{
	int n;

	for (size_t i = 0; i < len; i++)
		if (raw[i] != '%' && !path_char(raw[i]))
			return -EINVAL;
	n = url_decode(raw, len, ret, len + 1);
	return n >= 0 && (n == 0 || is_clean(ret, (size_t)n)) ? 0 : -EINVAL;
}

int path_decode(const char *raw, size_t len, char *ret)
{
	size_t at = 0;

	if (len == 0 || raw[0] != '/')
		return -EINVAL;
	while (at < len) {
		const char *slash = memchr(raw + at + 1, '/', len - at - 1);
		size_t end = slash ? (size_t)(slash - raw) : len;

		if (end == at + 1 && end < len)
			return -EINVAL; /* "//" */
		*ret++ = '/';
		if (segment_decode(raw + at + 1, end - at - 1, ret) < 0)
			return -EINVAL;
		ret += strlen(ret);
		at = end;
	}
	return 0;
}

int query_check(const char *query, size_t len)
{
	char decoded[HTTP_TARGET_MAX];

	for (size_t i = 0; i < len; i++)
		if (query[i] <= 0x20 || query[i] >= 0x7f || query[i] == '#')
			return -EINVAL;
	return url_decode(query, len, decoded, sizeof(decoded)) < 0 ? -EINVAL
								    : 0;
}
