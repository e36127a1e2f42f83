/* What a call asks, and whom. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/buf.h"
#include "core/secret.h"
#include "http/client_internal.h"

enum {
	LINE_MAX_LEN = 8 * 1024, /* what a Proxmox node reads in all */
};

/* ---- where ------------------------------------------------------------- */

/* "http://[::1]:8006/x": host and port for the name and for sentences. */
static int url_place(struct http_call *q, CURLU *u, struct err *e)
{
	char *host = NULL, *port = NULL;
	size_t len;
	int r = -ENOMEM;

	if (curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
			curl_url_get(u, CURLUPART_PORT, &port,
					CURLU_DEFAULT_PORT) != CURLUE_OK) {
		r = err_set(e, -EINVAL, "the URL has no host");
		goto out;
	}
	len = strlen(host);
	if (host[0] == '[' && len > 2)
		q->host = strndup(host + 1, len - 2);
	else
		q->host = strdup(host);
	q->port = (uint16_t)strtoul(port, NULL, 10);
	if (q->client->unix_path)
		q->peer = strdup(q->client->unix_path);
	else if (asprintf(&q->peer, "%s:%s", host, port) < 0)
		q->peer = NULL;
	r = q->host && q->peer ? 0 : err_set(e, -ENOMEM, "no memory");
out:
	curl_free(host);
	curl_free(port);
	return r;
}

static int url_check(struct http_call *q, const char *text, struct err *e)
{
	CURLU *u = curl_url();
	char *scheme = NULL;
	int r;

	if (!u)
		return err_set(e, -ENOMEM, "no memory");
	if (curl_url_set(u, CURLUPART_URL, text, CURLU_DISALLOW_USER) !=
			CURLUE_OK) {
		r = err_set(e, -EINVAL, "this is no URL to call");
		goto out;
	}
	(void)curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
	if (!scheme || (strcmp(scheme, "http") != 0 &&
				       strcmp(scheme, "https") != 0)) {
		r = err_set(e, -EINVAL, "only http and https are called");
		goto out;
	}
	r = url_place(q, u, e);
out:
	curl_free(scheme);
	curl_url_cleanup(u);
	return r;
}

static bool is_address(const char *text)
{
	struct in6_addr a;

	return inet_pton(AF_INET, text, &a) == 1 ||
	       inet_pton(AF_INET6, text, &a) == 1;
}

bool http_call_needs_name(const struct http_call *q)
{
	return !q->where && !q->client->unix_path && !is_address(q->host);
}

static int call_set_where(
		struct http_call *q, CURLoption option, const char *text)
{
	q->where = curl_slist_append(NULL, text);
	if (!q->where ||
			curl_easy_setopt(q->easy, option, q->where) != CURLE_OK)
		return -ENOMEM;
	return 0;
}

static int add_address(
		struct buf *b, const struct sockaddr_storage *a, socklen_t len)
{
	char text[HTTP_ADDRESS_MAX];

	if (getnameinfo((const struct sockaddr *)a, len, text, sizeof(text),
			    NULL, 0, NI_NUMERICHOST) != 0)
		return 0; /* the others may do */
	return buf_addf(b, a->ss_family == AF_INET6 ? "%s[%s]" : "%s%s",
			buf_data(b)[b->len - 1] == ':' ? "" : ",", text);
}

int http_call_set_addresses(struct http_call *q, const struct resolved *found)
{
	struct buf b;
	char *text;
	int r;

	buf_init(&b, 2048);
	r = buf_addf(&b, "%s:%u:", q->host, q->port);
	for (size_t i = 0; r == 0 && i < found->count; i++)
		r = add_address(&b, &found->addr[i], found->len[i]);
	text = r == 0 ? buf_take_string(&b) : NULL;
	r = text ? call_set_where(q, CURLOPT_RESOLVE, text) : -ENOMEM;
	free(text);
	buf_done(&b);
	return r;
}

/* By CONNECT_TO, which libcurl minds when it uses a connection again. */
static int call_pin(struct http_call *q, const char *address, struct err *e)
{
	char text[HTTP_ADDRESS_MAX + 8];

	if (!address || q->client->unix_path)
		return 0;
	if (!is_address(address))
		return err_set(e, -EINVAL, "'%s' is no address", address);
	(void)snprintf(text, sizeof(text),
			strchr(address, ':') ? "::[%s]:" : "::%s:", address);
	if (call_set_where(q, CURLOPT_CONNECT_TO, text) < 0)
		return err_set(e, -ENOMEM, "no memory");
	return 0;
}

/* ---- what is asked ----------------------------------------------------- */

static bool is_token(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len == strspn(text, "abcdefghijklmnopqrstuvwxyz"
					      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "0123456789!#$%&'*+-.^_`|~");
}

/* A line must stay one line. */
static bool is_value(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return len < LINE_MAX_LEN;
}

static int lines_add(struct http_call *q, const char *line)
{
	struct curl_slist *more = curl_slist_append(q->lines, line);

	if (!more)
		return -ENOMEM;
	q->lines = more;
	return 0;
}

static int lines_add_one(
		struct http_call *q, const struct http_line *l, struct err *e)
{
	char text[LINE_MAX_LEN + 256];
	const char *value = l->value ? l->value : l->secret->data;
	size_t len = l->value ? strlen(l->value) : l->secret->len;
	int r;

	if (!value)
		return err_set(e, -EINVAL, "header '%s' has no value", l->name);
	if (!is_token(l->name) || strlen(l->name) > 128 ||
			!is_value(value, len))
		return err_set(e, -EINVAL, "header '%s' cannot be sent",
				l->name);
	/* libcurl drops a line without a value unless it ends with ';' */
	r = len > 0 ? snprintf(text, sizeof(text), "%s: %s", l->name, value)
		    : snprintf(text, sizeof(text), "%s;", l->name);
	r = r < (int)sizeof(text) ? lines_add(q, text) : -EINVAL;
	secret_wipe(text, sizeof(text));
	return r < 0 ? err_set(e, r, "no memory") : 0;
}

