#include "hypervisor/proxmox/api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/client.h"
#include "hypervisor/proxmox/internal.h"
#include "proto/json.h"

/* ---- a call ---------------------------------------------------------------
 */

void pve_call_free(struct pve_call *q)
{
	struct pve_api *a = q->api;

	if (q->prev)
		q->prev->next = q->next;
	else
		a->calls = q->next;
	if (q->next)
		q->next->prev = q->prev;
	http_call_cancel(q->http);
	timer_free(q->turn);
	free(q->method);
	free(q->path);
	secret_done(&q->form);
	free(q);
}

/* The answer. The receiver may free the api: nothing is touched afterwards. */
static void call_tell(struct pve_call *q, int r, struct pve_answer *answer,
		const struct err *e)
{
	struct pve_answer none = {0};
	pve_fn *fn = q->fn;
	void *arg = q->arg;

	pve_call_free(q);
	fn(arg, r, answer ? answer : &none, e);
}

void pve_call_fail(struct pve_call *q, int r, const struct err *e)
{
	call_tell(q, r, NULL, e);
}

int pve_call_new(struct pve_call **ret_call, struct pve_api *a,
		const struct pve_ask *ask, pve_fn *fn, void *arg)
{
	struct pve_call *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	q->api = a;
	q->method = strdup(ask->method);
	q->path = strdup(ask->path);
	q->has_form = ask->form != NULL;
	q->harmless = ask->harmless || strcmp(ask->method, "GET") == 0;
	q->anonymous = ask->anonymous;
	q->first = ask->host;
	q->only = ask->host > 0;
	if (ask->node && pve_host_of(a, ask->node) < a->host_count)
		q->first = 1 + pve_host_of(a, ask->node);
	q->fn = fn;
	q->arg = arg;
	q->next = a->calls;
	if (q->next)
		q->next->prev = q;
	a->calls = q;
	if (!q->method || !q->path ||
			(ask->form && secret_sets(&q->form, ask->form) < 0)) {
		pve_call_free(q);
		return -ENOMEM;
	}
	*ret_call = q;
	return 0;
}

int pve_call(struct pve_api *a, const struct pve_ask *ask, pve_fn *fn,
		void *arg)
{
	struct pve_call *q;
	int r = pve_call_new(&q, a, ask, fn, arg);

	if (r == 0)
		pve_call_begin(q);
	return r;
}

/* The host that is next; host_count: none is left. */
static size_t call_host(const struct pve_call *q)
{
	const struct pve_api *a = q->api;
	size_t first = q->first - 1;

	if (q->first > 0 && !(q->tried & (1u << first)) &&
			(q->only || !pve_host_rests(a, first)))
		return first;
	return q->only ? a->host_count : pve_host_choose(a, q->tried);
}

/* ---- asking ---------------------------------------------------------------
 */

static void on_reply(void *arg, int r, const struct http_reply *reply,
		const struct err *e);

/* The credential, and what belongs to a body. The count, or -ENOMEM. */
static int call_lines(const struct pve_call *q, struct secret *cookie,
		struct http_line lines[4])
{
	const struct pve_api *a = q->api;
	int n = 0;

	if (q->has_form)
		lines[n++] = (struct http_line){.name = "Content-Type",
				.value = "application/x-www-form-urlencoded"};
	if (q->anonymous)
		return n;
	if (a->token.len > 0) {
		lines[n++] = (struct http_line){
				.name = "Authorization", .secret = &a->token};
		return n;
	}
	if (pve_login_cookie(a, cookie) < 0)
		return -ENOMEM;
	lines[n++] = (struct http_line){.name = "Cookie", .secret = cookie};
	if (strcmp(q->method, "GET") != 0)
		lines[n++] = (struct http_line){.name = "CSRFPreventionToken",
				.secret = &a->session.csrf};
	return n;
}

