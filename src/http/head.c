#include "http/head.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/origin.h"
#include "http/path.h"

static int refuse(struct http_refusal *ret, unsigned status, const char *detail)
{
	*ret = (struct http_refusal){status, detail};
	return -EPROTO;
}

/* RFC 9110 5.6.2 */
static bool token_char(char c)
{
	return c > 0x20 && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

static size_t token_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && token_char(text[n]))
		n++;
	return n;
}

/* ---- the request line -------------------------------------------------- */

static const char *const methods[] = {
		"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};

static bool method_is_known(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strlen(methods[i]) == len &&
				memcmp(methods[i], text, len) == 0)
			return true;
	return false;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1" or "HTTP/1.0"; others that look like a version are 505. */
static int judge_version(struct http_head *h, const char *text, size_t len,
		struct http_refusal *ret)
{
	if (len != 8 || memcmp(text, "HTTP/", 5) != 0 || !digit(text[5]) ||
			text[6] != '.' || !digit(text[7]))
		return refuse(ret, 400, "The request line is not well-formed.");
	h->http_1_0 = memcmp(text + 5, "1.0", 3) == 0;
	if (!h->http_1_0 && memcmp(text + 5, "1.1", 3) != 0)
		return refuse(ret, 505, "HTTP/1.1 and HTTP/1.0 are spoken.");
	return 0;
}

int head_request_line(struct http_head *h, const char *base, size_t len,
		struct http_refusal *ret)
{
	size_t method = token_len(base, len), target = method + 1, end;
	const char *blank;
	int r;

	if (method == 0 || method >= len || base[method] != ' ')
		return refuse(ret, 400, "The request line is not well-formed.");
	blank = memchr(base + target, ' ', len - target);
	if (!blank || blank == base + target)
		return refuse(ret, 400, "The request line is not well-formed.");
	end = (size_t)(blank - base);
	r = judge_version(h, base + end + 1, len - end - 1, ret);
	if (r < 0)
		return r;
	if (!method_is_known(base, method))
		return refuse(ret, 501, "This method is not known here.");
	h->method_len = (uint16_t)method;
	h->target = (uint16_t)target;
	h->target_len = (uint16_t)(end - target);
	return 0;
}

/* ---- a field ----------------------------------------------------------- */

static bool blank_char(char c)
{
	return c == ' ' || c == '\t';
}

int head_field(struct http_head *h, const char *base, size_t at, size_t len,
		struct http_refusal *ret)
{
	size_t name = token_len(base + at, len), end = at + len;
	size_t value = at + name + 1;

	if (blank_char(base[at]))
		return refuse(ret, 400, "A folded header is not taken.");
	/* a blank before the colon ends here, too */
	if (name == 0 || name == len || base[at + name] != ':')
		return refuse(ret, 400, "A header is not well-formed.");
	if (h->count == HTTP_HEADERS_MAX)
		return refuse(ret, 431, "There are too many headers.");
	while (value < end && blank_char(base[value]))
		value++;
	while (end > value && blank_char(base[end - 1]))
		end--;
	h->fields[h->count].name = (uint16_t)at;
	h->fields[h->count].name_len = (uint16_t)name;
	h->fields[h->count].value = (uint16_t)value;
	h->fields[h->count].value_len = (uint16_t)(end - value);
	h->count++;
	return 0;
}

/* ---- the whole --------------------------------------------------------- */

static void cut(struct http_head *h, char *base)
{
	base[h->method_len] = '\0';
	base[h->target + h->target_len] = '\0';
	for (size_t i = 0; i < h->count; i++) {
		char *name = base + h->fields[i].name;
		char *value = base + h->fields[i].value;

		name[h->fields[i].name_len] = '\0';
		value[h->fields[i].value_len] = '\0';
		for (char *c = name; *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c - 'A' + 'a');
		h->headers[i] = (struct http_header){name, value};
	}
}

/* The value of the only header of this name; *ret_count says how many. */
static const char *find(
		const struct http_head *h, const char *name, size_t *ret_count)
{
	const char *value = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->headers[i].name, name) == 0) {
			if (!value)
				value = h->headers[i].value;
			(*ret_count)++;
		}
	return value;
}

static const char *const singles[] = {"host", "origin", "authorization",
		"content-length", "transfer-encoding", "content-type", "cookie",
		"expect", "sec-websocket-key", "sec-websocket-version",
		"if-none-match"};

static bool singles_are_single(const struct http_head *h)
{
	size_t count;

	for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
		(void)find(h, singles[i], &count);
		if (count > 1)
			return false;
	}
	return true;
}

static const char *field(const struct http_head *h, const char *name)
{
	size_t count;

	return find(h, name, &count);
}

/* Is the word in one of the comma lists of all headers of this name? */
static bool lists(const struct http_head *h, const char *name, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < h->count; i++) {
		const char *p = h->headers[i].value;

		if (strcmp(h->headers[i].name, name) != 0)
			continue;
		for (; *p; p += strcspn(p, ",")) {
			p += strspn(p, ", \t");
			if (strncasecmp(p, word, len) == 0 &&
					strchr(", \t", p[len]))
				return true; /* strchr: or the end */
		}
	}
	return false;
}

