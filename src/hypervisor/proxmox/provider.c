/* The provider: a profile's api, list and openings behind hypervisor.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/loop.h"
#include "hypervisor/proxmox/api.h"
#include "hypervisor/proxmox/console.h"
#include "hypervisor/proxmox/inspect.h"
#include "hypervisor/proxmox/list.h"
#include "hypervisor/proxmox/page.h"
#include "hypervisor/proxmox/person.h"
#include "hypervisor/proxmox/proxmox.h"
#include "hypervisor/proxmox/task.h"

struct listing {
	struct listing *next;
	struct proxmox *h;
	char id[GUEST_ID_MAX]; /* that is looked at */
	hypervisor_list_fn *fn;
	void *arg;
};

/* Somebody who wants to know the realms. */
struct realms_wish {
	struct realms_wish *next;
	struct proxmox *h;
	hypervisor_realms_fn *fn;
	void *arg;
};

struct proxmox {
	struct hypervisor hypervisor;
	struct loop *loop;
	struct pve_api *api;
	struct pve_list *list;
	struct pve_openings openings;
	struct pve_tasks tasks;
	struct pve_inspections inspections;
	char *profile;
	struct listing *listings;
	struct realms_wish *wishes;
};

static void listing_free(struct listing *w)
{
	struct listing **at = &w->h->listings;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	free(w);
}

static void on_listed(void *arg, int r, const struct err *e)
{
	struct listing *w = arg;
	hypervisor_list_fn *fn = w->fn;
	void *fn_arg = w->arg;
	size_t count = 0;
	const struct guest *guests = pve_list_shown(w->h->list, &count);

	listing_free(w);
	fn(fn_arg, r, r == 0 ? guests : NULL, r == 0 ? count : 0, e);
}

static void proxmox_list(
		struct hypervisor *hv, hypervisor_list_fn *fn, void *arg)
{
	struct proxmox *h = (struct proxmox *)hv;
	struct listing *w = calloc(1, sizeof(*w));
	uint64_t now = loop_now_ms(h->loop);
	struct err e;

	if (w) {
		*w = (struct listing){.next = h->listings,
				.h = h,
				.fn = fn,
				.arg = arg};
		h->listings = w;
		if (pve_list_get(h->list,
				    now > PVE_LIST_MS ? now - PVE_LIST_MS : 0,
				    on_listed, w) == 0)
			return;
		listing_free(w);
	}
	fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, 0, &e);
}

/* Who cannot be looked at, is listed as it is. */
static void on_looked(void *arg, int r, const struct err *e)
{
	struct listing *w = arg;

	if (pve_list_find(w->h->list, w->id))
		r = 0;
	on_listed(w, r, r < 0 ? e : NULL);
}

static void proxmox_look(struct hypervisor *hv, const char *id,
		hypervisor_list_fn *fn, void *arg)
{
	struct proxmox *h = (struct proxmox *)hv;
	struct listing *w = calloc(1, sizeof(*w));
	struct err e;

	if (w) {
		*w = (struct listing){.next = h->listings,
				.h = h,
				.fn = fn,
				.arg = arg};
		h->listings = w;
		(void)snprintf(w->id, sizeof(w->id), "%s", id);
		if (pve_look_at(&h->openings, id, on_looked, w) == 0)
			return;
		listing_free(w);
	}
	fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, 0, &e);
}

static void proxmox_plan(struct hypervisor *hv, const char *id,
		enum console_kind kind, hypervisor_plan_fn *fn, void *arg)
{
	struct proxmox *h = (struct proxmox *)hv;
	struct err e;

	if (pve_open_console(&h->openings, id, kind, fn, arg) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, &e);
}

static void proxmox_plan_spice(struct hypervisor *hv, const char *id,
		const struct spice_wish *w, hypervisor_plan_fn *fn, void *arg)
{
	struct proxmox *h = (struct proxmox *)hv;
	struct err e;

	if (pve_open_spice(&h->openings, id, w, fn, arg) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, &e);
}

