#include "proto/http_head.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

bool piece_is(struct piece p, const char *word)
{
	return p.len == strlen(word) && strncasecmp(p.at, word, p.len) == 0;
}

struct piece piece_trim(struct piece p)
{
	while (p.len && (p.at[0] == ' ' || p.at[0] == '\t')) {
		p.at++;
		p.len--;
	}
	while (p.len && (p.at[p.len - 1] == ' ' || p.at[p.len - 1] == '\t'))
		p.len--;
	return p;
}

struct piece piece_until(struct piece *rest, char c)
{
	const char *end = memchr(rest->at, c, rest->len);
	struct piece p = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
	size_t used = end ? p.len + 1 : p.len;

	rest->at += used;
	rest->len -= used;
	return p;
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

/* A line and its CRLF; the head is known to end with two of them. */
static struct piece head_line(struct piece *rest)
{
	const char *end = memmem(rest->at, rest->len, "\r\n", 2);
	struct piece line = {rest->at, (size_t)(end - rest->at)};

	rest->at += line.len + 2;
	rest->len -= line.len + 2;
	return line;
}

/* Who begins otherwise is not waited for. */
static bool begins_with(const uint8_t *data, size_t len, const char *word)
{
	size_t n = strlen(word);

	return memcmp(data, word, len < n ? len : n) == 0;
}

int http_head_parse(const uint8_t *data, size_t len, const char *begins,
		struct http_head *ret)
{
	struct http_head h = {.rest = {(const char *)data, len}};
	const char *end;

	if (len == 0)
		return 0;
	if (!begins_with(data, len, begins))
		return -EPROTO;
	if (h.rest.len > HTTP_HEAD_MAX)
		h.rest.len = HTTP_HEAD_MAX;
	end = memmem(h.rest.at, h.rest.len, "\r\n\r\n", 4);
	if (!end)
		return len >= HTTP_HEAD_MAX ? -EMSGSIZE : 0;
	h.rest.len = (size_t)(end - h.rest.at) + 2;
	h.first = head_line(&h.rest);
	if (!is_clean(h.first))
		return -EPROTO;
	*ret = h;
	return (int)(end + 4 - (const char *)data);
}

int http_head_next(struct http_head *h, struct piece *ret_name,
		struct piece *ret_value)
{
	struct piece name, value;

	if (h->rest.len == 0)
		return 0;
	value = head_line(&h->rest);
	if (!is_clean(value) || !memchr(value.at, ':', value.len))
		return -EPROTO;
	name = piece_until(&value, ':');
	if (!is_token(name)) /* also a folded line, and a blank before ':' */
		return -EPROTO;
	*ret_name = name;
	*ret_value = piece_trim(value);
	return 1;
}

int http_status_parse(struct piece line, int *ret_status,
		char ret_reason[HTTP_REASON_MAX])
{
	const char *code = line.at + 9;
	size_t len;

	if (line.len < 12 || memcmp(line.at, "HTTP/1.", 7) != 0 ||
			(line.at[7] != '0' && line.at[7] != '1') ||
			line.at[8] != ' ')
		return -EPROTO;
	if (code[0] < '1' || code[0] > '5' || !is_digit(code[1]) ||
			!is_digit(code[2]) || (line.len > 12 && code[3] != ' '))
		return -EPROTO;
	*ret_status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + code[2] -
		      '0';
	len = line.len > 13 ? line.len - 13 : 0;
	if (len >= HTTP_REASON_MAX)
		len = HTTP_REASON_MAX - 1;
	if (len > 0)
		memcpy(ret_reason, line.at + 13, len);
	ret_reason[len] = '\0';
	return 0;
}
