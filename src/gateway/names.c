#include "gateway/names.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "config/paths.h"
#include "stream/tls.h"

static void names_add(
		struct names *n, const struct listener *l, const char *host)
{
	if (n->count < NAMES_MAX)
		(void)snprintf(n->origins[n->count++], LISTENER_TEXT_MAX,
				"%s://%s:%u", l->tls ? "https" : "http", host,
				(unsigned)l->port);
}

static void names_of_one(struct names *n, const struct listener *l)
{
	static const char *const loopback[] = {
			"127.0.0.1", "localhost", "[::1]"};
	char hosts[NAMES_MAX][64], name[64];
	size_t count = listener_hosts(l, hosts, NAMES_MAX);
	bool any = strcmp(l->host, "0.0.0.0") == 0 ||
		   strcmp(l->host, "::") == 0;

	for (size_t i = 0; i < count; i++)
		names_add(n, l, hosts[i]);
	for (size_t i = 0; (any || l->local) && i < 3; i++)
		names_add(n, l, loopback[i]);
	if (any && gethostname(name, sizeof(name)) == 0)
		names_add(n, l, name);
}

void names_of(struct names *n, const struct listeners *all)
{
	n->count = 0;
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].role == FRONT_WEB)
			names_of_one(n, &all->items[i]);
}

void names_base(const struct names *n, const struct config_gateway *g,
		char *ret, size_t ret_max)
{
	if (g->public_url.count > 0)
		(void)url_format(&g->public_url.items[0], ret, ret_max);
	else
		(void)snprintf(ret, ret_max, "%s",
				n->count ? n->origins[0] : "");
}

static int names_certify(const struct listeners *all,
		const struct config_gateway *g, struct tls_context **ret_tls,
		struct err *e)
{
	const char *names[NAMES_MAX];
	char hosts[NAMES_MAX][64], state[4096];
	size_t count = 0, n = 0;
	int r;

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].tls)
			n += listener_hosts(&all->items[i], hosts + n,
					NAMES_MAX - n);
	for (size_t i = 0; i < n; i++) {
		if (hosts[i][0] == '[') { /* names have no brackets */
			memmove(hosts[i], hosts[i] + 1, strlen(hosts[i]));
			hosts[i][strcspn(hosts[i], "]")] = '\0';
		}
		names[count++] = hosts[i];
	}
	if (g->public_url.count > 0 && count < NAMES_MAX)
		names[count++] = g->public_url.items[0].host;
	if (count < NAMES_MAX)
		names[count++] = "localhost";
	r = paths_state(state, sizeof(state), e);
	return r < 0 ? r
		     : tls_server_context_self(ret_tls, state, names, count, e);
}

int names_tls(const struct listeners *all, const struct config_gateway *g,
		struct tls_context **ret_tls, bool *ret_self_made,
		struct err *e)
{
	bool wanted = false;

	for (size_t i = 0; i < all->count; i++)
		wanted |= all->items[i].tls;
	if (!wanted)
		return 0;
	if (g->tls_cert)
		return tls_server_context(ret_tls, g->tls_cert, g->tls_key, e);
	*ret_self_made = true;
	return names_certify(all, g, ret_tls, e);
}
