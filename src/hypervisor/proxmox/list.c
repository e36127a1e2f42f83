#include "hypervisor/proxmox/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "hypervisor/proxmox/api.h"
#include "hypervisor/proxmox/guests.h"
#include "hypervisor/proxmox/nodes.h"
#include "hypervisor/proxmox/tags.h"
#include "proto/json.h"

/* Somebody who waits for a list. */
struct wanted {
	struct wanted *next;
	uint64_t since;
	bool fails; /* the asking that it waited for did */
	pve_listed_fn *fn;
	void *arg;
};

struct pve_list {
	struct loop *loop;
	struct pve_api *api;
	struct pve_guest *guests; /* sorted by id */
	struct guest *shown;      /* the same, as the contract wants them */
	size_t count;
	bool filled;
	uint64_t since; /* when what is there was asked for */

	struct wanted *wanted;
	struct defer tell;
	bool asking;
	size_t pending; /* answers of this asking */
	uint64_t asked_ms;
	struct json *vms, *nodes, *permissions;
	uint64_t facts_ms, nodes_ms; /* when they were asked for; 0: never */
	struct tag_style styles[PVE_TAG_STYLES_MAX];
	size_t style_count;
	bool version_known, is_new;
	struct err trouble; /* of this asking */
	struct err failed;  /* of the last one that failed */
};

/* ---- what it holds --------------------------------------------------------
 */

static int by_id(const void *a, const void *b)
{
	return strverscmp(((const struct pve_guest *)a)->id,
			((const struct pve_guest *)b)->id);
}

static void guests_free(struct pve_guest *guests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pve_guest_done(&guests[i]);
	free(guests);
}

struct pve_guest *pve_list_find(struct pve_list *l, const char *id)
{
	struct pve_guest key = {.id = (char *)(uintptr_t)id};

	return l->count ? bsearch(&key, l->guests, l->count, sizeof(key), by_id)
			: NULL;
}

const struct guest *pve_list_shown(struct pve_list *l, size_t *ret_count)
{
	*ret_count = l->count;
	return l->shown;
}

uint64_t pve_list_since(const struct pve_list *l)
{
	return l->since;
}

bool pve_list_gives_password(const struct pve_list *l)
{
	return l->is_new || !l->version_known;
}

const struct tag_style *pve_list_tag_styles(
		const struct pve_list *l, size_t *ret_count)
{
	*ret_count = l->style_count;
	return l->styles;
}

/* A copy of what is shown, with room for all. */
static void list_show(struct pve_list *l, size_t i)
{
	struct pve_guest *g = &l->guests[i];

	if (g->shown.marks) { /* the guests were moved since */
		g->shown.marks = &g->marks;
		g->marks.os = *g->conf.os ? g->conf.os : NULL;
	}
	l->shown[i] = g->shown;
}

/* A guest's own status is newer than what its node has told the others: who
 * has just started it must not read that it is off. */
static void heed_look(const struct pve_list *l, struct pve_guest *g)
{
	const struct pve_look *look = &g->look;

	if (look->at_ms == 0 || look->status == GUEST_UNKNOWN ||
			loop_now_ms(l->loop) - look->at_ms > PVE_LAG_MS)
		return;
	g->shown.status = look->paused ? GUEST_RUNNING : look->status;
	if (look->uptime >= 0)
		g->marks.uptime = look->uptime;
}

void pve_list_looked(struct pve_list *l, struct pve_guest *g,
		const struct pve_look *look)
{
	g->look = *look;
	g->look.at_ms = loop_now_ms(l->loop);
	if (g->shown.status == GUEST_PAUSED)
		g->shown.status = GUEST_RUNNING;
	heed_look(l, g);
	pve_guest_judge(g, pve_api_has_token(l->api));
	list_show(l, (size_t)(g - l->guests));
}

void pve_list_read(struct pve_list *l, struct pve_guest *g,
		const struct pve_conf *conf)
{
	g->conf = *conf;
	g->conf.at_ms = loop_now_ms(l->loop);
	pve_guest_judge(g, pve_api_has_token(l->api));
	list_show(l, (size_t)(g - l->guests));
}

/* ---- filling it -----------------------------------------------------------
 */

