/* One connection of a forward, from its client's coming to its end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bridge/desk.h"
#include "bridge/forward_internal.h"
#include "core/log.h"
#include "session/console.h"
#include "session/session.h"
#include "stream/dial.h"
#include "stream/stream.h"

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- the end --------------------------------------------------------------
 */

void link_port(const struct forward *f, char ret[LINK_PORT_MAX])
{
	if (f->guest_port)
		(void)snprintf(ret, LINK_PORT_MAX, "%u", f->guest_port);
	else
		(void)snprintf(ret, LINK_PORT_MAX, "%s",
				console_kind_name(f->kind));
}

static void link_log(const struct forward_link *k)
{
	const struct forward *f = k->forward;
	const uint64_t now = loop_now_ms(f->set->o.loop);
	char port[LINK_PORT_MAX];

	link_port(f, port);
	log_line(forward_word_is_error(k->word) ? LOG_WARN : LOG_INFO, k->id,
			"event=forwarded guest=%s port=%s listen=%s from=%s "
			"up=%llu down=%llu ms=%llu word=%s%s%s",
			log_value(f->guest).text, port,
			*f->text ? f->text : "-", k->from,
			(unsigned long long)k->counts->up.bytes,
			(unsigned long long)k->counts->down.bytes,
			(unsigned long long)(now - k->begun_ms),
			end_info(k->word)->word, *k->detail ? " detail=" : "",
			*k->detail ? log_value(k->detail).text : "");
}

void link_free(struct forward_link *k)
{
	struct forward *f = k->forward;

	if (k->ask)
		k->ask->link = NULL;
	dial_free(k->dial);
	relay_free(k->relay);
	stream_free(k->client);
	timer_free(k->limit);
	defer_remove(f->set->o.loop, &k->defer);
	if (k->prev)
		k->prev->next = k->next;
	else
		f->links = k->next;
	if (k->next)
		k->next->prev = k->prev;
	f->live--;
	f->set->live--;
	free(k);
}

/* Logged, counted, told, gone; and its forward, where that has waited. */
static void link_end(struct forward_link *k)
{
	struct forward *f = k->forward;
	struct forward_counts *c = &f->set->counts;

	link_log(k);
	c->up += k->counts->up.bytes;
	c->down += k->counts->down.bytes;
	c->ends[k->word]++;
	if (f->over)
		f->over(f->arg, k->word, k->detail);
	link_free(k);
	forward_left(f);
}

static void link_deferred(struct defer *d)
{
	link_end((struct forward_link *)((char *)d -
					 offsetof(struct forward_link, defer)));
}

/* Nothing was carried: it ends in a turn of its own. The first word counts. */
static void link_fail(
		struct forward_link *k, enum end_word word, const struct err *e)
{
	if (k->state == LINK_OVER)
		return;
	k->state = LINK_OVER;
	if (k->word == END_WORDS)
		k->word = word;
	if (e)
		(void)snprintf(k->detail, sizeof(k->detail), "%s", e->text);
	dial_free(k->dial);
	k->dial = NULL;
	stream_free(k->client); /* it need not wait for our turn */
	k->client = NULL;
	timer_free(k->limit); /* with a login, or without memory, it has none */
	k->limit = NULL;
	defer_add(k->forward->set->o.loop, &k->defer);
}

void link_stop(struct forward_link *k, enum end_word word)
{
	if (k->state == LINK_OVER || k->word != END_WORDS)
		return;
	if (k->state == LINK_SESSION) {
		session_stop(k->session, word);
		return;
	}
	k->word = word;
	if (k->state == LINK_STREAMING)
		relay_end(k->relay);
	else
		link_fail(k, word, NULL);
}

/* ---- streaming ------------------------------------------------------------
 */

static enum end_word word_of(const struct relay_end *end)
{
	if (end->side == RELAY_CLIENT)
		return end->r == -ETIMEDOUT ? END_SLOW_READER
		       : end->r == -ETIME   ? END_IDLE
					    : END_CLIENT_CLOSED;
	return end->r == 0            ? END_GUEST_CLOSED
	       : end->r == -ETIMEDOUT ? END_BACKEND_TIMEOUT
				      : END_BACKEND_FAILED;
}

