/* An api begins and ends: its hosts, its trust, its credential. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "http/client.h"
#include "hypervisor/hypervisor.h"
#include "hypervisor/proxmox/internal.h"
#include "stream/tls.h"

static int api_set_client(struct pve_api *a, struct err *e)
{
	const struct http_client_options o = {
			.tls = &a->policy, .connect_ms = PVE_CONNECT_MS};

	return http_client_new(&a->http, a->loop, &o, e);
}

/* One policy for all that is asked and for every console. */
static int api_set_wires(struct pve_api *a, const struct config_profile *p,
		struct err *e)
{
	struct tls_policy policy;
	int r;

	hypervisor_tls_policy(p, &policy); /* its texts are the profile's */
	r = tls_policy_copy(&a->policy, &policy);
	if (r < 0)
		return err_set(e, r, "no memory");
	for (size_t i = 0; r == 0 && i < a->host_count && !a->tls; i++)
		if (strcmp(a->hosts[i].url.scheme, "https") == 0)
			r = tls_client_context(&a->tls, &policy, e);
	return r < 0 ? r : api_set_client(a, e);
}

/* A token where there is one, unless `auth` says otherwise. */
static int api_set_who(struct pve_api *a, const struct config_profile *p)
{
	bool token = p->token_secret.len > 0 && p->token_id &&
		     !(p->auth && strcmp(p->auth, "password") == 0);
	const char *user = p->user ? p->user : "nobody";
	char *text = NULL;
	int len, r;

	a->user = strdup(user);
	if (!a->user)
		return -ENOMEM;
	if (!token) {
		a->who = strdup(user);
		return a->who ? secret_copy(&a->password, &p->password)
			      : -ENOMEM;
	}
	if (asprintf(&a->who, "%s!%s", user, p->token_id) < 0) {
		a->who = NULL;
		return -ENOMEM;
	}
	len = asprintf(&text, "PVEAPIToken=%s=%s", a->who,
			p->token_secret.data);
	if (len < 0)
		return -ENOMEM;
	r = secret_set(&a->token, text, (size_t)len);
	secret_wipe(text, (size_t)len);
	free(text);
	return r;
}

int pve_api_new(struct pve_api **ret_api, struct loop *l,
		const struct config_profile *p, struct err *e)
{
	struct pve_api *a = calloc(1, sizeof(*a));
	int r = 0;

	if (!a)
		return err_set(e, -ENOMEM, "no memory");
	a->loop = l;
	a->begin.fn = pve_on_begin;
	a->life_ms = p->ticket_life ? 1000 * (uint64_t)p->ticket_life
				    : PVE_LIFE_MS;
	a->session.life_ms = a->life_ms;
	a->rate = pve_rate_new(p->rate_limit);
	a->nodes = pve_nodes_new();
	if (!a->rate || !a->nodes)
		r = err_set(e, -ENOMEM, "no memory");
	if (r == 0)
		r = pve_ways_new(&a->ways, p, e);
	for (size_t i = 0; r == 0 && i < p->url.count && i < PVE_HOSTS_MAX;
			i++) {
		a->host_count++;
		r = pve_host_init(&a->hosts[i], &p->url.items[i], e);
	}
	if (r == 0 && api_set_who(a, p) < 0)
		r = err_set(e, -ENOMEM, "no memory");
	if (r == 0)
		r = api_set_wires(a, p, e);
	if (r < 0) {
		pve_api_free(a);
		return r;
	}
	*ret_api = a;
	return 0;
}

void pve_api_free(struct pve_api *a)
{
	if (!a)
		return;
	while (a->calls)
		pve_call_free(a->calls);
	defer_remove(a->loop, &a->begin);
	http_client_free(a->http);
	tls_context_unref(a->tls);
	tls_policy_done(&a->policy);
	pve_rate_unref(a->rate);
	pve_learning_done(&a->learning);
	pve_nodes_unref(a->nodes);
	pve_ways_unref(a->ways);
	timer_free(a->renew);
	for (size_t i = 0; i < a->host_count; i++) {
		url_done(&a->hosts[i].url);
		free(a->hosts[i].base);
		free(a->hosts[i].name);
	}
	free(a->user);
	free(a->who);
	secret_done(&a->token);
	secret_done(&a->password);
	secret_done(&a->challenge);
	pve_session_done(&a->session);
	free(a);
}

int pve_api_new_person(struct pve_api **ret_api, const struct pve_api *from,
		const char *user, bool *lost, struct err *e)
{
	struct pve_api *a = calloc(1, sizeof(*a));
	int r = 0;

	if (!a)
		return err_set(e, -ENOMEM, "no memory");
	a->loop = from->loop;
	a->begin.fn = pve_on_begin;
	a->life_ms = a->session.life_ms = from->life_ms;
	a->person = true;
	a->lost = lost;
	a->rate = pve_rate_ref(from->rate);
	a->nodes = pve_nodes_ref(from->nodes);
	a->ways = pve_ways_ref(from->ways);
	a->tls = from->tls ? tls_context_ref(from->tls) : NULL;
	for (size_t i = 0; r == 0 && i < from->host_count; i++) {
		a->host_count++;
		r = pve_host_init(&a->hosts[i], &from->hosts[i].url, e);
		a->hosts[i].rests_until = from->hosts[i].rests_until;
		a->hosts[i].rest_ms = from->hosts[i].rest_ms;
	}
	a->user = strdup(user);
	a->who = strdup(user);
	if (r == 0 && (!a->user || !a->who ||
				      tls_policy_copy(&a->policy,
						      &from->policy) < 0 ||
				      timer_new(&a->renew, a->loop,
						      pve_login_renew, a) < 0))
		r = err_set(e, -ENOMEM, "no memory");
	if (r == 0)
		r = api_set_client(a, e);
	if (r < 0) {
		pve_api_free(a);
		return r;
	}
	*ret_api = a;
	return 0;
}
