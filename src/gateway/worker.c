#include "gateway/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/auth.h"
#include "config/config.h"
#include "config/paths.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/secret.h"
#include "gateway/gateway.h"
#include "gateway/site.h"
#include "relay/pump.h"
#include "session/registry.h"

enum {
	ACCEPTS_A_TURN = 64,
	ACCEPT_PAUSE_MS = 200, /* while descriptors are short */
	DRAIN_LOOK_MS = 50,
	ORIGINS_MAX = 64,
	FDS_A_SESSION = 3, /* client, backend, and some of a pipe */
};

struct worker;

struct door {
	struct worker *worker;
	const struct listener *listener;
	struct watch *watch;
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
	struct door doors[LISTENERS_MAX];
	size_t door_count;
	struct data_loop data[GATEWAY_LOOPS_MAX];
	size_t data_count;
	struct loop_signal *signals[3];
	struct timer *accept_timer; /* doors are shut until it fires */
	struct timer *drain_timer;
	uint64_t drain_by_ms; /* 0: not draining */
	struct tick lonely;
	uint64_t company_ms; /* when there was a connection last */
	struct worker_links links;
	size_t links_owed;
	char origins[ORIGINS_MAX][LISTENER_TEXT_MAX];
	size_t origin_count;
	bool stuck; /* consoles were left when the time was up */
};

/* ---- accepting
 * ---------------------------------------------------------------- */

static void doors_open(struct worker *w, bool open)
{
	for (size_t i = 0; i < w->door_count; i++)
		(void)watch_set(w->doors[i].watch, open ? LOOP_READ : 0);
}

static void accept_again(void *arg)
{
	struct worker *w = arg;

	if (!w->drain_by_ms)
		doors_open(w, true);
}

static struct front *front_of_fewest(const struct worker *w)
{
	struct front *best = w->data[0].front;

	for (size_t i = 1; i < w->data_count; i++)
		if (front_load(w->data[i].front) < front_load(best))
			best = w->data[i].front;
	return best;
}

/* The control socket is for this user and for root. */
static bool peer_is_us(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static void door_knock(void *arg, int events)
{
	struct door *d = arg;
	struct worker *w = d->worker;
	const struct listener *l = d->listener;

	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(l->fd, NULL, NULL,
				SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE ||
					      errno == ENOMEM ||
					      errno == ENOBUFS)) {
			log_error(NULL, "event=accept_paused detail=%s",
					log_value(strerror(errno)).text);
			doors_open(w, false);
			timer_set(w->accept_timer, ACCEPT_PAUSE_MS);
			return;
		}
		if (fd < 0 && errno == EAGAIN)
			return;
		if (fd < 0)
			continue; /* that one has gone already */
		if (l->role == FRONT_CONTROL && !peer_is_us(fd))
			close(fd);
		else
			front_accept(front_of_fewest(w), fd, l->role,
					l->tls ? w->tls : NULL);
	}
}

static int doors_new(struct worker *w)
{
	int r = timer_new(&w->accept_timer, w->control, accept_again, w);

	for (size_t i = 0; r == 0 && i < w->o->listeners->count; i++) {
		struct door *d = &w->doors[i];

		d->worker = w;
		d->listener = &w->o->listeners->items[i];
		r = watch_new(&d->watch, w->control, d->listener->fd,
				door_knock, d);
		if (r == 0)
			w->door_count++;
	}
	return r;
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

	if (left > 0 && loop_now_ms(w->control) < w->drain_by_ms) {
		timer_set(w->drain_timer, DRAIN_LOOK_MS);
		return;
	}
	w->stuck = left > 0;
	log_info(NULL, "event=drained left=%zu", left);
	loop_stop(w->control);
}

static void worker_drain(struct worker *w)
{
	if (w->drain_by_ms) {
		loop_stop(w->control); /* asked twice: at once */
		w->stuck = true;
		return;
	}
	log_info(NULL, "event=draining sessions=%zu",
			registry_live(w->gateway->registry));
	w->drain_by_ms = loop_now_ms(w->control) + WORKER_DRAIN_MS;
	doors_open(w, false);
	gateway_drain(w->gateway, END_SHUTDOWN);
	for (size_t i = 0; i < w->data_count; i++)
		front_drain(w->data[i].front);
	timer_set(w->drain_timer, DRAIN_LOOK_MS);
}

static void worker_lonely(struct tick *t, uint64_t now)
{
	struct worker *w = (struct worker *)((char *)t -
					     offsetof(struct worker, lonely));

	if (worker_load(w) > 0)
		w->company_ms = now;
	else if (now > w->company_ms && now - w->company_ms >= w->o->lonely_ms)
		worker_drain(w);
}

/* ---- the configuration, again
 * ---------------------------------------------------- */

