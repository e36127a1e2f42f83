#include "hypervisor/arrakis/api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/buf.h"
#include "core/loop.h"
#include "http/client.h"
#include "hypervisor/hypervisor.h"
#include "proto/json.h"
#include "stream/tls.h"

static const char *const prefixes[] = {"/v1", ""};

enum { PREFIXES = sizeof(prefixes) / sizeof(prefixes[0]) };

struct arrakis_base {
	char *url;  /* "http://127.0.0.1:7000" */
	char *host; /* of it */
};

struct arrakis_call {
	struct arrakis_call *next, *prev;
	struct arrakis_api *api;
	struct http_call *http;
	bool lists;
	unsigned tried; /* prefixes */
	size_t moved;   /* to another server */
	arrakis_fn *fn;
	void *arg;
};

struct arrakis_api {
	struct loop *loop;
	struct http_client *asks, *changes;
	struct arrakis_base *bases; /* as configured: the same server */
	size_t count, at;
	unsigned prefix; /* that was right */
	struct arrakis_call *calls;
};

static int call_send(struct arrakis_call *q, const char *method,
		const char *path, const struct buf *body, struct err *e);

static void call_free(struct arrakis_call *q)
{
	if (q->prev)
		q->prev->next = q->next;
	else
		q->api->calls = q->next;
	if (q->next)
		q->next->prev = q->prev;
	http_call_cancel(q->http);
	free(q);
}

/* The receiver may free the api: nothing is touched afterwards. */
static void call_tell(struct arrakis_call *q, int r, const struct json *answer,
		const struct err *e)
{
	arrakis_fn *fn = q->fn;
	void *arg = q->arg;

	call_free(q);
	fn(arg, r, r == 0 ? answer : NULL, e);
}

/* ---- answers --------------------------------------------------------------
 */

/* What it says went wrong: JSON of newer servers, a line of older ones. */
static void refusal_text(
		const struct http_reply *reply, char *ret, size_t ret_max)
{
	struct json *root = NULL;
	const struct json *error;
	const char *said = NULL;

	if (json_parse(reply->body, reply->body_len, &root, NULL) == 0) {
		error = json_get(root, "error");
		said = json_text(json_get(error, "message"));
		if (!said)
			said = json_text(error);
	} else if (reply->type && strncmp(reply->type, "text/plain", 10) == 0) {
		said = reply->body;
	}
	(void)snprintf(ret, ret_max, "%.*s",
			said ? (int)strcspn(said, "\r\n") : 0,
			said ? said : "");
	if (!*ret)
		(void)snprintf(ret, ret_max, "%s", reply->reason);
	json_free(root);
}

static int refused(const struct arrakis_call *q, const struct http_reply *reply,
		struct err *e)
{
	const char *base = q->api->bases[q->api->at].url;
	char said[256];

	refusal_text(reply, said, sizeof(said));
	switch (reply->status) {
	case 401:
	case 403:
		return err_set(e, -EACCES, "%s wants a login: %u %s", base,
				reply->status, said);
	case 404:
	case 405:
		return err_set(e, q->lists ? -EPROTO : -EREMOTEIO,
				"%s has no such call (%u): is it an Arrakis "
				"server?",
				base, reply->status);
	default:
		return err_set(e, -EREMOTEIO, "%s answered %u: %s", base,
				reply->status, said);
	}
}

/* An answer that says it went well, and what is in it. */
static int accepted(const struct arrakis_call *q,
		const struct http_reply *reply, struct json **ret_root,
		struct err *e)
{
	const char *base = q->api->bases[q->api->at].url;
	struct err why = {0};
	bool went_well;
	int r;

	r = json_parse(reply->body, reply->body_len, ret_root, &why);
	if (r < 0 && !q->lists) {
		*ret_root = NULL;
		return r == -ENOMEM ? err_set(e, r, "no memory") : 0;
	}
	if (r == 0 && q->lists && !json_is_object(*ret_root))
		r = err_set(&why, -EINVAL, "it is no object");
	if (r < 0)
		return err_set(e, r == -ENOMEM ? r : -EPROTO,
				"%s: this is no answer of Arrakis: %s", base,
				why.text);
	if (json_bool(json_get(*ret_root, "success"), &went_well) == 0 &&
			!went_well)
		return err_set(e, -EREMOTEIO, "%s says that it did not succeed",
				base);
	return 0;
}

/* A list that is not there: perhaps under the other prefix. */
static bool call_again(
		struct arrakis_call *q, int r, unsigned status, struct err *e)
{
	struct arrakis_api *a = q->api;

	if (!q->lists)
		return false;
	if (r == 0 && (status == 404 || status == 405)) {
		if (++q->tried >= PREFIXES)
			return false;
		a->prefix = (a->prefix + 1) % PREFIXES;
		return call_send(q, "GET", "", NULL, e) == 0;
	}
	/* nobody is there: another address of the same server */
	if (r < 0 && r != -EKEYREJECTED && r != -ENOMEM && r != -EMSGSIZE &&
			++q->moved < a->count) {
		a->at = (a->at + 1) % a->count;
		q->tried = 0;
		return call_send(q, "GET", "", NULL, e) == 0;
	}
	return false;
}

