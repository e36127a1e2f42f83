#include "gateway/links.h"

#include <stdio.h>
#include <string.h>

#include "auth/auth.h"
#include "config/config.h"
#include "core/secret.h"
#include "gateway/gateway.h"

static void links_ready(struct links *k)
{
	k->fn(k->arg, &k->all);
	secret_wipe(&k->all, sizeof(k->all));
}

static void link_made(void *arg, int r, const struct secret *code)
{
	struct links *k = arg;
	struct worker_link *l = &k->all.items[k->all.count - k->owed];

	if (r == 0)
		(void)snprintf(l->code, sizeof(l->code), "%s", code->data);
	if (--k->owed == 0)
		links_ready(k);
}

static void link_add(struct links *k, bool tls, const char *base)
{
	struct worker_link *l;

	if (k->all.count == LISTENERS_MAX)
		return;
	l = &k->all.items[k->all.count++];
	(void)snprintf(l->base, sizeof(l->base), "%s", base);
	l->tls = tls;
}

static void links_of(struct links *k, const struct listener *l)
{
	char hosts[8][64], base[LISTENER_TEXT_MAX];
	size_t n = l->role == FRONT_WEB ? listener_hosts(l, hosts, 8) : 0;

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(base, sizeof(base), "%s://%s:%u",
				l->tls ? "https" : "http", hosts[i],
				(unsigned)l->port);
		link_add(k, l->tls, base);
	}
}

static void links_list(struct links *k, const struct gateway *g,
		const struct listeners *listeners)
{
	const struct config_urls *public_url = &g->config->gateway.public_url;

	if (public_url->count > 0)
		link_add(k, strcmp(public_url->items[0].scheme, "https") == 0,
				g->base_url);
	else
		for (size_t i = 0; i < listeners->count; i++)
			links_of(k, &listeners->items[i]);
}

void links_make(struct links *k, const struct gateway *g,
		const struct listeners *listeners,
		const struct tls_context *self_made, links_fn *fn, void *arg)
{
	uint8_t fingerprint[SHA256_LEN];
	struct principal owner;

	*k = (struct links){.fn = fn, .arg = arg};
	links_list(k, g, listeners);
	if (self_made) {
		k->all.self_made = true;
		tls_context_fingerprint(self_made, fingerprint);
		tls_fingerprint_text(fingerprint, k->all.fingerprint);
	}
	auth_owner(&owner, AUTH_LINK, "owner");
	k->owed = k->all.count;
	if (k->all.count == 0)
		links_ready(k);
	for (size_t i = 0, n = k->all.count; i < n; i++)
		auth_link_new(g->auth, &owner, AUTH_LINK_MS, link_made, k);
}
