/*
 * The HTTP/1.1 client: calls to one peer and its equals (the nodes of a
 * cluster, the control socket), all on one loop. One policy says how they are
 * verified, so a connection can be used again by every call of the client.
 *
 * What it never does: follow a redirect, ask for a compressed answer, use a
 * proxy or a .netrc, send chunks or wait for "100 Continue", take an answer
 * past its limit. What it carries may be secret: its memory is wiped when
 * freed, and no sentence of an error holds a header or a body.
 *
 * A connection that a peer closed while it was idle is found out by its next
 * call: a GET is then asked again, once, on a fresh one. What may change
 * something is never asked twice, so it goes on a fresh one from the start.
 *
 * libcurl is behind this header and nowhere else.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/crypto.h"
#include "core/err.h"

struct http_call;
struct http_client;
struct loop;
struct secret;
struct tls_policy;

enum {
	HTTP_CALL_MS = 10000,             /* from the name to the last byte */
	HTTP_CALL_BODY_MAX = 1024 * 1024, /* of an answer */
	HTTP_CALL_HEAD_MAX = 64 * 1024,   /* all heads of an answer */
	HTTP_CALL_KEEP_S = 4,             /* an idle connection is kept */
	HTTP_CLIENT_CONNECTIONS_MAX = 8,  /* at once; further calls wait */
	HTTP_REASON_MAX = 256,
	HTTP_ADDRESS_MAX = 64,
};

struct http_client_options {
	const char *unix_path;        /* every call goes to this socket */
	const struct tls_policy *tls; /* https; NULL: the system's roots */
	uint64_t call_ms;             /* 0: HTTP_CALL_MS */
	uint64_t connect_ms;          /* TCP and TLS of it; 0: call_ms */
	size_t body_max;              /* 0: HTTP_CALL_BODY_MAX */
};

/* o may be NULL; it is copied. */
int http_client_new(struct http_client **ret_client, struct loop *l,
		const struct http_client_options *o, struct err *e);
/* Cancels what is under way: nobody is called again. Takes NULL. */
void http_client_free(struct http_client *c);

/* One line of the head: a value, or a secret one. */
struct http_line {
	const char *name, *value;
	const struct secret *secret; /* where value is NULL */
};

struct http_call_options {
	const char *method; /* "GET"; any word */
	const char *url;    /* http or https; without a user, as written */
	/* Go to this address ("192.0.2.7", "2001:db8::7") and not to what the
	 * name of the URL says; the name is still what is verified. */
	const char *address;
	const struct http_line *lines;
	size_t line_count;
	const void *body; /* all but GET and HEAD say its length, also 0 */
	size_t body_len;
};

struct http_reply {
	unsigned status;
	char reason[HTTP_REASON_MAX]; /* of the status line; controls are '?' */
	/* that answered: what a later dial is pinned to. "" on a Unix socket */
	char address[HTTP_ADDRESS_MAX];
	int64_t date; /* its clock, seconds since 1970; 0: not told */
	/* SHA-256 of the certificate it showed; not where it has none */
	uint8_t certificate[SHA256_LEN];
	bool certified;
	const char *type; /* Content-Type; NULL if there is none */
	const char *body; /* a NUL follows */
	size_t body_len;
};

/*
 * r = 0: there is an answer, of whatever status. Else `reply` is NULL:
 *   -EKEYREJECTED  the peer is not the one we trust; nothing was sent to it
 *   -ENOENT        no such name
 *   -ECONNREFUSED, -EHOSTUNREACH  nobody is there; nothing was sent
 *   -ETIMEDOUT     the limit ran out
 *   -EMSGSIZE      the answer is larger than allowed
 *   -EPROTO        it is no HTTP, is cut, or has a coding nobody asked for
 *   -ENOMEM, -EIO
 * Once, never from within http_call(); `reply` is valid during the call only.
 */
typedef void http_call_fn(void *arg, int r, const struct http_reply *reply,
		const struct err *e);

/* 0, or -EINVAL (what the options say), -ENOMEM: then fn is not called.
 * Everything is copied. ret_call may be NULL. */
int http_call(struct http_call **ret_call, struct http_client *c,
		const struct http_call_options *o, http_call_fn *fn, void *arg,
		struct err *e);
/* Takes NULL; not after the answer (inside of it, it changes nothing). */
void http_call_cancel(struct http_call *q);

/* "7.88.1 (OpenSSL/3.0.22)": what runs. */
const char *http_client_version(void);

#endif
