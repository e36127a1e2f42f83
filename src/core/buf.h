/*
 * A growable run of bytes with a ceiling. Reading consumes from the front,
 * writing adds at the end. It holds no memory while empty and never grows
 * past `max`, whatever a stranger sends.
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *base; /* owned; NULL while nothing was added */
	size_t off;    /* start of what is not consumed */
	size_t len;    /* bytes from off on */
	size_t room;   /* allocated */
	size_t max;    /* ceiling of len */
};

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b); /* frees; the buf is empty and usable again */

/* 0, -EMSGSIZE past the ceiling, -ENOMEM; on failure nothing was added. */
int buf_add(struct buf *b, const void *data, size_t len);
int buf_adds(struct buf *b, const char *text);
int buf_addf(struct buf *b, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));
int buf_addfv(struct buf *b, const char *fmt, va_list ap)
		__attribute__((format(printf, 2, 0)));

/*
 * Make room for `len` more bytes and answer where they go; NULL where the
 * ceiling or memory forbids it. buf_grew() tells how many were written.
 */
uint8_t *buf_room(struct buf *b, size_t len);
void buf_grew(struct buf *b, size_t len);

/* Drop `len` bytes from the front; an emptied buf gives its memory back. */
void buf_eat(struct buf *b, size_t len);

static inline uint8_t *buf_data(const struct buf *b)
{
	return b->base ? b->base + b->off : NULL;
}

/* The content as a string owned by the caller (a NUL is added); the buf is
 * empty afterwards. NULL without memory. */
char *buf_take_string(struct buf *b);

#endif
