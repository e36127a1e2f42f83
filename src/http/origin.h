/*
 * Which names this server answers to, and which pages may speak to it. A page
 * of a stranger can make a browser send requests here (its Origin gives it
 * away), or make a name of its own point here (DNS rebinding: the Host gives
 * it away). So every request's Host must be on the list, and a request that a
 * page sends must come from a page on the list or from ourselves.
 *
 * Comparison is exact: hosts without regard to case, IPv6 literals by their
 * bytes, ports with the default of the scheme filled in. There are no
 * patterns and no suffixes. Pure functions.
 */
#ifndef HTTP_ORIGIN_H
#define HTTP_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum {
	ORIGIN_HOST_MAX = 253, /* a DNS name's limit */
	ORIGIN_LIST_MAX = 256,
	ORIGIN_PORT_ANY = 0, /* written "*": http://localhost:* */
};

struct origin {
	bool https;
	uint16_t port; /* default filled in; ORIGIN_PORT_ANY in lists only */
	char host[ORIGIN_HOST_MAX + 1]; /* lower case; IPv6 in its one form,
					   with brackets */
};

struct origin_list {
	struct origin *items; /* owned */
	size_t count;
};

/* A Host header or a URL's authority: "web1", "web1:8443", "[::1]:80". The
 * port is 0 where none was written. -EINVAL for anything else (user info,
 * blanks, an empty host, port 0 or past 65535). */
int host_parse(const char *text, struct origin *ret_origin);

/* "https://panel.example", "http://[::1]:8080". No path, not even "/";
 * "null" is -EINVAL. */
int origin_parse(const char *text, struct origin *ret_origin);

/* Add one entry, written as an origin; the port may be "*" (any). */
int origin_list_add(struct origin_list *l, const char *text, struct err *e);
void origin_list_done(struct origin_list *l);

/* Is this Host header one of ours? NULL is not. */
bool host_allowed(const struct origin_list *l, const char *host);

/*
 * May a page with this Origin speak to us? Yes if it is on the list, or if it
 * is the https page of the very Host it speaks to and that host is on the list,
 * be it with http. A page of http is never taken for one of https.
 * A request without Origin (NULL) does not come from a page: no answer here
 * is right for it, the caller decides before it asks; we say no.
 */
bool origin_allowed(const struct origin_list *l, const char *origin,
		const char *host);

#endif
