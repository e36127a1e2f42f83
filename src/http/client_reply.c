/* What comes back from a call, and how it went. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/secret.h"
#include "http/client_internal.h"

enum {
	BODY_FIRST = 4096,
};

/* ---- the answer's bytes ------------------------------------------------ */

static void body_done(struct http_answer_body *b)
{
	secret_wipe(b->data, b->room);
	free(b->data);
	*b = (struct http_answer_body){0};
}

/* Room for `len` more and a NUL; what is outgrown is wiped. */
static int body_reserve(struct http_answer_body *b, size_t len)
{
	struct http_answer_body bigger = {.len = b->len};
	size_t need = b->len + len + 1;

	if (need <= b->room)
		return 0;
	bigger.room = 2 * b->room > need ? 2 * b->room : need;
	if (bigger.room < BODY_FIRST)
		bigger.room = BODY_FIRST;
	bigger.data = malloc(bigger.room);
	if (!bigger.data)
		return -ENOMEM;
	if (b->len > 0)
		memcpy(bigger.data, b->data, b->len);
	body_done(b);
	*b = bigger;
	return 0;
}

static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
	struct http_call *q = arg;
	struct http_answer_body *b = &q->body;

	if (len > q->client->body_max - b->len) {
		q->r = err_set(&q->error, -EMSGSIZE,
				"%s answered with more than %zu bytes", q->peer,
				q->client->body_max);
		return CURL_WRITEFUNC_ERROR;
	}
	if (body_reserve(b, len) < 0) {
		q->r = err_set(&q->error, -ENOMEM, "no memory");
		return CURL_WRITEFUNC_ERROR;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
	return len;
}

/* "HTTP/1.1 401 permission denied": on some peers the only explanation. */
static void head_reason(struct http_call *q, const char *line, size_t len)
{
	const char *at = memchr(line, ' ', len);
	struct err clean;

	q->reply.reason[0] = '\0';
	at = at ? memchr(at + 1, ' ', len - (size_t)(at + 1 - line)) : NULL;
	if (!at)
		return;
	at++;
	len -= (size_t)(at - line);
	while (len > 0 && (at[len - 1] == '\r' || at[len - 1] == '\n'))
		len--;
	(void)err_set(&clean, 0, "%.*s", (int)len, at); /* controls to '?' */
	(void)snprintf(q->reply.reason, sizeof(q->reply.reason), "%.*s",
			HTTP_REASON_MAX - 1, clean.text);
}

/* A coding that nobody asked for would be taken for the content. */
static bool head_is_coded(const char *line, size_t len)
{
	static const char name[] = "content-encoding:";
	size_t at = sizeof(name) - 1;

	if (len < at || strncasecmp(line, name, at) != 0)
		return false;
	while (at < len && strchr(" \t\r\n", line[at]))
		at++;
	return at < len && strncasecmp(line + at, "identity", 8) != 0;
}

/* Only now: at its end a call has lost its connection. */
static void head_peer(struct http_call *q)
{
	struct curl_tlssessioninfo *tls = NULL;

	(void)curl_easy_getinfo(q->easy, CURLINFO_TLS_SSL_PTR, &tls);
	q->reply.certified = tls && tls->internals &&
			     tls_peer_fingerprint(tls->internals,
					     q->reply.certificate) == 0;
}

static size_t on_head(char *line, size_t one, size_t len, void *arg)
{
	struct http_call *q = arg;

	q->head_len += len;
	if (q->head_len > HTTP_CALL_HEAD_MAX) {
		q->r = err_set(&q->error, -EMSGSIZE,
				"%s answered with a head of more than %d bytes",
				q->peer, HTTP_CALL_HEAD_MAX);
		return 0;
	}
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		q->head_whole = false; /* after a 100 another one comes */
		head_reason(q, line, len);
		head_peer(q);
	} else if (len <= 2) {
		q->head_whole = true;
	} else if (head_is_coded(line, len)) {
		q->r = err_set(&q->error, -EPROTO,
				"%s answered in a coding nobody asked for",
				q->peer);
		return 0;
	}
	return len;
}

void http_call_listen(struct http_call *q)
{
	CURL *h = q->easy;

	(void)curl_easy_setopt(h, CURLOPT_MAXFILESIZE_LARGE,
			(curl_off_t)q->client->body_max);
	(void)curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(h, CURLOPT_WRITEDATA, q);
	(void)curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_head);
	(void)curl_easy_setopt(h, CURLOPT_HEADERDATA, q);
}

