/* Every question to a provider goes by here, and comes back by here. */
#include "hypervisor/ask.h"

#include <errno.h>
#include <stdlib.h>

#include "hypervisor/hypervisor.h"

/* One of the functions is set. */
struct ask {
	struct ask *next, *prev; /* the hypervisor's */
	struct hypervisor *h;
	hypervisor_list_fn *list_fn;
	hypervisor_plan_fn *plan_fn;
	hypervisor_viewer_fn *viewer_fn;
	hypervisor_done_fn *done_fn;
	hypervisor_snapshots_fn *snapshots_fn;
	hypervisor_snapped_fn *snapped_fn;
	hypervisor_output_fn *output_fn;
	hypervisor_addresses_fn *addresses_fn;
	hypervisor_findings_fn *findings_fn;
	hypervisor_realms_fn *realms_fn;
	hypervisor_proved_fn *proved_fn;
	hypervisor_begun_fn *begun_fn; /* besides */
	void *arg;
};

static struct ask *ask_new(struct hypervisor *h, void *arg)
{
	struct ask *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->h = h;
	a->arg = arg;
	a->next = h->asks;
	if (a->next)
		a->next->prev = a;
	h->asks = a;
	return a;
}

static void ask_free(struct ask *a)
{
	if (a->prev)
		a->prev->next = a->next;
	else
		a->h->asks = a->next;
	if (a->next)
		a->next->prev = a->prev;
	free(a);
}

bool hypervisor_owes(const struct hypervisor *h)
{
	return h->asks != NULL;
}

void asks_drop(struct hypervisor *h)
{
	while (h->asks)
		ask_free(h->asks);
}

static void ask_refuse(struct ask *a, int r, const struct err *e)
{
	if (a->list_fn)
		a->list_fn(a->arg, r, NULL, 0, e);
	else if (a->plan_fn)
		a->plan_fn(a->arg, r, NULL, e);
	else if (a->viewer_fn)
		a->viewer_fn(a->arg, r, NULL, e);
	else if (a->done_fn)
		a->done_fn(a->arg, r, NULL, e);
	else if (a->snapshots_fn)
		a->snapshots_fn(a->arg, r, NULL, 0, e);
	else if (a->snapped_fn)
		a->snapped_fn(a->arg, r, NULL, NULL, e);
	else if (a->output_fn)
		a->output_fn(a->arg, r, NULL, 0, e);
	else if (a->addresses_fn)
		a->addresses_fn(a->arg, r, NULL, 0, e);
	else if (a->findings_fn)
		a->findings_fn(a->arg, NULL, 0);
	else if (a->realms_fn)
		a->realms_fn(a->arg, r, NULL, 0, e);
	else if (a->proved_fn)
		a->proved_fn(a->arg, r, NULL, e);
}

void hypervisor_forsake(struct hypervisor *h, int r, const char *why)
{
	struct err e;

	if (!h)
		return;
	while (h->asks) {
		struct ask *a = h->asks;

		ask_refuse(a, err_set(&e, r, "%s", why), &e);
		ask_free(a);
	}
	hypervisor_free(h);
}

/* ---- answers --------------------------------------------------------------
 */

static void ask_listed(void *arg, int r, const struct guest *guests,
		size_t count, const struct err *e)
{
	struct ask *a = arg;

	a->list_fn(a->arg, r, guests, count, e);
	ask_free(a);
}

static void ask_planned(
		void *arg, int r, struct dial_plan *plan, const struct err *e)
{
	struct ask *a = arg;

	a->plan_fn(a->arg, r, plan, e);
	ask_free(a);
}

static void ask_viewed(void *arg, int r, const struct viewer_keys *k,
		const struct err *e)
{
	struct ask *a = arg;

	a->viewer_fn(a->arg, r, k, e);
	ask_free(a);
}

static void ask_done(void *arg, int r, const char *task, const struct err *e)
{
	struct ask *a = arg;

	a->done_fn(a->arg, r, task, e);
	ask_free(a);
}

static void ask_snapshots(void *arg, int r, const struct snapshot *all,
		size_t count, const struct err *e)
{
	struct ask *a = arg;

	a->snapshots_fn(a->arg, r, all, count, e);
	ask_free(a);
}

static void ask_snapped(void *arg, int r, const char *name, const char *task,
		const struct err *e)
{
	struct ask *a = arg;

	a->snapped_fn(a->arg, r, name, task, e);
	ask_free(a);
}

static void ask_addresses(void *arg, int r, const struct guest_address *all,
		size_t count, const struct err *e)
{
	struct ask *a = arg;

	a->addresses_fn(a->arg, r, all, count, e);
	ask_free(a);
}

static void ask_output(void *arg, int r, const char *output, size_t len,
		const struct err *e)
{
	struct ask *a = arg;

	a->output_fn(a->arg, r, output, len, e);
	ask_free(a);
}

static void ask_findings(void *arg, const struct finding *all, size_t count)
{
	struct ask *a = arg;

	a->findings_fn(a->arg, all, count);
	ask_free(a);
}

