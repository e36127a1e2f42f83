#include "proto/spice_proxy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char scheme[] = "http://";

static int parse_port(const char *text, struct address *ret, struct err *e)
{
	struct address a = {0};

	if (!address_port(text + 1, strlen(text + 1), false, &a.port))
		return err_set(e, -EINVAL, "'%.80s': that is no port", text);
	*ret = a;
	return 0;
}

/* Behind a host, which may be an IPv6 address in brackets. */
static bool has_port(const char *text)
{
	const char *close = strrchr(text, ']');

	return strchr(close ? close : text, ':') != NULL;
}

static int parse_host(const char *text, struct address *ret, struct err *e)
{
	struct address a;
	int r = address_parse(text, NULL, SPICE_PROXY_PORT, &a, e);

	if (r == 0 && a.path) {
		address_done(&a);
		r = err_set(e, -EINVAL,
				"'%.80s': viewers reach the proxy by TCP only",
				text);
	}
	if (r < 0)
		return r;
	if (!has_port(text))
		a.port = 0;
	*ret = a;
	return r;
}

int spice_proxy_parse(const char *text, struct address *ret, struct err *e)
{
	size_t len = sizeof(scheme) - 1;
	char *copy;
	int r;

	if (strncasecmp(text, scheme, len) == 0)
		text += len;
	else if (strstr(text, "://"))
		return err_set(e, -EINVAL,
				"'%.80s': viewers reach the proxy by http:// "
				"only",
				text);
	len = strlen(text);
	copy = strndup(text, len > 0 && text[len - 1] == '/' ? len - 1 : len);
	if (!copy)
		return err_set(e, -ENOMEM, "no memory");
	r = *copy == ':' ? parse_port(copy, ret, e) : parse_host(copy, ret, e);
	free(copy);
	return r;
}

int spice_proxy_format(
		const char *host, uint16_t port, char ret[SPICE_PROXY_MAX])
{
	bool bare = strchr(host, ':') != NULL; /* of IPv6 */
	int n = snprintf(ret, SPICE_PROXY_MAX, "%s%s%s%s:%u", scheme,
			bare ? "[" : "", host, bare ? "]" : "",
			port ? port : SPICE_PROXY_PORT);

	return n < 0 || n >= SPICE_PROXY_MAX ? -EMSGSIZE : 0;
}
