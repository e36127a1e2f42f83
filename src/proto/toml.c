#include "proto/toml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/toml_parse.h"

/* ---- the cursor --------------------------------------------------------- */

struct toml_place toml_here(struct toml_cursor *c)
{
	for (; c->counted < c->at; c->counted++)
		if ((*c->counted & 0xc0) != 0x80) /* begins a character */
			c->column++;
	return (struct toml_place){c->line, c->column};
}

void toml_eat_newline(struct toml_cursor *c)
{
	c->at += toml_at_newline(c);
	c->counted = c->at;
	c->line++;
	c->column = 1;
}

int toml_fail(struct toml_cursor *c, struct toml_place at, int code,
		const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)err_setv(c->e, code, fmt, ap);
	va_end(ap);
	(void)err_prefix(c->e, "line %u, column %u", at.line, at.column);
	return code;
}

struct toml_seen toml_seen(const struct toml_cursor *c)
{
	struct toml_seen s;
	int ch = toml_peek(c, 0), len = 1;

	if (ch < 0)
		(void)snprintf(s.text, sizeof(s.text), "the end of the file");
	else if (toml_at_newline(c))
		(void)snprintf(s.text, sizeof(s.text), "the end of the line");
	else if (ch < 0x20 || ch == 0x7f)
		(void)snprintf(s.text, sizeof(s.text), "the byte 0x%02x", ch);
	else {
		while (len < 4 && (toml_peek(c, (size_t)len) & 0xc0) == 0x80)
			len++;
		(void)snprintf(s.text, sizeof(s.text), "'%.*s'", len,
				(const char *)c->at);
	}
	return s;
}

static void eat_blanks(struct toml_cursor *c)
{
	while (toml_peek(c, 0) == ' ' || toml_peek(c, 0) == '\t')
		c->at++;
}

static int eat_comment(struct toml_cursor *c)
{
	if (toml_peek(c, 0) != '#')
		return 0;
	while (c->at < c->end && !toml_at_newline(c)) {
		if ((*c->at < 0x20 && *c->at != '\t') || *c->at == 0x7f)
			return toml_fail(c, toml_here(c), -EINVAL,
					"%s must not stand in a comment",
					toml_seen(c).text);
		c->at++;
	}
	return 0;
}

static int end_of_line(struct toml_cursor *c, const char *after)
{
	int r;

	eat_blanks(c);
	r = eat_comment(c);
	if (r < 0 || c->at == c->end)
		return r;
	if (!toml_at_newline(c))
		return toml_fail(c, toml_here(c), -EINVAL,
				"%s stands behind %s; one to a line",
				toml_seen(c).text, after);
	toml_eat_newline(c);
	return 0;
}

/* Blanks, newlines and comments, as between the items of an array. */
static int eat_between(struct toml_cursor *c)
{
	int r = 0;

	while (r == 0) {
		eat_blanks(c);
		if (toml_at_newline(c))
			toml_eat_newline(c);
		else if (toml_peek(c, 0) == '#')
			r = eat_comment(c);
		else
			break;
	}
	return r;
}

static bool eat_byte(struct toml_cursor *c, int byte)
{
	if (toml_peek(c, 0) != byte)
		return false;
	c->at++;
	return true;
}

static int expect_byte(struct toml_cursor *c, int byte, const char *why)
{
	if (eat_byte(c, byte))
		return 0;
	return toml_fail(c, toml_here(c), -EINVAL,
			"'%c' is expected %s, not %s", byte, why,
			toml_seen(c).text);
}

/* ---- keys --------------------------------------------------------------- */

/* Go into, or make, the table that a part in front of a dot names. */
typedef int toml_enter(struct toml_cursor *c, struct toml **table,
		struct toml_part *p);

static int add_child(struct toml_cursor *c, struct toml *parent,
		struct toml_part *p, struct toml **ret)
{
	struct toml_place at = p->place;
	int r = toml_add(parent, p, ret);

	if (r == -EMSGSIZE)
		return toml_fail(c, at, r,
				"more than %d tables and arrays within each "
				"other",
				TOML_DEPTH_MAX);
	return r;
}

static int add_table(struct toml_cursor *c, struct toml *parent,
		struct toml_part *p, enum toml_made made, struct toml **ret)
{
	struct toml *n;
	int r = add_child(c, parent, p, &n);

