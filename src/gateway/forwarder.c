#include "gateway/forwarder.h"

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/follow.h"
#include "config/config.h"
#include "core/crypto.h"
#include "core/log.h"
#include "gateway/forwarder_internal.h"
#include "gateway/hypervisors.h"
#include "gateway/line.h"
#include "gateway/ports.h"
#include "relay/pump.h"

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

/* ---- those of a configuration ----------------------------------------------
 */

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
	const struct forwards_options limits = {
			.live_max = n->config->gateway.max_forwarded};
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
	forwards_limit(f->forwards, &limits); /* others are each forward's */
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
		if (!entry_known(t))
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
