#include "gateway/forwarder.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/door.h"
#include "bridge/follow.h"
#include "config/config.h"
#include "core/crypto.h"
#include "core/log.h"
#include "core/loop.h"
#include "gateway/hypervisors.h"
#include "gateway/line.h"
#include "gateway/ports.h"
#include "relay/pump.h"

/* One [[forwards]]. */
struct entry {
	struct entry *next;
	struct forwarder *of;
	char texts[FORWARD_HOSTS_MAX][INET6_ADDRSTRLEN];
	const char *hosts[FORWARD_HOSTS_MAX];
	size_t host_count;
	char guest[GUEST_ID_MAX]; /* with `all` its profile */
	uint16_t port, guest_port;
	enum console_kind kind;
	bool all;
	struct forward_limits limits;
	struct forward *forward; /* NULL: it is busy, or follows */
	struct follow *follow;
	bool told; /* that it is busy */
};

struct forwarder {
	const struct hypervisor_ops *const *providers;
	struct door_source source;
	int line;
	bool runs; /* there is a thread */
	pthread_t thread;
	struct loop *loop;
	/* the thread's */
	struct forwards *forwards;
	struct entry *entries;
	struct hypervisor **hypervisors;
	size_t hypervisor_count;
	struct hypervisor *retired;
	struct tick tick;
	bool serves, chosen; /* the supervisor knows what is needed */
	bool leaving;        /* ports are left to who comes next */
};

/* ---- calls to the thread --------------------------------------------------
 */

struct call {
	struct post post;
	struct forwarder *f;
	void (*fn)(struct forwarder *f, void *arg);
	void *arg;
	sem_t done;
};

static void call_run(void *arg)
{
	struct call *c = arg;

	c->fn(c->f, c->arg);
	(void)sem_post(&c->done);
}

/* Run it there, and wait; without a thread there is nothing to run it on. */
static void call(struct forwarder *f, void (*fn)(struct forwarder *, void *),
		void *arg)
{
	struct call c = {.f = f, .fn = fn, .arg = arg};

	if (!f || !f->runs || sem_init(&c.done, 0, 0) < 0)
		return;
	if (loop_post_own(f->loop, &c.post, call_run, &c) == 0)
		while (sem_wait(&c.done) < 0)
			;
	(void)sem_destroy(&c.done);
}

/* ---- ports ----------------------------------------------------------------
 */

static int source_open(void *arg, const char *host, uint16_t port,
		const char *name, bool why, int *ret_fd, struct err *e)
{
	const struct forwarder *f = arg;

	return ports_ask(f->line, host, port, name, why, ret_fd, e);
}

static void source_close(void *arg, const char *host, uint16_t port)
{
	const struct forwarder *f = arg;

	if (!f->leaving)
		ports_give_back(f->line, host, port);
}

/* ---- one of them ----------------------------------------------------------
 */

static void tell_ready(const char *guest, uint16_t guest_port,
		enum console_kind kind, const char *text)
{
	char port[16];

	(void)snprintf(port, sizeof(port), "%u", guest_port);
	log_info(NULL, "event=forward_ready listen=%s guest=%s port=%s", text,
			log_value(guest).text,
			guest_port ? port : console_kind_name(kind));
}

static void tell_busy(const char *guest, uint16_t port, const char *why)
{
	log_warn(NULL,
			"event=forward_busy listen=:%u guest=%s detail=%s "
			"hint=\"it is tried again every second\"",
			port, log_value(guest).text, log_value(why).text);
}

static void on_news(void *arg, const struct follow_news *n)
{
	const struct entry *t = arg;

	if (n->state == FOLLOW_READY)
		tell_ready(n->guest, n->guest_port, CONSOLE_VNC, n->text);
	else if (n->state == FOLLOW_BUSY)
		tell_busy(n->guest, n->port, n->why);
	else if (!t->of->leaving)
		log_info(NULL, "event=forward_closed listen=%s guest=%s",
				n->text, log_value(n->guest).text);
}

static void on_list(void *arg, int r, const struct err *e)
{
	const struct entry *t = arg;

	if (r < 0)
		log_warn(NULL,
				"event=forwards_unknown profile=%s detail=%s "
				"hint=\"it is asked again every second\"",
				t->guest, log_value(e->text).text);
	else
		log_info(NULL, "event=forwards_known profile=%s", t->guest);
}

