/*
 * URLs: where something is (scheme, host, port, path prefix), and the parts
 * of a request target (path, query). Percent-encoding is strict both ways.
 */
#ifndef PROTO_URL_H
#define PROTO_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum { URL_MAX = 2048 };

/* ---- where something is ------------------------------------------------- */

struct url {
	char *scheme; /* lower case; "https", "arrakis+http" */
	char *host;   /* lower case, no brackets */
	uint16_t port;
	bool port_given; /* else `port` is the scheme's own */
	char *path;      /* "" or "/prefix", never a '/' at the end */
};

/*
 * "https://pve1.lan:8006/prefix/". 0, -EINVAL, -ENOMEM; *ret is untouched on
 * failure. A user or password, a query and a fragment are refused: what is
 * secret has its own setting. A scheme that has no port of its own (known are
 * http, https, ws, wss, redis, rediss, and these behind "x+") needs one.
 */
int url_parse(const char *text, struct url *ret, struct err *e);
void url_done(struct url *u);

/* "https://host" or "https://host:8443": as a browser says its Origin, without
 * the scheme's own port. The length, or -EMSGSIZE. */
int url_origin(const struct url *u, char *ret, size_t ret_max);
/* The same with the path behind it. */
int url_format(const struct url *u, char *ret, size_t ret_max);

/* ---- percent-encoding --------------------------------------------------- */

/*
 * Everything but letters, digits and "-._~" becomes %XX. The length without
 * the NUL that is added, or -EMSGSIZE (then *ret is an empty string).
 */
int url_encode(const void *data, size_t len, char *ret, size_t ret_max);

/*
 * %XX becomes its byte; a '+' stays a '+'. The length without the NUL that is
 * added; -EINVAL for a bad or cut %XX and for a NUL (raw or encoded),
 * -EMSGSIZE where it does not fit.
 */
int url_decode(const char *text, size_t len, char *ret, size_t ret_max);

/* ---- request targets ---------------------------------------------------- */

/* Parts of somebody else's bytes, still encoded. */
struct url_target {
	const char *path; /* begins with '/' */
	size_t path_len;
	const char *query; /* behind the '?'; NULL if there is none */
	size_t query_len;
};

/* "/console/home?kind=vnc". -EINVAL for what is no origin form: an absolute
 * URL, a fragment, a blank, a control or non-ASCII byte. */
int url_target(const char *text, size_t len, struct url_target *ret);

/*
 * The decoded value of the first pair with this key (itself compared
 * decoded); "" for a key without '='. Its length, -ENOENT without such a key,
 * else as url_decode(). query may be NULL.
 */
int url_query_get(const char *query, size_t query_len, const char *key,
		char *ret, size_t ret_max);

#endif