static int call_send(struct pve_call *q, struct err *e)
{
	struct pve_api *a = q->api;
	struct secret cookie = {0};
	struct http_line lines[4];
	struct http_call_options o = {.method = q->method, .lines = lines};
	char *url = NULL;
	int r = call_lines(q, &cookie, lines);

	if (r >= 0 && asprintf(&url, "%s%s", a->hosts[q->host].base, q->path) <
					0)
		r = -ENOMEM;
	if (r >= 0) {
		o.line_count = (size_t)r;
		o.url = url;
		o.body = q->form.data;
		o.body_len = q->form.len;
		q->asked_ms = loop_now_ms(a->loop);
		q->admitted = false; /* another try is another request */
		r = http_call(&q->http, a->http, &o, on_reply, q, e);
	} else {
		(void)err_set(e, r, "no memory");
	}
	secret_done(&cookie);
	free(url);
	return r;
}

static void on_turn(void *arg)
{
	struct pve_call *q = arg;

	q->admitted = true;
	pve_call_begin(q);
}

/* By the profile's rate_limit. 0: now; -EAGAIN: when its turn comes. */
static int call_admit(struct pve_call *q, struct err *e)
{
	struct pve_api *a = q->api;
	uint64_t wait_ms;
	int r = q->admitted ? 0
			    : pve_rate_take(a->rate, loop_now_ms(a->loop),
					      &wait_ms);

	if (r < 0)
		return err_set(e, r,
				"more is asked of the hypervisor than the "
				"profile's rate_limit allows");
	if (q->admitted || wait_ms == 0)
		return 0;
	if (!q->turn && timer_new(&q->turn, a->loop, on_turn, q) < 0)
		return err_set(e, -ENOMEM, "no memory");
	timer_set(q->turn, wait_ms);
	return -EAGAIN;
}

static void call_go(struct pve_call *q)
{
	struct pve_api *a = q->api;
	struct err e = {0};
	int r = pve_login_need(a, q, &e);

	if (r == 0)
		r = call_admit(q, &e);
	if (r == -EAGAIN)
		return;
	q->host = call_host(q);
	if (r == 0 && q->host == a->host_count) {
		e = q->error;
		r = e.code < 0 ? e.code
			       : err_set(&e, -EHOSTUNREACH,
						 "no host is left to ask");
	}
	if (r == 0) {
		q->tried |= 1u << q->host;
		r = call_send(q, &e);
	}
	if (r < 0)
		pve_call_fail(q, r, &e);
}

void pve_on_begin(struct defer *d)
{
	struct pve_api *a = (struct pve_api *)(void *)((char *)d -
						       offsetof(struct pve_api,
								       begin));
	struct pve_call *q = a->calls;

	while (q && !q->begins)
		q = q->next;
	if (!q)
		return;
	q->begins = false;
	defer_add(a->loop, d); /* for the next one; freed with the api */
	call_go(q);            /* its receiver may free the api */
}

void pve_call_begin(struct pve_call *q)
{
	q->waits = false;
	q->begins = true;
	defer_add(q->api->loop, &q->api->begin);
}

/* ---- the answer -----------------------------------------------------------
 */

/* What this host said, for the case that all fail. */
static void call_note(struct pve_call *q, int r, const struct err *e)
{
	struct err *all = &q->error;
	struct err before = *all;

	if (before.code == 0) {
		*all = *e;
		all->code = r;
		return;
	}
	/* an untrusted host is the worse news */
	if (before.code == -EKEYREJECTED)
		r = before.code;
	(void)err_set(all, r, "%s; %s", before.text, e->text);
}

