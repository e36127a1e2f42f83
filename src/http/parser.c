#include "http/parser.h"

#include <errno.h>
#include <llhttp.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/secret.h"
#include "http/head.h"

#define WORD_OF(x) #x
#define TEXT_OF(x) WORD_OF(x)

const char http_parser_library[] = TEXT_OF(LLHTTP_VERSION_MAJOR) "." TEXT_OF(
		LLHTTP_VERSION_MINOR) "." TEXT_OF(LLHTTP_VERSION_PATCH);

enum phase { PHASE_HEAD, PHASE_BODY, PHASE_WHOLE, PHASE_REFUSED };

struct http_parser {
	llhttp_t llhttp;
	enum phase phase;
	bool skipped; /* one empty line before the request line */
	size_t line;  /* where the line that is read begins, in raw */
	struct buf raw, body;
	size_t body_raw; /* bytes of the body with its chunk lines */
	struct http_head head;
	struct http_refusal refusal;
	struct http_request request;
};

/* ---- llhttp's opinion -------------------------------------------------- */

static int refuse(struct http_parser *p, unsigned status, const char *detail)
{
	p->phase = PHASE_REFUSED;
	p->refusal = (struct http_refusal){status, detail};
	return -EPROTO;
}

static int on_field(llhttp_t *l, const char *at, size_t len)
{
	struct http_parser *p = l->data;

	(void)at;
	(void)len;
	if (p->phase == PHASE_HEAD)
		return 0;
	(void)refuse(p, 400, "Trailers after a chunked body are not taken.");
	return -1;
}

/* An upgrade to anything but a WebSocket is not one: go on as usual. */
static int on_head(llhttp_t *l)
{
	struct http_parser *p = l->data;

	l->upgrade = p->head.upgrade;
	return 0;
}

static int body_too_large(struct http_parser *p)
{
	(void)refuse(p, 413, "The body is larger than is taken here.");
	return -1;
}

/* Refused when it is announced, not when it has come. */
static int on_chunk(llhttp_t *l)
{
	struct http_parser *p = l->data;

	return l->content_length > HTTP_BODY_MAX - p->body.len
			       ? body_too_large(p)
			       : 0;
}

static int on_body(llhttp_t *l, const char *at, size_t len)
{
	struct http_parser *p = l->data;
	int r = buf_add(&p->body, at, len);

	if (r == -EMSGSIZE)
		return body_too_large(p);
	if (r < 0)
		(void)refuse(p, 503, "There is no memory for the body.");
	return r < 0 ? -1 : 0;
}

static int on_whole(llhttp_t *l)
{
	(void)l;
	return HPE_PAUSED;
}

/* Shared by the threads, so never written to. */
static const llhttp_settings_t settings = {
		.on_header_field = on_field,
		.on_headers_complete = on_head,
		.on_chunk_header = on_chunk,
		.on_body = on_body,
		.on_message_complete = on_whole,
};

/* 0 go on, 1 whole, -EPROTO. */
static int second_opinion(struct http_parser *p, const void *data, size_t len,
		size_t *ret_used)
{
	llhttp_errno_t r = llhttp_execute(&p->llhttp, data, len);
	const char *end;

	*ret_used = len;
	if (r == HPE_OK)
		return 0;
	if (r != HPE_PAUSED && r != HPE_PAUSED_UPGRADE)
		return p->phase == PHASE_REFUSED
				       ? -EPROTO
				       : refuse(p, 400,
							 "The request is not "
							 "well-formed.");
	end = llhttp_get_error_pos(&p->llhttp);
	if (end)
		*ret_used = (size_t)(end - (const char *)data);
	return 1;
}

/* ---- the head ---------------------------------------------------------- */

/* In a request line only visible ASCII and blanks; in a field also tabs and
 * bytes past ASCII (in values: head_field() looks at names). */
static bool byte_is_bad(const struct http_parser *p, uint8_t c)
{
	bool first = p->line == 0 && p->head.method_len == 0;

	if (c == '\t' || c >= 0x80)
		return first;
	return c < 0x20 || c == 0x7f;
}

/* Bytes up to and with the next line end; all where there is none. Line ends
 * are CRLF, and CR stands nowhere else. */
static int scan_line(struct http_parser *p, const uint8_t *data, size_t len,
		size_t *ret_len, bool *ret_whole)
{
	size_t n = p->raw.len - p->line;
	uint8_t last = n > 0 ? buf_data(&p->raw)[p->raw.len - 1] : 0;

	*ret_whole = false;
	for (size_t i = 0; i < len && !*ret_whole; i++) {
		uint8_t c = data[i];

		*ret_len = i + 1;
		if ((c == '\n') != (last == '\r'))
			return refuse(p, 400, "A line must end with CR LF.");
		if (c != '\r' && c != '\n' && byte_is_bad(p, c))
			return refuse(p, 400,
					"The head holds a byte that it "
					"may not.");
		*ret_whole = c == '\n';
		last = c;
	}
	return 0;
}

static int too_long(struct http_parser *p)
{
	if (p->head.method_len == 0)
		return refuse(p, 414, "The request target is too long.");
	return refuse(p, 431, "The request head is too large.");
}

