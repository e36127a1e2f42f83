#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/toml_parse.h"

enum { NUMBER_MAX = 512 }; /* characters of a number */

struct word {
	const char *text;
	size_t len;
	const char *wrong; /* set by whoever finds a fault */
};

static bool word_is(const struct word *w, const char *text)
{
	return w->len == strlen(text) && memcmp(w->text, text, w->len) == 0;
}

static int digit_in(int c, int base)
{
	int d = isdigit(c)             ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : base;

	return d < base ? d : -1;
}

/*
 * Digits with single underscores between them, from *at on; they are added to
 * `ret` (unless NULL) without the underscores. How many digits, 0 if none.
 */
static size_t digits(struct word *w, size_t *at, int base, char *ret,
		size_t *ret_len)
{
	size_t count = 0;

	for (; *at < w->len; (*at)++) {
		unsigned char c = (unsigned char)w->text[*at];
		bool more = *at + 1 < w->len &&
			    digit_in((unsigned char)w->text[*at + 1], base) >=
					    0;

		if (c == '_' && count > 0 && more)
			continue;
		if (c == '_')
			w->wrong = "an underscore must stand between digits";
		if (digit_in(c, base) < 0)
			break;
		ret[(*ret_len)++] = (char)c;
		count++;
	}
	return count;
}

static bool whole_from(struct word *w, const char *text, size_t len, int base,
		bool negative, int64_t *ret)
{
	uint64_t n = 0, max = (uint64_t)INT64_MAX + (negative ? 1 : 0);

	for (size_t i = 0; i < len; i++) {
		uint64_t d = (uint64_t)digit_in((unsigned char)text[i], base);

		if (n > (max - d) / (uint64_t)base) {
			w->wrong = "the number does not fit in 64 bits";
			return false;
		}
		n = n * (uint64_t)base + d;
	}
	*ret = negative ? (int64_t)(0 - n) : (int64_t)n;
	return true;
}

static bool read_prefixed(struct word *w, struct toml *n)
{
	int base = w->text[1] == 'x' ? 16 : w->text[1] == 'o' ? 8 : 2;
	char text[NUMBER_MAX];
	size_t at = 2, len = 0;

	if (digits(w, &at, base, text, &len) == 0 || at != w->len)
		return false;
	n->type = TOML_INTEGER;
	return whole_from(w, text, len, base, false, &n->integer);
}

/* The C locale by hand: the point is a point whatever the user's locale. */
static bool real_from(const char *text, double *ret)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	if (!c)
		return false;
	*ret = strtod_l(text, NULL, c);
	freelocale(c);
	return true;
}

/* ".25" and "e-3", each optional; true if there was one, and no fault. */
static bool read_fraction(struct word *w, size_t *at, char *text, size_t *len)
{
	bool found = false;

	if (*at < w->len && w->text[*at] == '.') {
		text[(*len)++] = '.';
		(*at)++;
		if (digits(w, at, 10, text, len) == 0)
			return false;
		found = true;
	}
	if (*at < w->len && (w->text[*at] | 0x20) == 'e') {
		text[(*len)++] = 'e';
		(*at)++;
		if (*at < w->len && strchr("+-", w->text[*at]))
			text[(*len)++] = w->text[(*at)++];
		if (digits(w, at, 10, text, len) == 0)
			return false;
		found = true;
	}
	return found;
}

static bool read_decimal(struct word *w, struct toml *n)
{
	char text[NUMBER_MAX + 1];
	size_t at = 0, len = 0, start, count;
	bool negative = w->text[0] == '-';

	if (negative || w->text[0] == '+')
		text[len++] = w->text[at++];
	start = len;
	count = digits(w, &at, 10, text, &len);
	if (count == 0)
		return false;
	if (count > 1 && text[start] == '0') {
		w->wrong = "a number must not begin with a zero";
		return false;
	}
	if (at == w->len) {
		n->type = TOML_INTEGER;
		return whole_from(w, text + start, count, 10, negative,
				&n->integer);
	}
	if (!read_fraction(w, &at, text, &len) || at != w->len)
		return false;
	text[len] = '\0';
	n->type = TOML_FLOAT;
	return real_from(text, &n->real);
}

static bool read_name(const struct word *w, struct toml *n)
{
	static const struct {
		const char *text;
		enum toml_type type;
		double real;
	} names[] = {
			{"true", TOML_BOOL, 1},
			{"false", TOML_BOOL, 0},
			{"inf", TOML_FLOAT, INFINITY},
			{"+inf", TOML_FLOAT, INFINITY},
			{"-inf", TOML_FLOAT, -INFINITY},
			{"nan", TOML_FLOAT, NAN},
			{"+nan", TOML_FLOAT, NAN},
			{"-nan", TOML_FLOAT, -NAN},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!word_is(w, names[i].text))
			continue;
		n->type = names[i].type;
		if (n->type == TOML_BOOL)
			n->truth = names[i].real > 0;
		else
			n->real = names[i].real;
		return true;
	}
	return false;
}

static bool read_any(struct word *w, struct toml *n)
{
	if (read_name(w, n))
		return true;
	if (isalpha((unsigned char)w->text[0])) {
		w->wrong = "not a value (a text needs quotes)";
		return false;
	}
	if (toml_looks_like_time(w->text, w->len)) {
		w->wrong = toml_time_from(n, w->text, w->len);
		return !w->wrong;
	}
	if (w->len > NUMBER_MAX) {
		w->wrong = "the number is too long";
		return false;
	}
	if (w->len > 2 && w->text[0] == '0' && strchr("xob", w->text[1]))
		return read_prefixed(w, n);
	return read_decimal(w, n);
}

static bool is_word(int c)
{
	return c > 0 && c < 0x80 && (isalnum(c) || strchr("+-._:", c));
}

/* A blank may stand between date and time. */
static size_t word_len(const struct toml_cursor *c)
{
	size_t len = 0;

	while (is_word(toml_peek(c, len)))
		len++;
	if (len != 10 || toml_peek(c, 4) != '-' || toml_peek(c, len) != ' ' ||
			!isdigit(toml_peek(c, len + 1)))
		return len;
	len++;
	while (is_word(toml_peek(c, len)))
		len++;
	return len;
}

int toml_read_word(struct toml_cursor *c, struct toml *n)
{
	struct word w = {(const char *)c->at, word_len(c), NULL};
	struct toml_place at = toml_here(c);

	if (w.len == 0)
		return toml_fail(c, at, -EINVAL, "a value is expected, not %s",
				toml_seen(c).text);
	if (!read_any(&w, n)) {
		n->type = TOML_STRING; /* of nothing: nothing to free */
		n->string.text = NULL;
		return toml_fail(c, at, -EINVAL, "'%.*s': %s",
				w.len > 40 ? 40 : (int)w.len, w.text,
				w.wrong ? w.wrong : "not a number");
	}
	c->at += w.len;
	return 0;
}