	if (r < 0)
		return r;
	n->type = TOML_TABLE;
	n->made = made;
	*ret = n;
	return 0;
}

static int fail_taken(struct toml_cursor *c, const struct toml_part *p,
		const struct toml *old)
{
	return toml_fail(c, p->place, -EINVAL,
			"'%.60s' is there already: %s from line %u on", p->text,
			toml_type_text(old->type), old->key_place.line);
}

/* a.b = 1: may make tables, and go on in those that dotted keys made. */
static int enter_by_dots(
		struct toml_cursor *c, struct toml **table, struct toml_part *p)
{
	struct toml *n = toml_find(*table, p->text, p->len);

	if (!n)
		return add_table(c, *table, p, TOML_BY_DOTS, table);
	if (n->type != TOML_TABLE || n->made == TOML_BY_VALUE ||
			n->made == TOML_BY_HEADER)
		return fail_taken(c, p, n);
	n->made = TOML_BY_DOTS; /* now it is defined: no header may claim it */
	*table = n;
	return 0;
}

/* [a.b]: may go through any table that is not inline; of [[a]] the last. */
static int enter_by_header(
		struct toml_cursor *c, struct toml **table, struct toml_part *p)
{
	struct toml *n = toml_find(*table, p->text, p->len);

	if (!n)
		return add_table(c, *table, p, TOML_BY_PATH, table);
	if (n->made == TOML_BY_VALUE)
		return fail_taken(c, p, n);
	if (n->type == TOML_ARRAY)
		n = n->list.items[n->list.count - 1];
	*table = n;
	return 0;
}

/* The parts of a key; *table becomes that of the last part. */
static int read_key(struct toml_cursor *c, struct toml **table,
		toml_enter *enter, struct toml_part *ret_last)
{
	for (;;) {
		struct toml_part p;
		int r;

		eat_blanks(c);
		r = toml_read_part(c, &p);
		if (r < 0)
			return r;
		eat_blanks(c);
		if (!eat_byte(c, '.')) {
			*ret_last = p;
			return 0;
		}
		r = enter(c, table, &p);
		free(p.text); /* NULL where a new table took it */
		if (r < 0)
			return r;
	}
}

/* ---- values ------------------------------------------------------------- */

static int read_value(struct toml_cursor *c, struct toml *n);

static int read_pair(struct toml_cursor *c, struct toml *table)
{
	struct toml_part p = {0};
	struct toml *n;
	int r = read_key(c, &table, enter_by_dots, &p);

	if (r < 0)
		return r;
	n = toml_find(table, p.text, p.len);
	r = n ? fail_taken(c, &p, n) : expect_byte(c, '=', "behind the key");
	if (r >= 0)
		r = add_child(c, table, &p, &n);
	free(p.text);
	if (r < 0)
		return r;
	eat_blanks(c);
	return read_value(c, n);
}

/* [1, 2, 3,]: newlines anywhere, a comma at the end is allowed. */
static int read_array(struct toml_cursor *c, struct toml *array)
{
	c->at++;
	for (;;) {
		struct toml_part none = {0};
		struct toml *n;
		int r = eat_between(c);

		if (r < 0)
			return r;
		if (eat_byte(c, ']'))
			return 0;
		none.place = toml_here(c);
		r = add_child(c, array, &none, &n);
		if (r == 0)
			r = read_value(c, n);
		if (r == 0)
			r = eat_between(c);
		if (r < 0)
			return r;
		if (eat_byte(c, ','))
			continue;
		return expect_byte(c, ']', "at the end of the array");
	}
}

/* {a = 1, b = 2}: on one line, no comma at the end. */
static int read_inline_table(struct toml_cursor *c, struct toml *table)
{
	int r;

	c->at++;
	eat_blanks(c);
	if (eat_byte(c, '}'))
		return 0;
	do {
		r = read_pair(c, table);
		eat_blanks(c);
	} while (r == 0 && eat_byte(c, ','));
	return r < 0 ? r
		     : expect_byte(c, '}', "at the end of the inline table");
}

static int read_value(struct toml_cursor *c, struct toml *n)
{
	n->place = toml_here(c);
	n->made = TOML_BY_VALUE;
	switch (toml_peek(c, 0)) {
	case '"':
	case '\'':
		n->type = TOML_STRING;
		return toml_read_string(c, &n->string.text, &n->string.len);
	case '[':
		n->type = TOML_ARRAY;
		return read_array(c, n);
	case '{':
		n->type = TOML_TABLE;
		return read_inline_table(c, n);
	default:
		return toml_read_word(c, n);
	}
}