static void on_reply(void *arg, int r, const struct http_reply *reply,
		const struct err *why)
{
	struct arrakis_call *q = arg;
	struct json *root = NULL;
	struct err e = {0};

	q->http = NULL;
	if (call_again(q, r, r < 0 ? 0 : reply->status, &e))
		return;
	if (r < 0) {
		e = *why;
		(void)err_prefix(&e, "%s", q->api->bases[q->api->at].url);
	} else if (reply->status < 200 || reply->status > 299) {
		r = refused(q, reply, &e);
	} else {
		r = accepted(q, reply, &root, &e);
	}
	call_tell(q, r, root, &e);
	json_free(root);
}

/* ---- asking ---------------------------------------------------------------
 */

static int call_send(struct arrakis_call *q, const char *method,
		const char *path, const struct buf *body, struct err *e)
{
	static const struct http_line json_lines[] = {
			{.name = "Accept", .value = "application/json"},
			{.name = "Content-Type", .value = "application/json"},
	};
	struct arrakis_api *a = q->api;
	struct http_call_options o = {
			.method = method,
			.lines = json_lines,
			.line_count = body ? 2 : 1,
			.body = body ? buf_data(body) : NULL,
			.body_len = body ? body->len : 0,
	};
	char *url;
	int r;

	if (asprintf(&url, "%s%s/vms%s", a->bases[a->at].url,
			    prefixes[a->prefix], path) < 0)
		return err_set(e, -ENOMEM, "no memory");
	o.url = url;
	r = http_call(&q->http, q->lists ? a->asks : a->changes, &o, on_reply,
			q, e);
	free(url);
	return r;
}

static int call_new(struct arrakis_api *a, bool lists, const char *method,
		const char *path, const struct buf *body, arrakis_fn *fn,
		void *arg)
{
	struct arrakis_call *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	*q = (struct arrakis_call){
			.api = a, .lists = lists, .fn = fn, .arg = arg};
	q->next = a->calls;
	if (q->next)
		q->next->prev = q;
	a->calls = q;
	if (call_send(q, method, path, body, NULL) == 0)
		return 0;
	call_free(q);
	return -ENOMEM;
}

int arrakis_list(struct arrakis_api *a, arrakis_fn *fn, void *arg)
{
	return call_new(a, true, "GET", "", NULL, fn, arg);
}

int arrakis_change(struct arrakis_api *a, const char *method, const char *path,
		const struct buf *body, arrakis_fn *fn, void *arg)
{
	return call_new(a, false, method, path, body, fn, arg);
}

/* ---- the api --------------------------------------------------------------
 */

const char *arrakis_api_host(const struct arrakis_api *a)
{
	return a->bases[a->at].host;
}

void arrakis_api_free(struct arrakis_api *a)
{
	if (!a)
		return;
	while (a->calls)
		call_free(a->calls);
	http_client_free(a->asks);
	http_client_free(a->changes);
	for (size_t i = 0; a->bases && i < a->count; i++) {
		free(a->bases[i].url);
		free(a->bases[i].host);
	}
	free(a->bases);
	free(a);
}

static int base_init(struct arrakis_base *b, const struct url *from)
{
	char text[URL_MAX];

	if (url_format(from, text, sizeof(text)) < 0)
		return -EMSGSIZE;
	b->url = strdup(text);
	b->host = strdup(from->host);
	return b->url && b->host ? 0 : -ENOMEM;
}

static int api_set_clients(struct arrakis_api *a,
		const struct config_profile *p, struct err *e)
{
	struct tls_policy policy;
	struct http_client_options o = {
			.tls = &policy, .call_ms = ARRAKIS_ASK_MS};
	int r;

	hypervisor_tls_policy(p, &policy);
	r = http_client_new(&a->asks, a->loop, &o, e);
	if (r < 0)
		return r;
	o.connect_ms = ARRAKIS_ASK_MS;
	o.call_ms = ARRAKIS_CHANGE_MS;
	return http_client_new(&a->changes, a->loop, &o, e);
}

int arrakis_api_new(struct arrakis_api **ret_api, struct loop *l,
		const struct config_profile *p, struct err *e)
{
	struct arrakis_api *a = calloc(1, sizeof(*a));
	int r = 0;

	if (!a)
		return err_set(e, -ENOMEM, "no memory");
	a->loop = l;
	a->bases = calloc(p->url.count + 1, sizeof(*a->bases));
	if (!a->bases)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < p->url.count; i++) {
		a->count++;
		r = base_init(&a->bases[i], &p->url.items[i]);
	}
	if (r < 0)
		(void)err_set(e, r, "%s", strerrordesc_np(-r));
	else if (a->count == 0)
		r = err_set(e, -EINVAL, "it has no url");
	else
		r = api_set_clients(a, p, e);
	if (r < 0) {
		arrakis_api_free(a);
		return r;
	}
	*ret_api = a;
	return 0;
}