static void proxmox_viewer(struct hypervisor *hv, const char *id,
		hypervisor_viewer_fn *fn, void *arg)
{
	struct proxmox *h = (struct proxmox *)hv;
	struct err e;

	if (pve_open_viewer(&h->openings, id, fn, arg) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, &e);
}

static void proxmox_power(struct hypervisor *hv, const char *id,
		enum power_verb verb, hypervisor_done_fn *fn, void *arg)
{
	struct proxmox *h = (struct proxmox *)hv;
	struct err e;

	if (pve_power(&h->tasks, id, verb, fn, arg) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, &e);
}

static void proxmox_restore(struct hypervisor *hv, const char *id,
		const char *snapshot, hypervisor_done_fn *fn, void *arg)
{
	struct proxmox *h = (struct proxmox *)hv;
	struct err e;

	if (pve_restore(&h->tasks, id, snapshot, fn, arg) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, &e);
}

static void proxmox_snapshot(struct hypervisor *hv, const char *id,
		const struct snapshot_wish *w, hypervisor_snapped_fn *fn,
		void *arg)
{
	struct proxmox *h = (struct proxmox *)hv;
	struct err e;
	int r = pve_snapshot(&h->tasks, id, w, fn, arg, &e);

	if (r < 0)
		fn(arg, r, NULL, NULL, &e);
}

static void proxmox_snapshots(struct hypervisor *hv, const char *id,
		hypervisor_snapshots_fn *fn, void *arg)
{
	struct proxmox *h = (struct proxmox *)hv;
	struct err e;

	if (pve_snapshots(&h->tasks, id, fn, arg) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, 0, &e);
}

static int proxmox_page(struct hypervisor *hv, const struct guest *g,
		char *ret_url, size_t ret_max)
{
	return pve_page(pve_api_base(((struct proxmox *)hv)->api), g, ret_url,
			ret_max);
}

/* ---- people ---------------------------------------------------------------
 */

static void wish_free(struct realms_wish *w)
{
	struct realms_wish **at = &w->h->wishes;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	free(w);
}

static void on_realms(
		void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct realms_wish *w = arg, told = *w;
	struct realm all[REALMS_MAX];
	size_t count = r == 0 ? pve_realms_of(a->data, all) : 0;

	wish_free(w);
	told.fn(told.arg, r, all, count, e);
}

static void proxmox_realms(
		struct hypervisor *hv, hypervisor_realms_fn *fn, void *arg)
{
	struct proxmox *h = (struct proxmox *)hv;
	const struct pve_ask ask = {.method = "GET",
			.path = "/access/domains",
			.anonymous = true};
	struct realms_wish *w = malloc(sizeof(*w));
	struct err e;

	if (w) {
		*w = (struct realms_wish){.next = h->wishes,
				.h = h,
				.fn = fn,
				.arg = arg};
		h->wishes = w;
		if (pve_call(h->api, &ask, on_realms, w) == 0)
			return;
		wish_free(w);
	}
	fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, 0, &e);
}

static void proxmox_prove(struct hypervisor *person, enum proof_kind kind,
		const struct secret *value, hypervisor_proved_fn *fn, void *arg)
{
	struct proxmox *h = (struct proxmox *)person;
	struct err e;
	int r = pve_prove(h->api, kind, value, fn, arg);

	if (r < 0)
		fn(arg, err_set(&e, r, "%s", strerror(-r)), NULL, &e);
}

static const struct tag_style *proxmox_tag_styles(
		struct hypervisor *hv, size_t *ret_count)
{
	return pve_list_tag_styles(((struct proxmox *)hv)->list, ret_count);
}

static void proxmox_rest(struct hypervisor *hv)
{
	pve_list_rest(((struct proxmox *)hv)->list);
}

