/*
 * TOML 1.0.0: a function of bytes that answers a tree. The tree is owned by
 * the caller and freed at its root; everything the getters answer belongs to
 * the tree. Tables keep the order in which their keys appeared.
 *
 * Every node remembers where it stands, so that whoever judges its content
 * can name the line. A reader's error begins "line 12, column 5: ".
 * Columns count characters, not bytes; both count from 1.
 */
#ifndef PROTO_TOML_H
#define PROTO_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct toml;

enum {
	TOML_SIZE_MAX = 1024 * 1024, /* of a file */
	TOML_DEPTH_MAX = 64,         /* tables and arrays within each other */
};

enum toml_type {
	TOML_STRING,
	TOML_INTEGER,
	TOML_FLOAT,
	TOML_BOOL,
	TOML_DATETIME, /* with an offset */
	TOML_LOCAL_DATETIME,
	TOML_LOCAL_DATE,
	TOML_LOCAL_TIME,
	TOML_ARRAY,
	TOML_TABLE,
};

struct toml_place {
	unsigned line, column;
};

struct toml_time {
	int year, month, day;     /* 0 for a local time */
	int hour, minute, second; /* 0 for a local date; second may be 60 */
	uint32_t nanosecond;
	int offset; /* minutes east of UTC; TOML_DATETIME only */
};

/*
 * 0, or -EINVAL (not TOML), -EMSGSIZE (past a limit above), -ENOMEM; then e
 * says where and why, and *ret_root is untouched.
 */
int toml_parse(const void *data, size_t len, struct toml **ret_root,
		struct err *e);
void toml_free(struct toml *root); /* takes NULL; only a root */

enum toml_type toml_type(const struct toml *n);
/* "a string", "a whole number", "a table": for messages. */
const char *toml_type_text(enum toml_type type);

/* Where the value begins; for a table [x] and what dotted keys made: the key.
 */
struct toml_place toml_place(const struct toml *n);
/* Where the key stands, for what is in a table; else as toml_place(). */
struct toml_place toml_key_place(const struct toml *n);
/* The key by which it stands in its table (NUL-terminated; a key may hold a
 * NUL of its own, so ask for the length where that matters). NULL if none. */
const char *toml_key(const struct toml *n, size_t *ret_len);

/* Items of an array, or values of a table in order of appearance; 0 for
 * everything else. toml_at() answers NULL past the end. */
size_t toml_count(const struct toml *n);
const struct toml *toml_at(const struct toml *n, size_t i);
/* By key; NULL if n is no table or has none such. */
const struct toml *toml_get(const struct toml *n, const char *key);

/* Values: true and *ret filled if the node is of that type, else false. */
bool toml_string(const struct toml *n, const char **ret, size_t *ret_len);
bool toml_integer(const struct toml *n, int64_t *ret);
bool toml_float(const struct toml *n, double *ret);
bool toml_bool(const struct toml *n, bool *ret);
bool toml_time(const struct toml *n, struct toml_time *ret); /* all four */

#endif
