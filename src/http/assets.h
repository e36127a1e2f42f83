/*
 * The web page's files, inside the program: tools/embed.py makes the table
 * from web/dist at build time. Documents are asked for anew each time
 * (`no-cache` with a strong ETag); files under /assets/ have their content's
 * hash in their name and are kept for ever.
 */
#ifndef HTTP_ASSETS_H
#define HTTP_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

struct http_conn;
struct http_request;

struct asset {
	const char *path; /* "/index.html" */
	const char *type;
	const char *etag; /* without quotes */
	const char *raw;
	size_t raw_len;
	const char *gzip; /* NULL where it saves nothing */
	size_t gzip_len;
};

/* Sorted by path. */
extern const struct asset asset_table[];
extern const size_t asset_count;
/* False: the only file is a page that says how to build the page. */
extern const bool assets_built;

/* By exact path; NULL where there is none. "/" is nobody's path. */
const struct asset *asset_find(const char *path);

/*
 * Answer a GET or HEAD with it: 304 where the client has it, compressed where
 * the client takes that. `headers` are the owner's lines (its
 * Content-Security-Policy), at most ASSET_HEADERS_MAX bytes, or NULL.
 */
enum { ASSET_HEADERS_MAX = 2048 };
void asset_answer(struct http_conn *c, const struct http_request *q,
		const struct asset *a, const char *headers);

/* Does this Accept-Encoding (may be NULL) take gzip? */
bool accepts_gzip(const char *header);
/* Does this If-None-Match (may be NULL) name the tag, or its "-gz" form? */
bool etag_matches(const char *header, const char *etag);

#endif
