/*
 * Inside of the TOML reader, shared by the toml_*.c files and by nobody else:
 * the node, the cursor, and the steps each file gives the others.
 */
#ifndef PROTO_TOML_PARSE_H
#define PROTO_TOML_PARSE_H

#include "proto/toml.h"

/* How a table or an array came to be decides who may add to it. */
enum toml_made {
	TOML_BY_VALUE,  /* inline: closed at its bracket */
	TOML_BY_PATH,   /* [a.b] made a: a header or dotted keys may claim it */
	TOML_BY_HEADER, /* [a], or an element of [[a]] */
	TOML_BY_DOTS,   /* a.b = 1 made a: only dotted keys may add to it */
};

struct toml {
	enum toml_type type;
	enum toml_made made;
	unsigned depth; /* the root has 0 */
	struct toml_place place, key_place;
	char *key; /* owned; NULL in an array */
	size_t key_len;
	union {
		struct {
			char *text; /* owned */
			size_t len;
		} string;
		int64_t integer;
		double real;
		bool truth;
		struct toml_time time;
		struct {
			struct toml **items; /* owned, and what they point at */
			size_t count, room;
			struct toml **slots; /* by hash, once it is large */
			size_t slot_count;   /* a power of two, or 0 */
		} list;
	};
};

struct toml_cursor {
	const uint8_t *at, *end;
	const uint8_t *counted; /* `column` is the column of this byte */
	unsigned line, column;
	struct err *e;
};

/* One part of a key, before it has a node. */
struct toml_part {
	char *text; /* owned */
	size_t len;
	struct toml_place place;
};

/* ---- toml_node.c -------------------------------------------------------- */

/* A new last child; takes the part's text. 0, -ENOMEM, -EMSGSIZE (depth). */
int toml_add(struct toml *parent, struct toml_part *part, struct toml **ret);
struct toml *toml_find(const struct toml *table, const char *key, size_t len);

/* ---- toml.c ------------------------------------------------------------- */

struct toml_place toml_here(struct toml_cursor *c);
int toml_fail(struct toml_cursor *c, struct toml_place at, int code,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* "'x'", "the end of the line", "the end of the file": for messages. */
struct toml_seen {
	char text[24];
} toml_seen(const struct toml_cursor *c);

/* The byte `off` further on, or -1 past the end. */
static inline int toml_peek(const struct toml_cursor *c, size_t off)
{
	return (size_t)(c->end - c->at) > off ? c->at[off] : -1;
}

/* Bytes of the newline here: 0 (none), 1 or 2. */
static inline size_t toml_at_newline(const struct toml_cursor *c)
{
	if (toml_peek(c, 0) == '\n')
		return 1;
	return toml_peek(c, 0) == '\r' && toml_peek(c, 1) == '\n' ? 2 : 0;
}

void toml_eat_newline(struct toml_cursor *c);

/* ---- toml_string.c ------------------------------------------------------ */

/* The cursor is on a quote. The text is the caller's. */
int toml_read_string(struct toml_cursor *c, char **ret_text, size_t *ret_len);
/* One part of a key: bare or quoted. */
int toml_read_part(struct toml_cursor *c, struct toml_part *ret);
/* How many of these bytes are UTF-8; len if all are. */
size_t toml_utf8_span(const uint8_t *data, size_t len);

/* ---- toml_number.c, toml_time.c ----------------------------------------- */

/* A bare word: number, boolean, date or time. Fills type and value. */
int toml_read_word(struct toml_cursor *c, struct toml *n);
/* Does this word begin as a date or a time does? */
bool toml_looks_like_time(const char *text, size_t len);
/* NULL when n was filled, else what is wrong with the text. */
const char *toml_time_from(struct toml *n, const char *text, size_t len);

#endif