static bool is_young(const struct pve_list *l, uint64_t at_ms)
{
	return at_ms > 0 && loop_now_ms(l->loop) - at_ms <= PVE_LOOK_MS;
}

/* What was seen of a guest's own status and config holds for a while. */
static void keep_look(struct pve_list *l, struct pve_guest *g)
{
	const struct pve_guest *old = pve_list_find(l, g->id);

	if (old && is_young(l, old->look.at_ms))
		g->look = old->look;
	if (old && is_young(l, old->conf.at_ms))
		g->conf = old->conf;
	heed_look(l, g);
	if (g->shown.status != GUEST_RUNNING)
		g->look.paused = false;
	pve_guest_judge(g, pve_api_has_token(l->api));
}

static int build(struct pve_list *l, struct pve_guest *guests, size_t *count)
{
	const struct pve_facts facts = {
			.permissions = l->permissions ? json_get(l->permissions,
									"data")
						      : NULL,
			.token = pve_api_has_token(l->api),
			.person = pve_api_is_person(l->api),
	};
	const struct json *vms = json_get(l->vms, "data");
	const struct json *nodes = json_get(l->nodes, "data");
	int r = 0;

	for (size_t i = 0; r != -ENOMEM && i < json_count(vms); i++) {
		r = pve_guest_of_resource(
				&guests[*count], json_at(vms, i), &facts);
		*count += r == 0;
	}
	for (size_t i = 0; r != -ENOMEM && i < json_count(nodes); i++) {
		r = pve_guest_of_node(
				&guests[*count], json_at(nodes, i), &facts);
		*count += r == 0;
	}
	return r == -ENOMEM ? r : 0;
}

static int fill(struct pve_list *l, struct err *e)
{
	size_t max = json_count(json_get(l->vms, "data")) +
		     json_count(json_get(l->nodes, "data"));
	struct pve_guest *guests = NULL;
	struct guest *shown = NULL;
	size_t count = 0;
	int r = -ENOMEM;

	if (max > PVE_GUESTS_MAX)
		return err_set(e, -EMSGSIZE, "more than %d guests",
				PVE_GUESTS_MAX);
	guests = calloc(max + 1, sizeof(*guests));
	shown = calloc(max + 1, sizeof(*shown));
	if (guests && shown)
		r = build(l, guests, &count);
	if (r < 0) {
		guests_free(guests, count);
		free(shown);
		return err_set(e, r, "no memory");
	}
	qsort(guests, count, sizeof(*guests), by_id);
	for (size_t i = 0; i < count; i++)
		keep_look(l, &guests[i]);
	guests_free(l->guests, l->count);
	free(l->shown);
	l->guests = guests;
	l->shown = shown;
	l->count = count;
	for (size_t i = 0; i < count; i++)
		list_show(l, i);
	l->since = l->asked_ms;
	l->filled = true;
	return 0;
}

/* ---- telling --------------------------------------------------------------
 */

static void list_ask(struct pve_list *l);

/* One whose wish is fulfilled, or whose asking failed. */
static struct wanted *take_answered(struct pve_list *l)
{
	struct wanted **at = &l->wanted, *w;

	while (*at && !(*at)->fails && (!l->filled || (*at)->since > l->since))
		at = &(*at)->next;
	w = *at;
	if (w)
		*at = w->next;
	return w;
}

/* One a turn: the receiver may free the list. */
static void on_tell(struct defer *d)
{
	struct pve_list *l =
			(struct pve_list *)(void *)((char *)d -
						    offsetof(struct pve_list,
								    tell));
	struct wanted *w, told;
	struct err e;

	w = take_answered(l);
	if (!w) {
		if (l->wanted && !l->asking)
			list_ask(l);
		return;
	}
	defer_add(l->loop, &l->tell);
	told = *w;
	e = l->failed;
	free(w);
	told.fn(told.arg, told.fails ? e.code : 0, told.fails ? &e : NULL);
}

/* ---- asking ---------------------------------------------------------------
 */

static void vms_drop(struct pve_list *l)
{
	json_free(l->vms);
	l->vms = NULL;
}

