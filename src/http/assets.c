#include "http/assets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/server.h"

static int by_path(const void *path, const void *asset)
{
	return strcmp(path, ((const struct asset *)asset)->path);
}

const struct asset *asset_find(const char *path)
{
	return bsearch(path, asset_table, asset_count, sizeof(asset_table[0]),
			by_path);
}

/* ";q=0", ";q=0.00": the client refuses. */
static bool quality_is_zero(const char *p, size_t len)
{
	const char *q = memmem(p, len, "q=", 2);

	if (!q)
		return false;
	for (q += 2; q < p + len; q++)
		if (*q >= '1' && *q <= '9')
			return false;
	return true;
}

bool accepts_gzip(const char *header)
{
	for (const char *p = header; p && *p; p += strcspn(p, ",")) {
		size_t name, len;

		p += strspn(p, ", \t");
		name = strcspn(p, ",; \t");
		len = strcspn(p, ",");
		if ((name == 4 && strncasecmp(p, "gzip", 4) == 0) ||
				(name == 1 && *p == '*'))
			return !quality_is_zero(p + name, len - name);
	}
	return false;
}

bool etag_matches(const char *header, const char *etag)
{
	size_t len = strlen(etag);

	for (const char *p = header; p && *p; p += strcspn(p, ",")) {
		p += strspn(p, ", \t");
		if (*p == '*')
			return true;
		if (strncmp(p, "W/", 2) == 0)
			p += 2;
		if (*p != '"' || strncmp(p + 1, etag, len) != 0)
			continue;
		if (p[1 + len] == '"' || strncmp(p + 1 + len, "-gz\"", 4) == 0)
			return true;
	}
	return false;
}

void asset_answer(struct http_conn *c, const struct http_request *q,
		const struct asset *a, const char *headers)
{
	bool zip = a->gzip && accepts_gzip(http_header(q, "accept-encoding"));
	bool hashed = strncmp(a->path, "/assets/", 8) == 0;
	char lines[ASSET_HEADERS_MAX + 256];
	struct http_response r = {
			.status = 200,
			.type = a->type,
			.headers = lines,
			.body = zip ? a->gzip : a->raw,
			.body_len = zip ? a->gzip_len : a->raw_len,
			.body_static = true,
	};

	(void)snprintf(lines, sizeof(lines),
			"ETag: \"%s%s\"\r\nCache-Control: %s\r\n%s%s%.*s",
			a->etag, zip ? "-gz" : "",
			hashed ? "public, max-age=31536000, immutable"
			       : "no-cache",
			a->gzip ? "Vary: Accept-Encoding\r\n" : "",
			zip ? "Content-Encoding: gzip\r\n" : "",
			ASSET_HEADERS_MAX, headers ? headers : "");
	if (etag_matches(http_header(q, "if-none-match"), a->etag)) {
		r.status = 304;
		r.type = NULL;
	}
	http_answer(c, &r);
}
