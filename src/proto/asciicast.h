/*
 * Recordings of terminals: asciicast version 2 (a header line and one line an
 * event, each JSON; times in seconds since the beginning).
 *
 *	{"version": 2, "width": 80, "height": 24, "timestamp": 1767225600}
 *	[0.25, "o", "login: "]
 */
#ifndef PROTO_ASCIICAST_H
#define PROTO_ASCIICAST_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct buf;
struct json;

enum { CAST_LINE_MAX = 1024 * 1024 };

enum cast_kind {
	CAST_OUTPUT = 'o',
	CAST_INPUT = 'i',
	CAST_RESIZE = 'r', /* its text is "80x24" */
};

struct cast_header {
	unsigned cols, rows;
	int64_t time; /* seconds since 1970; 0: not said */
	const char *title;
};

/* ---- writing --------------------------------------------------------------
 *
 * Lines are added to a buf. 0, -ENOMEM, -EMSGSIZE.
 */

/* A character that is cut between two writes of one kind waits here. */
struct cast_text {
	uint8_t kept[4];
	size_t kept_len;
};

int cast_write_header(struct buf *to, const struct cast_header *h);
/* What is no UTF-8 becomes U+FFFD; NULs, which no terminal shows, are left
 * out. */
int cast_write_text(struct buf *to, struct cast_text *t, enum cast_kind kind,
		uint64_t at_us, const void *data, size_t len);
/* The last of it: a character that never became whole. */
int cast_write_rest(struct buf *to, struct cast_text *t, enum cast_kind kind,
		uint64_t at_us);
int cast_write_resize(
		struct buf *to, uint64_t at_us, unsigned cols, unsigned rows);

/* ---- reading --------------------------------------------------------------
 */

/* `line` without its newline. -EINVAL with a sentence; -ENOTSUP: another
 * version. `title` is NULL. */
int cast_read_header(const char *line, size_t len, struct cast_header *ret,
		struct err *e);

struct cast_event {
	enum cast_kind kind;
	uint64_t at_us;
	const char *text;  /* of `tree` */
	struct json *tree; /* freed by the caller */
};

/* -EINVAL, -ENOMEM. Events of other kinds are -ENOMSG: to be left out. */
int cast_read_event(const char *line, size_t len, struct cast_event *ret,
		struct err *e);
/* Of the text of a CAST_RESIZE: 0 or -EINVAL. */
int cast_read_size(const char *text, unsigned *ret_cols, unsigned *ret_rows);

#endif
