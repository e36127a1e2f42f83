#include "hypervisor/static.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/loop.h"
#include "core/secret.h"
#include "stream/dial.h"

/* What the configuration said of one guest, and the same as the API says it. */
struct static_guest {
	struct guest shown; /* its texts are the owned ones below */
	char *id, *name;
	char *tags[GUEST_TAGS_MAX];
	struct address vnc, spice;
	struct secret vnc_password, spice_password;
	struct config_line serial;
	unsigned serial_speed;
};

/* An answer that is owed, in a turn of its own. */
struct static_answer {
	struct static_answer *next;
	/* one of these is set */
	hypervisor_list_fn *list_fn;
	hypervisor_plan_fn *plan_fn;
	hypervisor_viewer_fn *viewer_fn;
	void *arg;
	char id[GUEST_ID_MAX];
	enum console_kind kind;
	uint16_t port;          /* not 0: a port of it, no console */
	struct spice_link link; /* of a SPICE viewer */
};

struct static_hv {
	struct hypervisor hypervisor;
	struct loop *loop;
	struct static_guest *guests;
	struct guest *shown; /* the same, as list() answers them */
	size_t count;
	struct static_answer *first, **last;
	struct defer defer;
};

/* ---- answers ---------------------------------------------------------------
 */

static const struct static_guest *static_find(
		const struct static_hv *h, const char *id)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->guests[i].id, id) == 0)
			return &h->guests[i];
	return NULL;
}

static int plan_address(const struct address *a, struct dial_plan *plan)
{
	return a->path ? dial_plan_unix(plan, a->path)
		       : dial_plan_tcp(plan, a->host, a->port);
}

static int plan_screen(const struct static_guest *g,
		const struct static_answer *a, struct dial_plan *plan)
{
	bool spice = a->kind == CONSOLE_SPICE;
	int r = plan_address(spice ? &g->spice : &g->vnc, plan);

	if (r < 0)
		return r;
	return spice ? dial_plan_spice_login(plan, &a->link, &g->spice_password)
		     : dial_plan_rfb_login(plan, &g->vnc_password);
}

static int plan_line(const struct static_guest *g, struct dial_plan *plan)
{
	int r;

	if (g->serial.kind == CONFIG_LINE_TTY)
		return dial_plan_tty(plan, g->serial.at.path, g->serial_speed);
	r = plan_address(&g->serial.at, plan);
	if (r == 0 && g->serial.kind == CONFIG_LINE_TELNET)
		r = dial_plan_telnet(plan);
	return r;
}

/* Any port of the host where its screen is. */
static int plan_port(const struct static_guest *g,
		const struct static_answer *a, struct dial_plan *plan,
		struct err *e)
{
	const char *host = g->vnc.host ? g->vnc.host : g->spice.host;

	if (!host)
		return err_set(e, -ENOTSUP,
				"the configuration says no host of guest '%s': "
				"its screen is at none",
				a->id);
	return dial_plan_tcp(plan, host, a->port);
}

/* Has it this kind of console? 0 and the guest, or why not. */
static int static_has(const struct static_hv *h, const struct static_answer *a,
		const struct static_guest **ret_guest, struct err *e)
{
	const struct static_guest *g = static_find(h, a->id);

	if (!g)
		return err_set(e, -ENOENT,
				"there is no guest '%s' in profile %s", a->id,
				h->hypervisor.profile);
	if (!a->port && g->shown.lacks[a->kind])
		return err_set(e, -ENOTSUP, "%s", g->shown.lacks[a->kind]);
	*ret_guest = g;
	return 0;
}

