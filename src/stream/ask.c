#include "stream/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret.h"
#include "proto/http_head.h"
#include "stream/stream.h"

enum { ASK_STEP = 1024 };

char *ask_room(struct ask *a, size_t room)
{
	buf_init(&a->head, HTTP_HEAD_MAX);
	a->memory = malloc(STREAM_HEAD + room);
	return a->memory ? (char *)a->memory + STREAM_HEAD : NULL;
}

void ask_forget(struct ask *a)
{
	if (a->memory)
		secret_wipe(a->memory, STREAM_HEAD + a->len);
	free(a->memory);
	a->memory = NULL;
}

void ask_done(struct ask *a)
{
	ask_forget(a);
	buf_done(&a->head);
}

bool ask_sends(const struct ask *a)
{
	return a->memory != NULL;
}

int ask_send(struct ask *a, struct stream *below)
{
	int r;

	if (!a->memory)
		return 0;
	while (a->sent < a->len) {
		ssize_t n = stream_write(below,
				a->memory + STREAM_HEAD + a->sent,
				a->len - a->sent);

		if (n < 0)
			return (int)n;
		a->sent += (size_t)n;
	}
	r = stream_flush(below);
	if (r == 0)
		ask_forget(a);
	return r;
}

int ask_read(struct ask *a, struct stream *below, ask_parse_fn *parse,
		void *ret)
{
	uint8_t scratch[STREAM_HEAD + ASK_STEP];

	for (;;) {
		size_t room = a->head.max - a->head.len;
		int r = 0;
		ssize_t n;

		if (a->head.len > 0)
			r = parse(buf_data(&a->head), a->head.len, ret);
		if (r != 0)
			return r;
		n = stream_read(below, scratch + STREAM_HEAD,
				room < ASK_STEP ? room : ASK_STEP);
		if (n == 0)
			return -ECONNRESET;
		if (n < 0)
			return (int)n;
		r = buf_add(&a->head, scratch + STREAM_HEAD, (size_t)n);
		if (r < 0)
			return r;
	}
}

const char *ask_why(int r)
{
	switch (r) {
	case -ECONNRESET:
		return "it closed without an answer";
	case -EPROTO:
		return "its answer is not HTTP";
	case -EMSGSIZE:
		return "the head of its answer is too long";
	default:
		return strerror(-r);
	}
}

bool ask_is_plain(const char *text, char lowest)
{
	for (; *text; text++)
		if ((uint8_t)*text < (uint8_t)lowest || *text == 0x7f)
			return false;
	return true;
}