/* Nothing of libcurl's own: no "Expect", no type for a body of ours. */
static int call_set_lines(struct http_call *q,
		const struct http_call_options *o, struct err *e)
{
	bool accept = false, type = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->line_count; i++) {
		accept |= strcasecmp(o->lines[i].name, "accept") == 0;
		type |= strcasecmp(o->lines[i].name, "content-type") == 0;
		r = lines_add_one(q, &o->lines[i], e);
	}
	if (r < 0)
		return r;
	if (lines_add(q, "Expect:") < 0 ||
			(!accept && lines_add(q, "Accept:") < 0) ||
			(!type && lines_add(q, "Content-Type:") < 0))
		return err_set(e, -ENOMEM, "no memory");
	(void)curl_easy_setopt(q->easy, CURLOPT_HTTPHEADER, q->lines);
	return 0;
}

static int call_set_method(struct http_call *q,
		const struct http_call_options *o, struct err *e)
{
	bool repeatable;
	CURLcode c = CURLE_OK;

	if (!o->method || !is_token(o->method))
		return err_set(e, -EINVAL, "this is no method");
	repeatable = strcmp(o->method, "GET") == 0 ||
		     strcmp(o->method, "HEAD") == 0;
	if (strcmp(o->method, "HEAD") == 0) {
		c = curl_easy_setopt(q->easy, CURLOPT_NOBODY, 1L);
	} else if (o->body_len > 0 || strcmp(o->method, "GET") != 0) {
		(void)curl_easy_setopt(q->easy, CURLOPT_POSTFIELDSIZE_LARGE,
				(curl_off_t)o->body_len);
		c = curl_easy_setopt(q->easy, CURLOPT_COPYPOSTFIELDS,
				o->body_len > 0 ? o->body : "");
	}
	if (c == CURLE_OK)
		c = curl_easy_setopt(q->easy, CURLOPT_CUSTOMREQUEST, o->method);
	/* libcurl repeats whatever finds its old connection closed */
	if (c == CURLE_OK && !repeatable)
		c = curl_easy_setopt(q->easy, CURLOPT_FRESH_CONNECT, 1L);
	return c == CURLE_OK ? 0 : err_set(e, -ENOMEM, "no memory");
}

static CURLcode on_ssl_context(CURL *easy, void *ssl_ctx, void *arg)
{
	struct http_call *q = arg;

	q->r = tls_policy_apply(ssl_ctx, &q->client->tls, &q->error);
	return q->r < 0 ? CURLE_ABORTED_BY_CALLBACK : CURLE_OK;
}

static void call_set_tls(struct http_call *q)
{
	CURL *h = q->easy;

	/* the policy's own verification takes its place (stream/tls.h) */
	(void)curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 0L);
	(void)curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST,
			tls_policy_checks_host(&q->client->tls) ? 2L : 0L);
	(void)curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, on_ssl_context);
	(void)curl_easy_setopt(h, CURLOPT_SSL_CTX_DATA, q);
	(void)curl_easy_setopt(h, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	(void)curl_easy_setopt(
			h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

static void call_set_manners(struct http_call *q)
{
	CURL *h = q->easy;

	(void)curl_easy_setopt(h, CURLOPT_PRIVATE, q);
	(void)curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(
			h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(
			h, CURLOPT_PROXY, ""); /* not the environment's */
	(void)curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(h, CURLOPT_TCP_NODELAY, 1L);
	(void)curl_easy_setopt(h, CURLOPT_MAXAGE_CONN, (long)HTTP_CALL_KEEP_S);
	(void)curl_easy_setopt(h, CURLOPT_TIMEOUT_MS,
			(long)q->client->call_ms + 1000); /* ours is first */
	(void)curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS,
			(long)q->client->connect_ms);
}

static int call_set_url(struct http_call *q, const char *url, struct err *e)
{
	CURLcode c = curl_easy_setopt(q->easy, CURLOPT_URL, url);

	if (c == CURLE_OK && q->client->unix_path)
		c = curl_easy_setopt(q->easy, CURLOPT_UNIX_SOCKET_PATH,
				q->client->unix_path);
	return c == CURLE_OK ? 0 : err_set(e, -ENOMEM, "no memory");
}

int http_call_new(struct http_call **ret_call, struct http_client *c,
		const struct http_call_options *o, struct err *e)
{
	struct http_call *q = calloc(1, sizeof(*q));
	int r = -ENOMEM;

	if (!q)
		return err_set(e, r, "no memory");
	q->client = c;
	q->easy = curl_easy_init();
	if (!q->easy) {
		(void)err_set(e, r, "no memory");
		goto fail;
	}
	call_set_manners(q);
	call_set_tls(q);
	http_call_listen(q);
	r = url_check(q, o->url, e);
	if (r == 0)
		r = call_set_url(q, o->url, e);
	if (r == 0)
		r = call_pin(q, o->address, e);
	if (r == 0)
		r = call_set_method(q, o, e);
	if (r == 0)
		r = call_set_lines(q, o, e);
	if (r < 0)
		goto fail;
	*ret_call = q;
	return 0;
fail:
	http_call_free(q);
	return r;
}

void http_call_free(struct http_call *q)
{
	curl_easy_cleanup(q->easy);
	curl_slist_free_all(q->lines);
	curl_slist_free_all(q->where);
	secret_wipe(q->body.data, q->body.room);
	free(q->body.data);
	free(q->host);
	free(q->peer);
	free(q);
}
