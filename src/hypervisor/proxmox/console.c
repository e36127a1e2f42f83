#include "hypervisor/proxmox/console.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "core/secret.h"
#include "hypervisor/proxmox/guests.h"
#include "hypervisor/proxmox/list.h"
#include "hypervisor/proxmox/nodes.h"
#include "hypervisor/proxmox/opening.h"
#include "hypervisor/proxmox/ticket.h"
#include "proto/json.h"
#include "stream/dial.h"

void pve_opening_free(struct pve_opening *o)
{
	if (o->prev)
		o->prev->next = o->next;
	else
		o->all->first = o->next;
	if (o->next)
		o->next->prev = o->prev;
	free(o);
}

void pve_openings_done(struct pve_openings *all)
{
	while (all->first)
		pve_opening_free(all->first);
	pve_spices_done(&all->spices);
}

/* The answer: the receiver may free the hypervisor. */
void pve_opening_end(struct pve_opening *o, int r, struct dial_plan *plan,
		const struct err *e)
{
	struct pve_opening copy = *o;

	pve_opening_free(o);
	if (copy.plan_fn)
		copy.plan_fn(copy.arg, r, plan, e);
	else if (copy.viewer_fn)
		copy.viewer_fn(copy.arg, r, NULL, e);
	else
		copy.look_fn(copy.arg, r, e);
}

void pve_opening_fail(struct pve_opening *o, int r, const struct err *why)
{
	struct err e = *why;

	e.code = r;
	pve_opening_end(o, r, NULL, &e);
}

void pve_opening_no_memory(struct pve_opening *o)
{
	struct err e;
	int r = err_set(&e, -ENOMEM, "no memory");

	pve_opening_fail(o, r, &e);
}

bool pve_opening_is_node(const struct pve_opening *o)
{
	return strncmp(o->id, "node/", 5) == 0;
}

static bool is_qemu(const struct pve_opening *o)
{
	return strncmp(o->id, "qemu/", 5) == 0;
}

/* ---- the ticket -----------------------------------------------------------
 */

static void on_listed(void *arg, int r, const struct err *e);
static void opening_mint(struct pve_opening *o);

/* Where is it now? */
static void opening_find(struct pve_opening *o, uint64_t since)
{
	if (pve_list_get(o->all->list, since, on_listed, o) < 0)
		pve_opening_no_memory(o);
}

/* It has left that node: the list knows where it went. */
bool pve_opening_follows(struct pve_opening *o, int r, enum pve_again again)
{
	if (r == 0 || again != PVE_AGAIN_LIST || o->followed)
		return false;
	o->followed = true;
	opening_find(o, loop_now_ms(o->all->loop));
	return true;
}

/* A server that does not know the parameter any more names it. */
static bool opening_goes_bare(
		struct pve_opening *o, int r, const struct pve_answer *a)
{
	const struct json *errors = json_get(a->root, "errors");

	if (r == 0 || o->bare || !json_get(errors, "generate-password"))
		return false;
	o->bare = true;
	opening_mint(o);
	return true;
}

static void opening_plan(struct pve_opening *o, const struct pve_answer *a)
{
	struct dial_plan plan = {0};
	struct secret credential = {0};
	struct pve_ticket t = {
			.data = a->data,
			.place = &a->place,
			.path = o->path,
			.terminal = o->kind == CONSOLE_SERIAL,
			.credential = &credential,
			.tls = pve_api_tls(o->all->api),
	};
	struct err e = {0};
	int r = pve_api_credential(o->all->api, &credential);

	if (r == 0)
		r = pve_ticket_plan(&t, &plan, &e);
	else
		(void)err_set(&e, r, "no memory");
	secret_done(&credential);
	pve_opening_end(o, r, r == 0 ? &plan : NULL, r < 0 ? &e : NULL);
	dial_plan_done(&plan);
}

/* ---- VNC's and the terminal's -------------------------------------------- */

static void on_minted(
		void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct pve_opening *o = arg;

	if (pve_opening_follows(o, r, a->again) || opening_goes_bare(o, r, a))
		return;
	if (r < 0)
		pve_opening_fail(o, r, e);
	else
		opening_plan(o, a);
}

