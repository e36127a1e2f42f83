#include "proto/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a person typed, with its end; nothing is copied before it is right. */
struct span {
	const char *at;
	size_t len;
};

static bool is_ipv6(const char *host, size_t len)
{
	char text[ADDRESS_HOST_MAX + 1];
	struct in6_addr a;
	char *zone;

	if (len > ADDRESS_HOST_MAX)
		return false;
	memcpy(text, host, len);
	text[len] = '\0';
	zone = strchr(text, '%'); /* fe80::1%eth0 */
	if (zone) {
		*zone++ = '\0';
		for (const char *c = zone; *c; c++)
			if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
				return false;
		if (!*zone)
			return false;
	}
	return inet_pton(AF_INET6, text, &a) == 1;
}

static bool is_name(const char *host, size_t len)
{
	/* No name begins with '-': it could pass for an option of ssh. */
	if (len == 0 || len > ADDRESS_HOST_MAX || host[0] == '-' ||
			host[0] == '.')
		return false;
	if (len == 4 && memcmp(host, "unix", 4) == 0)
		return false; /* "unix:80" would read as a socket */
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)host[i];

		if (c >= 0x80 || !(isalnum(c) || c == '-' || c == '_' ||
						 c == '.'))
			return false;
		if (c == '.' && i > 0 && host[i - 1] == '.')
			return false;
	}
	return true;
}

bool address_host_ok(const char *host, size_t len)
{
	return is_name(host, len) ||
	       (memchr(host, ':', len) && is_ipv6(host, len));
}

bool address_port(const char *text, size_t len, bool zero_too, uint16_t *ret)
{
	unsigned n = 0;

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		n = n * 10 + (unsigned)(text[i] - '0');
	}
	if (n > 65535 || (n == 0 && !zero_too))
		return false;
	*ret = (uint16_t)n;
	return true;
}

static int parse_unix(const char *path, struct address *ret, struct err *e)
{
	if (path[0] != '/')
		return err_set(e, -EINVAL,
				"'unix:%.80s': the path must begin with '/'",
				path);
	if (strlen(path) > ADDRESS_PATH_MAX)
		return err_set(e, -EINVAL,
				"'unix:%.80s...': the path of a socket has at "
				"most %d bytes",
				path, ADDRESS_PATH_MAX);
	ret->path = strdup(path);
	return ret->path ? 0 : err_set(e, -ENOMEM, "out of memory");
}

/* Part it at the colon that is not within brackets. */
static int split(const char *text, struct span *host, struct span *port,
		struct err *e)
{
	const char *close, *colon;

	*port = (struct span){NULL, 0};
	if (text[0] == '[') {
		close = strchr(text, ']');
		if (!close || (close[1] != '\0' && close[1] != ':'))
			return err_set(e, -EINVAL,
					"'%.80s': write an IPv6 address as "
					"[::1]:PORT",
					text);
		*host = (struct span){text + 1, (size_t)(close - text) - 1};
		colon = close[1] ? close + 1 : NULL;
	} else {
		colon = strrchr(text, ':');
		if (colon && strchr(text, ':') != colon)
			return err_set(e, -EINVAL,
					"'%.80s': write an IPv6 address as "
					"[::1]:PORT",
					text);
		*host = (struct span){text,
				colon ? (size_t)(colon - text) : strlen(text)};
	}
	if (colon)
		*port = (struct span){colon + 1, strlen(colon + 1)};
	return 0;
}

static int check_host(const char *text, const struct span *host, struct err *e)
{
	bool bracketed = text[0] == '[';

	if (host->len == 0)
		return err_set(e, -EINVAL,
				"'%.80s': the host is missing (0.0.0.0 or [::] "
				"means every address of this machine)",
				text);
	if (bracketed ? is_ipv6(host->at, host->len)
		      : is_name(host->at, host->len))
		return 0;
	return err_set(e, -EINVAL, "'%.80s': '%.*s' is not %s", text,
			host->len > 80 ? 80 : (int)host->len, host->at,
			bracketed ? "an IPv6 address"
				  : "a host name or an address");
}

int address_parse(const char *text, const char *default_host,
		uint16_t default_port, struct address *ret, struct err *e)
{
	struct address a = {.port = default_port};
	struct span host = {0}, port = {0};
	int r;

	if (strncmp(text, "unix:", 5) == 0) {
		a.port = 0;
		r = parse_unix(text + 5, &a, e);
		if (r == 0)
			*ret = a;
		return r;
	}
	r = split(text, &host, &port, e);
	if (r < 0)
		return r;
	if (default_host && !port.at && text[0] != '[' &&
			address_port(host.at, host.len, true, &a.port)) {
		host = (struct span){default_host, strlen(default_host)};
	} else {
		r = check_host(text, &host, e);
		if (r < 0)
			return r;
		if (port.at ? !address_port(port.at, port.len, true, &a.port)
			    : default_port == 0)
			return err_set(e, -EINVAL, "'%.80s': %s", text,
					port.at ? "a port is a number up to "
						  "65535"
						: "a port must follow, as in "
						  "host:5901");
	}
	a.host = strndup(host.at, host.len);
	if (!a.host)
		return err_set(e, -ENOMEM, "out of memory");
	*ret = a;
	return 0;
}

int address_copy(struct address *to, const struct address *from)
{
	struct address a = {.port = from->port};

	a.host = from->host ? strdup(from->host) : NULL;
	a.path = from->path ? strdup(from->path) : NULL;
	if ((from->host && !a.host) || (from->path && !a.path)) {
		address_done(&a);
		return -ENOMEM;
	}
	*to = a;
	return 0;
}

void address_done(struct address *a)
{
	free(a->host);
	free(a->path);
	*a = (struct address){0};
}

int address_format(const struct address *a, char *ret, size_t ret_max)
{
	bool six = a->host && strchr(a->host, ':');
	int n;

	if (a->path)
		n = snprintf(ret, ret_max, "unix:%s", a->path);
	else
		n = snprintf(ret, ret_max, "%s%s%s:%u", six ? "[" : "",
				a->host ? a->host : "", six ? "]" : "",
				a->port);
	return n >= 0 && (size_t)n < ret_max ? n : -EMSGSIZE;
}

bool address_is_local(const struct address *a)
{
	struct in6_addr six;
	struct in_addr four;

	if (a->path)
		return true;
	if (!a->host)
		return false;
	if (inet_pton(AF_INET, a->host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, a->host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return strcasecmp(a->host, "localhost") == 0;
}

static bool routable_ipv4(uint32_t ip)
{
	return ip >> 24 != 0 && ip >> 24 != 127 && ip >> 16 != 0xa9fe &&
	       ip >> 28 < 0xe;
}

bool address_is_routable(const char *text)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, text, &four) == 1)
		return routable_ipv4(ntohl(four.s_addr));
	return inet_pton(AF_INET6, text, &six) == 1 &&
	       !IN6_IS_ADDR_LOOPBACK(&six) && !IN6_IS_ADDR_LINKLOCAL(&six) &&
	       !IN6_IS_ADDR_MULTICAST(&six) && !IN6_IS_ADDR_UNSPECIFIED(&six) &&
	       !IN6_IS_ADDR_V4MAPPED(&six) && !IN6_IS_ADDR_V4COMPAT(&six);
}
