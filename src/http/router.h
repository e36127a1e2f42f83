/*
 * Which function a request is for. The owner has a table:
 *
 *	{"GET", "/api/v1/guests/{id}", guest_get, NULL},
 *	{"GET", "/console/{guest*}", console_page, NULL},
 *
 * Patterns are matched segment by segment on the raw path, and each segment
 * is decoded on its own: a guest's id, home/100, comes as one segment,
 * home%2F100. `{name*}` stands last and takes all segments that are left (at
 * least one). The first entry that matches wins; HEAD is taken by GET
 * entries, unless one of its own stands before.
 */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include <stddef.h>

struct http_conn;
struct http_request;
struct route;

enum {
	ROUTE_PARAMS_MAX = 4,
	ROUTE_VALUE_MAX = 256, /* a longer one matches nothing */
	ROUTE_ALLOW_MAX = 64,
};

struct route_match {
	const struct route *route;
	size_t count;
	struct {
		const char *name; /* in the pattern, with what follows */
		size_t name_len;
		char value[ROUTE_VALUE_MAX + 1]; /* decoded */
	} params[ROUTE_PARAMS_MAX];
	char allow[ROUTE_ALLOW_MAX]; /* of a 405: "GET, HEAD, POST" */
};

struct route {
	const char *method;
	const char *pattern;
	void (*fn)(void *arg, struct http_conn *c, const struct http_request *q,
			const struct route_match *m);
	const void *data;
};

/* 200: m->route is set. 404: no pattern matches. 405: only with other
 * methods, m->allow lists them. */
unsigned route_find(const struct route *routes, size_t count,
		const struct http_request *q, struct route_match *ret_match);

/* The value of a parameter; NULL for a name that is not in the pattern. */
const char *route_param(const struct route_match *m, const char *name);

#endif
