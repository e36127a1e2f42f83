#include "gateway/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth.h"
#include "config/config.h"
#include "config/paths.h"
#include "core/log.h"
#include "core/loop.h"
#include "gateway/doors.h"
#include "gateway/forwarder.h"
#include "gateway/gateway.h"
#include "gateway/line.h"
#include "gateway/routes.h"
#include "gateway/sandbox.h"
#include "gateway/siblings.h"
#include "gateway/site.h"
#include "gateway/worker_internal.h"
#include "relay/pump.h"
#include "session/registry.h"

enum {
	DRAIN_LOOK_MS = 50,
	RETIRE_LOOK_MS = 500,
};

/* ---- accepting
 * ---------------------------------------------------------------- */

static struct front *front_of_fewest(const struct worker *w)
{
	struct front *best = w->data[0].front;

	for (size_t i = 1; i < w->data_count; i++)
		if (front_load(w->data[i].front) < front_load(best))
			best = w->data[i].front;
	return best;
}

static void worker_accept(void *arg, int fd, const struct listener *l)
{
	struct worker *w = arg;

	front_accept(front_of_fewest(w), fd, l->role, l->tls ? w->tls : NULL);
}

/* ---- ending
 * --------------------------------------------------------------------- */

static size_t worker_load(const struct worker *w)
{
	size_t load = 0;

	for (size_t i = 0; i < w->data_count; i++)
		load += front_load(w->data[i].front);
	return load;
}

static void drain_look(void *arg)
{
	struct worker *w = arg;
	size_t left = registry_live(w->gateway->registry) + worker_load(w) +
		      forwarder_live(w->forwarder);
	bool late = w->drain_by_ms > 0 &&
		    loop_now_ms(w->control) >= w->drain_by_ms;

	if (left > 0 && !late) {
		timer_set(w->drain_timer, w->drain_by_ms ? DRAIN_LOOK_MS
							 : RETIRE_LOOK_MS);
		return;
	}
	w->stuck = left > 0;
	log_info(NULL, "event=drained left=%zu", left);
	loop_stop(w->control);
}

/* End all, by their words, within the limit; 0: at once. */
static void worker_drain(struct worker *w, uint64_t limit_ms)
{
	if (limit_ms == 0) {
		loop_stop(w->control);
		w->stuck = true;
	}
	if (w->drain_by_ms)
		return;
	log_info(NULL, "event=draining sessions=%zu",
			registry_live(w->gateway->registry));
	w->drain_by_ms = loop_now_ms(w->control) + limit_ms;
	doors_free(w->doors);
	w->doors = NULL;
	listeners_close(w->o->listeners, w->o->line < 0);
	gateway_drain(w->gateway, END_SHUTDOWN);
	forwarder_drain(w->forwarder, END_SHUTDOWN);
	for (size_t i = 0; i < w->data_count; i++)
		front_drain(w->data[i].front);
	timer_set(w->drain_timer, DRAIN_LOOK_MS);
}

/* Another worker serves now: consoles live on here, requests are finished. */
static void worker_retire(struct worker *w)
{
	if (w->retiring || w->drain_by_ms)
		return;
	log_info(NULL, "event=retiring sessions=%zu",
			registry_live(w->gateway->registry));
	w->retiring = true;
	doors_free(w->doors);
	w->doors = NULL;
	listeners_close(w->o->listeners, false);
	forwarder_retire(w->forwarder);
	for (size_t i = 0; i < w->data_count; i++)
		front_retire(w->data[i].front);
	timer_set(w->drain_timer, RETIRE_LOOK_MS);
}

static void worker_lonely(struct tick *t, uint64_t now)
{
	struct worker *w = (struct worker *)((char *)t -
					     offsetof(struct worker, lonely));

	if (worker_load(w) > 0)
		w->company_ms = now;
	else if (now > w->company_ms && now - w->company_ms >= w->o->lonely_ms)
		worker_drain(w, WORKER_DRAIN_MS);
}

/* ---- who tells it what to do
 * ---------------------------------------------------------- */

