#include "hypervisor/proxmox/way.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"
#include "proto/spice_proxy.h"

struct pve_way {
	char *node;
	struct address to; /* no host, no port: not said */
};

struct pve_ways {
	unsigned refs;
	struct address all;
	struct pve_way *nodes;
	size_t count;
};

static int way_init(struct pve_way *w, const struct config_node *from,
		struct err *e)
{
	w->node = strdup(from->name);
	if (!w->node)
		return err_set(e, -ENOMEM, "no memory");
	return spice_proxy_parse(from->spice_proxy, &w->to, e);
}

int pve_ways_new(struct pve_ways **ret_ways, const struct config_profile *p,
		struct err *e)
{
	struct pve_ways *w = calloc(1, sizeof(*w));
	int r = 0;

	if (w)
		w->nodes = calloc(p->node_count + 1, sizeof(*w->nodes));
	if (!w || !w->nodes) {
		free(w);
		return err_set(e, -ENOMEM, "no memory");
	}
	w->refs = 1;
	if (p->spice_proxy)
		r = spice_proxy_parse(p->spice_proxy, &w->all, e);
	for (size_t i = 0; r == 0 && i < p->node_count; i++)
		r = way_init(&w->nodes[w->count++], &p->nodes[i], e);
	if (r < 0)
		pve_ways_unref(w);
	else
		*ret_ways = w;
	return r;
}

struct pve_ways *pve_ways_ref(struct pve_ways *w)
{
	w->refs++;
	return w;
}

void pve_ways_unref(struct pve_ways *w)
{
	if (!w || --w->refs > 0)
		return;
	for (size_t i = 0; i < w->count; i++) {
		free(w->nodes[i].node);
		address_done(&w->nodes[i].to);
	}
	address_done(&w->all);
	free(w->nodes);
	free(w);
}

void pve_ways_find(const struct pve_ways *w, const char *node, const char *api,
		const char **ret_host, uint16_t *ret_port)
{
	const char *host = w->all.host;
	uint16_t port = w->all.port;

	for (size_t i = 0; i < w->count; i++) {
		const struct address *to = &w->nodes[i].to;

		if (strcasecmp(w->nodes[i].node, node) != 0)
			continue;
		host = to->host ? to->host : host;
		port = to->port ? to->port : port;
	}
	*ret_host = host ? host : api;
	*ret_port = port ? port : SPICE_PROXY_PORT;
}
