#include "cli/place.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"

static const char *scheme_of(const struct config *c, const struct address *a)
{
	return c->gateway.tls_cert || !address_is_local(a) ? "https" : "http";
}

void place_of(char ret[PLACE_MAX], const struct config *c,
		const struct address *a)
{
	char text[PLACE_MAX - 16];

	if (address_format(a, text, sizeof(text)) < 0)
		text[0] = '\0';
	if (a->path)
		(void)snprintf(ret, PLACE_MAX, "%s", text);
	else
		(void)snprintf(ret, PLACE_MAX, "%s://%s", scheme_of(c, a),
				text);
}

/* A wildcard is no place to call: this machine is. */
static bool is_wildcard(const struct address *a)
{
	return strcmp(a->host, "0.0.0.0") == 0 || strcmp(a->host, "::") == 0;
}

void place_to_listen(char ret[PLACE_MAX], const struct config *c)
{
	const struct config_gateway *g = &c->gateway;
	const struct address *first = NULL;

	for (size_t i = 0; !first && i < g->listen.count; i++)
		if (g->listen.items[i].host)
			first = &g->listen.items[i];
	if (!first)
		(void)snprintf(ret, PLACE_MAX, "http://127.0.0.1:8443");
	else if (is_wildcard(first))
		(void)snprintf(ret, PLACE_MAX, "%s://localhost:%u",
				scheme_of(c, first), first->port);
	else
		place_of(ret, c, first);
}

void place_to_call(char ret[PLACE_MAX], const struct config *c)
{
	const struct config_urls *url = &c->gateway.public_url;

	if (url->count == 0 || url_format(&url->items[0], ret, PLACE_MAX) < 0)
		place_to_listen(ret, c);
}
