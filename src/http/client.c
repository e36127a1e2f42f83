/* Where libcurl and the loop meet. */
#include "http/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "http/client_internal.h"
#include "http/client_memory.h"

/* A descriptor of libcurl's. */
struct wire {
	struct wire *next, *prev;
	struct http_client *client;
	struct watch *watch;
	curl_socket_t fd;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static bool curl_ready;

static void curl_begin(void)
{
	curl_ready = curl_global_init_mem(CURL_GLOBAL_DEFAULT, wiped_malloc,
				     wiped_free, wiped_realloc, wiped_strdup,
				     wiped_calloc) == CURLE_OK;
}

const char *http_client_version(void)
{
	static char text[64];
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	(void)snprintf(text, sizeof(text), "%s (%s)", v->version,
			v->ssl_version ? v->ssl_version : "without TLS");
	return text;
}

/* ---- lists ------------------------------------------------------------- */

static void open_add(struct http_client *c, struct http_call *q)
{
	q->prev = NULL;
	q->next = c->open;
	if (q->next)
		q->next->prev = q;
	c->open = q;
}

static void open_remove(struct http_client *c, struct http_call *q)
{
	if (q->prev)
		q->prev->next = q->next;
	else
		c->open = q->next;
	if (q->next)
		q->next->prev = q->prev;
	q->next = q->prev = NULL;
}

/* ---- the end of a call ------------------------------------------------- */

/* Nothing of it is left on the wire or the loop. */
static void call_part(struct http_call *q)
{
	if (q->added)
		(void)curl_multi_remove_handle(q->client->multi, q->easy);
	q->added = false;
	timer_free(q->limit);
	q->limit = NULL;
	resolve_cancel(q->resolve);
	q->resolve = NULL;
}

static void call_done(struct http_call *q)
{
	struct http_client *c = q->client;

	call_part(q);
	open_remove(c, q);
	*c->done_end = q;
	c->done_end = &q->next;
	q->done = true;
	defer_add(c->loop, &c->tell);
}

static struct http_call *done_take(struct http_client *c)
{
	struct http_call *q = c->done;

	c->done = q->next;
	if (!c->done)
		c->done_end = &c->done;
	q->next = NULL;
	return q;
}

/* The receiver may free the client: nothing of it is touched afterwards. */
static void on_tell(struct defer *d)
{
	struct http_client *c = (void *)((char *)d -
					 offsetof(struct http_client, tell));
	struct http_call *q = done_take(c);

	if (c->done)
		defer_add(c->loop, &c->tell);
	q->telling = true;
	q->fn(q->arg, q->r, q->r == 0 ? &q->reply : NULL, &q->error);
	http_call_free(q);
}

void http_call_cancel(struct http_call *q)
{
	struct http_client *c;
	struct http_call **at;

	if (!q || q->telling)
		return;
	c = q->client;
	if (q->done) {
		for (at = &c->done; *at != q; at = &(*at)->next)
			;
		*at = q->next;
		if (!*at)
			c->done_end = at;
		if (!c->done)
			defer_remove(c->loop, &c->tell);
	} else {
		call_part(q);
		open_remove(c, q);
	}
	http_call_free(q);
}

static void on_limit(void *arg)
{
	struct http_call *q = arg;

	q->r = err_set(&q->error, -ETIMEDOUT, "%s did not answer within %llu s",
			q->peer,
			(unsigned long long)(q->client->call_ms + 999) / 1000);
	call_done(q);
}

/* ---- libcurl's turn ---------------------------------------------------- */

static void client_collect(struct http_client *c)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left))) {
		CURLcode code = m->data.result; /* gone with the handle */
		struct http_call *q = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(
				m->easy_handle, CURLINFO_PRIVATE, (char **)&q);
		http_call_settle(q, (int)code);
		call_done(q);
	}
}

static void client_step(struct http_client *c, curl_socket_t fd, int bits)
{
	int running;

	(void)curl_multi_socket_action(c->multi, fd, bits, &running);
	client_collect(c);
}

static void on_wire(void *arg, int events)
{
	struct wire *w = arg;
	int bits = 0;

	if (events & (LOOP_READ | LOOP_HANGUP))
		bits |= CURL_CSELECT_IN;
	if (events & LOOP_WRITE)
		bits |= CURL_CSELECT_OUT;
	client_step(w->client, w->fd, bits); /* `w` may be gone now */
}

