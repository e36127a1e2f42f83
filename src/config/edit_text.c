#include "config/edit_text.h"

#include <string.h>

#include "core/buf.h"

struct edit_text edit_text_of(const struct buf *b)
{
	const char *data = (const char *)buf_data(b);

	return data ? (struct edit_text){data, b->len}
		    : (struct edit_text){"", 0};
}

size_t edit_offset(const struct edit_text *t, struct toml_place at)
{
	size_t off = 0;

	for (unsigned line = 1; line < at.line && off < t->len; off++)
		line += t->data[off] == '\n';
	for (unsigned column = 1; column < at.column && off < t->len;
			column++) {
		off++;
		while (off < t->len && (t->data[off] & 0xc0) == 0x80)
			off++;
	}
	return off;
}

static size_t line_end(const struct edit_text *t, size_t off)
{
	while (off < t->len && t->data[off] != '\n')
		off++;
	return off + (off < t->len);
}

/* Behind a string that begins here; the text was parsed before. */
static size_t string_end(const struct edit_text *t, size_t off)
{
	char quote = t->data[off];
	size_t n = off + 2 < t->len && t->data[off + 1] == quote &&
						   t->data[off + 2] == quote
				   ? 3
				   : 1;

	for (off += n; off + n <= t->len; off++) {
		if (quote == '"' && t->data[off] == '\\') {
			off++;
			continue;
		}
		if (t->data[off] != quote ||
				(n == 3 && (t->data[off + 1] != quote ||
							   t->data[off + 2] !=
									   quote)))
			continue;
		off += n;
		/* two quotes may stand before the three that end it */
		while (n == 3 && off < t->len && t->data[off] == quote)
			off++;
		return off;
	}
	return t->len;
}

size_t edit_value_end(const struct edit_text *t, size_t off)
{
	int depth = 0;

	while (off < t->len) {
		char c = t->data[off];

		if (c == '"' || c == '\'') {
			off = string_end(t, off);
		} else if (c == '[' || c == '{') {
			depth++;
			off++;
		} else if (c == ']' || c == '}') {
			if (depth == 0)
				return off;
			depth--;
			off++;
		} else if (depth > 0) {
			off = c == '#' ? line_end(t, off) : off + 1;
			continue;
		} else if (strchr(" \t\r\n,#", c)) {
			return off;
		} else {
			off++;
			continue;
		}
		if (depth == 0)
			return off;
	}
	return off;
}

/* Does it stand in the lines below its section's header, as a value? */
static bool is_own_value(const struct edit_text *t, const struct toml *n)
{
	size_t off = edit_offset(t, toml_place(n));

	if (toml_type(n) == TOML_TABLE)
		return false;
	return toml_type(n) != TOML_ARRAY ||
	       (off < t->len && t->data[off] == '[');
}

bool edit_has_header(const struct edit_text *t, const struct toml *table)
{
	size_t at = edit_offset(t, toml_place(table)), begin = at;

	while (begin > 0 && t->data[begin - 1] != '\n')
		begin--;
	begin += strspn(t->data + begin, " \t");
	if (at >= t->len || t->data[begin] != '[')
		return false;
	if (t->data[at] == '"' || t->data[at] == '\'')
		at = string_end(t, at);
	else
		while (at < t->len && !strchr(" \t].\n", t->data[at]))
			at++;
	at += strspn(t->data + at, " \t");
	return at < t->len && t->data[at] == ']';
}

size_t edit_line_place(const struct edit_text *t, const struct toml *table,
		bool is_root)
{
	size_t off = is_root ? 0
			     : line_end(t, edit_offset(t, toml_place(table)));

	for (size_t i = 0; i < toml_count(table); i++) {
		const struct toml *n = toml_at(table, i);
		size_t end;

		if (!is_own_value(t, n))
			continue;
		end = line_end(t,
				edit_value_end(t,
						edit_offset(t, toml_place(n))));
		off = end > off ? end : off;
	}
	return off;
}
