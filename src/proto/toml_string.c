#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/secret.h"
#include "core/text.h"
#include "proto/toml_parse.h"

size_t toml_utf8_span(const uint8_t *data, size_t len)
{
	size_t off = 0;

	while (off < len) {
		size_t n = text_utf8(data + off, len - off);

		if (n == 0)
			break;
		off += n;
	}
	return off;
}

static size_t utf8_put(uint32_t code, char ret[4])
{
	if (code < 0x80) {
		ret[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		ret[0] = (char)(0xc0 | code >> 6);
		ret[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		ret[0] = (char)(0xe0 | code >> 12);
		ret[1] = (char)(0x80 | (code >> 6 & 0x3f));
		ret[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	ret[0] = (char)(0xf0 | code >> 18);
	ret[1] = (char)(0x80 | (code >> 12 & 0x3f));
	ret[2] = (char)(0x80 | (code >> 6 & 0x3f));
	ret[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The cursor is behind "\u" or "\U". */
static int read_code(struct toml_cursor *c, size_t digits, struct buf *b)
{
	struct toml_place at = toml_here(c);
	uint32_t code = 0;
	char text[4];

	for (size_t i = 0; i < digits; i++) {
		int d = hex_digit(toml_peek(c, 0));

		if (d < 0)
			return toml_fail(c, at, -EINVAL,
					"\\%c needs %zu hexadecimal digits",
					digits == 4 ? 'u' : 'U', digits);
		code = code << 4 | (uint32_t)d;
		c->at++;
	}
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return toml_fail(c, at, -EINVAL, "U+%04X is not a character",
				code);
	return buf_add(b, text, utf8_put(code, text));
}

/* A backslash at the end of a line eats all blanks up to the next text. */
static int read_folded(struct toml_cursor *c)
{
	while (toml_peek(c, 0) == ' ' || toml_peek(c, 0) == '\t')
		c->at++;
	if (!toml_at_newline(c))
		return toml_fail(c, toml_here(c), -EINVAL,
				"only blanks may follow a '\\' at the end of a "
				"line");
	for (;;) {
		if (toml_at_newline(c))
			toml_eat_newline(c);
		else if (toml_peek(c, 0) == ' ' || toml_peek(c, 0) == '\t')
			c->at++;
		else
			return 0;
	}
}

/* The cursor is on the backslash. */
static int read_escape(struct toml_cursor *c, bool many_lines, struct buf *b)
{
	static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
	struct toml_place at = toml_here(c);
	int what = toml_peek(c, 1);
	const char *found;

	c->at++;
	if (many_lines && (what == ' ' || what == '\t' || what == '\n' ||
					  what == '\r'))
		return read_folded(c);
	found = what > 0 ? strchr(from, what) : NULL;
	if (found) {
		c->at++;
		return buf_add(b, &to[found - from], 1);
	}
	if (what == 'u' || what == 'U') {
		c->at++;
		return read_code(c, what == 'u' ? 4 : 8, b);
	}
	return toml_fail(c, at, -EINVAL,
			"unknown escape: a '\\' is followed by %s (write "
			"'\\\\' "
			"for a backslash)",
			toml_seen(c).text);
}

/* Ordinary bytes up to the next that means something. */
static int read_run(struct toml_cursor *c, int quote, struct buf *b)
{
	const uint8_t *from = c->at;

	while (c->at < c->end) {
		int ch = *c->at;

		if (ch == quote || (ch == '\\' && quote == '"'))
			break;
		if ((ch < 0x20 && ch != '\t') || ch == 0x7f)
			break;
		c->at++;
	}
	return buf_add(b, from, (size_t)(c->at - from));
}

static int string_bad_byte(struct toml_cursor *c)
{
	if (toml_peek(c, 0) < 0 || toml_at_newline(c))
		return toml_fail(c, toml_here(c), -EINVAL,
				"the string is not closed before %s",
				toml_seen(c).text);
	return toml_fail(c, toml_here(c), -EINVAL,
			"%s must not stand in a string", toml_seen(c).text);
}

/* Quotes in a row; of a closing run, up to two belong to the text. */
static int read_quotes(
		struct toml_cursor *c, int quote, struct buf *b, bool *ret_done)
{
	size_t n = 0, text;

	while (n < 5 && toml_peek(c, n) == quote)
		n++;
	*ret_done = n >= 3;
	text = n >= 3 ? n - 3 : n;
	c->at += n;
	return buf_add(b, c->at - n, text);
}

static int read_body(struct toml_cursor *c, int quote, bool many_lines,
		struct buf *b)
{
	bool done = false;
	int r = 0;

	while (r == 0 && !done) {
		int ch;

		r = read_run(c, quote, b);
		ch = toml_peek(c, 0);
		if (r < 0)
			break;
		if (ch == quote && many_lines) {
			r = read_quotes(c, quote, b, &done);
		} else if (ch == quote) {
			c->at++;
			done = true;
		} else if (ch == '\\') {
			r = read_escape(c, many_lines, b);
		} else if (many_lines && toml_at_newline(c)) {
			toml_eat_newline(c);
			r = buf_add(b, "\n", 1);
		} else {
			r = string_bad_byte(c);
		}
	}
	return r;
}

int toml_read_string(struct toml_cursor *c, char **ret_text, size_t *ret_len)
{
	int quote = toml_peek(c, 0), r;
	bool many_lines = toml_peek(c, 1) == quote && toml_peek(c, 2) == quote;
	struct buf b;

	buf_init(&b, TOML_SIZE_MAX);
	c->at += many_lines ? 3 : 1;
	if (many_lines && toml_at_newline(c))
		toml_eat_newline(c); /* the first newline is for the eye */
	r = read_body(c, quote, many_lines, &b);
	if (r == 0) {
		size_t len = b.len;
		char *text = buf_take_string(&b);

		if (text) {
			*ret_text = text;
			*ret_len = len;
		} else {
			r = -ENOMEM;
		}
	}
	if (b.base)
		secret_wipe(b.base, b.room); /* it may be half a password */
	buf_done(&b);
	return r;
}

static bool is_bare(int ch)
{
	return ch == '-' || ch == '_' || (ch > 0 && ch < 0x80 && isalnum(ch));
}

int toml_read_part(struct toml_cursor *c, struct toml_part *ret)
{
	struct toml_part p = {.place = toml_here(c)};
	int quote = toml_peek(c, 0);

	if (quote == '"' || quote == '\'') {
		int r;

		if (toml_peek(c, 1) == quote && toml_peek(c, 2) == quote)
			return toml_fail(c, p.place, -EINVAL,
					"a key must stand on one line");
		r = toml_read_string(c, &p.text, &p.len);
		if (r == 0)
			*ret = p;
		return r;
	}
	while (is_bare(toml_peek(c, p.len)))
		p.len++;
	if (p.len == 0)
		return toml_fail(c, p.place, -EINVAL,
				"a key is expected, not %s", toml_seen(c).text);
	p.text = strndup((const char *)c->at, p.len);
	if (!p.text)
		return -ENOMEM;
	c->at += p.len;
	*ret = p;
	return 0;
}
