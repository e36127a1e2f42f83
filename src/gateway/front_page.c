#include "gateway/front_internal.h"

#include <stdio.h>
#include <string.h>

#include "gateway/routes.h"
#include "gateway/site.h"
#include "http/assets.h"
#include "http/server.h"
#include "proto/url.h"

void front_conn_say(struct front_conn *c, unsigned status, const char *text)
{
	const struct http_response r = {
			.status = status,
			.type = "text/plain; charset=utf-8",
			.body = text,
			.body_len = strlen(text),
			.body_static = true,
	};

	http_answer(c->http, &r);
}

void front_page(void *arg, struct http_conn *http, const struct http_request *q,
		const struct route_match *m)
{
	struct front_conn *c = arg;
	const char *path = m->route->data ? m->route->data : q->path;
	const struct asset *a = asset_find(path);
	const struct site *site = c->front->site;

	if (a)
		asset_answer(http, q, a,
				strcmp(path, "/spice.html") == 0
						? site_screen_headers(site)
						: site_document_headers(site));
	else if (strncmp(q->path, "/api/", 5) == 0)
		front_conn_refuse(c, 404, END_BAD_REQUEST,
				"There is nothing at this address.");
	else if (!front_conn_no_payload(c))
		front_conn_say(c, 404, "There is nothing here.\n");
}

void front_console_moved(void *arg, struct http_conn *http,
		const struct http_request *q, const struct route_match *m)
{
	struct front_conn *c = arg;
	const char *guest = route_param(m, "guest");
	char id[3 * ROUTE_VALUE_MAX + 1], line[URL_MAX];
	const struct http_response r = {.status = 308, .headers = line};

	if (url_encode(guest, strlen(guest), id, sizeof(id)) < 0 ||
			(size_t)snprintf(line, sizeof(line),
					"Location: %s/console/%s%s%s\r\n",
					site_prefix(c->front->site), id,
					*q->query ? "?" : "",
					q->query) >= sizeof(line))
		front_conn_say(c, 404, "There is nothing here.\n");
	else
		http_answer(http, &r);
}

void front_health(void *arg, struct http_conn *http,
		const struct http_request *q, const struct route_match *m)
{
	struct front_conn *c = arg;

	if (c->front->draining)
		front_conn_say(c, 503, "draining\n");
	else
		front_conn_say(c, 200, "ok\n");
}