static void worker_signal(void *arg, int signum)
{
	struct worker *w = arg;

	struct err e;

	if (signum == SIGHUP)
		(void)worker_reload(w, &e);
	else /* asked twice: at once */
		worker_drain(w, w->drain_by_ms ? 0 : WORKER_DRAIN_MS);
}

/* Returns whether the descriptor that came along has been taken. */
static bool worker_told(struct worker *w, const struct line_message *m, int fd)
{
	struct siblings *siblings = w->gateway->siblings;
	struct err e;

	switch (m->kind) {
	case LINE_RELOAD:
		(void)line_send(w->o->line, LINE_RELOADED, worker_reload(w, &e),
				-1);
		break;
	case LINE_DRAIN:
		worker_drain(w, m->value > 0 ? (uint64_t)m->value : 0);
		break;
	case LINE_RETIRE:
		worker_retire(w);
		break;
	case LINE_HOST:
		if (fd >= 0)
			siblings_host(siblings, fd, api_sessions_answer,
					w->gateway);
		return true;
	case LINE_ASK:
		if (fd >= 0)
			siblings_add(siblings, fd);
		return true;
	}
	return false;
}

static void worker_heard(void *arg, int events)
{
	struct worker *w = arg;
	struct line_message m;
	int fd, r;

	while ((r = line_receive(w->o->line, &m, &fd)) > 0)
		if (!worker_told(w, &m, fd) && fd >= 0)
			close(fd);
	if (r == -EAGAIN)
		return;
	(void)watch_set(w->line, 0);
	log_warn(NULL, "event=supervisor_gone");
	worker_drain(w, WORKER_DRAIN_MS);
}

/* A supervisor hears the signals and speaks for all; a terminal's Ctrl+C comes
 * to the whole group. */
static int worker_listen(struct worker *w)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	int r = 0;

	(void)signal(SIGPIPE, SIG_IGN);
	if (w->o->line >= 0) {
		for (size_t i = 0; i < 3; i++)
			(void)signal(signals[i], SIG_IGN);
		(void)signal(SIGUSR2, SIG_IGN);
		r = watch_new(&w->line, w->control, w->o->line, worker_heard,
				w);
		return r < 0 ? r : watch_set(w->line, LOOP_READ);
	}
	for (size_t i = 0; r == 0 && i < 3; i++)
		r = loop_signal_new(&w->signals[i], w->control, signals[i],
				worker_signal, w);
	return r;
}

static void worker_ready(void *arg, const struct worker_links *links)
{
	struct worker *w = arg;

	if (w->o->ready)
		w->o->ready(w->o->arg, links);
	if (w->o->line >= 0)
		(void)line_send(w->o->line, LINE_READY, 0, -1);
	forwarder_serves(w->forwarder);
}

/* ---- loops
 * ----------------------------------------------------------------------------
 */

static void *data_run(void *arg)
{
	struct data_loop *d = arg;

	(void)loop_run(d->loop);
	pump_pipes_drop();
	return NULL;
}

static void data_stop(void *arg)
{
	loop_stop(arg);
}

static size_t data_loops_wanted(const struct config *c)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = c->gateway.workers;

	if (n == 0)
		n = cores > 0 ? (size_t)cores : 1;
	return n < GATEWAY_LOOPS_MAX ? n : GATEWAY_LOOPS_MAX;
}

static int data_new(struct worker *w, struct data_loop *d, struct err *e)
{
	struct site *site;
	int r = worker_site(w, w->gateway->config, &site, e);

	if (r < 0)
		return r;
	r = loop_new(&d->loop);
	if (r == 0)
		r = front_new(&d->front, d->loop, w->gateway, site);
	if (r < 0) {
		site_free(site);
		return err_set(e, r, "cannot start a loop: %s", strerror(-r));
	}
	r = pthread_create(&d->thread, NULL, data_run, d);
	if (r != 0)
		return err_set(e, -r, "cannot start a thread: %s", strerror(r));
	d->runs = true;
	w->gateway->fronts[w->gateway->front_count++] = d->front;
	return 0;
}

static void data_free(struct data_loop *d)
{
	if (d->runs && loop_post(d->loop, data_stop, d->loop) == 0)
		(void)pthread_join(d->thread, NULL);
	front_free(d->front);
	if (d->loop)
		loop_free(d->loop);
}

