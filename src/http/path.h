/*
 * The path of a request target. It is judged raw, segment by segment, and
 * decoded once. Refused: what is not written as RFC 3986 has it, bad percent
 * encoding, an encoded NUL, control byte or backslash, bytes that are not
 * UTF-8, empty segments (but for the last), and "." or ".." however written.
 *
 * A segment may hold an encoded slash (guest ids do: home%2F100). Its pieces
 * are judged like segments, so a decoded path is clean as well: no "//", no
 * dots, whoever reads it.
 */
#ifndef HTTP_PATH_H
#define HTTP_PATH_H

#include <stddef.h>

/* Decode raw (begins with '/', no query, within HTTP_TARGET_MAX) into ret,
 * which holds len + 1 bytes. 0 or -EINVAL. */
int path_decode(const char *raw, size_t len, char *ret);

/* One segment, without slashes around it; may be empty only as "". */
int segment_decode(const char *raw, size_t len, char *ret);

/* Is this query (without '?') visible ASCII with good percent-encoding? */
int query_check(const char *query, size_t len);

#endif
