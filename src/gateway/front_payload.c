#include <errno.h>
#include <string.h>

#include "gateway/front_internal.h"
#include "gateway/routes.h"
#include "gateway/site.h"
#include "http/server.h"
#include "proto/url.h"

static const struct api payload_api = {
		.fn = api_payload_open,
		.anybody = true, /* the payload says enough */
		.upgrades = true,
		.payloads = true,
};
static const struct route payload_route = {
		.method = "GET", .data = &payload_api};

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool is_get(const struct http_request *q)
{
	return strcmp(q->method, "GET") == 0;
}

static bool has_payload(const struct http_request *q)
{
	char empty[1];

	return url_query_get(q->query, strlen(q->query), "payload", empty,
			       sizeof(empty)) != -ENOENT;
}

/* What is ours under these paths has no payload; and a page may be looked at
 * without being fetched. */
static bool is_at_door(const struct front_conn *c, const struct http_request *q)
{
	if (c->role != FRONT_WEB || !site_payloads(c->front->site) ||
			begins(q->path, "/api/v1/") || begins(q->path, "/ws/"))
		return false;
	if (has_payload(q) || q->upgrade)
		return true;
	return !is_get(q) && strcmp(q->method, "HEAD") != 0;
}

bool front_conn_payload(struct front_conn *c, struct http_conn *http,
		const struct http_request *q)
{
	struct route_match m = {.route = &payload_route, .allow = "GET"};

	c->payload = is_at_door(c, q);
	if (!c->payload)
		return false;
	if (is_get(q))
		front_api(c, http, q, &m);
	else
		front_conn_refuse_method(c, &m);
	return true;
}

bool front_conn_no_payload(struct front_conn *c)
{
	if (c->role != FRONT_WEB || !site_payloads(c->front->site))
		return false;
	c->payload = true;
	front_conn_refuse(c, 400, END_BAD_REQUEST, "Missing payload");
	return true;
}
