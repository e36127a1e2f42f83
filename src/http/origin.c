#include "http/origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* "[::1]" and the like, rewritten in the one form inet_ntop() knows.
 * Characters used, or -EINVAL. */
static int parse_literal(const char *text, char *host)
{
	size_t len = strcspn(text, "]");
	char inner[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	if (text[len] != ']' || len - 1 >= sizeof(inner))
		return -EINVAL;
	memcpy(inner, text + 1, len - 1);
	inner[len - 1] = '\0';
	if (inet_pton(AF_INET6, inner, &addr) != 1)
		return -EINVAL;
	(void)inet_ntop(AF_INET6, &addr, inner, sizeof(inner));
	host[0] = '[';
	memcpy(host + 1, inner, strlen(inner));
	memcpy(host + 1 + strlen(inner), "]", 2);
	return (int)len + 1;
}

static int parse_name(const char *text, char *host)
{
	size_t len = 0;

	while (host_char(text[len]) && len < ORIGIN_HOST_MAX) {
		host[len] = lower(text[len]);
		len++;
	}
	host[len] = '\0';
	return len > 0 && host[0] != '.' && host[0] != '-' ? (int)len : -EINVAL;
}

/* ":8443" or nothing, to the very end. */
static int parse_port(const char *text, uint16_t *ret_port)
{
	unsigned port = 0;

	if (*text == '\0') {
		*ret_port = 0;
		return 0;
	}
	if (*text++ != ':' || *text == '0') /* one way to write a number */
		return -EINVAL;
	for (size_t i = 0; text[i]; i++) {
		if (text[i] < '0' || text[i] > '9' || i >= 5)
			return -EINVAL;
		port = port * 10 + (unsigned)(text[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return -EINVAL;
	*ret_port = (uint16_t)port;
	return 0;
}

int host_parse(const char *text, struct origin *ret_origin)
{
	struct origin o = {0};
	int used = text[0] == '[' ? parse_literal(text, o.host)
				  : parse_name(text, o.host);

	if (used < 0 || parse_port(text + used, &o.port) < 0)
		return -EINVAL;
	*ret_origin = o;
	return 0;
}

static uint16_t default_port(const struct origin *o)
{
	return o->https ? 443 : 80;
}

static const char *parse_scheme(const char *text, bool *ret_https)
{
	*ret_https = strncasecmp(text, "https://", 8) == 0;
	if (*ret_https)
		return text + 8;
	return strncasecmp(text, "http://", 7) == 0 ? text + 7 : NULL;
}

int origin_parse(const char *text, struct origin *ret_origin)
{
	struct origin o;
	bool https;
	const char *host = parse_scheme(text, &https);

	if (!host || host_parse(host, &o) < 0)
		return -EINVAL;
	o.https = https;
	if (o.port == 0)
		o.port = default_port(&o);
	*ret_origin = o;
	return 0;
}

/* An origin whose port may be "*". */
static int parse_entry(const char *text, struct origin *ret_origin)
{
	size_t len = strlen(text);
	char bare[ORIGIN_HOST_MAX + 16];
	int r;

	if (len < 2 || strcmp(text + len - 2, ":*") != 0)
		return origin_parse(text, ret_origin);
	if (len - 2 >= sizeof(bare))
		return -EINVAL;
	memcpy(bare, text, len - 2);
	bare[len - 2] = '\0';
	/* a port before the star would make two */
	r = origin_parse(bare, ret_origin);
	if (r == 0 && ret_origin->port != default_port(ret_origin))
		return -EINVAL;
	if (r == 0)
		ret_origin->port = ORIGIN_PORT_ANY;
	return r;
}

int origin_list_add(struct origin_list *l, const char *text, struct err *e)
{
	struct origin o, *items;

	if (parse_entry(text, &o) < 0)
		return err_set(e, -EINVAL,
				"origin '%s' must read like "
				"https://host or http://host:port",
				text);
	if (l->count == ORIGIN_LIST_MAX)
		return err_set(e, -EMSGSIZE, "more than %d origins",
				ORIGIN_LIST_MAX);
	items = reallocarray(l->items, l->count + 1, sizeof(*items));
	if (!items)
		return err_set(e, -ENOMEM, "no memory for an origin");
	items[l->count++] = o;
	l->items = items;
	return 0;
}

void origin_list_done(struct origin_list *l)
{
	free(l->items);
	*l = (struct origin_list){0};
}

/* A Host has no scheme: its missing port is the default of the entry's. */
static bool entry_is_host(const struct origin *entry, const struct origin *host)
{
	uint16_t port = host->port ? host->port : default_port(entry);

	return (entry->port == ORIGIN_PORT_ANY || entry->port == port) &&
	       strcmp(entry->host, host->host) == 0;
}

static bool list_has_host(
		const struct origin_list *l, const struct origin *host)
{
	for (size_t i = 0; i < l->count; i++)
		if (entry_is_host(&l->items[i], host))
			return true;
	return false;
}

bool host_allowed(const struct origin_list *l, const char *host)
{
	struct origin h;

	return host && host_parse(host, &h) == 0 && list_has_host(l, &h);
}

static bool list_has_origin(
		const struct origin_list *l, const struct origin *page)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].https == page->https &&
				entry_is_host(&l->items[i], page))
			return true;
	return false;
}

bool origin_allowed(const struct origin_list *l, const char *origin,
		const char *host)
{
	struct origin page, h;

	if (!origin || origin_parse(origin, &page) < 0)
		return false;
	if (list_has_origin(l, &page))
		return true;
	/* Our own page, over https where we listen without: a proxy in front of
	 * us ends TLS. Never the other way round: whoever is on the network can
	 * write a page of http. */
	return page.https && host && host_parse(host, &h) == 0 &&
	       list_has_host(l, &h) && entry_is_host(&page, &h);
}