static void ask_realms(void *arg, int r, const struct realm *all, size_t count,
		const struct err *e)
{
	struct ask *a = arg;

	a->realms_fn(a->arg, r, all, count, e);
	ask_free(a);
}

static void ask_proved(
		void *arg, int r, const struct proved *p, const struct err *e)
{
	struct ask *a = arg;

	a->proved_fn(a->arg, r, p, e);
	ask_free(a);
}

/* The arg of a provider is the ask; of others there is none. */
void hypervisor_begun(struct hypervisor *h, void *arg, const char *task)
{
	struct ask *a = h->asks;

	while (a && a != arg)
		a = a->next;
	if (a && a->begun_fn)
		a->begun_fn(a->arg, task);
}

/* ---- questions ------------------------------------------------------------
 */

void hypervisor_list(struct hypervisor *h, hypervisor_list_fn *fn, void *arg)
{
	struct ask *a = ask_new(h, arg);
	struct err e;

	if (!a) {
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, 0, &e);
		return;
	}
	a->list_fn = fn;
	h->ops->list(h, ask_listed, a);
}

void hypervisor_look(struct hypervisor *h, const char *id,
		hypervisor_list_fn *fn, void *arg)
{
	struct ask *a = h->ops->look ? ask_new(h, arg) : NULL;

	if (!a) {
		hypervisor_list(h, fn, arg);
		return;
	}
	a->list_fn = fn;
	h->ops->look(h, id, ask_listed, a);
}

void hypervisor_plan(struct hypervisor *h, const char *id,
		enum console_kind kind, hypervisor_plan_fn *fn, void *arg)
{
	struct ask *a = ask_new(h, arg);
	struct err e;

	if (!a) {
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, &e);
		return;
	}
	a->plan_fn = fn;
	h->ops->plan(h, id, kind, ask_planned, a);
}

void hypervisor_plan_spice(struct hypervisor *h, const char *id,
		const struct spice_wish *w, hypervisor_plan_fn *fn, void *arg)
{
	struct ask *a = h->ops->plan_spice ? ask_new(h, arg) : NULL;
	struct err e;

	if (!a) {
		(void)err_set(&e, h->ops->plan_spice ? -ENOMEM : -ENOTSUP,
				"hypervisors of kind '%s' have no SPICE",
				h->ops->kind);
		fn(arg, e.code, NULL, &e);
		return;
	}
	a->plan_fn = fn;
	h->ops->plan_spice(h, id, w, ask_planned, a);
}

void hypervisor_viewer(struct hypervisor *h, const char *id,
		hypervisor_viewer_fn *fn, void *arg)
{
	struct ask *a = h->ops->viewer ? ask_new(h, arg) : NULL;
	struct err e;

	if (!a) {
		(void)err_set(&e, h->ops->viewer ? -ENOMEM : -ENOTSUP,
				"hypervisors of kind '%s' have no SPICE",
				h->ops->kind);
		fn(arg, e.code, NULL, &e);
		return;
	}
	a->viewer_fn = fn;
	h->ops->viewer(h, id, ask_viewed, a);
}

/* May this be changed, and can it be? The ask, or NULL and why not. */
static struct ask *ask_change(
		struct hypervisor *h, bool can, void *arg, struct err *e)
{
	struct ask *a = NULL;

	if (h->read_only)
		(void)err_set(e, -EPERM,
				"profile %s is read_only: it opens consoles "
				"and changes nothing",
				h->profile);
	else if (!can)
		(void)err_set(e, -ENOTSUP,
				"hypervisors of kind '%s' cannot do this",
				h->ops->kind);
	else if (!(a = ask_new(h, arg)))
		(void)err_set(e, -ENOMEM, "no memory");
	return a;
}

void hypervisor_power(struct hypervisor *h, const char *id, enum power_verb v,
		hypervisor_done_fn *fn, void *arg)
{
	struct err e;
	struct ask *a = ask_change(h, h->ops->power != NULL, arg, &e);

	if (!a) {
		fn(arg, e.code, NULL, &e);
		return;
	}
	a->done_fn = fn;
	h->ops->power(h, id, v, ask_done, a);
}

void hypervisor_restore(struct hypervisor *h, const char *id,
		const char *snapshot, hypervisor_done_fn *fn, void *arg)
{
	struct err e;
	struct ask *a = ask_change(h, h->ops->restore != NULL, arg, &e);

	if (!a) {
		fn(arg, e.code, NULL, &e);
		return;
	}
	a->done_fn = fn;
	h->ops->restore(h, id, snapshot, ask_done, a);
}

void hypervisor_on_begun(
		struct hypervisor *h, void *arg, hypervisor_begun_fn *fn)
{
	struct ask *a = h->asks; /* the youngest first */

	while (a && a->arg != arg)
		a = a->next;
	if (a)
		a->begun_fn = fn;
}

