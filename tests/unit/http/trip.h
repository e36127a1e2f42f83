/*
 * A call of our HTTP client, there and back: a server that says what the test
 * set, the client, and what came back; all on one loop.
 */
#ifndef HTTP_TRIP_H
#define HTTP_TRIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/buf.h"
#include "core/err.h"
#include "http/client.h"

struct http_conn;
struct loop;
struct timer;
struct tls_context;
struct watch;

/* A server that says what the test set, whatever it is asked. */
struct server {
	int fd;
	uint16_t port;
	struct watch *watch;
	int conn_fd;
	struct watch *conn;
	struct buf heard;  /* all of it, of every connection */
	unsigned accepted; /* connections */
	unsigned asked;    /* heads that ended */
	const char *say;   /* after each head */
	size_t say_len;    /* 0: to the NUL */
	bool close;        /* then */
	bool at_once;      /* close without reading a word */
	unsigned drop;     /* so many heads are heard and not answered */
	/* over TLS the real server answers */
	struct tls_context *tls;
	struct http_conn *http;
};

struct trip {
	struct loop *loop;
	struct timer *limit;
	struct server server;
	struct http_client *client;

	/* what came back */
	int told, answered;
	struct http_reply reply;
	char *body;
	char type[64];
	struct err error;
};

extern struct trip trip;

/* The client, and a server on loopback. */
void trip_begin(void);
/* The client only. */
void trip_begin_with(const struct http_client_options *o);
void trip_server_tcp(void);
void trip_server_listen(const struct sockaddr *a, socklen_t len);
void trip_end(void);

/* Call, and run until it is told. */
int trip_call(const struct http_call_options *o);
int trip_get(void);
/* The receiver of calls, for who makes them itself. */
void trip_on_told(void *arg, int r, const struct http_reply *a,
		const struct err *e);
const char *trip_url(const char *scheme, const char *host);

/* What the server heard so far. */
const char *trip_heard(void);
bool trip_heard_has(const char *words);

#endif
