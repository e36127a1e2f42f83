#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "config/config.h"
#include "core/log.h"
#include "gateway/forwarder.h"
#include "gateway/front.h"
#include "gateway/gateway.h"
#include "gateway/inherit.h"
#include "gateway/site.h"
#include "gateway/worker_internal.h"
#include "proto/url.h"

enum {
	FDS_SPARE = 200, /* listeners, the store, calls to hypervisors ... */
	/* Client and backend; a serial line that is shared has a pair between
	 * them. A pipe of the fast path is done without where there is none. */
	FDS_A_WIRE = 4,
	FDS_A_FORWARD = 2, /* of a connection of one */
};

int worker_site(struct worker *w, const struct config *c,
		struct site **ret_site, struct err *e)
{
	const char *own[NAMES_MAX];

	for (size_t i = 0; i < w->names.count; i++)
		own[i] = w->names.origins[i];
	return site_new(ret_site, c, own, w->names.count, e);
}

/* What forwards would have, if they all were full, and that no more than half:
 * of one that follows a profile nobody knows. */
static rlim_t forwards_fds(struct config *c, rlim_t all)
{
	rlim_t listeners = 0, wanted = 0;

	for (size_t i = 0; i < c->forward_count; i++) {
		const struct config_forward *f = &c->forwards[i];

		listeners += f->all ? INHERIT_PORTS_MAX : f->listen.count + 2;
		wanted += f->all ? all : FDS_A_FORWARD * f->connections;
	}
	if (c->forward_count == 0)
		return 0;
	if (listeners > all / 4)
		listeners = all / 4;
	if (wanted > all / 2 - listeners)
		wanted = all / 2 - listeners;
	c->gateway.max_forwarded = 1 + (unsigned)(wanted / FDS_A_FORWARD);
	return listeners + wanted;
}

void worker_limits(struct config *c)
{
	struct rlimit fds;
	rlim_t left;
	unsigned most;

	if (getrlimit(RLIMIT_NOFILE, &fds) < 0)
		return;
	fds.rlim_cur = fds.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &fds);
	left = fds.rlim_cur > FDS_SPARE ? fds.rlim_cur - FDS_SPARE : 0;
	left -= forwards_fds(c, left);
	most = left > FDS_A_WIRE ? (unsigned)(left / FDS_A_WIRE) : 1;
	c->gateway.max_wires = most; /* a session may have several */
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
	worker_limits(n->config);
	names_base(&w->names, &n->config->gateway, n->base, sizeof(n->base));
	n->listen_stays = listen_stays(&w->gateway->config->gateway.listen,
			&n->config->gateway.listen);
	return 0;
}

/* Without memory the old ones stay; all else stands. */
static void change_forwards(struct worker *w, const struct config *c)
{
	struct err e;

	if (w->forwarder && forwarder_configure(w->forwarder, c, &e) < 0)
		log_error(NULL, "event=forwards_stay detail=%s",
				log_value(e.text).text);
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
	change_forwards(w, n->config);
	log_info(NULL, "event=reloaded file=%s",
			log_value(n->config->file ? n->config->file : "-")
					.text);
	if (n->listen_stays)
		log_warn(NULL, "event=listen_stays detail=\"other addresses to "
			       "listen on take a restart\"");
}

int worker_reload(void *arg, struct err *e)
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