static void entry_follow(struct entry *t)
{
	const struct follow_options o = {
			.loop = t->of->loop,
			.forwards = t->of->forwards,
			.profile = t->guest,
			.hosts = t->hosts,
			.host_count = t->host_count,
			.limits = t->limits,
			.news = on_news,
			.list = on_list,
			.arg = t,
	};

	(void)follow_new(&t->follow, &o);
}

static void entry_listen(struct entry *t)
{
	const struct forward_options o = {
			.hosts = t->hosts,
			.host_count = t->host_count,
			.port = t->port,
			.guest = t->guest,
			.guest_port = t->guest_port,
			.kind = t->kind,
			.limits = t->limits,
			.quiet = t->told,
	};
	struct err e;

	if (forward_open(&t->forward, t->of->forwards, &o, &e) == 0) {
		t->told = false;
		tell_ready(t->guest, t->guest_port, t->kind,
				forward_text(t->forward));
		return;
	}
	t->forward = NULL;
	if (!t->told)
		tell_busy(t->guest, t->port, e.text);
	t->told = true;
}

/* Is it open? Else once more. */
static void entry_open(struct entry *t)
{
	if (t->all && !t->follow)
		entry_follow(t);
	else if (!t->all && !t->forward)
		entry_listen(t);
}

static void entry_free(struct entry *t, bool gone)
{
	if (t->forward && !t->of->leaving)
		log_info(NULL, "event=forward_closed listen=%s guest=%s",
				forward_text(t->forward),
				log_value(t->guest).text);
	if (t->forward)
		forward_close(t->forward, END_KILLED);
	follow_free(t->follow, END_KILLED, gone);
	free(t);
}

/* ---- those of a configuration ----------------------------------------------
 */

static struct entry *entry_new(
		struct forwarder *f, const struct config_forward *c)
{
	struct entry *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->of = f;
	t->all = c->all;
	t->port = c->all ? 0 : (uint16_t)c->port;
	t->guest_port = (uint16_t)c->guest_port;
	t->kind = CONSOLE_VNC;
	if (c->kind)
		(void)console_kind_from(c->kind, &t->kind);
	(void)snprintf(t->guest, sizeof(t->guest), "%s",
			c->all ? c->profile : c->guest);
	for (size_t i = 0; i < c->listen.count; i++) {
		(void)snprintf(t->texts[i], sizeof(t->texts[i]), "%s",
				c->listen.items[i]);
		t->hosts[i] = t->texts[i];
	}
	t->host_count = c->listen.count;
	t->limits.connect_ms = c->connect_limit * 1000;
	t->limits.connections = c->connections;
	t->limits.idle_ms = c->idle_limit * 1000;
	return t;
}

/* All but the limits. */
static bool entry_same(const struct entry *a, const struct entry *b)
{
	return a->all == b->all && a->port == b->port &&
	       a->guest_port == b->guest_port && a->kind == b->kind &&
	       a->host_count == b->host_count &&
	       strcmp(a->guest, b->guest) == 0 &&
	       memcmp(a->texts, b->texts, sizeof(a->texts)) == 0;
}

static void entries_free(struct entry *all)
{
	struct entry *next;

	for (struct entry *t = all; t; t = next) {
		next = t->next;
		free(t);
	}
}

/* In their order; NULL without memory, or where there are none. */
static struct entry *entries_of(
		struct forwarder *f, const struct config *c, struct err *e)
{
	struct entry *all = NULL, **last = &all;

	for (size_t i = 0; i < c->forward_count; i++) {
		*last = entry_new(f, &c->forwards[i]);
		if (!*last) {
			entries_free(all);
			(void)err_set(e, -ENOMEM, "no memory");
			return NULL;
		}
		last = &(*last)->next;
	}
	return all;
}

/* The one that is the same, out of its list; NULL: there is none. */
static struct entry *entry_take(struct forwarder *f, const struct entry *like)
{
	for (struct entry **at = &f->entries; *at; at = &(*at)->next) {
		struct entry *t = *at;

		if (!entry_same(t, like))
			continue;
		*at = t->next;
		return t;
	}
	return NULL;
}

/* What was there goes on in the place of its copy. */
static void entries_keep(struct forwarder *f, struct entry **all)
{
	for (struct entry **at = all; *at; at = &(*at)->next) {
		struct entry *fresh = *at, *old = entry_take(f, fresh);

		if (!old)
			continue;
		old->limits = fresh->limits;
		if (old->forward)
			forward_limit(old->forward, &old->limits);
		if (old->follow)
			follow_limit(old->follow, &old->limits);
		old->next = fresh->next;
		*at = old;
		free(fresh);
	}
}