/* ---- headers ------------------------------------------------------------ */

static int open_table(struct toml_cursor *c, struct toml *parent,
		struct toml_part *p, struct toml **ret)
{
	struct toml *n = toml_find(parent, p->text, p->len);

	if (!n)
		return add_table(c, parent, p, TOML_BY_HEADER, ret);
	if (n->type != TOML_TABLE || n->made != TOML_BY_PATH)
		return fail_taken(c, p, n);
	n->made = TOML_BY_HEADER;
	n->place = n->key_place = p->place;
	*ret = n;
	return 0;
}

static int open_element(struct toml_cursor *c, struct toml *parent,
		struct toml_part *p, struct toml **ret)
{
	struct toml *n = toml_find(parent, p->text, p->len);
	struct toml_part none = {.place = p->place};
	int r;

	if (n && (n->type != TOML_ARRAY || n->made == TOML_BY_VALUE))
		return fail_taken(c, p, n);
	if (!n) {
		r = add_child(c, parent, p, &n);
		if (r < 0)
			return r;
		n->type = TOML_ARRAY;
		n->made = TOML_BY_HEADER;
	}
	return add_table(c, n, &none, TOML_BY_HEADER, ret);
}

static int read_header(struct toml_cursor *c, struct toml *root,
		struct toml **ret_table)
{
	bool element = toml_peek(c, 1) == '[';
	struct toml_part p = {0};
	int r;

	c->at += element ? 2 : 1;
	r = read_key(c, &root, enter_by_header, &p);
	if (r == 0)
		r = expect_byte(c, ']', "at the end of the header");
	if (r == 0 && element)
		r = expect_byte(c, ']', "at the end of the header");
	if (r == 0)
		r = element ? open_element(c, root, &p, ret_table)
			    : open_table(c, root, &p, ret_table);
	free(p.text);
	return r < 0 ? r : end_of_line(c, "a header");
}

/* ---- the document ------------------------------------------------------- */

static int read_line(
		struct toml_cursor *c, struct toml *root, struct toml **table)
{
	int ch, r;

	eat_blanks(c);
	ch = toml_peek(c, 0);
	if (ch == '[')
		return read_header(c, root, table);
	if (ch < 0 || ch == '#' || toml_at_newline(c))
		return end_of_line(c, "a comment");
	r = read_pair(c, *table);
	return r < 0 ? r : end_of_line(c, "a value");
}

/* Columns in a message need characters, so the bytes are checked first. */
static int check_utf8(struct toml_cursor *c)
{
	const uint8_t *start = c->at, *p;
	size_t good = toml_utf8_span(start, (size_t)(c->end - start));

	if (good == (size_t)(c->end - start))
		return 0;
	for (p = start; p < start + good; p++) {
		if (*p != '\n')
			continue;
		c->line++;
		c->counted = p + 1;
	}
	c->at = start + good;
	return toml_fail(c, toml_here(c), -EINVAL, "the file is not UTF-8");
}

static void skip_mark(struct toml_cursor *c)
{
	if (c->end - c->at >= 3 && memcmp(c->at, "\xef\xbb\xbf", 3) == 0)
		c->counted = c->at += 3;
}

int toml_parse(const void *data, size_t len, struct toml **ret_root,
		struct err *e)
{
	const uint8_t *at = len ? data : (const uint8_t *)"";
	struct toml_cursor c = {at, at + len, at, 1, 1, e};
	struct toml *root, *table;
	int r;

	if (len > TOML_SIZE_MAX)
		return err_set(e, -EMSGSIZE, "the file is larger than %d bytes",
				TOML_SIZE_MAX);
	root = table = calloc(1, sizeof(*root));
	if (!root)
		return err_set(e, -ENOMEM, "out of memory");
	root->type = TOML_TABLE;
	root->made = TOML_BY_HEADER;
	root->place = root->key_place = (struct toml_place){1, 1};
	skip_mark(&c);
	r = check_utf8(&c);
	while (r == 0 && c.at < c.end)
		r = read_line(&c, root, &table);
	if (r == -ENOMEM)
		(void)err_set(e, r, "out of memory");
	if (r < 0)
		toml_free(root);
	else
		*ret_root = root;
	return r;
}
