/*
 * Requests, whole and in two pieces: the verdict must not depend on where the
 * wire was cut. The first byte says where.
 */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "http/headers.h"
#include "http/parser.h"
#include "http/router.h"

static const struct route routes[] = {
		{"GET", "/api/v1/guests/{id}/power", NULL, NULL},
		{"POST", "/console/{guest*}", NULL, NULL},
};

/* What was promised to the owner of a request. */
static void look(const struct http_request *q)
{
	struct route_match m;

	assert(q->path[0] == '/' && q->target[0] == '/');
	assert(!strstr(q->path, "//") && !strstr(q->path, "/../"));
	assert(!strpbrk(q->path, "\r\n\\") && !strpbrk(q->query, "\r\n# "));
	assert(q->header_count <= HTTP_HEADERS_MAX);
	assert(q->body_len <= HTTP_BODY_MAX);
	for (size_t i = 0; i < q->header_count; i++)
		assert(q->headers[i].name[0] &&
				!strpbrk(q->headers[i].value, "\r\n"));
	(void)route_find(routes, 2, q, &m);
}

static int run(const uint8_t *data, size_t len, size_t cut, size_t *ret_used)
{
	struct http_parser *p = http_parser_new();
	size_t used = 0, more = 0;
	int r = http_parser_feed(p, data, cut, &used);

	if (r == 0)
		r = http_parser_feed(p, data + cut, len - cut, &more);
	assert(used <= cut && more <= len - cut);
	if (r == 1)
		look(http_parser_request(p));
	if (r == -EPROTO)
		assert(http_parser_refusal(p)->status >= 400);
	*ret_used = used + more;
	http_parser_free(p);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t cut, used, again;
	int r;

	if (len == 0)
		return 0;
	cut = data[0] < len ? data[0] : len - 1;
	r = run(data + 1, len - 1, len - 1, &used);
	assert(run(data + 1, len - 1, cut, &again) == r);
	if (r == 1)
		assert(used == again);
	return 0;
}
