/*
 * The HTTP/1.1 server: one connection, on one loop, over any stream. It reads
 * a request whole (head and a small body), judges it strictly, hands it to
 * the owner, and waits for the answer, which may come at any later time on
 * the same loop. Keep-alive is its business; an upgrade takes the stream out.
 *
 * Refused here, before the owner hears of it, with the right status and a
 * closed connection: malformed or smuggling-shaped heads (400), too slow
 * (408), a body past the limit (413), a target past the limit (414), an
 * unknown expectation (417), a head past the limits (431), unknown methods
 * and transfer codings (501), other versions (505). A chunked body is taken,
 * up to the same limit; trailers are not.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/err.h"

struct http_conn;
struct loop;
struct stream;

enum {
	HTTP_HEAD_MAX = 8 * 1024,
	HTTP_HEADERS_MAX = 64,
	HTTP_BODY_MAX = 64 * 1024,
	HTTP_HEAD_MS = 10000,  /* TLS handshake + whole head; then the body */
	HTTP_IDLE_MS = 30000,  /* between requests of one connection */
	HTTP_WRITE_MS = 45000, /* no progress while a response waits */
	HTTP_LINGER_MS = 2000, /* after the last response, for it to be read */
	HTTP_LINGER_MAX = 4 * HTTP_BODY_MAX, /* and so much is thrown away */
};

struct http_header {
	const char *name, *value; /* name in lower case, value trimmed */
};

/* Borrowed from the connection: valid until the answer. */
struct http_request {
	const char *method;
	const char *target; /* as it came: "/a%20b?x=1"; of an absolute-form
			       ("http://host/a") the part from the path on */
	/* Decoded, begins with '/', no "..", no "//". An encoded slash is a
	 * slash here; the router matches the raw target. */
	const char *path;
	const char *query; /* as it came, without '?'; "" where absent */
	const struct http_header *headers;
	size_t header_count;
	const uint8_t *body;
	size_t body_len;
	bool upgrade; /* Connection: upgrade with Upgrade: websocket */
};

/* The value, NULL where absent. A header that must be single and came twice
 * (Host, Origin, Authorization, Content-Length, Sec-WebSocket-Key ...) was
 * refused with 400 already. */
const char *http_header(const struct http_request *q, const char *name);

struct http_response {
	unsigned status;
	const char *type;    /* Content-Type; NULL: no body */
	const char *headers; /* more lines, each with CRLF; may be NULL */
	const void *body;
	size_t body_len;
	bool body_static; /* outlives the connection: not copied */
	/* Not 0: the body is the first body_len bytes of this file, which is
	 * taken and read as the client reads. One that became shorter breaks
	 * the connection off. */
	int body_fd;
	bool close; /* last one on this connection */
};

struct http_events {
	/* A request is whole. Answer with http_answer() or http_take(), now or
	 * later; the next request waits for that. */
	void (*request)(void *arg, struct http_conn *c,
			const struct http_request *q);
	/* The connection is gone (also when the answer was still owed): the
	 * pointer is dead after this call. Not called after http_take() or
	 * http_conn_free(). */
	void (*gone)(void *arg, struct http_conn *c);
};

/* Takes the stream (freed on failure too); steps its handshake first. */
int http_conn_new(struct http_conn **ret_conn, struct loop *l, struct stream *s,
		const struct http_events *events, void *arg);
void http_conn_free(struct http_conn *c); /* takes NULL */

/* Other limits than the usual ones; counted anew from now on. */
struct http_times {
	uint64_t head_ms, idle_ms, write_ms, linger_ms;
};
void http_conn_set_times(struct http_conn *c, const struct http_times *t);

/* Every response carries the security headers of http/headers.h. */
void http_answer(struct http_conn *c, const struct http_response *r);

/*
 * Take the stream out for an upgrade. *ret_early are the bytes that came after
 * the head (owned by the caller, freed with free(); NULL when none). The
 * connection is gone; the request's memory too.
 */
struct stream *http_take(struct http_conn *c, uint8_t **ret_early,
		size_t *ret_early_len);

/* Finish what is under way, then close; idle ones close at once (drain). */
void http_conn_drain(struct http_conn *c);
/* The next answer is the last; who is idle has its usual time to ask. */
void http_conn_retire(struct http_conn *c);

#endif