/* ---- how it went ------------------------------------------------------- */

static int of_connect(struct http_call *q)
{
	long number = 0;

	(void)curl_easy_getinfo(q->easy, CURLINFO_OS_ERRNO, &number);
	if (number == EHOSTUNREACH || number == ENETUNREACH)
		return err_set(&q->error, -EHOSTUNREACH,
				"%s: there is no way to it", q->peer);
	if (number == ETIMEDOUT)
		return err_set(&q->error, -EHOSTUNREACH, "%s does not answer",
				q->peer);
	return err_set(&q->error, -ECONNREFUSED, "%s: nobody is there",
			q->peer);
}

/* libcurl tells both limits alike: was there a connection? */
static int of_time(struct http_call *q)
{
	curl_off_t ready = 0;

	(void)curl_easy_getinfo(q->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	return err_set(&q->error, ready > 0 ? -ETIMEDOUT : -EHOSTUNREACH,
			"%s does not answer", q->peer);
}

static int of_tls(struct http_call *q, CURLcode code)
{
	int r = tls_verdict(&q->error);

	if (r < 0)
		return err_prefix(&q->error, "%s", q->peer);
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return err_set(&q->error, -EKEYREJECTED,
				"%s: its certificate is not for that name",
				q->peer);
	return err_set(&q->error, -EPROTO, "%s: TLS failed: %s", q->peer,
			curl_easy_strerror(code));
}

static int of_curl(struct http_call *q, CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		return of_connect(q);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
		return of_tls(q, code);
	case CURLE_OPERATION_TIMEDOUT:
		return of_time(q);
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(&q->error, -ENOENT, "%s: no such name", q->peer);
	case CURLE_FILESIZE_EXCEEDED:
		return err_set(&q->error, -EMSGSIZE,
				"%s announced more than %zu bytes", q->peer,
				q->client->body_max);
	case CURLE_OUT_OF_MEMORY:
		return err_set(&q->error, -ENOMEM, "no memory");
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, that is: anything */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP2:
	case CURLE_WRITE_ERROR: /* of a head that libcurl cannot read */
	case CURLE_BAD_FUNCTION_ARGUMENT:
		return err_set(&q->error, -EPROTO, "%s: no proper answer: %s",
				q->peer, curl_easy_strerror(code));
	default:
		return err_set(&q->error, -EIO, "%s: %s", q->peer,
				curl_easy_strerror(code));
	}
}

/* What the peer's clock shows. */
static int64_t reply_date(const struct http_call *q)
{
	struct curl_header *date = NULL;
	time_t at;

	if (curl_easy_header(q->easy, "Date", 0, CURLH_HEADER, -1, &date) !=
			CURLHE_OK)
		return 0;
	at = curl_getdate(date->value, NULL);
	return at > 0 ? (int64_t)at : 0;
}

static int reply_fill(struct http_call *q)
{
	struct http_reply *a = &q->reply;
	long status = 0;
	char *text = NULL;

	(void)curl_easy_getinfo(q->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!q->head_whole)
		return err_set(&q->error, -EPROTO,
				"%s left before its answer was whole", q->peer);
	if (status < 200 || status > 999)
		return err_set(&q->error, -EPROTO,
				"%s answered with status %ld", q->peer, status);
	if (body_reserve(&q->body, 0) < 0)
		return err_set(&q->error, -ENOMEM, "no memory");
	q->body.data[q->body.len] = '\0';
	a->status = (unsigned)status;
	a->body = q->body.data;
	a->body_len = q->body.len;
	a->date = reply_date(q);
	(void)curl_easy_getinfo(q->easy, CURLINFO_CONTENT_TYPE, &a->type);
	(void)curl_easy_getinfo(q->easy, CURLINFO_PRIMARY_IP, &text);
	if (text && !q->client->unix_path)
		(void)snprintf(a->address, sizeof(a->address), "%s", text);
	return 0;
}

void http_call_settle(struct http_call *q, int code)
{
	if (q->r < 0) /* a callback of ours knows better */
		return;
	q->r = code == CURLE_OK ? reply_fill(q) : of_curl(q, (CURLcode)code);
}
