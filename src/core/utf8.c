#include "core/utf8.h"

/* RFC 3629 section 4: only the second byte's range depends on the first. */
static bool utf8_begin(struct utf8 *u, uint8_t c)
{
	*u = (struct utf8){.low = 0x80, .high = 0xbf};
	if (c < 0x80)
		return true;
	if (c < 0xc2 || c > 0xf4)
		return false;
	u->left = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	if (c == 0xe0)
		u->low = 0xa0; /* overlong below */
	else if (c == 0xed)
		u->high = 0x9f; /* surrogates above */
	else if (c == 0xf0)
		u->low = 0x90; /* overlong below */
	else if (c == 0xf4)
		u->high = 0x8f; /* beyond U+10FFFF above */
	return true;
}

static bool utf8_go_on(struct utf8 *u, uint8_t c)
{
	if (c < u->low || c > u->high)
		return false;
	*u = (struct utf8){.left = u->left - 1, .low = 0x80, .high = 0xbf};
	return true;
}

bool utf8_feed(struct utf8 *u, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < len; i++)
		if (u->left ? !utf8_go_on(u, at[i]) : !utf8_begin(u, at[i]))
			return false;
	return true;
}

bool utf8_is_valid(const void *data, size_t len)
{
	struct utf8 u = {0};

	return utf8_feed(&u, data, len) && utf8_is_whole(&u);
}

size_t utf8_cut(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((uint8_t)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}
