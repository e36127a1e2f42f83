#include "proto/ws_response.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* A piece of the head: borrowed, not ended by a NUL. */
struct piece {
	const char *at;
	size_t len;
};

static bool piece_is(struct piece p, const char *word)
{
	return p.len == strlen(word) && strncasecmp(p.at, word, p.len) == 0;
}

static struct piece piece_trim(struct piece p)
{
	while (p.len && (p.at[0] == ' ' || p.at[0] == '\t')) {
		p.at++;
		p.len--;
	}
	while (p.len && (p.at[p.len - 1] == ' ' || p.at[p.len - 1] == '\t'))
		p.len--;
	return p;
}

/* Cut *rest at the first `c`; what stands before it is the answer. */
static struct piece piece_until(struct piece *rest, char c)
{
	const char *end = memchr(rest->at, c, rest->len);
	struct piece p = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
	size_t used = end ? p.len + 1 : p.len;

	rest->at += used;
	rest->len -= used;
	return p;
}

static bool list_has(struct piece list, const char *word)
{
	while (list.len > 0)
		if (piece_is(piece_trim(piece_until(&list, ',')), word))
			return true;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_token(struct piece p)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < p.len; i++) {
		char c = p.at[i], low = (char)(c | 0x20);

		if (!is_digit(c) && !(low >= 'a' && low <= 'z') &&
				(!c || !strchr(others, c)))
			return false;
	}
	return p.len > 0;
}

/* What the head may not hold anywhere inside a line. */
static bool is_clean(struct piece line)
{
	return !memchr(line.at, '\0', line.len) &&
	       !memchr(line.at, '\r', line.len) &&
	       !memchr(line.at, '\n', line.len);
}

/* Once, not empty, and short enough to be what we expect. */
static int keep_once(char to[WS_RESPONSE_VALUE_MAX], struct piece value)
{
	if (to[0] || value.len == 0 || value.len >= WS_RESPONSE_VALUE_MAX)
		return -EPROTO;
	memcpy(to, value.at, value.len);
	to[value.len] = '\0';
	return 0;
}

/* HTTP/1.1 101 Switching Protocols; the reason may be missing. */
static int status_line(struct piece line, struct ws_response *r)
{
	const char *code = line.at + 9;
	size_t len;

	if (line.len < 12 || memcmp(line.at, "HTTP/1.", 7) != 0 ||
			(line.at[7] != '0' && line.at[7] != '1') ||
			line.at[8] != ' ' || !is_clean(line))
		return -EPROTO;
	if (code[0] < '1' || code[0] > '5' || !is_digit(code[1]) ||
			!is_digit(code[2]) || (line.len > 12 && code[3] != ' '))
		return -EPROTO;
	r->status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + code[2] -
		    '0';
	len = line.len > 13 ? line.len - 13 : 0;
	if (len >= sizeof(r->reason))
		len = sizeof(r->reason) - 1;
	memcpy(r->reason,
			line.at + line.len -
					(line.len > 13 ? line.len - 13 : 0),
			len);
	r->reason[len] = '\0';
	return 0;
}

static int header_line(struct piece line, struct ws_response *r)
{
	struct piece name, value = line;

	if (!is_clean(line) || !memchr(line.at, ':', line.len))
		return -EPROTO;
	name = piece_until(&value, ':');
	value = piece_trim(value);
	if (!is_token(name)) /* also a folded line, and a blank before ':' */
		return -EPROTO;
	if (piece_is(name, "upgrade")) {
		if (r->upgrade || !piece_is(value, "websocket"))
			return -EPROTO;
		r->upgrade = true;
	} else if (piece_is(name, "connection")) {
		r->connection |= list_has(value, "upgrade");
	} else if (piece_is(name, "sec-websocket-accept")) {
		return keep_once(r->accept, value);
	} else if (piece_is(name, "sec-websocket-protocol")) {
		return keep_once(r->protocol, value);
	} else if (piece_is(name, "sec-websocket-extensions")) {
		r->extensions |= value.len > 0;
	}
	return 0;
}

/* A line and its CRLF; the head is known to end with two of them. */
static struct piece head_line(struct piece *rest)
{
	const char *end = memmem(rest->at, rest->len, "\r\n", 2);
	struct piece line = {rest->at, (size_t)(end - rest->at)};

	rest->at += line.len + 2;
	rest->len -= line.len + 2;
	return line;
}

/* Who does not begin with HTTP/1. is not waited for. */
static bool could_be_http(const uint8_t *data, size_t len)
{
	return memcmp(data, "HTTP/1.", len < 7 ? len : 7) == 0;
}

int ws_response_parse(const uint8_t *data, size_t len, struct ws_response *ret)
{
	struct ws_response found = {0};
	struct piece rest = {(const char *)data, len};
	const char *end;
	int r;

	if (len == 0)
		return 0;
	if (!could_be_http(data, len))
		return -EPROTO;
	if (rest.len > WS_RESPONSE_MAX)
		rest.len = WS_RESPONSE_MAX;
	end = memmem(rest.at, rest.len, "\r\n\r\n", 4);
	if (!end)
		return len >= WS_RESPONSE_MAX ? -EMSGSIZE : 0;
	rest.len = (size_t)(end - rest.at) + 2;

	r = status_line(head_line(&rest), &found);
	while (r == 0 && rest.len > 0)
		r = header_line(head_line(&rest), &found);
	if (r < 0)
		return r;
	*ret = found;
	return (int)(end + 4 - (const char *)data);
}