static void on_timer(void *arg)
{
	client_step(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void wire_free(struct wire *w)
{
	if (!w)
		return;
	if (w->prev)
		w->prev->next = w->next;
	else
		w->client->wires = w->next;
	if (w->next)
		w->next->prev = w->prev;
	watch_free(w->watch);
	free(w);
}

static struct wire *wire_new(struct http_client *c, curl_socket_t fd)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	if (watch_new(&w->watch, c->loop, fd, on_wire, w) < 0) {
		free(w);
		return NULL;
	}
	w->client = c;
	w->fd = fd;
	w->next = c->wires;
	if (w->next)
		w->next->prev = w;
	c->wires = w;
	return w;
}

/* Without memory for a watch the call is left to its limit. */
static int on_curl_socket(
		CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct http_client *c = arg;
	struct wire *w = known;
	int events = 0;

	if (what == CURL_POLL_REMOVE) {
		wire_free(w);
		(void)curl_multi_assign(c->multi, fd, NULL);
		return 0;
	}
	if (!w) {
		w = wire_new(c, fd);
		if (!w)
			return -1;
		(void)curl_multi_assign(c->multi, fd, w);
	}
	if (what & CURL_POLL_IN)
		events |= LOOP_READ;
	if (what & CURL_POLL_OUT)
		events |= LOOP_WRITE;
	(void)watch_set(w->watch, events);
	return 0;
}

static int on_curl_timer(CURLM *multi, long ms, void *arg)
{
	struct http_client *c = arg;

	if (ms < 0)
		timer_stop(c->timer);
	else
		timer_set(c->timer, (uint64_t)ms);
	return 0;
}

/* ---- a call ------------------------------------------------------------ */

static int call_add(struct http_call *q)
{
	CURLMcode m = curl_multi_add_handle(q->client->multi, q->easy);

	if (m != CURLM_OK)
		return err_set(&q->error, -ENOMEM, "%s",
				curl_multi_strerror(m));
	q->added = true;
	return 0;
}

static void on_resolved(void *arg, int r, const struct resolved *found,
		const struct err *e)
{
	struct http_call *q = arg;

	q->resolve = NULL;
	if (r < 0) {
		q->error = *e;
		q->r = r;
	} else {
		q->r = http_call_set_addresses(q, found);
		if (q->r == 0)
			q->r = call_add(q);
		else
			(void)err_set(&q->error, q->r, "no memory");
	}
	if (q->r < 0)
		call_done(q);
}

static int call_begin(struct http_call *q, struct err *e)
{
	struct loop *l = q->client->loop;
	int r = timer_new(&q->limit, l, on_limit, q);

	if (r < 0)
		return err_set(e, r, "no memory");
	timer_set(q->limit, q->client->call_ms);
	if (http_call_needs_name(q)) {
		r = resolve_start(&q->resolve, l, q->host, q->port, on_resolved,
				q);
		return r < 0 ? err_set(e, r, "no memory") : 0;
	}
	r = call_add(q);
	return r < 0 ? err_set(e, r, "%s", q->error.text) : 0;
}

int http_call(struct http_call **ret_call, struct http_client *c,
		const struct http_call_options *o, http_call_fn *fn, void *arg,
		struct err *e)
{
	struct http_call *q;
	int r = http_call_new(&q, c, o, e);

	if (r < 0)
		return r;
	q->fn = fn;
	q->arg = arg;
	r = call_begin(q, e);
	if (r < 0) {
		call_part(q);
		http_call_free(q);
		return r;
	}
	open_add(c, q);
	if (ret_call)
		*ret_call = q;
	return 0;
}

/* ---- the client -------------------------------------------------------- */

static int client_set_multi(struct http_client *c)
{
	c->multi = curl_multi_init();
	if (!c->multi)
		return -ENOMEM;
	(void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	(void)curl_multi_setopt(
			c->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	(void)curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	(void)curl_multi_setopt(
			c->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	(void)curl_multi_setopt(
			c->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	(void)curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
			(long)HTTP_CLIENT_CONNECTIONS_MAX);
	(void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS,
			(long)HTTP_CLIENT_CONNECTIONS_MAX);
	return 0;
}

static int client_set_options(
		struct http_client *c, const struct http_client_options *o)
{
	c->call_ms = o && o->call_ms ? o->call_ms : HTTP_CALL_MS;
	c->connect_ms = o && o->connect_ms ? o->connect_ms : c->call_ms + 1000;
	c->body_max = o && o->body_max ? o->body_max : HTTP_CALL_BODY_MAX;
	if (o && o->unix_path) {
		c->unix_path = strdup(o->unix_path);
		if (!c->unix_path)
			return -ENOMEM;
	}
	return o && o->tls ? tls_policy_copy(&c->tls, o->tls) : 0;
}

int http_client_new(struct http_client **ret_client, struct loop *l,
		const struct http_client_options *o, struct err *e)
{
	struct http_client *c;
	int r;

	(void)pthread_once(&curl_once, curl_begin);
	if (!curl_ready)
		return err_set(e, -EIO, "libcurl does not start");
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(e, -ENOMEM, "no memory");
	c->loop = l;
	c->done_end = &c->done;
	c->tell.fn = on_tell;
	r = client_set_options(c, o);
	if (r == 0)
		r = timer_new(&c->timer, l, on_timer, c);
	if (r == 0)
		r = client_set_multi(c);
	if (r < 0) {
		http_client_free(c);
		return err_set(e, r, "no memory");
	}
	*ret_client = c;
	return 0;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	while (c->open)
		http_call_cancel(c->open);
	while (c->done)
		http_call_cancel(c->done);
	(void)curl_multi_cleanup(c->multi); /* lets go of the wires it keeps */
	while (c->wires)
		wire_free(c->wires);
	timer_free(c->timer);
	defer_remove(c->loop, &c->tell);
	tls_policy_done(&c->tls);
	free(c->unix_path);
	free(c);
}
