/*
 * Where things stand in a text of TOML that was parsed before, as bytes.
 */
#ifndef CONFIG_EDIT_TEXT_H
#define CONFIG_EDIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/toml.h"

/* Borrowed; a NUL stands behind it. */
struct edit_text {
	const char *data;
	size_t len;
};

struct buf;

/* All that a buffer holds, also where that is nothing. */
struct edit_text edit_text_of(const struct buf *b);

/* Columns count characters. */
size_t edit_offset(const struct edit_text *t, struct toml_place at);
/* Behind the value that begins here. */
size_t edit_value_end(const struct edit_text *t, size_t off);
/* "[profiles.home]" and not "[profiles.home.guests.x]", "home = {}". */
bool edit_has_header(const struct edit_text *t, const struct toml *table);
/* Where another line of a table goes: behind its last value, or its header. */
size_t edit_line_place(const struct edit_text *t, const struct toml *table,
		bool is_root);

#endif