static void on_over(void *arg, const struct relay_end *end)
{
	struct forward_link *k = arg;

	if (k->word == END_WORDS)
		k->word = word_of(end);
	link_end(k);
}

static const struct relay_events events = {.over = on_over};

static void link_stream(struct forward_link *k, struct stream *backend)
{
	struct forwards *set = k->forward->set;
	const struct relay_options o = {.idle_ms = k->forward->limits.idle_ms,
			.keep_ms = RELAY_NEVER};
	int r = relay_new(&k->relay, set->o.loop, k->client, backend, &o,
			k->counts, &events, k);
	struct err e;

	if (r < 0) {
		stream_free(backend);
		(void)err_set(&e, r, "no memory");
		link_fail(k, END_INTERNAL, &e);
		return;
	}
	k->client = NULL;
	k->state = LINK_STREAMING;
	timer_free(k->limit); /* an idle connection keeps little */
	k->limit = NULL;
}

/* ---- dialling -------------------------------------------------------------
 */

enum { LOOP_REST_MS = 1000 };

/* What comes in next may be our own connection: nobody for a moment. */
static void link_is_loop(struct forward_link *k)
{
	struct forward *f = k->forward;
	struct err e;

	f->loop_by_ms = loop_now_ms(f->set->o.loop) + LOOP_REST_MS;
	(void)err_set(&e, -ELOOP, "it leads back to a forward of ours");
	link_fail(k, END_BACKEND_FAILED, &e);
}

static void on_dialled(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	struct forward_link *k = arg;

	k->dial = NULL;
	if (r < 0) {
		link_fail(k, end_of_dial(r, depth), e);
		return;
	}
	histogram_add(&k->forward->set->counts.connects,
			(double)(now_us() - k->dialled_us) / 1e6);
	if (forwards_own_peer(k->forward->set, stream_fd(s))) {
		stream_free(s);
		link_is_loop(k);
		return;
	}
	link_stream(k, s);
}

/* The announced port may be the one that we listen on. */
static bool plan_leads_back(const struct forwards *set, struct dial_plan *p)
{
	struct dial_layer *l = &p->layers[0];

	if (p->count == 0 || l->kind != DIAL_TCP)
		return false;
	if (l->tcp.other_host && forwards_own(set, l->tcp.other_host,
						 l->tcp.other_port)) {
		free(l->tcp.other_host);
		l->tcp.other_host = NULL;
	}
	return forwards_own(set, l->tcp.host, l->tcp.port);
}

static void link_dial(struct forward_link *k, struct dial_plan *plan)
{
	struct forwards *set = k->forward->set;
	struct err e;
	int r = dial_plan_drop_login(plan);

	if (r < 0) {
		(void)err_set(&e, r,
				"this console can only be had with a login of "
				"ours: `glassbridge vnc`, `spice` and `serial` "
				"open it, and forward --login");
		link_fail(k, END_NO_SUCH_CONSOLE, &e);
		return;
	}
	if (plan_leads_back(set, plan)) {
		link_is_loop(k);
		return;
	}
	plan->wait_ms = 0;
	k->state = LINK_DIALLING;
	k->dialled_us = now_us();
	r = dial_start(&k->dial, set->o.loop, plan, on_dialled, k);
	if (r < 0) {
		(void)err_set(&e, r, "no memory");
		link_fail(k, END_INTERNAL, &e);
	}
}

/* ---- planning -------------------------------------------------------------
 */

static struct forward_ask *ask_new(struct forward_link *k)
{
	struct forward_ask *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->set = k->forward->set;
	a->link = k;
	a->next = a->set->asks;
	if (a->next)
		a->next->prev = a;
	a->set->asks = a;
	k->ask = a;
	return a;
}

static void ask_free(struct forward_ask *a)
{
	if (a->prev)
		a->prev->next = a->next;
	else
		a->set->asks = a->next;
	if (a->next)
		a->next->prev = a->prev;
	free(a);
}

static void on_plan(
		void *arg, int r, struct dial_plan *plan, const struct err *e)
{
	struct forward_ask *a = arg;
	struct forward_link *k = a->link;

	ask_free(a);
	if (!k) {
		if (r == 0)
			dial_plan_done(plan);
		return;
	}
	k->ask = NULL;
	if (k->state == LINK_OVER) {
		if (r == 0)
			dial_plan_done(plan);
	} else if (r < 0) {
		link_fail(k, end_of_plan(r), e);
	} else {
		link_dial(k, plan);
		dial_plan_done(plan);
	}
}