/* Is a forward through it? */
static bool is_wanted(const struct config *c, const struct config_profile *p)
{
	size_t len = strlen(p->name);

	for (size_t i = 0; i < c->forward_count; i++) {
		const struct config_forward *f = &c->forwards[i];

		if (f->all ? strcmp(f->profile, p->name) == 0
			   : strncmp(f->guest, p->name,
					     len) == 0 && f->guest[len] == '/')
			return true;
	}
	return false;
}

struct change {
	const struct config *config;
	int r;
	struct err *e;
};

static void configure(struct forwarder *f, void *arg)
{
	struct change *n = arg;
	struct hypervisor **all;
	struct entry *fresh, *gone;
	size_t count;

	if (f->leaving)
		return;
	n->r = hypervisors_open(&all, &count, f->loop, f->providers, n->config,
			is_wanted, n->e);
	if (n->r < 0)
		return;
	fresh = entries_of(f, n->config, n->e);
	if (!fresh && n->config->forward_count > 0) {
		hypervisors_close(all, count);
		n->r = -ENOMEM;
		return;
	}
	hypervisors_retire(&f->retired, f->hypervisors, f->hypervisor_count);
	f->hypervisors = all;
	f->hypervisor_count = count;
	entries_keep(f, &fresh);
	gone = f->entries;
	f->entries = fresh;
	for (struct entry *next; gone; gone = next) { /* their ports are free */
		next = gone->next;
		entry_free(gone, false);
	}
	for (struct entry *t = f->entries; t; t = t->next)
		entry_open(t);
}

/* ---- once a second ----------------------------------------------------------
 */

/* Has each said which ports it wants? */
static bool all_known(const struct forwarder *f)
{
	for (const struct entry *t = f->entries; t; t = t->next)
		if (t->follow ? !follow_knows(t->follow)
			      : !t->forward && !t->told)
			return false;
	return true;
}

static void choose(struct forwarder *f)
{
	if (f->chosen || !f->serves || !all_known(f))
		return;
	f->chosen = line_send(f->line, LINE_PORTS_CHOSEN, 0, -1) == 0;
}

static void on_tick(struct tick *t, uint64_t now)
{
	struct forwarder *f =
			(struct forwarder *)((char *)t -
					     offsetof(struct forwarder, tick));

	hypervisors_sweep(&f->retired);
	if (f->leaving)
		return;
	for (struct entry *n = f->entries; n; n = n->next)
		entry_open(n);
	choose(f);
}

/* ---- the thread -------------------------------------------------------------
 */

static struct hypervisor *find(
		void *arg, const char *guest, const char **ret_rest)
{
	const struct forwarder *f = arg;

	return hypervisors_find(
			f->hypervisors, f->hypervisor_count, guest, ret_rest);
}

static void *run(void *arg)
{
	struct forwarder *f = arg;

	(void)loop_run(f->loop);
	pump_pipes_drop();
	return NULL;
}

/* Ids of two workers are not the same: seven digits, beginning anywhere. */
static unsigned ids_begin(void)
{
	unsigned some;

	crypto_random(&some, sizeof(some));
	return 0x1000000 + some % 0xe000000;
}

static int begin(struct forwarder *f, struct err *e)
{
	struct forwards_options o = {
			.find = find,
			.arg = f,
			.source = &f->source,
			.ids = ids_begin(),
	};
	int r = loop_new(&f->loop);

	if (r == 0) {
		o.loop = f->loop;
		r = forwards_new(&f->forwards, &o);
	}
	if (r == 0) {
		tick_add(f->loop, &f->tick);
		r = -pthread_create(&f->thread, NULL, run, f);
	}
	f->runs = r == 0;
	if (r == 0)
		return 0;
	tick_remove(f->loop, &f->tick);
	forwards_free(f->forwards);
	f->forwards = NULL;
	if (f->loop)
		loop_free(f->loop);
	f->loop = NULL;
	return err_set(e, r, "cannot start a thread for forwards: %s",
			strerrordesc_np(-r));
}

static void end(struct forwarder *f, void *arg)
{
	struct entry *next;

	(void)arg;
	f->leaving = true;
	tick_remove(f->loop, &f->tick);
	while (f->retired) { /* who waits for an answer gets one */
		struct hypervisor *h = f->retired;

		f->retired = h->next;
		hypervisor_forsake(h, -ECANCELED, "the gateway ends");
	}
	for (size_t i = 0; i < f->hypervisor_count; i++)
		hypervisor_forsake(f->hypervisors[i], -ECANCELED,
				"the gateway ends");
	free(f->hypervisors);
	f->hypervisor_count = 0;
	for (struct entry *t = f->entries; t; t = next) {
		next = t->next;
		entry_free(t, true);
	}
	forwards_free(f->forwards);
	loop_stop(f->loop);
}

