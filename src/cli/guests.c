#include "cli/guests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/say.h"
#include "core/loop.h"
#include "proto/json.h"

/* ---- the list ---------------------------------------------------------- */

static void entry_done(struct guest_entry *g)
{
	free(g->id);
	free(g->name);
	free(g->type);
	free(g->node);
	for (size_t i = 0; i < g->tag_count; i++)
		free(g->tags[i]);
	for (int k = 0; k < CONSOLE_KINDS; k++)
		free(g->lacks[k]);
	*g = (struct guest_entry){0};
}

void guest_list_done(struct guest_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		entry_done(&l->items[i]);
	free(l->items);
	for (size_t i = 0; i < l->failed_count; i++)
		free(l->failed[i].profile);
	free(l->failed);
	*l = (struct guest_list){0};
}

/* An empty entry at the end. NULL without memory. */
static struct guest_entry *list_add(struct guest_list *l)
{
	size_t room = l->room ? 2 * l->room : 32;
	struct guest_entry *items;

	if (l->count == l->room) {
		items = reallocarray(l->items, room, sizeof(*items));
		if (!items)
			return NULL;
		l->items = items;
		l->room = room;
	}
	l->items[l->count] = (struct guest_entry){0};
	return &l->items[l->count++];
}

static int copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int entry_fill(struct guest_entry *to, const char *profile,
		const struct guest *from)
{
	if (asprintf(&to->id, "%s/%s", profile, from->id) < 0) {
		to->id = NULL;
		return -ENOMEM;
	}
	if (copy(&to->name, from->name) < 0 ||
			copy(&to->type, from->type) < 0 ||
			copy(&to->node, from->node) < 0)
		return -ENOMEM;
	to->status = from->status;
	for (; to->tag_count < from->tag_count; to->tag_count++)
		if (copy(&to->tags[to->tag_count], from->tags[to->tag_count]) <
				0)
			return -ENOMEM;
	for (int k = 0; k < CONSOLE_KINDS; k++)
		if (copy(&to->lacks[k], from->lacks[k]) < 0)
			return -ENOMEM;
	return 0;
}

int guest_list_from_json(const struct json *answer, struct guest_list *ret)
{
	const struct json *guests = json_get(answer, "guests");
	struct guest_list l = {0};

	for (size_t i = 0; i < json_count(guests); i++) {
		const struct json *g = json_at(guests, i);
		const char *id = json_text(json_get(g, "id"));
		struct guest_entry *to = id ? list_add(&l) : NULL;

		if (!id)
			continue;
		if (!to || copy(&to->id, id) < 0 ||
				copy(&to->name, json_text(json_get(g,
								"name"))) < 0) {
			guest_list_done(&l);
			return -ENOMEM;
		}
	}
	*ret = l;
	return 0;
}

/* ---- asking ------------------------------------------------------------ */

/* One profile that is asked. */
struct asked {
	struct asking *all;
	const char *profile;
	struct hypervisor *h;
	bool waits;
};

struct asking {
	struct loop *loop;
	struct guest_list *list;
	struct asked *items;
	size_t count, waits;
	int r; /* memory */
};

static void note_failed(
		struct asking *all, const char *profile, const struct err *why)
{
	struct guest_list *l = all->list;
	void *failed = reallocarray(
			l->failed, l->failed_count + 1, sizeof(*l->failed));

	if (!failed) {
		all->r = -ENOMEM;
		return;
	}
	l->failed = failed;
	l->failed[l->failed_count].why = *why;
	if (copy(&l->failed[l->failed_count].profile, profile) < 0)
		all->r = -ENOMEM;
	else
		l->failed_count++;
}

static void on_list(void *arg, int r, const struct guest *guests, size_t count,
		const struct err *e)
{
	struct asked *p = arg;
	struct asking *all = p->all;

	p->waits = false;
	if (r < 0)
		note_failed(all, p->profile, e);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct guest_entry *to = list_add(all->list);

		if (!to || entry_fill(to, p->profile, &guests[i]) < 0)
			all->r = -ENOMEM;
	}
	if (--all->waits == 0)
		loop_stop(all->loop);
}

static void on_limit(void *arg)
{
	struct asking *all = arg;
	struct err e;

	(void)err_set(&e, -ETIMEDOUT, "it did not answer within %d s",
			GUESTS_LIST_MS / 1000);
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].waits)
			note_failed(all, all->items[i].profile, &e);
	loop_stop(all->loop);
}

static void ask(struct asking *all, struct asked *p,
		const struct hypervisor_ops *const *providers,
		const struct config_profile *profile)
{
	struct err e;

	p->all = all;
	p->profile = profile->name;
	if (hypervisor_open(&p->h, providers, all->loop, profile, &e) < 0) {
		note_failed(all, profile->name, &e);
		return;
	}
	p->waits = true;
	all->waits++;
	hypervisor_list(p->h, on_list, p);
}

static int ask_all(
		struct asking *all, const struct app *a, const struct config *c)
{
	struct timer *limit;
	int r = timer_new(&limit, all->loop, on_limit, all);

	if (r < 0)
		return r;
	timer_set(limit, GUESTS_LIST_MS);
	all->waits = 1; /* an answer may come before the last was asked */
	for (size_t i = 0; i < all->count; i++)
		ask(all, &all->items[i], a->providers, &c->profiles[i]);
	if (--all->waits > 0)
		(void)loop_run(all->loop);
	timer_free(limit);
	for (size_t i = 0; i < all->count; i++)
		hypervisor_free(all->items[i].h);
	return all->r;
}

static int by_id(const void *a, const void *b)
{
	return strverscmp(((const struct guest_entry *)a)->id,
			((const struct guest_entry *)b)->id);
}

static int list_load(
		struct app *a, const struct config *c, struct guest_list *ret)
{
	struct asking all = {.list = ret, .count = c->profile_count};
	int r = loop_new(&all.loop);

	if (r < 0)
		return r;
	ret->asked = all.count;
	all.items = calloc(all.count + 1, sizeof(*all.items));
	r = all.items ? ask_all(&all, a, c) : -ENOMEM;
	loop_free(all.loop);
	free(all.items);
	if (ret->count > 0)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_id);
	return r;
}

/* hypervisor_open() names the profile itself. */
static void tell_failed(const struct guest_list *l)
{
	for (size_t i = 0; i < l->failed_count; i++) {
		const char *why = l->failed[i].why.text;

		if (strncmp(why, "profile ", 8) == 0)
			say("%s", why);
		else
			say("profile %s: %s", l->failed[i].profile, why);
	}
}

int guest_list_load(struct app *a, struct guest_list *ret)
{
	struct guest_list l = {0};
	const struct config *c;
	int code = app_config(a, &c), r;

	if (code != 0)
		return code;
	if (c->profile_count == 0)
		say("no profiles are configured, so there are no guests; see "
		    "`man 5 glassbridge`");
	r = list_load(a, c, &l);
	tell_failed(&l);
	if (r < 0)
		code = say_fail(EXIT_FAILED, "no memory");
	else if (l.asked > 0 && l.failed_count == l.asked)
		code = l.failed_count == 1 ? exit_of(l.failed[0].why.code)
					   : EXIT_FAILED;
	if (code != 0)
		guest_list_done(&l);
	else
		*ret = l;
	return code;
}
