#include "gateway/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "auth/auth.h"
#include "config/config.h"
#include "config/paths.h"
#include "core/log.h"
#include "core/loop.h"
#include "gateway/doors.h"
#include "gateway/gateway.h"
#include "gateway/line.h"
#include "gateway/names.h"
#include "gateway/routes.h"
#include "gateway/sandbox.h"
#include "gateway/siblings.h"
#include "gateway/site.h"
#include "relay/pump.h"
#include "session/registry.h"

enum {
	DRAIN_LOOK_MS = 50,
	RETIRE_LOOK_MS = 500,
	FDS_A_SESSION = 3, /* client, backend, and some of a pipe */
};

struct data_loop {
	struct loop *loop;
	struct front *front;
	pthread_t thread;
	bool runs;
};

struct worker {
	const struct worker_options *o;
	struct loop *control;
	struct gateway *gateway;
	struct tls_context *tls;
	bool self_made;
	struct doors *doors; /* NULL once nobody is let in any more */
	struct data_loop data[GATEWAY_LOOPS_MAX];
	size_t data_count;
	struct loop_signal *signals[3];
	struct watch *line; /* to the supervisor */
	struct timer *drain_timer;
	uint64_t drain_by_ms; /* 0: not draining */
	bool retiring;        /* it ends with its last console */
	struct tick lonely;
	uint64_t company_ms; /* when there was a connection last */
	struct links links;
	struct names names;
	bool stuck; /* consoles were left when the time was up */
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
	size_t left = registry_live(w->gateway->registry) + worker_load(w);
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

/* ---- the configuration, again
 * ---------------------------------------------------- */

static int worker_site(struct worker *w, const struct config *c,
		struct site **ret_site, struct err *e)
{
	const char *own[NAMES_MAX];

	for (size_t i = 0; i < w->names.count; i++)
		own[i] = w->names.origins[i];
	return site_new(ret_site, c, own, w->names.count, e);
}

/* As many descriptors as we may have; fewer sessions where they do not do:
 * told loudly only to who asked for more. */
static void limits_raise(struct config *c)
{
	struct rlimit fds;
	unsigned most;

	if (getrlimit(RLIMIT_NOFILE, &fds) < 0)
		return;
	fds.rlim_cur = fds.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &fds);
	most = (unsigned)((fds.rlim_cur > 200 ? fds.rlim_cur - 200 : 1) /
			  FDS_A_SESSION);
	if (c->gateway.max_sessions <= most)
		return;
	if (c->gateway.sessions_by_default)
		log_info(NULL, "event=limit max_sessions=%u open_files=%llu",
				most, (unsigned long long)fds.rlim_cur);
	else
		log_warn(NULL,
				"event=limit_lowered max_sessions=%u was=%u "
				"detail=\"the limit on open files (%llu) "
				"allows no more; raise LimitNOFILE or ulimit "
				"-n\"",
				most, c->gateway.max_sessions,
				(unsigned long long)fds.rlim_cur);
	c->gateway.max_sessions = most;
}

/* The supervisor opened the listeners, once: do others wait for a restart? */
static bool listen_stays(const struct config_addresses *was,
		const struct config_addresses *is)
{
	char old[ADDRESS_HOST_MAX + 16], new[ADDRESS_HOST_MAX + 16];
	bool same = was->count == is->count;

	for (size_t i = 0; same && i < is->count; i++) {
		(void)address_format(&was->items[i], old, sizeof(old));
		(void)address_format(&is->items[i], new, sizeof(new));
		same = strcmp(old, new) == 0;
	}
	return !same;
}

/* A renewed certificate; the self-made one stays. NULL: as it was. */
static int worker_certificate(struct worker *w, const struct config *c,
		struct tls_context **ret_tls, struct err *e)
{
	bool self_made;

	*ret_tls = NULL;
	if (!w->tls || !c->gateway.tls_cert)
		return 0;
	return names_tls(w->o->listeners, &c->gateway, ret_tls, &self_made, e);
}

/* All that another configuration brings, made before any of it stands. */
struct change {
	struct config *config;
	struct tls_context *tls; /* NULL: as it was */
	struct site *sites[GATEWAY_LOOPS_MAX];
	char base[URL_MAX];
	bool listen_stays;
};

/* Of one that did not come to stand; from half-built too. */
static void change_done(struct change *n)
{
	for (size_t i = 0; i < GATEWAY_LOOPS_MAX; i++)
		site_free(n->sites[i]);
	if (n->tls)
		tls_context_unref(n->tls);
	config_free(n->config);
}

static int change_make(struct worker *w, struct change *n, struct err *e)
{
	int r = w->o->reload(w->o->arg, &n->config, e);

	if (r == 0)
		r = worker_certificate(w, n->config, &n->tls, e);
	for (size_t i = 0; r == 0 && i < w->data_count; i++)
		r = worker_site(w, n->config, &n->sites[i], e);
	if (r < 0)
		return r;
	limits_raise(n->config);
	names_base(&w->names, &n->config->gateway, n->base, sizeof(n->base));
	n->listen_stays = listen_stays(&w->gateway->config->gateway.listen,
			&n->config->gateway.listen);
	return 0;
}

/* Nothing fails any more. */
static void change_stands(struct worker *w, struct change *n)
{
	if (n->tls) {
		tls_context_unref(w->tls);
		w->tls = n->tls;
	}
	for (size_t i = 0; i < w->data_count; i++)
		front_site(w->data[i].front, n->sites[i]);
	log_info(NULL, "event=reloaded file=%s",
			log_value(n->config->file ? n->config->file : "-")
					.text);
	if (n->listen_stays)
		log_warn(NULL, "event=listen_stays detail=\"other addresses to "
			       "listen on take a restart\"");
}

static int worker_reload(void *arg, struct err *e)
{
	struct worker *w = arg;
	struct change n = {0};
	int r = change_make(w, &n, e);

	if (r == 0)
		r = gateway_configure(w->gateway, n.config, n.base, e);
	if (r == 0) {
		change_stands(w, &n);
		return 0;
	}
	log_error(NULL,
			"event=reload_failed detail=%s "
			"hint=\"the old configuration stands\"",
			log_value(e->text).text);
	change_done(&n);
	return r;
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
	limits_raise(w->o->config);
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

static int worker_start(struct worker *w, struct err *e)
{
	int r = worker_open(w, e);

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