static int worker_site(struct worker *w, const struct config *c,
		struct site **ret_site, struct err *e)
{
	const char *own[ORIGINS_MAX];

	for (size_t i = 0; i < w->origin_count; i++)
		own[i] = w->origins[i];
	return site_new(ret_site, c, own, w->origin_count, e);
}

static int worker_reload(void *arg, struct config **ret_config, struct err *e)
{
	struct worker *w = arg;
	struct site *sites[GATEWAY_LOOPS_MAX] = {0};
	struct config *c;
	int r = w->o->reload ? w->o->reload(w->o->arg, &c, e)
			     : err_set(e, -ENOTSUP,
					       "there is no file to read "
					       "again");

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < w->data_count; i++)
		r = worker_site(w, c, &sites[i], e);
	if (r < 0) {
		for (size_t i = 0; i < w->data_count; i++)
			site_free(sites[i]);
		config_free(c);
		return r;
	}
	for (size_t i = 0; i < w->data_count; i++)
		front_site(w->data[i].front, sites[i]);
	*ret_config = c;
	return 0;
}

static void worker_hup(struct worker *w)
{
	struct config *c;
	struct err e;
	int r = worker_reload(w, &c, &e);

	if (r == 0) {
		r = gateway_configure(w->gateway, c, &e);
		if (r < 0)
			config_free(c);
	}
	if (r < 0)
		log_error(NULL, "event=reload_failed detail=%s",
				log_value(e.text).text);
	else
		log_info(NULL, "event=reloaded");
}

static void worker_signal(void *arg, int signum)
{
	if (signum == SIGHUP)
		worker_hup(arg);
	else
		worker_drain(arg);
}

/* ---- names and certificate
 * -------------------------------------------------------- */

static void origin_add(
		struct worker *w, const struct listener *l, const char *host)
{
	if (w->origin_count < ORIGINS_MAX)
		(void)snprintf(w->origins[w->origin_count++], LISTENER_TEXT_MAX,
				"%s://%s:%u", l->tls ? "https" : "http", host,
				(unsigned)l->port);
}

/* Every name under which a listener may rightly be asked for. */
static void origins_of(struct worker *w, const struct listener *l)
{
	static const char *const loopback[] = {
			"127.0.0.1", "localhost", "[::1]"};
	char hosts[ORIGINS_MAX][64], name[64];
	size_t n = listener_hosts(l, hosts, ORIGINS_MAX);
	bool any = strcmp(l->host, "0.0.0.0") == 0 ||
		   strcmp(l->host, "::") == 0;

	for (size_t i = 0; i < n; i++)
		origin_add(w, l, hosts[i]);
	for (size_t i = 0; (any || l->local) && i < 3; i++)
		origin_add(w, l, loopback[i]);
	if (any && gethostname(name, sizeof(name)) == 0)
		origin_add(w, l, name);
}

static int worker_tls(struct worker *w, struct err *e)
{
	const struct config_gateway *g = &w->o->config->gateway;
	const char *names[ORIGINS_MAX];
	char hosts[ORIGINS_MAX][64], state[4096];
	size_t count = 0, n = 0;
	bool wanted = false;
	int r;

	for (size_t i = 0; i < w->o->listeners->count; i++) {
		const struct listener *l = &w->o->listeners->items[i];

		wanted |= l->tls;
		if (l->tls)
			n += listener_hosts(l, hosts + n, ORIGINS_MAX - n);
	}
	if (!wanted)
		return 0;
	if (g->tls_cert)
		return tls_server_context(&w->tls, g->tls_cert, g->tls_key, e);
	for (size_t i = 0; i < n; i++) {
		if (hosts[i][0] == '[') { /* names have no brackets */
			memmove(hosts[i], hosts[i] + 1, strlen(hosts[i]));
			hosts[i][strcspn(hosts[i], "]")] = '\0';
		}
		names[count++] = hosts[i];
	}
	if (g->public_url.count > 0 && count < ORIGINS_MAX)
		names[count++] = g->public_url.items[0].host;
	if (count < ORIGINS_MAX)
		names[count++] = "localhost";
	w->self_made = true;
	r = paths_state(state, sizeof(state), e);
	return r < 0 ? r
		     : tls_server_context_self(&w->tls, state, names, count, e);
}

/* ---- the owner's way in
 * -------------------------------------------------------------- */

static void links_ready(struct worker *w)
{
	if (w->o->ready)
		w->o->ready(w->o->arg, &w->links);
	secret_wipe(&w->links, sizeof(w->links));
}

static void link_made(void *arg, int r, const struct secret *code)
{
	struct worker *w = arg;
	size_t at = w->links.count - w->links_owed;

	if (r == 0)
		(void)snprintf(w->links.items[at].code,
				sizeof(w->links.items[at].code), "%s",
				code->data);
	if (--w->links_owed == 0)
		links_ready(w);
}

