/*
 * Text from strangers, a character at a time: what is well-formed UTF-8, what
 * would steer a terminal, and how it is written in a JSON string.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Bytes (1 to 4) of the well-formed UTF-8 character at the front (RFC 3629:
 * shortest form, no surrogates, at most U+10FFFF); 0 where there is none.
 */
size_t text_utf8(const void *data, size_t len);

/* Is the character at the front a control (C0, DEL, or C1 as UTF-8)? */
bool text_is_control(const void *data, size_t len);

/*
 * May the character at the front stand in a line for people as it is? Not what
 * is no UTF-8, nor a control, nor a mark that turns the direction in which what
 * follows is read, or breaks the line (U+061C, U+200E, U+200F, U+2028 to
 * U+202E, U+2066 to U+2069).
 */
bool text_is_plain(const void *data, size_t len);

/* For tables of our own, in this process. */
size_t text_hash(const char *text);

enum { TEXT_JSON_MAX = 6 };

/*
 * Write the character at the front (len > 0) as it stands between the quotes
 * of a JSON string: escaped where it must be or where it is a control, U+FFFD
 * for a byte that is no UTF-8. Answers the bytes used; *ret_len the written.
 */
size_t text_json(const void *data, size_t len, char ret[TEXT_JSON_MAX],
		size_t *ret_len);

#endif