static void on_part(struct pve_list *l)
{
	if (--l->pending > 0)
		return;
	l->asking = false;
	l->failed = l->trouble;
	if (l->failed.code == 0)
		(void)fill(l, &l->failed);
	for (struct wanted *w = l->wanted; w; w = w->next)
		w->fails = l->failed.code < 0;
	vms_drop(l);
	defer_add(l->loop, &l->tell);
}

static void on_vms(void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct pve_list *l = arg;

	if (r < 0) {
		l->trouble = *e;
		l->trouble.code = r;
	} else {
		l->vms = a->root;
		a->root = NULL;
	}
	on_part(l);
}

/* The rest is good to know; without it, the guests are there all the same. */
static void on_nodes(
		void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct pve_list *l = arg;

	json_free(l->nodes);
	l->nodes = NULL;
	if (r == 0) {
		l->nodes = a->root;
		a->root = NULL;
		pve_nodes_tell(l->api, json_get(l->nodes, "data"));
	} else {
		l->nodes_ms = 0;
	}
	on_part(l);
}

static void on_permissions(
		void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct pve_list *l = arg;

	if (r == 0) {
		json_free(l->permissions);
		l->permissions = a->root;
		a->root = NULL;
	}
	on_part(l);
}

static void on_version(
		void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct pve_list *l = arg;

	if (r == 0) {
		l->is_new = pve_version_is_new(
				json_text(json_get(a->data, "version")));
		l->version_known = true;
	}
	on_part(l);
}

static void on_options(
		void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct pve_list *l = arg;

	if (r == 0)
		l->style_count = pve_tag_styles_of(a->data, l->styles);
	on_part(l);
}

static void ask_one(struct pve_list *l, const char *path, pve_fn *fn)
{
	const struct pve_ask ask = {.method = "GET", .path = path};

	if (pve_call(l->api, &ask, fn, l) == 0)
		l->pending++;
	else
		(void)err_set(&l->trouble, -ENOMEM, "no memory");
}

static void list_ask(struct pve_list *l)
{
	uint64_t now = loop_now_ms(l->loop);

	l->asking = true;
	l->asked_ms = now;
	l->trouble.code = 0;
	l->pending = 1; /* ours, until all are asked */
	ask_one(l, "/cluster/resources?type=vm", on_vms);
	if (l->nodes_ms == 0 || now - l->nodes_ms > PVE_NODES_MS) {
		ask_one(l, "/nodes", on_nodes);
		l->nodes_ms = now ? now : 1;
	}
	if (l->facts_ms == 0 || now - l->facts_ms > PVE_FACTS_MS) {
		ask_one(l, "/access/permissions", on_permissions);
		ask_one(l, "/version", on_version);
		ask_one(l, "/cluster/options", on_options);
		l->facts_ms = now ? now : 1;
	}
	on_part(l);
}

int pve_list_get(struct pve_list *l, uint64_t since, pve_listed_fn *fn,
		void *arg)
{
	struct wanted *w = calloc(1, sizeof(*w)), **end = &l->wanted;

	if (!w)
		return -ENOMEM;
	*w = (struct wanted){.since = since, .fn = fn, .arg = arg};
	while (*end)
		end = &(*end)->next;
	*end = w;
	defer_add(l->loop, &l->tell);
	return 0;
}

/* ---- life -----------------------------------------------------------------
 */

int pve_list_new(
		struct pve_list **ret_list, struct loop *l, struct pve_api *api)
{
	struct pve_list *list = calloc(1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	list->loop = l;
	list->api = api;
	list->tell.fn = on_tell;
	*ret_list = list;
	return 0;
}

void pve_list_rest(struct pve_list *l)
{
	if (l->wanted || l->asking)
		return;
	guests_free(l->guests, l->count);
	free(l->shown);
	json_free(l->nodes);
	l->guests = NULL;
	l->shown = NULL;
	l->nodes = NULL;
	l->count = 0;
	l->nodes_ms = 0;
	l->filled = false;
}

void pve_list_free(struct pve_list *l)
{
	if (!l)
		return;
	defer_remove(l->loop, &l->tell);
	for (struct wanted *w = l->wanted, *next; w; w = next) {
		next = w->next;
		free(w);
	}
	vms_drop(l);
	json_free(l->nodes);
	json_free(l->permissions);
	guests_free(l->guests, l->count);
	free(l->shown);
	free(l);
}
