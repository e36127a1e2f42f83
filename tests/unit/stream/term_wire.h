/*
 * What termproxy makes of the bytes, as strict as it is: a header that is not
 * whole within one WebSocket frame is a fault.
 */
#ifndef TERM_WIRE_H
#define TERM_WIRE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "proto/ws_frame.h"

struct termproxy {
	size_t left;      /* of the input under way */
	struct buf input; /* what the terminal was typed */
	char sizes[256];  /* "80x24;": the sizes it was told */
	bool cut; /* the last frame is not whole: what it holds is not seen */
};

static inline void termproxy_init(struct termproxy *t)
{
	*t = (struct termproxy){0};
	buf_init(&t->input, 64 * 1024 * 1024);
}

/* A number and its colon; the bytes used, 0 where it is not whole. */
static inline size_t term_field(
		const uint8_t *data, size_t len, unsigned long *ret)
{
	const uint8_t *colon = memchr(data, ':', len);
	char *end;

	if (!colon || colon == data)
		return 0;
	*ret = strtoul((const char *)data, &end, 10);
	return end == (const char *)colon ? (size_t)(colon - data) + 1 : 0;
}

/* The bytes used; 0 where the frame's content is not what it may be. */
static inline size_t term_message(
		struct termproxy *t, const uint8_t *data, size_t len)
{
	unsigned long kind = 9, a = 0, b = 0;
	size_t n = term_field(data, len, &kind), m = 0, at = strlen(t->sizes);

	if (n > 0)
		m = term_field(data + n, len - n, &a);
	if (m == 0 || kind > 1 || a == 0)
		return 0;
	n += m;
	if (kind == 0) {
		t->left = a;
		return n;
	}
	m = term_field(data + n, len - n, &b);
	if (m == 0 || a > 65535 || b == 0 || b > 65535)
		return 0;
	if (at < sizeof(t->sizes) - 16)
		(void)snprintf(t->sizes + at, 16, "%lux%lu;", a, b);
	return n + m;
}

static inline bool term_frame(
		struct termproxy *t, const uint8_t *data, size_t len)
{
	while (len > 0) {
		size_t n = t->left < len ? t->left : len;

		if (n > 0 && buf_add(&t->input, data, n) < 0)
			return false;
		t->left -= n;
		if (n == 0)
			n = term_message(t, data, len);
		if (n == 0)
			return false;
		data += n;
		len -= n;
	}
	return true;
}

/* All the frames that a masking client has sent; the last may be cut. */
static inline bool term_frames(struct termproxy *t, const struct buf *sent)
{
	const uint8_t *data = buf_data(sent);
	size_t len = sent->len;
	struct ws_header h;
	int head;

	while (len > 0 && (head = ws_header_parse(data, len, true, UINT64_MAX,
					   &h)) > 0) {
		uint8_t *payload;
		bool ok = true;

		data += head;
		len -= (size_t)head;
		t->cut = h.len > len;
		if (t->cut)
			break;
		payload = malloc(h.len ? h.len : 1);
		if (!payload)
			return false;
		ws_mask(payload, data, h.len, h.key, 0);
		if (!ws_is_control(h.opcode))
			ok = term_frame(t, payload, h.len);
		free(payload);
		if (!ok)
			return false;
		data += h.len;
		len -= h.len;
	}
	return true;
}

#endif