static void proxmox_addresses(struct hypervisor *hv, const char *id,
		hypervisor_addresses_fn *fn, void *arg)
{
	struct proxmox *h = (struct proxmox *)hv;
	struct err e;

	if (pve_addresses(&h->tasks, id, fn, arg) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, 0, &e);
}

static void proxmox_inspect(struct hypervisor *hv, const char *id,
		hypervisor_findings_fn *fn, void *arg)
{
	struct proxmox *h = (struct proxmox *)hv;

	h->inspections.read_only = hv->read_only;
	if (pve_inspect(&h->inspections, id, fn, arg) < 0)
		fn(arg, NULL, 0);
}

static void proxmox_free(struct hypervisor *hv)
{
	struct proxmox *h = (struct proxmox *)hv;

	pve_api_free(h->api); /* cancels what the others wait for */
	pve_list_free(h->list);
	pve_openings_done(&h->openings);
	pve_tasks_done(&h->tasks);
	pve_inspections_done(&h->inspections);
	while (h->listings)
		listing_free(h->listings);
	while (h->wishes)
		wish_free(h->wishes);
	free(h->profile);
	free(h);
}

/* Everything that stands on the api. */
static int proxmox_begin(struct proxmox *h, struct loop *l, const char *profile,
		struct err *e)
{
	int r;

	h->profile = strdup(profile);
	r = h->profile ? pve_list_new(&h->list, l, h->api) : -ENOMEM;
	if (r < 0)
		return err_set(e, r, "no memory");
	h->openings = (struct pve_openings){
			.loop = l,
			.api = h->api,
			.list = h->list,
			.profile = h->profile,
	};
	h->tasks = (struct pve_tasks){.owner = &h->hypervisor,
			.loop = l,
			.api = h->api,
			.list = h->list};
	h->inspections = (struct pve_inspections){
			.loop = l,
			.api = h->api,
			.list = h->list,
			.profile = h->profile,
	};
	return 0;
}

static int proxmox_open(struct hypervisor **ret_h, struct loop *l,
		const struct config_profile *p, struct err *e)
{
	struct proxmox *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return err_set(e, -ENOMEM, "no memory");
	h->loop = l;
	r = pve_api_new(&h->api, l, p, e);
	if (r < 0)
		r = err_prefix(e, "profile %s", p->name);
	else
		r = proxmox_begin(h, l, p->name, e);
	if (r < 0) {
		proxmox_free(&h->hypervisor);
		return r;
	}
	*ret_h = &h->hypervisor;
	return 0;
}

static int proxmox_enter(struct hypervisor *hv, const char *user,
		struct hypervisor **ret_person, struct err *e)
{
	struct proxmox *from = (struct proxmox *)hv;
	struct proxmox *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return err_set(e, -ENOMEM, "no memory");
	h->loop = from->loop;
	r = pve_api_new_person(
			&h->api, from->api, user, &h->hypervisor.lost, e);
	if (r == 0)
		r = proxmox_begin(h, h->loop, from->profile, e);
	if (r < 0) {
		proxmox_free(&h->hypervisor);
		return r;
	}
	*ret_person = &h->hypervisor;
	return 0;
}

const struct hypervisor_ops proxmox_hypervisor = {
		.kind = "proxmox",
		.one_at_a_time = 1u << CONSOLE_VNC | 1u << CONSOLE_SPICE,
		.open = proxmox_open,
		.list = proxmox_list,
		.plan = proxmox_plan,
		.plan_spice = proxmox_plan_spice,
		.viewer = proxmox_viewer,
		.look = proxmox_look,
		.power = proxmox_power,
		.snapshot = proxmox_snapshot,
		.snapshots = proxmox_snapshots,
		.restore = proxmox_restore,
		.page = proxmox_page,
		.realms = proxmox_realms,
		.enter = proxmox_enter,
		.prove = proxmox_prove,
		.tag_styles = proxmox_tag_styles,
		.rest = proxmox_rest,
		.addresses = proxmox_addresses,
		.inspect = proxmox_inspect,
		.free = proxmox_free,
};