static void on_limit(void *arg)
{
	struct forward_link *k = arg;
	struct err e;

	(void)err_set(&e, -ETIMEDOUT,
			k->state == LINK_PLANNING
					? "the hypervisor said no way to the "
					  "guest in time"
					: "the guest's port did not answer in "
					  "time");
	link_fail(k, END_BACKEND_TIMEOUT, &e);
}

static int link_plan(struct forward_link *k)
{
	static const struct spice_link nobody;
	const struct spice_wish wish = {.link = &nobody};
	struct forward *f = k->forward;
	const char *id;
	struct hypervisor *h = f->set->o.find(f->set->o.arg, f->guest, &id);
	struct forward_ask *a;
	struct err e;
	int r = timer_new(&k->limit, f->set->o.loop, on_limit, k);

	if (r < 0)
		return r;
	timer_set(k->limit, f->limits.connect_ms);
	if (!h) {
		(void)err_set(&e, -ENOENT, "there is no profile of it");
		link_fail(k, END_NO_SUCH_GUEST, &e);
		return 0;
	}
	a = ask_new(k);
	if (!a)
		return -ENOMEM;
	if (f->guest_port)
		hypervisor_reach(h, id, f->guest_port, on_plan, a);
	else if (f->kind == CONSOLE_SPICE)
		hypervisor_plan_spice(h, id, &wish, on_plan, a);
	else
		hypervisor_plan(h, id, f->kind, on_plan, a);
	return 0;
}

/* ---- with a login ---------------------------------------------------------
 */

static void on_session_end(void *arg, const struct session *s)
{
	struct forward_link *k = arg;

	k->state = LINK_OVER;
	k->word = s->word;
	(void)snprintf(k->detail, sizeof(k->detail), "%s", s->detail);
	/* the counters are the session's, which goes */
	k->own.up.bytes = s->counts.up.bytes;
	k->own.down.bytes = s->counts.down.bytes;
	k->counts = &k->own;
	link_end(k);
}

static int link_session(struct forward_link *k)
{
	const struct desk_console c = {.kind = k->forward->kind,
			.client = k->client,
			.end = on_session_end,
			.arg = k};
	int r;

	k->client = NULL;
	r = desk_open(k->forward->desk, &c, &k->session);
	if (r < 0)
		return r;
	k->state = LINK_SESSION;
	k->counts = &k->session->counts;
	return 0;
}

/* ---- the beginning --------------------------------------------------------
 */

static void link_from(struct forward_link *k, int fd)
{
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof(a);

	if (getpeername(fd, (struct sockaddr *)&a, &len) == 0 &&
			a.ss_family != AF_UNIX)
		address_text((struct sockaddr *)&a, len, k->from);
	else
		(void)snprintf(k->from, sizeof(k->from), "local");
}

/* Its place among the others; NULL without memory. */
static struct forward_link *link_new(struct forward *f, int fd)
{
	struct forward_link *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->forward = f;
	k->counts = &k->own;
	k->word = END_WORDS;
	k->begun_ms = loop_now_ms(f->set->o.loop);
	k->defer.fn = link_deferred;
	(void)snprintf(k->id, sizeof(k->id), "f%x", ++f->set->ids);
	link_from(k, fd);
	k->next = f->links;
	if (k->next)
		k->next->prev = k;
	f->links = k;
	f->live++;
	f->set->live++;
	return k;
}

void link_start(struct forward *f, int fd)
{
	struct stream *s = NULL;
	int r = fd_wrap(&s, fd);
	struct forward_link *k = r == 0 ? link_new(f, fd) : NULL;
	struct err e;

	f->set->counts.total++;
	if (!k) {
		stream_free(s);
		f->set->counts.ends[END_INTERNAL]++;
		return;
	}
	k->client = s;
	r = f->desk ? link_session(k) : link_plan(k);
	if (r < 0) {
		(void)err_set(&e, r, "%s", strerrordesc_np(-r));
		link_fail(k, END_INTERNAL, &e);
	}
}