/* ---- life
 * -------------------------------------------------------------------------------
 */

/* What takes rights, then without them: no thread but this one runs yet. */
static int worker_settle(struct worker *w, struct err *e)
{
	struct config *c = w->o->config;
	char state[4096];
	int r = names_tls(w->o->listeners, &c->gateway, &w->tls, &w->self_made,
			e);
	bool writes = c->gateway.store_kind == CONFIG_STORE_SQLITE;

	if (r == 0 && w->o->sandbox && writes)
		r = paths_state(state, sizeof(state), e);
	if (r == 0 && w->o->sandbox)
		r = sandbox_enter(c, writes ? state : NULL, e);
	return r;
}

static int worker_open(struct worker *w, struct err *e)
{
	struct gateway_options go = {.config = w->o->config,
			.providers = w->o->providers,
			.reload = worker_reload,
			.reload_arg = w};
	char base[URL_MAX];
	int r;

	names_of(&w->names, w->o->listeners);
	worker_limits(w->o->config);
	r = worker_settle(w, e);
	if (r < 0) {
		config_free(w->o->config);
		return r;
	}
	names_base(&w->names, &go.config->gateway, base, sizeof(base));
	go.base_url = base;
	r = gateway_new(&w->gateway, w->control, &go, e);
	if (r < 0)
		config_free(w->o->config);
	return r;
}

/* Private, it binds nothing but its one port. */
static int worker_forwards(struct worker *w, struct err *e)
{
	int r;

	if (w->o->line < 0)
		return 0;
	r = forwarder_new(&w->forwarder, w->o->providers, w->o->line);
	if (r < 0)
		return err_set(e, r, "cannot start: %s", strerror(-r));
	w->gateway->forwarder = w->forwarder;
	return forwarder_configure(w->forwarder, w->gateway->config, e);
}

static int worker_start(struct worker *w, struct err *e)
{
	int r = worker_open(w, e);

	if (r == 0)
		r = worker_forwards(w, e);
	if (r < 0)
		return r;
	for (size_t n = data_loops_wanted(w->gateway->config);
			r == 0 && w->data_count < n;)
		r = data_new(w, &w->data[w->data_count++], e);
	if (r < 0)
		return r;
	r = doors_new(&w->doors, w->control, w->o->listeners, worker_accept, w);
	if (r == 0)
		r = timer_new(&w->drain_timer, w->control, drain_look, w);
	if (r == 0)
		r = worker_listen(w);
	if (r < 0)
		return err_set(e, r, "cannot start: %s", strerror(-r));
	if (w->o->lonely_ms) {
		w->company_ms = loop_now_ms(w->control) + WORKER_FIRST_MS;
		w->lonely.fn = worker_lonely;
		tick_add(w->control, &w->lonely);
	}
	doors_open(w->doors);
	links_make(&w->links, w->gateway, w->o->listeners,
			w->self_made ? w->tls : NULL, worker_ready, w);
	return 0;
}

static void worker_end(struct worker *w)
{
	tick_remove(w->control, &w->lonely);
	doors_free(w->doors);
	watch_free(w->line);
	timer_free(w->drain_timer);
	for (size_t i = 0; i < 3; i++)
		loop_signal_free(w->signals[i]);
	for (size_t i = 0; i < w->data_count; i++)
		data_free(&w->data[i]);
	forwarder_free(w->forwarder);
	gateway_free(w->gateway);
	if (w->tls)
		tls_context_unref(w->tls);
	loop_free(w->control);
}

int worker_run(const struct worker_options *o, struct err *e)
{
	struct worker *w = calloc(1, sizeof(*w));
	int r = w ? loop_new(&w->control) : -ENOMEM;

	if (r < 0) {
		free(w);
		config_free(o->config);
		return err_set(e, r, "cannot start: %s", strerror(-r));
	}
	w->o = o;
	r = worker_start(w, e);
	if (r == 0)
		r = loop_run(w->control);
	if (w->stuck) { /* their threads hold what would be freed */
		listeners_close(o->listeners, o->line < 0);
		_exit(0);
	}
	worker_end(w);
	free(w);
	return r;
}
