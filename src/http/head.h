/*
 * A request head, line by line: the strict half of http/parser.h. Text is the
 * parser's and may move while it grows, so places in it are offsets until the
 * head is whole. Inside the room only.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/parser.h"

struct http_head {
	uint16_t method_len; /* 0: no request line yet */
	uint16_t target, target_len;
	bool http_1_0;
	size_t count;
	struct {
		uint16_t name, name_len, value, value_len;
	} fields[HTTP_HEADERS_MAX];

	/* from head_judge() on */
	struct http_header headers[HTTP_HEADERS_MAX];
	const char *path_target; /* in origin-form, NUL-terminated */
	char *path;              /* owned, decoded */
	const char *query;
	bool keep_alive, expects, upgrade;
};

/* Judge one line (without its line end). 0, or -EPROTO with the refusal. */
int head_request_line(struct http_head *h, const char *base, size_t len,
		struct http_refusal *ret_refusal);
int head_field(struct http_head *h, const char *base, size_t at, size_t len,
		struct http_refusal *ret_refusal);

/* All lines are there: cut the text into strings and judge the whole.
 * 0, -EPROTO, -ENOMEM. */
int head_judge(struct http_head *h, char *base,
		struct http_refusal *ret_refusal);

/* What the owner sees, without the body. */
void head_request(const struct http_head *h, const char *base,
		struct http_request *ret_request);
void head_done(struct http_head *h);

#endif
