/* SPICE's ticket: one for all channels of a viewer of ours, or one for a
 * native viewer that opens them by itself. A guest has room for one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/loop.h"
#include "hypervisor/proxmox/list.h"
#include "hypervisor/proxmox/opening.h"
#include "hypervisor/proxmox/viewer.h"
#include "hypervisor/proxmox/way.h"
#include "proto/json.h"
#include "proto/url.h"
#include "stream/dial.h"

/* With a ticket that is held, if there is one. */
static bool spice_ends(struct pve_opening *o)
{
	const struct pve_spice *s = pve_spices_find(&o->all->spices, o->id,
			o->since_ms, loop_now_ms(o->all->loop));
	struct dial_plan plan = {0};
	struct err e;
	int r;

	if (!s)
		return false;
	r = pve_spice_plan(s, &o->link, &plan);
	if (r < 0)
		(void)err_set(&e, r, "no memory");
	pve_opening_end(o, r, r == 0 ? &plan : NULL, r < 0 ? &e : NULL);
	dial_plan_done(&plan);
	return true;
}

static bool spice_minting(const struct pve_openings *all, const char *id)
{
	const struct pve_opening *o = all->first;

	while (o && !(o->mints && strcmp(o->id, id) == 0))
		o = o->next;
	return o != NULL;
}

/* One is asked for already: a second would spoil the first. */
static bool spice_waits(struct pve_opening *o)
{
	o->waits = spice_minting(o->all, o->id);
	return o->waits;
}

bool pve_spice_shares(struct pve_opening *o)
{
	return spice_waits(o) || spice_ends(o);
}

static struct pve_opening *spice_waiting(
		const struct pve_openings *all, const char *id)
{
	struct pve_opening *o = all->first;

	while (o && !(o->waits && strcmp(o->id, id) == 0))
		o = o->next;
	return o;
}

/* Those that waited for it, whatever came of it, until one of them asks for
 * the next; while one waits, it is owed an answer, and all that is here lives.
 */
static void spice_goes_on(struct pve_openings *all, const char *id)
{
	struct pve_opening *o;
	bool more = true;

	while (more && !spice_minting(all, id) &&
			(o = spice_waiting(all, id))) {
		o->waits = false;
		more = spice_waiting(all, id) != NULL;
		pve_spice_mint(o);
	}
}

/* ---- what came ----------------------------------------------------------- */

static void spice_way(const struct pve_opening *o, const char *api,
		const char **ret_host, uint16_t *ret_port)
{
	const struct pve_guest *g = pve_list_find(o->all->list, o->id);

	pve_ways_find(pve_api_ways(o->all->api), g ? g->node : "", api,
			ret_host, ret_port);
}

static int spice_keep(const struct pve_opening *o, const struct pve_answer *a,
		struct err *e)
{
	struct pve_spice_answer s = {.data = a->data, .asked_ms = o->asked_ms};

	spice_way(o, a->place.address, &s.proxy_host, &s.proxy_port);
	return pve_spices_keep(&o->all->spices, o->id, &s, e);
}

static void spice_plans(struct pve_opening *o, const struct pve_answer *a)
{
	static const struct err late = {
			.text = "the hypervisor's SPICE ticket came too late"};
	struct err e;
	int r = spice_keep(o, a, &e);

	if (r < 0)
		pve_opening_fail(o, r, &e);
	else if (!spice_ends(o))
		pve_opening_fail(o, -ETIMEDOUT, &late);
}

/* The one who asked alone has it; it is not kept. */
static void spice_views(struct pve_opening *o, const struct pve_answer *a)
{
	struct pve_openings *all = o->all;
	hypervisor_viewer_fn *fn = o->viewer_fn;
	void *arg = o->arg;
	struct pve_viewer v;
	struct viewer_keys k = {.items = v.keys, .seconds = PVE_VIEWER_SECONDS};
	const char *host;
	uint16_t port;
	struct err e;
	int r;

	pve_spices_forget(&all->spices, o->id, loop_now_ms(all->loop));
	spice_way(o, a->place.url->host, &host, &port);
	r = pve_viewer_of(a->data, host, port, &v, &e);
	if (r < 0) {
		pve_opening_fail(o, r, &e);
		return;
	}
	k.count = v.count;
	pve_opening_free(o);
	fn(arg, 0, &k, NULL);
}

static void on_spice(
		void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct pve_opening *o = arg;
	struct pve_openings *all = o->all;
	bool waited;
	char id[GUEST_ID_MAX];

	o->mints = false;
	memcpy(id, o->id, sizeof(id));
	waited = spice_waiting(all, id) != NULL;
	if (r == 0 && o->viewer_fn)
		spice_views(o, a);
	else if (r == 0)
		spice_plans(o, a);
	else if (!pve_opening_follows(o, r, a->again))
		pve_opening_fail(o, r, e);
	if (waited)
		spice_goes_on(all, id);
}

void pve_spice_mint(struct pve_opening *o)
{
	char path[sizeof(o->path) + 16];
	const struct pve_ask ask = {.method = "POST",
			.path = path,
			.node = o->node,
			.harmless = true};

	if (spice_waits(o) || (o->plan_fn && spice_ends(o)))
		return;
	(void)snprintf(path, sizeof(path), "%s/%s", o->path,
			pve_opening_is_node(o) ? "spiceshell" : "spiceproxy");
	o->asked_ms = loop_now_ms(o->all->loop);
	if (pve_call(o->all->api, &ask, on_spice, o) < 0)
		pve_opening_no_memory(o);
	else
		o->mints = true;
}