/* No answer: another host may give one. */
static void call_unanswered(struct pve_call *q, int r, const struct err *e)
{
	struct pve_api *a = q->api;
	bool unheard = r == -ECONNREFUSED || r == -EHOSTUNREACH ||
		       r == -EKEYREJECTED || r == -ENOENT;
	struct err all;

	if (r == -ENOENT) /* of the host's name, not of a guest */
		r = -EHOSTUNREACH;
	call_note(q, r, e);
	if (r != -EMSGSIZE && r != -ENOMEM)
		pve_host_failed(a, &a->hosts[q->host], q->asked_ms);
	if ((unheard || (q->harmless && r != -EMSGSIZE && r != -ENOMEM)) &&
			call_host(q) < a->host_count) {
		pve_call_begin(q);
		return;
	}
	all = q->error;
	pve_call_fail(q, all.code, &all);
}

static void call_refused(struct pve_call *q, const struct http_reply *reply,
		struct pve_answer *answer)
{
	struct pve_api *a = q->api;
	const struct pve_refusal f = {
			.status = reply->status,
			.reason = reply->reason,
			.answer = answer->root,
			.host = a->hosts[q->host].name,
			.who = a->who,
	};
	struct err e;
	int r = pve_refused(&f, &answer->again, &e);

	if (answer->again == PVE_AGAIN_LOGIN && !q->anonymous && !q->again &&
			a->token.len == 0) {
		pve_login_refused(a, q->session);
		q->again = true;
		q->tried = 0;
		pve_call_begin(q);
	} else if (answer->again == PVE_AGAIN_HOST && q->harmless &&
			call_host(q) < a->host_count) {
		call_note(q, r, &e);
		pve_call_begin(q);
	} else {
		call_tell(q, r, answer, &e);
	}
}

static void on_reply(void *arg, int r, const struct http_reply *reply,
		const struct err *why)
{
	struct pve_call *q = arg;
	struct pve_host *h = &q->api->hosts[q->host];
	struct pve_answer answer = {0};
	struct json *root = NULL;
	struct err e = {0};

	q->http = NULL;
	if (r < 0) {
		call_unanswered(q, r, why);
		return;
	}
	pve_host_answered(q->api, h);
	if (reply->certified)
		pve_host_showed(q->api, q->host, reply->certificate);
	answer.place = (struct pve_place){&h->url, reply->address};
	r = json_parse(reply->body, reply->body_len, &root, &e);
	answer.root = root;
	if (reply->status < 200 || reply->status > 299) {
		call_refused(q, reply, &answer);
		goto out;
	}
	answer.data = json_get(root, "data");
	if (r == 0 && !answer.data)
		r = err_set(&e, -EPROTO, "there is no `data`");
	if (r < 0) {
		(void)err_set(&e, r == -EINVAL ? -EPROTO : r,
				"%s: this is no answer of Proxmox VE: %s",
				h->name, e.code ? e.text : "no JSON");
		call_tell(q, e.code, &answer, &e);
	} else {
		call_tell(q, 0, &answer, &e);
	}
out:
	json_free(answer.root);
}

/* ---- who we are -----------------------------------------------------------
 */

const char *pve_api_who(const struct pve_api *a)
{
	return a->who;
}

bool pve_api_has_token(const struct pve_api *a)
{
	return a->token.len > 0;
}

bool pve_api_is_person(const struct pve_api *a)
{
	return a->person;
}

int pve_api_credential(const struct pve_api *a, struct secret *ret_line)
{
	const char *name = a->token.len > 0 ? "Authorization: " : "Cookie: ";
	struct secret value = {0};
	char *text = NULL;
	int len = -1, r = a->token.len > 0 ? secret_copy(&value, &a->token)
					   : pve_login_cookie(a, &value);

	if (r == 0)
		len = asprintf(&text, "%s%s", name, value.data);
	if (len >= 0) {
		r = secret_set(ret_line, text, (size_t)len);
		secret_wipe(text, (size_t)len);
		free(text);
	} else {
		r = -ENOMEM;
	}
	secret_done(&value);
	return r;
}

struct tls_context *pve_api_tls(const struct pve_api *a)
{
	return a->tls;
}

const struct pve_ways *pve_api_ways(const struct pve_api *a)
{
	return a->ways;
}