static void static_answer_viewer(struct static_hv *h, struct static_answer *a)
{
	enum { KEYS_MAX = 6, PORT_MAX = 8 };
	struct viewer_key items[KEYS_MAX];
	struct viewer_keys k = {.items = items};
	const struct static_guest *g;
	char port[PORT_MAX];
	struct err e;
	int r = static_has(h, a, &g, &e);

	if (r < 0) {
		a->viewer_fn(a->arg, r, NULL, &e);
		return;
	}
	items[k.count++] = (struct viewer_key){"type", "spice"};
	if (g->spice.path) {
		items[k.count++] =
				(struct viewer_key){"unix-path", g->spice.path};
	} else {
		(void)snprintf(port, sizeof(port), "%u", g->spice.port);
		items[k.count++] = (struct viewer_key){"host", g->spice.host};
		items[k.count++] = (struct viewer_key){"port", port};
	}
	if (g->spice_password.len > 0)
		items[k.count++] = (struct viewer_key){
				"password", g->spice_password.data};
	items[k.count++] = (struct viewer_key){"title", g->name};
	items[k.count++] = (struct viewer_key){"delete-this-file", "1"};
	a->viewer_fn(a->arg, 0, &k, NULL);
}

static void static_answer_plan(struct static_hv *h, struct static_answer *a)
{
	const struct static_guest *g;
	struct dial_plan plan = {0};
	struct err e = {0};
	int r = static_has(h, a, &g, &e);

	if (r == 0 && a->port)
		r = plan_port(g, a, &plan, &e);
	else if (r == 0)
		r = a->kind == CONSOLE_SERIAL ? plan_line(g, &plan)
					      : plan_screen(g, a, &plan);
	if (r == -ENOMEM)
		(void)err_set(&e, r, "no memory");
	a->plan_fn(a->arg, r, r == 0 ? &plan : NULL, &e);
	dial_plan_done(&plan);
}

static void static_deferred(struct defer *d)
{
	struct static_hv *h =
			(struct static_hv *)((char *)d -
					     offsetof(struct static_hv, defer));
	struct static_answer *a = h->first;

	h->first = NULL;
	h->last = &h->first;
	while (a) {
		struct static_answer *next = a->next;

		if (a->list_fn)
			a->list_fn(a->arg, 0, h->shown, h->count, NULL);
		else if (a->viewer_fn)
			static_answer_viewer(h, a);
		else
			static_answer_plan(h, a);
		free(a);
		a = next;
	}
}

static void static_owe(struct static_hv *h, struct static_answer *a)
{
	*h->last = a;
	h->last = &a->next;
	defer_add(h->loop, &h->defer);
}

static void static_list(
		struct hypervisor *hv, hypervisor_list_fn *fn, void *arg)
{
	struct static_answer *a = calloc(1, sizeof(*a));
	struct err e;

	if (!a) {
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, 0, &e);
		return;
	}
	a->list_fn = fn;
	a->arg = arg;
	static_owe((struct static_hv *)hv, a);
}

static void answer_of(struct hypervisor *hv, const char *id,
		const struct static_answer *from)
{
	struct static_answer *a = calloc(1, sizeof(*a));
	struct err e;
	int r;

	if (!a || strlen(id) >= sizeof(a->id)) {
		r = a ? err_set(&e, -ENOENT, "there is no such guest")
		      : err_set(&e, -ENOMEM, "no memory");
		free(a);
		if (from->viewer_fn)
			from->viewer_fn(from->arg, r, NULL, &e);
		else if (from->plan_fn)
			from->plan_fn(from->arg, r, NULL, &e);
		return;
	}
	*a = *from;
	memcpy(a->id, id, strlen(id) + 1);
	static_owe((struct static_hv *)hv, a);
}

static void static_plan(struct hypervisor *hv, const char *id,
		enum console_kind kind, hypervisor_plan_fn *fn, void *arg)
{
	const struct static_answer a = {
			.plan_fn = fn, .arg = arg, .kind = kind};

	answer_of(hv, id, &a);
}

static void static_plan_spice(struct hypervisor *hv, const char *id,
		const struct spice_wish *w, hypervisor_plan_fn *fn, void *arg)
{
	const struct static_answer a = {.plan_fn = fn,
			.arg = arg,
			.kind = CONSOLE_SPICE,
			.link = *w->link};

	answer_of(hv, id, &a);
}

static void static_viewer(struct hypervisor *hv, const char *id,
		hypervisor_viewer_fn *fn, void *arg)
{
	const struct static_answer a = {
			.viewer_fn = fn, .arg = arg, .kind = CONSOLE_SPICE};

	answer_of(hv, id, &a);
}

