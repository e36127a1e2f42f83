#include "gateway/gateway.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "config/config.h"
#include "core/crypto.h"
#include "core/log.h"
#include "core/loop.h"
#include "gateway/hypervisors.h"
#include "gateway/jobs.h"
#include "gateway/payload_door.h"
#include "gateway/peers.h"
#include "gateway/people.h"
#include "gateway/realms.h"
#include "gateway/siblings.h"
#include "relay/relay.h"
#include "session/console.h"
#include "session/planner.h"
#include "session/registry.h"
#include "session/warm.h"
#include "store/store.h"

int gateway_can(const struct config *c, struct err *e)
{
	if (c->gateway.store_kind == CONFIG_STORE_MEMORY)
		return peers_can_trust(&c->gateway.trusted_proxies, e);
	return err_set(e, -ENOTSUP,
			"store = \"%s\": this build keeps sign-ins and codes "
			"in memory only; write store = \"memory\"",
			c->gateway.store_kind == CONFIG_STORE_SQLITE ? "sqlite"
								     : "redis");
}

static void retired_sweep(struct tick *t, uint64_t now)
{
	struct gateway *g = (struct gateway *)((char *)t -
					       offsetof(struct gateway, tick));

	hypervisors_sweep(&g->retired);
}

/* Some keep connections ready (R52). */
static void warm_them(struct warm *w, const struct config *c,
		struct hypervisor *const *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct config_profile *p =
				config_profile(c, all[i]->profile);
		const struct warm_source source = {.hypervisor = all[i],
				.count = p->warm,
				.age_ms = p->warm_age * 1000};

		if (p->warm > 0)
			warm_add(w, &source);
	}
}

int gateway_configure(struct gateway *g, struct config *c, const char *base_url,
		struct err *e)
{
	struct hypervisor **all = NULL;
	struct payload_door *door = NULL;
	char *base = NULL;
	size_t count = 0;
	int r = gateway_can(c, e);

	if (r == 0 && !(base = strdup(base_url)))
		r = err_set(e, -ENOMEM, "no memory");
	if (r == 0)
		r = hypervisors_open(&all, &count, g->control, g->providers, c,
				NULL, e);
	if (r == 0)
		r = payload_door_new(&door, c, e);
	if (r == 0) /* the last that may fail */
		r = peers_trust(g->peers, &c->gateway.trusted_proxies, e);
	if (r < 0) {
		hypervisors_close(all, count);
		payload_door_free(door);
		free(base);
		return r;
	}
	warm_forget(g->warm);
	hypervisors_retire(&g->retired, g->hypervisors, g->hypervisor_count);
	warm_them(g->warm, c, all, count);
	payload_door_free(g->payload_door);
	g->payload_door = door;
	free(g->base_url);
	g->base_url = base;
	g->hypervisors = all;
	g->hypervisor_count = count;
	auth_configure(g->auth, c);
	people_configure(g->people, c);
	realms_configure(g->realms, all, count);
	registry_set_limits(g->registry, c->gateway.max_sessions,
			c->gateway.max_sessions_per_user);
	registry_set_wires(g->registry, c->gateway.max_wires);
	registry_set_keep(g->registry,
			c->gateway.keep_alive ? c->gateway.keep_alive * 1000
					      : RELAY_NEVER);
	config_free(g->config);
	g->config = c;
	return 0;
}

static planner_find_fn plan_find;

