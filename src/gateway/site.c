#include "gateway/site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/buf.h"
#include "http/server.h"

struct site {
	struct origin_list hosts;  /* ours and the allowed ones */
	struct origin_list secure; /* public_url, where it is of https */
	char *document_headers;
	char *screen_headers;
	char *prefix;
	bool payloads;
};

enum { SITE_HEADERS_MAX = 2000 };

const struct origin_list *site_hosts(const struct site *s)
{
	return &s->hosts;
}

const char *site_document_headers(const struct site *s)
{
	return s->document_headers;
}

const char *site_screen_headers(const struct site *s)
{
	return s->screen_headers;
}

bool site_secure(const struct site *s, const char *host)
{
	return host_allowed(&s->secure, host);
}

bool site_payloads(const struct site *s)
{
	return s->payloads;
}

const char *site_prefix(const struct site *s)
{
	return s->prefix;
}

static bool ends_segment(char c)
{
	return c == '/' || c == '?' || c == '\0';
}

void site_strip(const struct site *s, struct http_request *q)
{
	size_t len = strlen(s->prefix);

	if (len == 0 || strncmp(q->path, s->prefix, len) != 0 ||
			strncmp(q->target, s->prefix, len) != 0 ||
			!ends_segment(q->path[len]) ||
			!ends_segment(q->target[len]))
		return;
	q->path += len;
	q->target += len;
	if (*q->path != '/')
		q->path = q->target = "/";
}

/* Pages that may frame a document: `own`, and those that tokens name. */
static int add_frame_ancestors(
		struct buf *to, const struct config *c, const char *own)
{
	size_t named = 0;
	int r = buf_addf(to, "; frame-ancestors%s", own);

	for (size_t i = 0; r == 0 && i < c->token_count; i++) {
		const struct config_texts *o = &c->tokens[i].origins;

		for (size_t k = 0; r == 0 && k < o->count; k++, named++)
			r = buf_addf(to, " %s", o->items[k]);
	}
	if (r == 0 && named == 0 && !*own)
		r = buf_adds(to, " 'none'");
	return r == 0 ? buf_adds(to, "\r\n") : r;
}

static int make_policy(char **ret_headers, const struct config *c,
		const char *rest, const char *own)
{
	struct buf to;
	int r;

	buf_init(&to, SITE_HEADERS_MAX);
	r = buf_addf(&to,
			"Content-Security-Policy: default-src 'none'; "
			"script-src 'self'; style-src 'self'; "
			"connect-src 'self'; form-action 'none'; %s",
			rest);
	if (r == 0)
		r = add_frame_ancestors(&to, c, own);
	*ret_headers = r == 0 ? buf_take_string(&to) : NULL;
	buf_done(&to);
	return *ret_headers ? 0 : r < 0 ? r : -ENOMEM;
}

/*
 * Scripts, styles and sockets from here and nowhere else, nothing inline.
 * noVNC draws cursors and copies from data: and blob: pictures. A SPICE
 * screen is drawn by a document in a frame, the only one of ours that lets
 * itself be framed by us, and the only one that plays what a script made.
 */
static int site_make_headers(struct site *s, const struct config *c)
{
	int r = make_policy(&s->document_headers, c,
			"img-src 'self' data: blob:; font-src 'self'; "
			"frame-src 'self'; base-uri 'self'",
			"");

	return r < 0 ? r
		     : make_policy(&s->screen_headers, c,
				       "img-src 'self' data:; "
				       "media-src blob:; base-uri 'none'",
				       " 'self'");
}

static int site_add_public(
		struct site *s, const struct config *c, struct err *e)
{
	const struct url *u = c->gateway.public_url.items;
	char origin[ORIGIN_HOST_MAX + 32];

	s->prefix = strdup(
			c->gateway.public_url.count > 0 && u->path &&
							strcmp(u->path, "/") !=
									0
					? u->path
					: "");
	if (!s->prefix)
		return err_set(e, -ENOMEM, "no memory");
	if (c->gateway.public_url.count == 0)
		return 0;
	(void)snprintf(origin, sizeof(origin),
			strchr(u->host, ':') ? "%s://[%s]:%u" : "%s://%s:%u",
			u->scheme, u->host, (unsigned)u->port);
	if (strcmp(u->scheme, "https") == 0 &&
			origin_list_add(&s->secure, origin, e) < 0)
		return -ENOMEM;
	return origin_list_add(&s->hosts, origin, e);
}

int site_new(struct site **ret_site, const struct config *c,
		const char *const *own, size_t own_count, struct err *e)
{
	struct site *s = calloc(1, sizeof(*s));
	int r = s ? 0 : err_set(e, -ENOMEM, "no memory");

	if (r == 0)
		r = site_add_public(s, c, e);
	for (size_t i = 0; r == 0 && i < own_count; i++)
		r = origin_list_add(&s->hosts, own[i], e);
	for (size_t i = 0; r == 0 && i < c->gateway.allowed_origins.count; i++)
		r = origin_list_add(&s->hosts,
				c->gateway.allowed_origins.items[i], e);
	if (r == 0) {
		r = site_make_headers(s, c);
		if (r < 0)
			(void)err_set(e, r,
					"the origins of all tokens do not "
					"fit one header");
	}
	if (r < 0) {
		site_free(s);
		return r;
	}
	s->payloads = c->proxxy.enabled;
	*ret_site = s;
	return 0;
}

void site_free(struct site *s)
{
	if (!s)
		return;
	origin_list_done(&s->hosts);
	origin_list_done(&s->secure);
	free(s->document_headers);
	free(s->screen_headers);
	free(s->prefix);
	free(s);
}