int forwarder_new(struct forwarder **ret_forwarder,
		const struct hypervisor_ops *const *providers, int line)
{
	struct forwarder *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->providers = providers;
	f->line = line;
	f->tick.fn = on_tick;
	f->source = (struct door_source){
			.open = source_open, .close = source_close, .arg = f};
	*ret_forwarder = f;
	return 0;
}

void forwarder_free(struct forwarder *f)
{
	if (!f)
		return;
	if (f->runs) {
		call(f, end, NULL);
		(void)pthread_join(f->thread, NULL);
		loop_free(f->loop);
	}
	free(f);
}

/* ---- the control loop's
 * ------------------------------------------------------ */

int forwarder_configure(
		struct forwarder *f, const struct config *c, struct err *e)
{
	struct change n = {.config = c, .e = e};

	if (!f->runs && c->forward_count == 0)
		return 0;
	if (!f->runs) {
		n.r = begin(f, e);
		if (n.r < 0)
			return n.r;
	}
	(void)line_send(f->line, LINE_PORTS_AGAIN, 0, -1);
	call(f, configure, &n);
	return n.r;
}

static void serve(struct forwarder *f, void *arg)
{
	(void)arg;
	f->serves = true;
	choose(f);
}

void forwarder_serves(struct forwarder *f)
{
	if (!f)
		return;
	if (f->runs)
		call(f, serve, NULL);
	else
		serve(f, NULL);
}

static void retire(struct forwarder *f, void *arg)
{
	const enum end_word *word = arg;

	f->leaving = true;
	forwards_shut(f->forwards);
	for (struct entry *t = f->entries; t; t = t->next)
		if (t->follow)
			follow_rest(t->follow);
	if (word)
		forwards_end(f->forwards, *word);
}

void forwarder_retire(struct forwarder *f)
{
	call(f, retire, NULL);
}

void forwarder_drain(struct forwarder *f, enum end_word word)
{
	call(f, retire, &word);
}

static void live(struct forwarder *f, void *arg)
{
	*(size_t *)arg = forwards_live(f->forwards);
}

size_t forwarder_live(struct forwarder *f)
{
	size_t n = 0;

	call(f, live, &n);
	return n;
}

static void count(struct forwarder *f, void *arg)
{
	forwards_count(f->forwards, arg);
}

void forwarder_count(struct forwarder *f, struct forward_counts *ret)
{
	*ret = (struct forward_counts){0};
	call(f, count, ret);
}

/* ---- who is connected
 * --------------------------------------------------------- */

struct rows {
	struct forwarder_row *items;
	size_t count, max;
	int r;
};

static void row_add(void *arg, const struct forward_connection *c)
{
	struct rows *all = arg;
	struct forwarder_row *to = &all->items[all->count];

	if (all->count == all->max)
		return;
	all->count++;
	(void)snprintf(to->id, sizeof(to->id), "%s", c->id);
	(void)snprintf(to->guest, sizeof(to->guest), "%s", c->guest);
	(void)snprintf(to->port, sizeof(to->port), "%s", c->port);
	(void)snprintf(to->listen, sizeof(to->listen), "%s", c->listen);
	(void)snprintf(to->from, sizeof(to->from), "%s", c->from);
	to->state = c->state;
	to->since = (int64_t)time(NULL) - (int64_t)(c->age_ms / 1000);
	to->up = c->up;
	to->down = c->down;
}

static void list(struct forwarder *f, void *arg)
{
	struct rows *all = arg;

	all->max = forwards_live(f->forwards);
	all->items = calloc(all->max + 1, sizeof(*all->items));
	if (!all->items)
		all->r = -ENOMEM;
	else
		forwards_each(f->forwards, row_add, all);
}

int forwarder_list(struct forwarder *f, struct forwarder_row **ret_rows,
		size_t *ret_count)
{
	struct rows all = {0};

	call(f, list, &all);
	if (all.r < 0)
		return all.r;
	*ret_rows = all.items;
	*ret_count = all.count;
	return 0;
}

struct one {
	const char *id;
	bool found;
};

static void end_one(struct forwarder *f, void *arg)
{
	struct one *o = arg;

	o->found = forwards_end_one(f->forwards, o->id, END_KILLED);
}

bool forwarder_end(struct forwarder *f, const char *id)
{
	struct one o = {.id = id};

	call(f, end_one, &o);
	return o.found;
}
