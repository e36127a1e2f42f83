/*
 * The head of an HTTP/1 message, for handshakes that speak HTTP in one breath
 * (a WebSocket upgrade, CONNECT): a first line and headers, read strictly (RFC
 * 9112; line ends are CRLF, nothing is folded). Pieces are borrowed from the
 * bytes that were given. Requests of pages are http/parser's.
 */
#ifndef PROTO_HTTP_HEAD_H
#define PROTO_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_HEAD_MAX = 8 * 1024,
	HTTP_REASON_MAX = 128, /* a reason phrase is cut here, with its NUL */
};

/* ---- pieces of a line --------------------------------------------------- */

struct piece {
	const char *at; /* not ended by a NUL */
	size_t len;
};

bool piece_is(struct piece p, const char *word); /* without regard to case */
struct piece piece_trim(struct piece p);         /* blanks and tabs */
/* Cut *rest at the first `c`; what stands before it is the answer. */
struct piece piece_until(struct piece *rest, char c);

/* ---- a head ------------------------------------------------------------- */

struct http_head {
	struct piece first; /* the request or status line; it may hold any
			       byte but CR, LF and NUL */
	struct piece rest;  /* the header lines not yet looked at */
};

/*
 * > 0       bytes of the head; what follows is not HTTP any more
 * 0         need more
 * -EPROTO   it does not begin with `begins` (told at the first wrong byte), or
 *           its first line is not clean
 * -EMSGSIZE no end after HTTP_HEAD_MAX bytes
 */
int http_head_parse(const uint8_t *data, size_t len, const char *begins,
		struct http_head *ret);

/* The next header: 1, 0 after the last, or -EPROTO. */
int http_head_next(struct http_head *h, struct piece *ret_name,
		struct piece *ret_value);

/* "HTTP/1.1 401 invalid ticket": the status is 100 to 599, the reason may be
 * missing. 0 or -EPROTO. */
int http_status_parse(struct piece line, int *ret_status,
		char ret_reason[HTTP_REASON_MAX]);

#endif
