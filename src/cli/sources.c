#include "cli/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/say.h"
#include "core/loop.h"

/* One profile that is asked. */
struct source {
	struct asking *all; /* while its list is waited for */
	const struct config_profile *profile;
	struct hypervisor *h; /* NULL: it could not be opened */
	bool waits;
};

struct asking {
	struct sources *sources;
	size_t waits;
	int r; /* memory */
};

static void note_failed(struct asking *all, const struct source *p,
		const struct err *why)
{
	if (guest_list_add_failed(
			    &all->sources->guests, p->profile->name, why) < 0)
		all->r = -ENOMEM;
}

static void on_list(void *arg, int r, const struct guest *guests, size_t count,
		const struct err *e)
{
	struct source *p = arg;
	struct asking *all = p->all;

	if (!all) /* it took too long, and that has been told */
		return;
	p->waits = false;
	p->all = NULL;
	if (r < 0)
		note_failed(all, p, e);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (guest_list_add(&all->sources->guests, p->profile->name,
				    &guests[i]) < 0)
			all->r = -ENOMEM;
	if (--all->waits == 0)
		loop_stop(all->sources->loop);
}

static void on_limit(void *arg)
{
	struct asking *all = arg;
	struct sources *s = all->sources;
	struct err e;

	(void)err_set(&e, -ETIMEDOUT, "it did not answer within %d s",
			SOURCES_LIST_MS / 1000);
	for (size_t i = 0; i < s->count; i++) {
		if (!s->items[i].waits)
			continue;
		note_failed(all, &s->items[i], &e);
		s->items[i].all = NULL;
	}
	loop_stop(s->loop);
}

static void ask(struct asking *all, struct source *p,
		const struct hypervisor_ops *const *providers)
{
	struct err e;

	p->all = all;
	if (hypervisor_open(&p->h, providers, all->sources->loop, p->profile,
			    &e) < 0) {
		note_failed(all, p, &e);
		return;
	}
	p->waits = true;
	all->waits++;
	hypervisor_list(p->h, on_list, p);
}

static int ask_all(struct asking *all, const struct app *a)
{
	struct sources *s = all->sources;
	struct timer *limit;
	int r = timer_new(&limit, s->loop, on_limit, all);

	if (r < 0)
		return r;
	timer_set(limit, SOURCES_LIST_MS);
	all->waits = 1; /* an answer may come before the last was asked */
	for (size_t i = 0; i < s->count; i++)
		ask(all, &s->items[i], a->providers);
	if (--all->waits > 0)
		(void)loop_run(s->loop);
	timer_free(limit);
	guest_list_sort(&s->guests);
	return all->r;
}

/* Which profiles. */
static int choose(
		struct sources *s, const struct config *c, const char *profile)
{
	bool known = false;

	s->items = calloc(c->profile_count + 1, sizeof(*s->items));
	if (!s->items)
		return -ENOMEM;
	for (size_t i = 0; profile && i < c->profile_count; i++)
		known = known || strcmp(c->profiles[i].name, profile) == 0;
	for (size_t i = 0; i < c->profile_count; i++)
		if (!known || strcmp(c->profiles[i].name, profile) == 0)
			s->items[s->count++].profile = &c->profiles[i];
	s->guests.asked = s->count;
	return 0;
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

int sources_open(struct app *a, const char *profile, struct sources *ret)
{
	struct asking all = {.sources = ret};
	const struct guest_list *l = &ret->guests;
	const struct config *c;
	int code = app_config(a, &c), r;

	*ret = (struct sources){0};
	if (code != 0)
		return code;
	if (profile && profile == a->globals.profile) /* it may be a URL */
		profile = c->default_profile;
	if (c->profile_count == 0)
		say("no profiles are configured, so there are no guests; see "
		    "`man 5 glassbridge`");
	r = loop_new(&ret->loop);
	if (r == 0)
		r = choose(ret, c, profile);
	if (r == 0)
		r = ask_all(&all, a);
	tell_failed(l);
	if (r < 0)
		code = say_fail(EXIT_FAILED, "no memory");
	else if (l->asked > 0 && l->failed_count == l->asked)
		code = l->failed_count == 1 ? exit_of(l->failed[0].why.code)
					    : EXIT_FAILED;
	if (code != 0)
		sources_close(ret);
	return code;
}

void sources_close(struct sources *s)
{
	for (size_t i = 0; i < s->count; i++)
		hypervisor_free(s->items[i].h);
	free(s->items);
	if (s->loop)
		loop_free(s->loop);
	guest_list_done(&s->guests);
	*s = (struct sources){0};
}

struct hypervisor *sources_of(const struct sources *s,
		const struct guest_entry *g,
		const struct config_profile **ret_profile)
{
	for (size_t i = 0; i < s->count; i++) {
		const char *name = s->items[i].profile->name;
		size_t len = strlen(name);

		if (strncmp(g->id, name, len) == 0 && g->id[len] == '/') {
			*ret_profile = s->items[i].profile;
			return s->items[i].h;
		}
	}
	return NULL;
}

int sources_list(struct app *a, struct guest_list *ret)
{
	struct sources s;
	int code = sources_open(a, a->globals.profile, &s);

	if (code != 0)
		return code;
	*ret = s.guests;
	s.guests = (struct guest_list){0};
	sources_close(&s);
	return 0;
}
