#include "hypervisor/hypervisor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

static const char *const kind_names[CONSOLE_KINDS] = {
		[CONSOLE_VNC] = "vnc",
		[CONSOLE_SERIAL] = "serial",
		[CONSOLE_SPICE] = "spice",
};

static const char *const status_names[] = {
		[GUEST_UNKNOWN] = "unknown",
		[GUEST_RUNNING] = "running",
		[GUEST_STOPPED] = "stopped",
		[GUEST_PAUSED] = "paused",
};

const char *console_kind_name(enum console_kind k)
{
	return kind_names[k];
}

int console_kind_from(const char *name, enum console_kind *ret_kind)
{
	for (int k = 0; k < CONSOLE_KINDS; k++) {
		if (strcmp(kind_names[k], name) == 0) {
			*ret_kind = (enum console_kind)k;
			return 0;
		}
	}
	return -EINVAL;
}

static const char *const verb_names[POWER_VERBS] = {
		[POWER_START] = "start",
		[POWER_STOP] = "stop",
		[POWER_SHUTDOWN] = "shutdown",
		[POWER_REBOOT] = "reboot",
		[POWER_RESET] = "reset",
		[POWER_SUSPEND] = "suspend",
		[POWER_RESUME] = "resume",
};

const char *power_verb_name(enum power_verb v)
{
	return verb_names[v];
}

int power_verb_from(const char *name, enum power_verb *ret_verb)
{
	for (int v = 0; v < POWER_VERBS; v++) {
		if (strcmp(verb_names[v], name) == 0) {
			*ret_verb = (enum power_verb)v;
			return 0;
		}
	}
	return -EINVAL;
}

const char *guest_status_name(enum guest_status s)
{
	return status_names[s];
}

int hypervisor_open(struct hypervisor **ret_h,
		const struct hypervisor_ops *const *providers, struct loop *l,
		const struct config_profile *p, struct err *e)
{
	struct hypervisor *h;
	int r;

	while (*providers && strcmp((*providers)->kind, p->kind) != 0)
		providers++;
	if (!*providers)
		return err_set(e, -ENOTSUP,
				"profile %s: this build does not speak to "
				"hypervisors of kind '%s' yet",
				p->name, p->kind);
	r = (*providers)->open(&h, l, p, e);
	if (r < 0)
		return r;
	h->ops = *providers;
	h->read_only = p->read_only;
	h->profile = strdup(p->name);
	if (!h->profile) {
		h->ops->free(h);
		return err_set(e, -ENOMEM, "no memory");
	}
	*ret_h = h;
	return 0;
}

/* ---- answers that are owed ------------------------------------------------
 */

struct ask {
	struct hypervisor *h;
	hypervisor_list_fn *list_fn;
	hypervisor_plan_fn *plan_fn;
	hypervisor_done_fn *done_fn;
	hypervisor_snapshots_fn *snapshots_fn;
	hypervisor_snapped_fn *snapped_fn;
	hypervisor_output_fn *output_fn;
	void *arg;
};

static struct ask *ask_new(struct hypervisor *h, void *arg)
{
	struct ask *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->h = h;
	a->arg = arg;
	h->owed++;
	return a;
}

static void ask_listed(void *arg, int r, const struct guest *guests,
		size_t count, const struct err *e)
{
	struct ask *a = arg;

	a->list_fn(a->arg, r, guests, count, e);
	a->h->owed--;
	free(a);
}

static void ask_planned(
		void *arg, int r, struct dial_plan *plan, const struct err *e)
{
	struct ask *a = arg;

	a->plan_fn(a->arg, r, plan, e);
	a->h->owed--;
	free(a);
}

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

static void ask_done(void *arg, int r, const char *task, const struct err *e)
{
	struct ask *a = arg;

	a->done_fn(a->arg, r, task, e);
	a->h->owed--;
	free(a);
}

static void ask_snapshots(void *arg, int r, const struct snapshot *all,
		size_t count, const struct err *e)
{
	struct ask *a = arg;

	a->snapshots_fn(a->arg, r, all, count, e);
	a->h->owed--;
	free(a);
}

static void ask_snapped(void *arg, int r, const char *name, const char *task,
		const struct err *e)
{
	struct ask *a = arg;

	a->snapped_fn(a->arg, r, name, task, e);
	a->h->owed--;
	free(a);
}

static void ask_output(void *arg, int r, const char *output, size_t len,
		const struct err *e)
{
	struct ask *a = arg;

	a->output_fn(a->arg, r, output, len, e);
	a->h->owed--;
	free(a);
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

void hypervisor_snapshot(struct hypervisor *h, const char *id, const char *name,
		hypervisor_snapped_fn *fn, void *arg)
{
	struct err e;
	struct ask *a = ask_change(h, h->ops->snapshot != NULL, arg, &e);

	if (!a) {
		fn(arg, e.code, NULL, NULL, &e);
		return;
	}
	a->snapped_fn = fn;
	h->ops->snapshot(h, id, name, ask_snapped, a);
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

bool hypervisor_owes(const struct hypervisor *h)
{
	return h->owed > 0;
}

void hypervisor_free(struct hypervisor *h)
{
	if (!h)
		return;
	free(h->profile);
	h->ops->free(h);
}
