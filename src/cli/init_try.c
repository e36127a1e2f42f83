/* What was asked for, tried before it is kept. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/app.h"
#include "cli/doctor.h"
#include "cli/guests.h"
#include "cli/init.h"
#include "cli/say.h"
#include "cli/wait.h"
#include "core/loop.h"

enum { LIST_MS = 30000 };

struct listed {
	struct wait wait;
	struct doctor *doctor;
	struct guest_list guests;
};

static void on_list(void *arg, int r, const struct guest *guests, size_t count,
		const struct err *e)
{
	struct listed *l = arg;
	const char *name = l->doctor->config->profiles[0].name;

	if (r < 0)
		checks_bad(&l->doctor->checks, name, "guests", r, NULL, "%s",
				e->text);
	else
		checks_good(&l->doctor->checks, name, "guests",
				"%zu are listed", count);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (guest_list_add(&l->guests, name, &guests[i]) < 0)
			break;
	guest_list_sort(&l->guests);
	wait_over(&l->wait);
}

/* One running guest that has it. */
static void try_kind(struct doctor *d, struct hypervisor *h,
		const struct guest_list *l, enum console_kind kind,
		struct init_tried *ret)
{
	size_t good = d->checks.good;

	for (size_t n = 0; n < l->count; n++) {
		const struct guest_entry *g = &l->items[n];

		if (g->lacks[kind] || g->status == GUEST_STOPPED ||
				strcmp(g->type, "node") == 0)
			continue;
		init_tell("opening a %s console of %s ...",
				console_kind_name(kind), g->id);
		doctor_console(d, h, g->id, strchr(g->id, '/') + 1, kind, NULL);
		if (d->checks.good == good)
			return;
		ret->opened |= 1U << kind;
		if (!*ret->guest)
			(void)snprintf(ret->guest, sizeof(ret->guest), "%s",
					g->id);
		return;
	}
	checks_note(&d->checks, d->config->profiles[0].name,
			console_kind_name(kind), NULL,
			"no running guest has such a console");
}

static void try_profile(struct doctor *d, struct init_tried *ret)
{
	const struct config_profile *p = &d->config->profiles[0];
	static struct listed l; /* also for an answer that comes too late */
	struct hypervisor *h;
	struct err e;

	if (hypervisor_open(&h, d->app->providers, d->loop, p, &e) < 0) {
		checks_bad(&d->checks, p->name, "profile", -EINVAL, NULL, "%s",
				e.text);
		return;
	}
	if (strcmp(p->kind, "proxmox") == 0)
		init_tell("trying the login ...");
	doctor_inspect(d, h, p->name, NULL);
	if (d->checks.worst != EXIT_REFUSED || d->checks.good > 0) {
		l = (struct listed){.wait.loop = d->loop, .doctor = d};
		hypervisor_list(h, on_list, &l);
		(void)wait_until(&l.wait, LIST_MS);
		for (int k = 0; l.guests.count > 0 && k < CONSOLE_KINDS; k++)
			try_kind(d, h, &l.guests, (enum console_kind)k, ret);
		if (l.guests.count > 0 && !*ret->guest)
			(void)snprintf(ret->guest, sizeof(ret->guest), "%s",
					l.guests.items[0].id);
		guest_list_done(&l.guests);
	}
	hypervisor_free(h);
}

int init_try(struct init *i, struct init_tried *ret)
{
	const struct config_options o = {.path = i->draft.name};
	struct doctor d = {.app = i->app};
	struct config *c;
	struct err e;

	*ret = (struct init_tried){0};
	if (config_load(&c, &o, &e) < 0) {
		draft_rename(&i->draft, &e);
		return say_err(EXIT_CONFIG, &e);
	}
	d.config = c;
	if (loop_new(&d.loop) < 0) {
		config_free(c);
		return say_fail(EXIT_FAILED, "no memory");
	}
	checks_init(&d.checks, app_json(i->app));
	try_profile(&d, ret);
	ret->worst = checks_end(&d.checks);
	checks_done(&d.checks);
	loop_free(d.loop);
	config_free(c);
	return 0;
}
