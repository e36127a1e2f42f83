#include "proto/url.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/address.h"

/* ---- where something is ------------------------------------------------- */

static uint16_t own_port(const char *scheme)
{
	static const struct {
		const char *scheme;
		uint16_t port;
	} known[] = {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443},
			{"redis", 6379}, {"rediss", 6379}};
	const char *plus = strrchr(scheme, '+');

	if (plus)
		scheme = plus + 1;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].scheme, scheme) == 0)
			return known[i].port;
	return 0;
}

static void lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* Bytes of the scheme in front of "://", 0 if there is none. */
static size_t scheme_len(const char *text)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[len]) ||
			(text[len] && strchr("+-.", text[len])))
		len++;
	if (!isalpha((unsigned char)text[0]) ||
			strncmp(text + len, "://", 3) != 0)
		return 0;
	return len;
}

static int check_text(const char *text, const char *rest, struct err *e)
{
	const char *slash = strchr(rest, '/'), *at = strchr(rest, '@');

	if (at && (!slash || at < slash)) /* do not repeat a password */
		return err_set(e, -EINVAL,
				"a URL must not hold a user or a password");
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f)
			return err_set(e, -EINVAL,
					"'%.80s': a blank or a byte that is "
					"not ASCII must not stand in a URL",
					text);
	if (strpbrk(rest, "?#"))
		return err_set(e, -EINVAL,
				"'%.80s': no '?' and no '#' may stand here",
				text);
	return 0;
}

static int parse_authority(
		struct url *u, const char *at, size_t len, struct err *e)
{
	uint16_t own = own_port(u->scheme);
	struct address a = {0};
	char *text = strndup(at, len);
	int r = text ? 0 : err_set(e, -ENOMEM, "out of memory");

	if (r == 0 && strncmp(text, "unix:", 5) == 0)
		r = err_set(e, -EINVAL, "'%.80s': a host is expected", text);
	if (r == 0)
		r = address_parse(text, NULL, own, &a, e);
	if (r == 0 && a.port == 0)
		r = err_set(e, -EINVAL, "'%.80s': a port is a number from 1 on",
				text);
	if (r == 0) {
		u->port_given = text[len - 1] != ']' && strrchr(text, ':');
		u->host = a.host;
		u->port = a.port;
		lower(u->host);
		a.host = NULL;
	}
	address_done(&a);
	free(text);
	return r;
}

static int parse_path(struct url *u, const char *path, struct err *e)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	u->path = strndup(path, len);
	return u->path ? 0 : err_set(e, -ENOMEM, "out of memory");
}

int url_parse(const char *text, struct url *ret, struct err *e)
{
	size_t scheme = strlen(text) <= URL_MAX ? scheme_len(text) : 0;
	const char *rest = text + scheme + 3;
	struct url u = {0};
	size_t len;
	int r;

	if (scheme == 0)
		return err_set(e, -EINVAL,
				"'%.80s' is not a URL (as https://pve1:8006)",
				text);
	r = check_text(text, rest, e);
	if (r < 0)
		return r;
	len = strcspn(rest, "/");
	u.scheme = strndup(text, scheme);
	if (!u.scheme)
		return err_set(e, -ENOMEM, "out of memory");
	lower(u.scheme);
	r = parse_authority(&u, rest, len, e);
	if (r == 0)
		r = parse_path(&u, rest + len, e);
	if (r == 0)
		*ret = u;
	else
		url_done(&u);
	return r;
}

void url_done(struct url *u)
{
	free(u->scheme);
	free(u->host);
	free(u->path);
	*u = (struct url){0};
}

static int url_print(const struct url *u, const char *path, char *ret,
		size_t ret_max)
{
	bool six = strchr(u->host, ':') != NULL;
	char port[8] = "";
	int n;

	if (u->port != own_port(u->scheme))
		(void)snprintf(port, sizeof(port), ":%u", u->port);
	n = snprintf(ret, ret_max, "%s://%s%s%s%s%s", u->scheme, six ? "[" : "",
			u->host, six ? "]" : "", port, path);
	return n >= 0 && (size_t)n < ret_max ? n : -EMSGSIZE;
}

int url_origin(const struct url *u, char *ret, size_t ret_max)
{
	return url_print(u, "", ret, ret_max);
}

int url_format(const struct url *u, char *ret, size_t ret_max)
{
	return url_print(u, u->path, ret, ret_max);
}

/* ---- percent-encoding --------------------------------------------------- */

static bool is_unreserved(unsigned char c)
{
	return c < 0x80 && (isalnum(c) || (c && strchr("-._~", c)));
}

int url_encode(const void *data, size_t len, char *ret, size_t ret_max)
{
	static const char hex[] = "0123456789ABCDEF";
	const unsigned char *in = data;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		size_t need = is_unreserved(in[i]) ? 1 : 3;

		if (n + need >= ret_max) {
			if (ret_max > 0)
				ret[0] = '\0';
			return -EMSGSIZE;
		}
		if (need == 1) {
			ret[n++] = (char)in[i];
		} else {
			ret[n++] = '%';
			ret[n++] = hex[in[i] >> 4];
			ret[n++] = hex[in[i] & 15];
		}
	}
	if (ret_max == 0)
		return -EMSGSIZE;
	ret[n] = '\0';
	return (int)n;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int url_decode(const char *text, size_t len, char *ret, size_t ret_max)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)text[i];

		if (c == '%') {
			int high = len - i > 2 ? hex_value(text[i + 1]) : -1;
			int low = len - i > 2 ? hex_value(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				return -EINVAL;
			c = high << 4 | low;
			i += 2;
		}
		if (c == '\0')
			return -EINVAL;
		if (n + 1 >= ret_max)
			return -EMSGSIZE;
		ret[n++] = (char)c;
	}
	if (ret_max == 0)
		return -EMSGSIZE;
	ret[n] = '\0';
	return (int)n;
}

/* ---- request targets ---------------------------------------------------- */

int url_target(const char *text, size_t len, struct url_target *ret)
{
	struct url_target t = {.path = text, .path_len = len};
	const char *mark;

	if (len == 0 || text[0] != '/')
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= 0x20 ||
				(unsigned char)text[i] >= 0x7f ||
				text[i] == '#')
			return -EINVAL;
	mark = memchr(text, '?', len);
	if (mark) {
		t.path_len = (size_t)(mark - text);
		t.query = mark + 1;
		t.query_len = len - t.path_len - 1;
	}
	*ret = t;
	return 0;
}

static bool key_is(const char *raw, size_t raw_len, const char *key)
{
	char text[64];

	return url_decode(raw, raw_len, text, sizeof(text)) >= 0 &&
	       strcmp(text, key) == 0;
}

int url_query_get(const char *query, size_t query_len, const char *key,
		char *ret, size_t ret_max)
{
	const char *end = query ? query + query_len : NULL;

	while (query && query < end) {
		const char *amp = memchr(query, '&', (size_t)(end - query));
		const char *stop = amp ? amp : end;
		const char *is = memchr(query, '=', (size_t)(stop - query));
		const char *value = is ? is + 1 : stop;

		if (key_is(query, (size_t)((is ? is : stop) - query), key))
			return url_decode(value, (size_t)(stop - value), ret,
					ret_max);
		query = amp ? amp + 1 : end;
	}
	return -ENOENT;
}
