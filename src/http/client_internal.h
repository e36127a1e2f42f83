/*
 * Between client.c, which lets libcurl and the loop meet, and client_call.c,
 * which is one call: what is asked and what comes back. A CURL is a void here,
 * as it is in its own header.
 */
#ifndef HTTP_CLIENT_INTERNAL_H
#define HTTP_CLIENT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/loop.h"
#include "http/client.h"
#include "stream/tls.h"

struct curl_slist;

/* Bytes that may be secret: wiped when they move and when they go. */
struct http_answer_body {
	char *data;
	size_t len, room;
};

struct http_call {
	struct http_call *next, *prev; /* among the client's open or done */
	struct http_client *client;
	http_call_fn *fn;
	void *arg;

	void *easy;   /* libcurl's */
	bool added;   /* to libcurl's multi */
	bool done;    /* among the done ones */
	bool telling; /* fn runs */
	char *host;   /* no brackets */
	uint16_t port;
	char *peer; /* host and port, or the socket's path */
	struct curl_slist *lines, *where;
	struct resolve *resolve;
	struct timer *limit;

	int r; /* what a callback of ours stopped it with */
	struct err error;
	size_t head_len;
	bool head_whole;
	struct http_answer_body body;
	struct http_reply reply;
};

struct http_client {
	struct loop *loop;
	void *multi; /* libcurl's */
	struct timer *timer;
	struct wire *wires;     /* descriptors that libcurl has us watch */
	struct http_call *open; /* asked */
	struct http_call *done; /* to be told, the oldest first */
	struct http_call **done_end;
	struct defer tell;
	char *unix_path;
	struct tls_policy tls;
	uint64_t call_ms, connect_ms;
	size_t body_max;
};

/* Make it out of the options; not begun yet. On failure it is freed. */
int http_call_new(struct http_call **ret_call, struct http_client *c,
		const struct http_call_options *o, struct err *e);
void http_call_free(struct http_call *q); /* takes half-built ones */

/* Its host is a name that has to be looked up. */
bool http_call_needs_name(const struct http_call *q);
/* Where the name leads. 0 or -ENOMEM. */
int http_call_set_addresses(struct http_call *q, const struct resolved *found);

/* The answer goes into q->body and q->reply, within their limits. */
void http_call_listen(struct http_call *q);
/* libcurl is done with it: the answer or the error is filled in. `code` is a
 * CURLcode. */
void http_call_settle(struct http_call *q, int code);

#endif