static void static_reach(struct hypervisor *hv, const char *id,
		uint16_t guest_port, hypervisor_plan_fn *fn, void *arg)
{
	const struct static_answer a = {
			.plan_fn = fn, .arg = arg, .port = guest_port};

	answer_of(hv, id, &a);
}

/* ---- life ------------------------------------------------------------------
 */

static void static_guest_done(struct static_guest *g)
{
	for (size_t i = 0; i < GUEST_TAGS_MAX; i++)
		free(g->tags[i]);
	free(g->id);
	free(g->name);
	address_done(&g->vnc);
	address_done(&g->spice);
	address_done(&g->serial.at);
	secret_done(&g->vnc_password);
	secret_done(&g->spice_password);
}

static void static_free(struct hypervisor *hv)
{
	struct static_hv *h = (struct static_hv *)hv;

	defer_remove(h->loop, &h->defer);
	for (struct static_answer *a = h->first, *next; a; a = next) {
		next = a->next;
		free(a);
	}
	for (size_t i = 0; i < h->count; i++)
		static_guest_done(&h->guests[i]);
	free(h->guests);
	free(h->shown);
	free(h);
}

static const char *lack(const struct address *a, const char *kind_is_missing,
		const char *not_built)
{
	return a->host || a->path ? not_built : kind_is_missing;
}

static int static_guest_init(
		struct static_guest *g, const struct config_guest *from)
{
	struct guest *s = &g->shown;

	g->id = strdup(from->name);
	g->name = strdup(from->title ? from->title : from->name);
	g->serial.kind = from->serial.kind;
	g->serial_speed = from->serial_speed ? from->serial_speed
					     : CONFIG_SPEED_DEFAULT;
	if (!g->id || !g->name || address_copy(&g->vnc, &from->vnc) < 0 ||
			address_copy(&g->serial.at, &from->serial.at) < 0 ||
			secret_copy(&g->vnc_password, &from->vnc_password) <
					0 ||
			address_copy(&g->spice, &from->spice) < 0 ||
			secret_copy(&g->spice_password, &from->spice_password) <
					0)
		return -ENOMEM;
	s->address = g->vnc.host; /* where its screen is, it is */
	for (size_t i = 0; i < from->tags.count && i < GUEST_TAGS_MAX; i++) {
		g->tags[i] = strdup(from->tags.items[i]);
		if (!g->tags[i])
			return -ENOMEM;
		s->tags[s->tag_count++] = g->tags[i];
	}
	s->id = g->id;
	s->name = g->name;
	s->type = "static";
	s->status = GUEST_UNKNOWN;
	s->lacks[CONSOLE_VNC] = lack(&from->vnc,
			"The configuration names no `vnc` address.", NULL);
	s->lacks[CONSOLE_SERIAL] = lack(&from->serial.at,
			"The configuration names no `serial` line.", NULL);
	s->lacks[CONSOLE_SPICE] = lack(&from->spice,
			"The configuration names no `spice` address.", NULL);
	return 0;
}

static int static_open(struct hypervisor **ret_h, struct loop *l,
		const struct config_profile *p, struct err *e)
{
	struct static_hv *h = calloc(1, sizeof(*h));
	int r = h ? 0 : -ENOMEM;

	if (r < 0)
		return err_set(e, r, "no memory");
	h->loop = l;
	h->last = &h->first;
	h->defer.fn = static_deferred;
	h->guests = calloc(p->guest_count + 1, sizeof(*h->guests));
	h->shown = calloc(p->guest_count + 1, sizeof(*h->shown));
	if (!h->guests || !h->shown)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < p->guest_count; i++) {
		h->count++;
		r = static_guest_init(&h->guests[i], &p->guests[i]);
		h->shown[i] = h->guests[i].shown;
	}
	if (r < 0) {
		static_free(&h->hypervisor);
		return err_set(e, r, "no memory");
	}
	*ret_h = &h->hypervisor;
	return 0;
}

const struct hypervisor_ops static_hypervisor = {
		.kind = "static",
		.shared = 1u << CONSOLE_SERIAL,
		.open = static_open,
		.list = static_list,
		.plan = static_plan,
		.plan_spice = static_plan_spice,
		.reach = static_reach,
		.viewer = static_viewer,
		.free = static_free,
};