static int keep_line(struct http_parser *p, const uint8_t *data, size_t len)
{
	size_t line_len = p->raw.len - p->line + len;
	int r;

	if (p->head.method_len == 0 && line_len > HTTP_TARGET_MAX)
		return too_long(p);
	r = buf_add(&p->raw, data, len);
	return r == -EMSGSIZE ? too_long(p) : r;
}

static int end_of_head(struct http_parser *p)
{
	size_t used;
	int r = head_judge(&p->head, (char *)buf_data(&p->raw), &p->refusal);

	if (r == -EPROTO)
		p->phase = PHASE_REFUSED;
	if (r == 0)
		r = second_opinion(p, "\r\n", 2, &used);
	if (r == 0)
		p->phase = PHASE_BODY;
	return r;
}

/* A line is whole: [line, raw.len), with its CRLF. */
static int take_line(struct http_parser *p)
{
	char *base = (char *)buf_data(&p->raw), *line = base + p->line;
	size_t len = p->raw.len - p->line, used;
	int r;

	if (len == 2 && p->head.method_len > 0)
		return end_of_head(p);
	if (len == 2 && !p->skipped) { /* RFC 9112 2.2 */
		p->skipped = true;
		buf_eat(&p->raw, 2);
		return 0;
	}
	if (p->head.method_len == 0)
		r = head_request_line(&p->head, base, len - 2, &p->refusal);
	else
		r = head_field(&p->head, base, p->line, len - 2, &p->refusal);
	if (r < 0) {
		p->phase = PHASE_REFUSED;
		return r;
	}
	r = second_opinion(p, line, len, &used);
	p->line = p->raw.len;
	return r > 0 ? refuse(p, 400, "The request is not well-formed.") : r;
}

static int feed_head(struct http_parser *p, const uint8_t *data, size_t len,
		size_t *ret_used)
{
	int r = 0;

	while (r == 0 && *ret_used < len && p->phase == PHASE_HEAD) {
		size_t n = 0;
		bool whole;

		r = scan_line(p, data + *ret_used, len - *ret_used, &n, &whole);
		if (r == 0)
			r = keep_line(p, data + *ret_used, n);
		*ret_used += n;
		if (r == 0 && whole)
			r = take_line(p);
	}
	return r;
}

/* ---- the body ---------------------------------------------------------- */

static int feed_body(struct http_parser *p, const uint8_t *data, size_t len,
		size_t *ret_used)
{
	size_t used;
	int r;

	if (len == 0)
		return 0;
	r = second_opinion(p, data, len, &used);
	*ret_used += used;
	p->body_raw += used;
	if (r == 0 && p->body_raw > HTTP_CHUNKED_MAX)
		return refuse(p, 413, "The body is cut into too many chunks.");
	return r;
}

static int whole(struct http_parser *p)
{
	p->phase = PHASE_WHOLE;
	p->request.body = buf_data(&p->body);
	p->request.body_len = p->body.len;
	return 1;
}

int http_parser_feed(struct http_parser *p, const void *data, size_t len,
		size_t *ret_used)
{
	int r = 0;

	*ret_used = 0;
	if (p->phase == PHASE_HEAD) {
		r = feed_head(p, data, len, ret_used);
		if (p->phase == PHASE_BODY || r > 0)
			head_request(&p->head, (char *)buf_data(&p->raw),
					&p->request);
	}
	if (r == 0 && p->phase == PHASE_BODY)
		r = feed_body(p, (const uint8_t *)data + *ret_used,
				len - *ret_used, ret_used);
	return r > 0 ? whole(p) : r;
}

/* ---- answers ----------------------------------------------------------- */

struct http_parser *http_parser_new(void)
{
	struct http_parser *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	buf_init(&p->raw, HTTP_HEAD_MAX);
	buf_init(&p->body, HTTP_BODY_MAX);
	llhttp_init(&p->llhttp, HTTP_REQUEST, &settings);
	p->llhttp.data = p;
	return p;
}

void http_parser_free(struct http_parser *p)
{
	if (!p)
		return;
	/* heads and bodies carry cookies and passwords */
	head_done(&p->head);
	secret_wipe(p->raw.base, p->raw.room);
	secret_wipe(p->body.base, p->body.room);
	buf_done(&p->raw);
	buf_done(&p->body);
	free(p);
}

const struct http_refusal *http_parser_refusal(const struct http_parser *p)
{
	return &p->refusal;
}

bool http_parser_has_head(const struct http_parser *p)
{
	return p->phase == PHASE_BODY || p->phase == PHASE_WHOLE;
}

bool http_parser_expects(const struct http_parser *p)
{
	return p->phase == PHASE_BODY && p->head.expects;
}

bool http_parser_keeps_alive(const struct http_parser *p)
{
	return p->phase == PHASE_WHOLE && p->head.keep_alive;
}

bool http_parser_is_head(const struct http_parser *p)
{
	return p->head.method_len == 4 &&
	       memcmp(buf_data(&p->raw), "HEAD", 4) == 0;
}

const struct http_request *http_parser_request(const struct http_parser *p)
{
	return &p->request;
}
