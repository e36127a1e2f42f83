#include "http/router.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "http/parser.h"
#include "http/path.h"
#include "http/server.h"

/* A piece of the raw path (from a '/' on), decoded. NULL: not well-formed. */
static const char *decode(
		const char *raw, size_t len, char ret[HTTP_TARGET_MAX + 1])
{
	if (len > HTTP_TARGET_MAX || path_decode(raw, len, ret) < 0)
		return NULL;
	return ret + 1;
}

static bool keep(struct route_match *m, const char *name, size_t name_len,
		const char *value)
{
	size_t len = strlen(value);

	if (m->count == ROUTE_PARAMS_MAX || len == 0 || len > ROUTE_VALUE_MAX)
		return false;
	if (value[len - 1] == '/') /* the last of several is empty */
		return false;
	m->params[m->count].name = name;
	m->params[m->count].name_len = name_len;
	memcpy(m->params[m->count].value, value, len + 1);
	m->count++;
	return true;
}

/* Length of "/segment". */
static size_t segment_len(const char *p, size_t max)
{
	const char *slash = max > 1 ? memchr(p + 1, '/', max - 1) : NULL;

	return slash ? (size_t)(slash - p) : max;
}

/* Does one segment of the pattern ("/guests", "/{id}", "/{rest*}") match? */
static bool match_segment(const char *pattern, size_t pattern_len,
		const char *raw, size_t len, struct route_match *m)
{
	char decoded[HTTP_TARGET_MAX + 1];
	const char *value = decode(raw, len, decoded);

	if (!value)
		return false;
	if (pattern_len > 3 && pattern[1] == '{')
		return keep(m, pattern + 2, strcspn(pattern + 2, "*}"), value);
	return strlen(value) == pattern_len - 1 &&
	       memcmp(value, pattern + 1, pattern_len - 1) == 0;
}

static bool match(const char *pattern, const char *raw, size_t len,
		struct route_match *m)
{
	size_t left = strlen(pattern);

	m->count = 0;
	while (left > 0 && len > 0) {
		size_t p_len = segment_len(pattern, left), r_len;
		bool rest = p_len > 3 && pattern[p_len - 2] == '*';

		r_len = rest ? len : segment_len(raw, len);
		if (!match_segment(pattern, p_len, raw, r_len, m))
			return false;
		pattern += p_len;
		left -= p_len;
		raw += r_len;
		len -= r_len;
	}
	return left == 0 && len == 0;
}

static bool method_fits(const char *method, const char *wanted)
{
	return strcmp(method, wanted) == 0 ||
	       (strcmp(method, "HEAD") == 0 && strcmp(wanted, "GET") == 0);
}

/* "GET" also stands for HEAD; each method once. */
static void allow(struct route_match *m, const char *method)
{
	size_t len = strlen(m->allow);

	if (strstr(m->allow, method))
		return;
	(void)snprintf(m->allow + len, sizeof(m->allow) - len, "%s%s%s",
			len ? ", " : "", method,
			strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

unsigned route_find(const struct route *routes, size_t count,
		const struct http_request *q, struct route_match *ret_match)
{
	size_t len = strcspn(q->target, "?");

	ret_match->route = NULL;
	ret_match->allow[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (!match(routes[i].pattern, q->target, len, ret_match))
			continue;
		if (method_fits(q->method, routes[i].method)) {
			ret_match->route = &routes[i];
			return 200;
		}
		allow(ret_match, routes[i].method);
	}
	return ret_match->allow[0] ? 405 : 404;
}

const char *route_param(const struct route_match *m, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < m->count; i++)
		if (m->params[i].name_len == len &&
				memcmp(m->params[i].name, name, len) == 0)
			return m->params[i].value;
	return NULL;
}