void hypervisor_snapshots(struct hypervisor *h, const char *id,
		hypervisor_snapshots_fn *fn, void *arg)
{
	struct ask *a = h->ops->snapshots ? ask_new(h, arg) : NULL;
	struct err e;

	if (!a) {
		fn(arg,
				err_set(&e,
						h->ops->snapshots ? -ENOMEM
								  : -ENOTSUP,
						"there are no snapshots to be "
						"had"),
				NULL, 0, &e);
		return;
	}
	a->snapshots_fn = fn;
	h->ops->snapshots(h, id, ask_snapshots, a);
}

void hypervisor_addresses(struct hypervisor *h, const char *id,
		hypervisor_addresses_fn *fn, void *arg)
{
	struct ask *a = h->ops->addresses ? ask_new(h, arg) : NULL;
	struct err e;

	if (!a) {
		(void)err_set(&e, h->ops->addresses ? -ENOMEM : -ENOTSUP,
				"hypervisors of kind '%s' do not ask guests "
				"for their addresses",
				h->ops->kind);
		fn(arg, e.code, NULL, 0, &e);
		return;
	}
	a->addresses_fn = fn;
	h->ops->addresses(h, id, ask_addresses, a);
}

void hypervisor_inspect(struct hypervisor *h, const char *id,
		hypervisor_findings_fn *fn, void *arg)
{
	struct ask *a = h->ops->inspect ? ask_new(h, arg) : NULL;

	if (!a) {
		fn(arg, NULL, 0);
		return;
	}
	a->findings_fn = fn;
	h->ops->inspect(h, id, ask_findings, a);
}

void hypervisor_reach(struct hypervisor *h, const char *id, uint16_t guest_port,
		hypervisor_plan_fn *fn, void *arg)
{
	struct ask *a = h->ops->reach ? ask_new(h, arg) : NULL;
	struct err e;

	if (!a) {
		(void)err_set(&e, h->ops->reach ? -ENOMEM : -ENOTSUP,
				"hypervisors of kind '%s' announce no ports",
				h->ops->kind);
		fn(arg, e.code, NULL, &e);
		return;
	}
	a->plan_fn = fn;
	h->ops->reach(h, id, guest_port, ask_planned, a);
}

void hypervisor_snapshot(struct hypervisor *h, const char *id,
		const struct snapshot_wish *w, hypervisor_snapped_fn *fn,
		void *arg)
{
	struct err e;
	struct ask *a = ask_change(h, h->ops->snapshot != NULL, arg, &e);

	if (!a) {
		fn(arg, e.code, NULL, NULL, &e);
		return;
	}
	a->snapped_fn = fn;
	h->ops->snapshot(h, id, w, ask_snapped, a);
}

void hypervisor_create(struct hypervisor *h, const char *id,
		const char *snapshot, hypervisor_done_fn *fn, void *arg)
{
	struct err e;
	struct ask *a = ask_change(h, h->ops->create != NULL, arg, &e);

	if (!a) {
		fn(arg, e.code, NULL, &e);
		return;
	}
	a->done_fn = fn;
	h->ops->create(h, id, snapshot, ask_done, a);
}

void hypervisor_destroy(struct hypervisor *h, const char *id,
		hypervisor_done_fn *fn, void *arg)
{
	struct err e;
	struct ask *a = ask_change(h, h->ops->destroy != NULL, arg, &e);

	if (!a) {
		fn(arg, e.code, NULL, &e);
		return;
	}
	a->done_fn = fn;
	h->ops->destroy(h, id, ask_done, a);
}

void hypervisor_command(struct hypervisor *h, const char *id,
		const char *command, hypervisor_output_fn *fn, void *arg)
{
	struct err e;
	struct ask *a = ask_change(h, h->ops->command != NULL, arg, &e);

	if (!a) {
		fn(arg, e.code, NULL, 0, &e);
		return;
	}
	a->output_fn = fn;
	h->ops->command(h, id, command, ask_output, a);
}

/* A question that not every kind understands. */
static struct ask *ask_some(
		struct hypervisor *h, bool can, void *arg, struct err *e)
{
	struct ask *a = can ? ask_new(h, arg) : NULL;

	if (!a)
		(void)err_set(e, can ? -ENOMEM : -ENOTSUP,
				can ? "no memory"
				    : "nobody signs in by hypervisors of "
				      "kind '%s'",
				h->ops->kind);
	return a;
}

void hypervisor_realms(
		struct hypervisor *h, hypervisor_realms_fn *fn, void *arg)
{
	struct err e;
	struct ask *a = ask_some(h, h->ops->realms != NULL, arg, &e);

	if (!a) {
		fn(arg, e.code, NULL, 0, &e);
		return;
	}
	a->realms_fn = fn;
	h->ops->realms(h, ask_realms, a);
}

void hypervisor_prove(struct hypervisor *person, enum proof_kind kind,
		const struct secret *value, hypervisor_proved_fn *fn, void *arg)
{
	struct err e;
	struct ask *a = ask_some(person, person->ops->prove != NULL, arg, &e);

	if (!a) {
		fn(arg, e.code, NULL, &e);
		return;
	}
	a->proved_fn = fn;
	person->ops->prove(person, kind, value, ask_proved, a);
}