static void link_add(struct worker *w, bool tls, const char *base)
{
	struct worker_link *l;

	if (w->links.count == LISTENERS_MAX)
		return;
	l = &w->links.items[w->links.count++];
	(void)snprintf(l->base, sizeof(l->base), "%s", base);
	l->tls = tls;
}

/* public_url alone where it is set; else every address that is reachable. */
static void links_list(struct worker *w)
{
	const struct config_gateway *g = &w->gateway->config->gateway;
	char hosts[8][64], base[LISTENER_TEXT_MAX];

	if (g->public_url.count > 0) {
		link_add(w, strcmp(g->public_url.items[0].scheme, "https") == 0,
				w->gateway->base_url);
		return;
	}
	for (size_t i = 0; i < w->o->listeners->count; i++) {
		const struct listener *l = &w->o->listeners->items[i];
		size_t n = l->role == FRONT_WEB ? listener_hosts(l, hosts, 8)
						: 0;

		for (size_t k = 0; k < n; k++) {
			(void)snprintf(base, sizeof(base), "%s://%s:%u",
					l->tls ? "https" : "http", hosts[k],
					(unsigned)l->port);
			link_add(w, l->tls, base);
		}
	}
}

static void links_make(struct worker *w)
{
	struct principal owner;
	uint8_t fingerprint[SHA256_LEN];

	links_list(w);
	w->links.self_made = w->self_made;
	if (w->tls) {
		tls_context_fingerprint(w->tls, fingerprint);
		tls_fingerprint_text(fingerprint, w->links.fingerprint);
	}
	auth_owner(&owner, AUTH_LINK, "owner");
	w->links_owed = w->links.count;
	if (w->links.count == 0)
		links_ready(w);
	for (size_t i = 0, n = w->links.count; i < n; i++)
		auth_link_new(w->gateway->auth, &owner, AUTH_LINK_MS, link_made,
				w);
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

/* As many descriptors as we may have; fewer sessions where they do not do. */
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
	log_warn(NULL,
			"event=limit_lowered max_sessions=%u was=%u "
			"detail=\"the limit on open files (%llu) allows no "
			"more; raise LimitNOFILE or ulimit -n\"",
			most, c->gateway.max_sessions,
			(unsigned long long)fds.rlim_cur);
	c->gateway.max_sessions = most;
}

static void base_url(const struct worker *w, char *ret, size_t ret_max)
{
	const struct config_gateway *g = &w->o->config->gateway;

	if (g->public_url.count > 0)
		(void)url_format(&g->public_url.items[0], ret, ret_max);
	else
		(void)snprintf(ret, ret_max, "%s",
				w->origin_count ? w->origins[0] : "");
}

static int worker_start(struct worker *w, struct err *e)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	struct gateway_options go = {.providers = w->o->providers,
			.reload = worker_reload,
			.reload_arg = w};
	char base[URL_MAX];
	int r;

	for (size_t i = 0; i < w->o->listeners->count; i++)
		if (w->o->listeners->items[i].role == FRONT_WEB)
			origins_of(w, &w->o->listeners->items[i]);
	limits_raise(w->o->config);
	base_url(w, base, sizeof(base));
	go.base_url = base;
	r = worker_tls(w, e);
	if (r == 0) {
		go.config = w->o->config;
		r = gateway_new(&w->gateway, w->control, &go, e);
	}
	if (r < 0) {
		config_free(w->o->config);
		return r;
	}
	for (size_t n = data_loops_wanted(w->gateway->config);
			r == 0 && w->data_count < n;)
		r = data_new(w, &w->data[w->data_count++], e);
	if (r < 0)
		return r;
	r = doors_new(w);
	for (size_t i = 0; r == 0 && i < 3; i++)
		r = loop_signal_new(&w->signals[i], w->control, signals[i],
				worker_signal, w);
	if (r == 0)
		r = timer_new(&w->drain_timer, w->control, drain_look, w);
	if (r < 0)
		return err_set(e, r, "cannot start: %s", strerror(-r));
	if (w->o->lonely_ms) {
		w->company_ms = loop_now_ms(w->control) + WORKER_FIRST_MS;
		w->lonely.fn = worker_lonely;
		tick_add(w->control, &w->lonely);
	}
	doors_open(w, true);
	links_make(w);
	return 0;
}

static void worker_end(struct worker *w)
{
	tick_remove(w->control, &w->lonely);
	for (size_t i = 0; i < w->door_count; i++)
		watch_free(w->doors[i].watch);
	timer_free(w->accept_timer);
	timer_free(w->drain_timer);
	for (size_t i = 0; i < 3; i++)
		if (w->signals[i])
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
		listeners_close((struct listeners *)o->listeners);
		_exit(0);
	}
	worker_end(w);
	free(w);
	return r;
}
