/*
 * One request, read from bytes as they come. Each line of a head is judged
 * twice: here, stricter than the standard asks (server.h says what for), and
 * by llhttp, which also finds the end of the body. Both must agree. llhttp is
 * behind this header and nowhere else.
 *
 * A function of bytes: no descriptor, no clock. One parser reads one request.
 */
#ifndef HTTP_PARSER_H
#define HTTP_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/server.h"

struct http_parser;

enum {
	HTTP_TARGET_MAX = 6 * 1024,
	/* chunk lines beside the body itself */
	HTTP_CHUNKED_MAX = 4 * HTTP_BODY_MAX,
};

struct http_refusal {
	unsigned status;    /* 0: none */
	const char *detail; /* one sentence, ours, static */
};

/* The version of llhttp that was built in. */
extern const char http_parser_library[];

struct http_parser *http_parser_new(void); /* NULL without memory */
void http_parser_free(struct http_parser *p);

/*
 * Feed bytes. *ret_used are those that belong to this request; it is set
 * whatever the answer is.
 * 1       the request is whole
 * 0       it needs more; every byte was used
 * -EPROTO refused: http_parser_refusal() says why
 * -ENOMEM
 */
int http_parser_feed(struct http_parser *p, const void *data, size_t len,
		size_t *ret_used);

const struct http_refusal *http_parser_refusal(const struct http_parser *p);
/* The head is whole; a body is read, or the request is whole. */
bool http_parser_has_head(const struct http_parser *p);
/* The client holds its body back until it is told to go on. */
bool http_parser_expects(const struct http_parser *p);
/* May another request follow? */
bool http_parser_keeps_alive(const struct http_parser *p);
/* Is it a HEAD request? Known as soon as the request line is. */
bool http_parser_is_head(const struct http_parser *p);
/* Valid once the request is whole. */
const struct http_request *http_parser_request(const struct http_parser *p);

#endif