static const char *mint_call(const struct pve_opening *o)
{
	if (o->kind == CONSOLE_SERIAL)
		return "termproxy";
	return pve_opening_is_node(o) ? "vncshell" : "vncproxy";
}

static const char *mint_form(const struct pve_opening *o)
{
	if (o->kind == CONSOLE_SERIAL)
		return "";
	/* without it an old server's password is eight known letters */
	if (is_qemu(o) && !o->bare && !pve_list_gives_password(o->all->list))
		return "websocket=1&generate-password=1";
	return "websocket=1";
}

/* By the host that is the guest's node: the end of another one does not cut
 * the console. The WebSocket follows the ticket. */
static void mint(void *arg)
{
	struct pve_opening *o = arg;
	char path[sizeof(o->path) + 16];
	const char *form = mint_form(o);
	/* a listener that nobody comes to closes by itself */
	const struct pve_ask ask = {.method = "POST",
			.path = path,
			.form = *form ? form : NULL,
			.node = o->node,
			.harmless = true};

	if (o->kind == CONSOLE_SPICE) {
		pve_spice_mint(o);
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/%s", o->path, mint_call(o));
	if (pve_call(o->all->api, &ask, on_minted, o) < 0)
		pve_opening_no_memory(o);
}

static void opening_mint(struct pve_opening *o)
{
	if (!pve_learn(o->all->api, o->node, mint, o))
		mint(o);
}

/* ---- the guest's own status -----------------------------------------------
 */

/* Does it run, and has it this console? 0, or why not. */
static int opening_judge(const struct pve_opening *o, const struct json *status,
		struct err *e)
{
	struct pve_list *l = o->all->list;
	struct pve_guest *g = pve_list_find(l, o->id);
	struct pve_look look = {0};

	pve_look_of(status, &look);
	if (g)
		pve_list_looked(l, g, &look);
	if (o->look_fn)
		return 0;
	if (pve_status_of(status) == GUEST_STOPPED)
		return err_set(e, -ENOTCONN,
				"%s is not running; start it first", o->id);
	if (g && g->shown.lacks[o->kind])
		return err_set(e, -ENOTSUP, "%s", g->shown.lacks[o->kind]);
	return 0;
}

/* Who only looks wants to know the rest, too; without it, it is as it was. */
static void on_config(
		void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct pve_opening *o = arg;
	struct pve_guest *g = pve_list_find(o->all->list, o->id);
	struct pve_conf conf = {0};

	if (r == 0 && g) {
		pve_conf_of(a->data, &conf);
		pve_list_read(o->all->list, g, &conf);
	}
	pve_opening_end(o, 0, NULL, NULL);
}

static void opening_read(struct pve_opening *o)
{
	const struct pve_guest *g = pve_list_find(o->all->list, o->id);
	char path[sizeof(o->path) + 16];
	const struct pve_ask ask = {.method = "GET", .path = path};

	if (!g || (g->conf.at_ms > 0 &&
				  loop_now_ms(o->all->loop) - g->conf.at_ms <
						  PVE_LOOK_MS)) {
		pve_opening_end(o, 0, NULL, NULL);
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/config", o->path);
	if (pve_call(o->all->api, &ask, on_config, o) < 0)
		pve_opening_no_memory(o);
}

static void on_status(
		void *arg, int r, struct pve_answer *a, const struct err *why)
{
	struct pve_opening *o = arg;
	struct err e = {0};

	if (pve_opening_follows(o, r, a->again))
		return;
	if (r < 0) {
		pve_opening_fail(o, r, why);
		return;
	}
	r = opening_judge(o, a->data, &e);
	if (r < 0)
		pve_opening_fail(o, r, &e);
	else if (o->look_fn)
		opening_read(o);
	else
		opening_mint(o);
}

static void opening_look(struct pve_opening *o)
{
	char path[sizeof(o->path) + 16];
	const struct pve_ask ask = {.method = "GET", .path = path};

	(void)snprintf(path, sizeof(path), "%s/status/current", o->path);
	if (pve_call(o->all->api, &ask, on_status, o) < 0)
		pve_opening_no_memory(o);
}

/* ---- where it is ----------------------------------------------------------
 */

static int opening_place(
		struct pve_opening *o, const struct pve_guest *g, struct err *e)
{
	if (!g)
		return err_set(e, -ENOENT,
				"there is no guest '%s' in profile %s", o->id,
				o->all->profile);
	if (!o->look_fn && g->denied)
		return err_set(e, -EACCES,
				"%s lacks VM.Console on %s; an administrator "
				"grants it with `pveum acl modify`",
				pve_api_who(o->all->api), o->id);
	if (!o->look_fn && g->shown.lacks[o->kind] &&
			(!is_qemu(o) || g->is_template))
		return err_set(e, -ENOTSUP, "%s", g->shown.lacks[o->kind]);
	if (!o->look_fn && g->offline)
		return err_set(e, -ENOTCONN, "node %s is offline", g->node);
	(void)snprintf(o->node, sizeof(o->node), "%s", g->node);
	if (!o->look_fn)
		pve_learn_early(o->all->api, g->node);
	if (pve_opening_is_node(o))
		(void)snprintf(o->path, sizeof(o->path), "/nodes/%s", g->node);
	else
		(void)snprintf(o->path, sizeof(o->path), "/nodes/%s/%s",
				g->node, o->id);
	return 0;
}

static void on_listed(void *arg, int r, const struct err *why)
{
	struct pve_opening *o = arg;
	struct pve_list *l = o->all->list;
	const struct pve_guest *g;
	struct err e = {0};

	if (r < 0) {
		pve_opening_fail(o, r, why);
		return;
	}
	g = pve_list_find(l, o->id);
	if (!g && pve_list_since(l) < o->began_ms) {
		opening_find(o, o->began_ms); /* it may be new */
		return;
	}
	r = opening_place(o, g, &e);
	if (r < 0)
		pve_opening_fail(o, r, &e);
	else if (o->kind == CONSOLE_SPICE && o->plan_fn && pve_spice_shares(o))
		return; /* its guest was looked at for the first channel */
	else if (!pve_opening_is_node(o))
		opening_look(o);
	else if (!o->look_fn)
		opening_mint(o);
	else
		pve_opening_end(o, 0, NULL, NULL);
}

/* ---- beginning ------------------------------------------------------------
 */

static int opening_new(struct pve_openings *all, const char *id,
		const struct pve_opening *from)
{
	struct pve_opening *o = malloc(sizeof(*o));
	uint64_t now = loop_now_ms(all->loop);
	int r = -ENOMEM;

	if (!o)
		return r;
	*o = *from;
	o->all = all;
	/* a longer one is nobody's: it is not found */
	(void)snprintf(o->id, sizeof(o->id), "%s", id);
	o->began_ms = now;
	o->next = all->first;
	if (o->next)
		o->next->prev = o;
	all->first = o;
	r = pve_list_get(all->list, now > PVE_LIST_MS ? now - PVE_LIST_MS : 0,
			on_listed, o);
	if (r < 0)
		pve_opening_free(o);
	return r;
}

int pve_open_console(struct pve_openings *all, const char *id,
		enum console_kind kind, hypervisor_plan_fn *fn, void *arg)
{
	const struct pve_opening o = {.kind = kind, .plan_fn = fn, .arg = arg};

	return opening_new(all, id, &o);
}

int pve_open_spice(struct pve_openings *all, const char *id,
		const struct spice_wish *w, hypervisor_plan_fn *fn, void *arg)
{
	const struct pve_opening o = {.kind = CONSOLE_SPICE,
			.plan_fn = fn,
			.arg = arg,
			.link = *w->link,
			.since_ms = w->since_ms};

	return opening_new(all, id, &o);
}

int pve_open_viewer(struct pve_openings *all, const char *id,
		hypervisor_viewer_fn *fn, void *arg)
{
	const struct pve_opening o = {
			.kind = CONSOLE_SPICE, .viewer_fn = fn, .arg = arg};

	return opening_new(all, id, &o);
}

int pve_look_at(struct pve_openings *all, const char *id, pve_looked_fn *fn,
		void *arg)
{
	const struct pve_opening o = {.look_fn = fn, .arg = arg};

	return opening_new(all, id, &o);
}
