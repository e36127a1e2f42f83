#include "core/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void buf_done(struct buf *b)
{
	size_t max = b->max;

	free(b->base);
	buf_init(b, max);
}

uint8_t *buf_room(struct buf *b, size_t len)
{
	size_t need, room;
	uint8_t *base;

	if (len > b->max || b->len > b->max - len)
		return NULL;
	need = b->off + b->len + len;
	if (b->base && need <= b->room)
		return b->base + b->off + b->len;
	if (b->base && b->off > 0) { /* moving what is left is cheaper than
					growing */
		memmove(b->base, b->base + b->off, b->len);
		b->off = 0;
		need = b->len + len;
	}
	if (!b->base || need > b->room) {
		room = b->room * 2 > need ? b->room * 2 : need;
		if (room < 64)
			room = 64;
		base = realloc(b->base, room);
		if (!base)
			return NULL;
		b->base = base;
		b->room = room;
	}
	return b->base + b->len;
}

void buf_grew(struct buf *b, size_t len)
{
	b->len += len;
}

int buf_add(struct buf *b, const void *data, size_t len)
{
	uint8_t *to;

	if (len == 0)
		return 0;
	to = buf_room(b, len);
	if (!to)
		return len > b->max || b->len > b->max - len ? -EMSGSIZE
							     : -ENOMEM;
	memcpy(to, data, len);
	buf_grew(b, len);
	return 0;
}

int buf_adds(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

int buf_addfv(struct buf *b, const char *fmt, va_list ap)
{
	char small[256], *big = NULL;
	va_list again;
	int n, r;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n < 0) {
		r = -EINVAL;
	} else if ((size_t)n < sizeof(small)) {
		r = buf_add(b, small, (size_t)n);
	} else if (vasprintf(&big, fmt, again) < 0) {
		r = -ENOMEM;
	} else {
		r = buf_add(b, big, (size_t)n);
		free(big);
	}
	va_end(again);
	return r;
}

int buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = buf_addfv(b, fmt, ap);
	va_end(ap);
	return r;
}

void buf_eat(struct buf *b, size_t len)
{
	if (len >= b->len) {
		buf_done(b);
		return;
	}
	b->off += len;
	b->len -= len;
}

char *buf_take_string(struct buf *b)
{
	char *text = realloc(b->off ? NULL : b->base, b->len + 1);

	if (!text)
		return NULL;
	if (b->off) {
		memcpy(text, buf_data(b), b->len);
		free(b->base);
	}
	text[b->len] = '\0';
	b->base = NULL;
	buf_done(b);
	return text;
}