int gateway_new(struct gateway **ret_gateway, struct loop *control,
		const struct gateway_options *o, struct err *e)
{
	struct gateway *g = calloc(1, sizeof(*g));
	int r = g ? 0 : -ENOMEM;

	if (r < 0)
		return err_set(e, r, "no memory");
	g->control = control;
	g->providers = o->providers;
	g->reload = o->reload;
	g->reload_arg = o->reload_arg;
	g->started_ms = loop_now_ms(control);
	g->tick.fn = retired_sweep;
	tick_add(control, &g->tick);
	r = store_memory_new(&g->store, control, 0);
	if (r == 0)
		r = store_memory_new(&g->used, control, PAYLOADS_USED_MAX);
	if (r == 0)
		r = auth_new(&g->auth, control, g->store);
	if (r == 0)
		r = registry_new(&g->registry, control);
	if (r == 0)
		r = warm_new(&g->warm, control);
	if (r == 0)
		r = planner_new(&g->planner, control, g->warm, plan_find, g);
	if (r == 0)
		r = jobs_new(&g->jobs, control);
	if (r == 0)
		r = people_new(&g->people, control);
	if (r == 0)
		r = realms_new(&g->realms, control);
	if (r == 0)
		r = peers_new(&g->peers, control);
	if (r == 0 && !(g->spice_key = crypto_rsa_new()))
		r = -ENOMEM;
	if (r == 0)
		r = siblings_new(&g->siblings, control);
	if (r < 0)
		(void)err_set(e, r, "%s", strerror(-r));
	else
		r = gateway_configure(g, o->config, o->base_url, e);
	if (r < 0) {
		gateway_free(g);
		return r;
	}
	*ret_gateway = g;
	return 0;
}

void gateway_free(struct gateway *g)
{
	if (!g)
		return;
	tick_remove(g->control, &g->tick);
	hypervisors_end(&g->retired);
	hypervisors_close(g->hypervisors, g->hypervisor_count);
	people_free(g->people);
	realms_free(g->realms);
	jobs_free(g->jobs);
	siblings_free(g->siblings);
	peers_free(g->peers);
	registry_free(g->registry);
	planner_free(g->planner);
	warm_free(g->warm);
	auth_free(g->auth);
	payload_door_free(g->payload_door);
	store_free(g->used);
	store_free(g->store);
	config_free(g->config);
	crypto_rsa_free(g->spice_key);
	free(g->base_url);
	free(g);
}

struct hypervisor *gateway_hypervisor(const struct gateway *g,
		const char *guest, const char **ret_rest)
{
	return hypervisors_find(
			g->hypervisors, g->hypervisor_count, guest, ret_rest);
}

struct hypervisor *gateway_hypervisor_of(const struct gateway *g,
		const struct principal *who, const char *guest,
		const char **ret_rest)
{
	struct hypervisor *h = gateway_hypervisor(g, guest, ret_rest);

	if (!h || who->via != AUTH_PROXMOX)
		return h;
	return strcmp(h->profile, who->profile) == 0
			       ? people_hypervisor(g->people, who->person)
			       : NULL;
}

/* ---- plans ------------------------------------------------------------------
 */

/* Who has signed in with an account of a hypervisor's own, is answered by
 * theirs. */
static struct hypervisor *plan_find(void *arg, const struct session *s,
		const char **ret_rest, enum end_word *ret_word, struct err *e)
{
	const struct gateway *g = arg;
	struct hypervisor *h = gateway_hypervisor(g, s->grant.guest, ret_rest);

	if (g->draining) {
		*ret_word = END_SHUTDOWN;
		(void)err_set(e, -ESHUTDOWN, "%s",
				end_info(END_SHUTDOWN)->sentence);
		return NULL;
	}
	if (!h) {
		*ret_word = END_NO_SUCH_GUEST;
		(void)err_set(e, -ENOENT,
				"its profile is no longer in the "
				"configuration");
		return NULL;
	}
	if (!s->grant.person[0])
		return h;
	h = people_hypervisor(g->people, s->grant.person);
	if (!h) {
		*ret_word = END_NOT_SIGNED_IN;
		(void)err_set(e, -EACCES,
				"%s has signed out, or their sign-in is over",
				s->grant.user);
	}
	return h;
}

void gateway_drain(struct gateway *g, enum end_word word)
{
	g->draining = true;
	for (struct session *s = registry_first(g->registry); s;
			s = registry_next(g->registry, s))
		session_stop(s, word);
}
