/*
 * Is it UTF-8? Fed in pieces of any size, without copying: overlong forms,
 * surrogates, and what lies beyond U+10FFFF are refused at the byte that makes
 * them so. Zero bytes are characters like any other.
 *
 *	struct utf8 u = {0};
 *	ok = utf8_feed(&u, a, a_len) && utf8_feed(&u, b, b_len)
 *			&& utf8_is_whole(&u);
 */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct utf8 {
	uint8_t left;      /* bytes the character under way still needs */
	uint8_t low, high; /* the range its next byte must lie in */
};

/* False at the first byte that cannot be; do not feed on after that. */
bool utf8_feed(struct utf8 *u, const void *data, size_t len);

/* No character is cut in the middle: the text may end here. */
static inline bool utf8_is_whole(const struct utf8 *u)
{
	return u->left == 0;
}

/* The whole text at once. */
bool utf8_is_valid(const void *data, size_t len);

/* The longest length up to `max` that cuts no character of a valid text. */
size_t utf8_cut(const char *text, size_t len, size_t max);

#endif