static int judge_length(const struct http_head *h, struct http_refusal *ret)
{
	const char *text = field(h, "content-length");
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return 0;
	if (len == 0 || strspn(text, "0123456789") != len)
		return refuse(ret, 400, "Content-Length is not a number.");
	if (len > 18 || strtoll(text, NULL, 10) > HTTP_BODY_MAX)
		return refuse(ret, 413,
				"The body is larger than is taken here.");
	return 0;
}

static int judge_coding(const struct http_head *h, struct http_refusal *ret)
{
	const char *text = field(h, "transfer-encoding");

	if (!text)
		return 0;
	if (field(h, "content-length"))
		return refuse(ret, 400,
				"Content-Length and Transfer-Encoding "
				"exclude each other.");
	if (h->http_1_0)
		return refuse(ret, 400, "HTTP/1.0 knows no Transfer-Encoding.");
	if (strcasecmp(text, "chunked") != 0)
		return refuse(ret, 501, "Only the chunked coding is taken.");
	return 0;
}

static int judge_connection(struct http_head *h, const char *method,
		struct http_refusal *ret)
{
	const char *expect = field(h, "expect");
	const char *length = field(h, "content-length");

	h->keep_alive = !h->http_1_0 && !lists(h, "connection", "close");
	h->upgrade = !h->http_1_0 && strcmp(method, "GET") == 0 &&
		     lists(h, "connection", "upgrade") &&
		     lists(h, "upgrade", "websocket");
	if (h->upgrade && (field(h, "transfer-encoding") ||
					  (length && strcmp(length, "0") != 0)))
		return refuse(ret, 400, "An upgrade has no body.");
	if (expect && strcasecmp(expect, "100-continue") != 0)
		return refuse(ret, 417, "Only 100-continue can be expected.");
	h->expects = expect && !h->http_1_0;
	return 0;
}

static int judge_host(const struct http_head *h, struct origin *ret_host,
		struct http_refusal *ret)
{
	const char *text = field(h, "host");

	if (!text && h->http_1_0)
		return 0;
	if (!text || host_parse(text, ret_host) < 0)
		return refuse(ret, 400, "The Host header is missing or wrong.");
	return 0;
}

/* "http://host/path": taken only where it says what Host says. */
static const char *absolute_form(const char *target, const struct origin *host)
{
	const char *slashes = strstr(target, "://");
	const char *path = slashes ? strchr(slashes + 3, '/') : NULL;
	size_t len = path ? (size_t)(path - target) : strlen(target);
	char text[ORIGIN_HOST_MAX + 16];
	struct origin o;

	if (!slashes || len >= sizeof(text))
		return NULL;
	memcpy(text, target, len);
	text[len] = '\0';
	if (origin_parse(text, &o) < 0 || strcmp(o.host, host->host) != 0)
		return NULL;
	if (o.port != (host->port ? host->port : o.https ? 443 : 80))
		return NULL;
	return path ? path : "/";
}

static int judge_target(struct http_head *h, const char *target,
		const struct origin *host, struct http_refusal *ret)
{
	const char *raw =
			target[0] == '/' ? target : absolute_form(target, host);
	size_t len = raw ? strcspn(raw, "?") : 0;

	if (!raw)
		return refuse(ret, 400, "The request target is not a path.");
	h->path = malloc(len + 1);
	if (!h->path)
		return -ENOMEM;
	h->path_target = raw;
	h->query = raw[len] ? raw + len + 1 : "";
	if (path_decode(raw, len, h->path) < 0 ||
			query_check(h->query, strlen(h->query)) < 0)
		return refuse(ret, 400,
				"The request target is not well-formed.");
	return 0;
}

int head_judge(struct http_head *h, char *base, struct http_refusal *ret)
{
	struct origin host = {0};
	int r = 0;

	cut(h, base);
	if (!singles_are_single(h))
		return refuse(ret, 400, "A header that must be single is not.");
	r = judge_host(h, &host, ret);
	if (r == 0)
		r = judge_coding(h, ret);
	if (r == 0)
		r = judge_length(h, ret);
	if (r == 0)
		r = judge_connection(h, base, ret);
	if (r == 0)
		r = judge_target(h, base + h->target, &host, ret);
	return r;
}

void head_request(const struct http_head *h, const char *base,
		struct http_request *ret_request)
{
	*ret_request = (struct http_request){
			.method = base,
			.target = h->path_target,
			.path = h->path,
			.query = h->query,
			.headers = h->headers,
			.header_count = h->count,
			.upgrade = h->upgrade,
	};
}

void head_done(struct http_head *h)
{
	free(h->path);
	h->path = NULL;
}

const char *http_header(const struct http_request *q, const char *name)
{
	for (size_t i = 0; i < q->header_count; i++)
		if (strcmp(q->headers[i].name, name) == 0)
			return q->headers[i].value;
	return NULL;
}
