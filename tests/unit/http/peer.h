/*
 * A server connection and the client at the other end of a socket pair, on
 * one loop. The owner answers what it was asked as text, "METHOD path?query
 * body", or does what the test sets.
 */
#ifndef HTTP_PEER_H
#define HTTP_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "http/server.h"

struct loop;
struct timer;
struct watch;

struct peer {
	struct loop *loop;
	struct http_conn *conn; /* NULL when gone or taken */
	int fd;                 /* the client's end */
	struct watch *watch;
	struct timer *limit;
	struct buf sent;  /* still to send */
	struct buf heard; /* what the server said, NUL-terminated by text */
	bool end;         /* the server closed */
	bool gone;        /* the owner was told */
	bool late;        /* the limit ran out */
	unsigned requests;
	/* what the owner does; NULL: answers at once */
	void (*act)(struct peer *p, const struct http_request *q);
	bool close;     /* the usual answer is the last one */
	bool keep_open; /* do not stop the loop at the server's end */
	size_t stop_at; /* stop the loop when so much was heard */
};

void peer_new(struct peer *p, bool chopped);
void peer_free(struct peer *p);
void peer_send(struct peer *p, const void *data, size_t len);
/* Run until the server's end, `gone`, stop_at, or the limit. */
void peer_run(struct peer *p, unsigned limit_ms);
const char *peer_text(struct peer *p);
unsigned peer_status(struct peer *p); /* of the first answer; 0: none */
void peer_answer(struct peer *p, const struct http_request *q);

#endif
