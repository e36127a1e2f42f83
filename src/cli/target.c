#include "cli/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/output.h"
#include "cli/say.h"
#include "core/buf.h"
#include "core/loop.h"
#include "proto/json.h"

const char *const target_kinds[] = {
		"qemu", "lxc", "node", "sandbox", "static", NULL};

/* The profile that stands in front of what was typed, else the one that was
 * asked for. */
static int open_sources(struct app *a, const char *typed, struct target *t)
{
	const char *rest = strchr(typed, '/');
	char *profile;
	int code;

	if (!rest)
		return sources_open(a, a->globals.profile, &t->sources);
	profile = strndup(typed, (size_t)(rest - typed));
	if (!profile)
		return say_fail(EXIT_FAILED, "no memory");
	code = sources_open(a, profile, &t->sources);
	free(profile);
	return code;
}

int target_find(struct guest_list *l, const char *typed,
		const struct target_options *o, const struct guest_entry **ret)
{
	const struct guest_entry *g;
	struct err e;
	int r;

	if (o->kind)
		guest_list_keep(l, o->kind);
	r = guest_list_find(l, typed, &g, &e);
	if (r == -ENOENT && l->failed_count > 0) /* it may be theirs */
		return say_fail(EXIT_FAILED,
				"'%s' is no guest of a profile that answered",
				typed);
	if (r < 0)
		return say_err(r == -ENOTUNIQ ? EXIT_USAGE : EXIT_NOT_FOUND,
				&e);
	if (strlen(g->id) >= GUEST_ID_MAX)
		return say_fail(EXIT_FAILED, "the id of '%s' is too long",
				typed);
	if (o->node && g->node && strcmp(o->node, g->node) != 0)
		say("%s is on node %s, not on %s", g->id, g->node, o->node);
	*ret = g;
	return 0;
}

int target_open(struct app *a, const char *typed,
		const struct target_options *o, struct target *ret)
{
	int code;

	*ret = (struct target){0};
	code = open_sources(a, typed, ret);
	if (code == 0)
		code = target_find(&ret->sources.guests, typed, o, &ret->guest);
	if (code != 0) {
		target_close(ret);
		return code;
	}
	ret->hypervisor = sources_of(&ret->sources, ret->guest, &ret->profile);
	ret->id = strchr(ret->guest->id, '/') + 1;
	return 0;
}

int target_open_new(struct app *a, const char *typed, struct target *ret)
{
	const char *rest = strchr(typed, '/');
	const struct guest_entry named = {.id = (char *)typed};
	int code;

	*ret = (struct target){0};
	if (!rest || rest == typed || !rest[1])
		return say_fail(EXIT_USAGE,
				"'%s' should be PROFILE/NAME: where it is to "
				"be, and its name",
				typed);
	code = open_sources(a, typed, ret);
	if (code != 0)
		return code;
	ret->id = rest + 1;
	ret->hypervisor = sources_of(&ret->sources, &named, &ret->profile);
	if (!ret->hypervisor) {
		target_close(ret);
		return say_fail(EXIT_NOT_FOUND, "there is no profile '%.*s'",
				(int)(rest - typed), typed);
	}
	return 0;
}

void target_close(struct target *t)
{
	sources_close(&t->sources);
	*t = (struct target){0};
}

/* ---- waiting
 * -----------------------------------------------------------------
 */

static void on_limit(void *arg)
{
	struct target *t = arg;

	loop_stop(t->sources.loop);
}

bool target_wait(struct target *t, uint64_t limit_ms)
{
	struct timer *limit;
	bool answered;

	if (!t->answered &&
			timer_new(&limit, t->sources.loop, on_limit, t) == 0) {
		t->waits = true;
		timer_set(limit, limit_ms);
		(void)loop_run(t->sources.loop);
		timer_free(limit);
		t->waits = false;
	}
	answered = t->answered;
	t->answered = false;
	return answered;
}

void target_answered(struct target *t)
{
	t->answered = true;
	if (t->waits)
		loop_stop(t->sources.loop);
}

void target_on_done(void *arg, int r, const char *task, const struct err *e)
{
	struct target_done *d = arg;

	d->r = r;
	if (r < 0)
		d->e = *e;
	if (task)
		(void)snprintf(d->task, sizeof(d->task), "%s", task);
	target_answered(d->target);
}

void target_on_begun(void *arg, const char *task)
{
	struct target_done *d = arg;

	(void)snprintf(d->task, sizeof(d->task), "%s", task);
	if (d->told)
		say("it is %s", d->task);
}

/* A change that a read_only profile refuses has an exit code of its own. */
static int exit_of_change(int r)
{
	return r == -EPERM ? EXIT_READ_ONLY : exit_of(r);
}

int target_finish(struct target_done *d, const char *what)
{
	enum { PATIENCE_MS = 2000 };
	bool done = target_wait(d->target, PATIENCE_MS);

	if (!done) {
		say(*d->task ? "waiting for %s (%s); Ctrl+C leaves it to itself"
			     : "waiting for %s%s; Ctrl+C leaves it to itself",
				what, d->task);
		d->told = true;
		done = target_wait(d->target, TARGET_TASK_MS);
	}
	if (!done)
		return say_fail(EXIT_BUSY, "%s still goes on", what);
	if (d->r < 0)
		return say_err(exit_of_change(d->r), &d->e);
	if (*d->task)
		say("%s is done (%s)", what, d->task);
	else
		say("%s is done", what);
	return EXIT_OK;
}

void target_say_hint(const struct target *t, enum end_word word)
{
	const char *hint = end_info(word)->hint;

	if (word == END_GUEST_NOT_RUNNING)
		say("`glassbridge power %s start` starts it", t->guest->id);
	else if (hint)
		say("%s", hint);
}

int target_put_done(const struct target_done *d, const char *verb,
		const char *snapshot)
{
	const struct guest_entry *g = d->target->guest;
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "guest", g->id);
	json_out_put_text(&o, "vmid", strrchr(g->id, '/') + 1);
	json_out_put_text(&o, "node", g->node);
	json_out_put_text(&o, "verb", verb);
	json_out_put_text(&o, "snapshot", snapshot);
	json_out_put_text(&o, "task", *d->task ? d->task : NULL);
	json_out_object_end(&o);
	return output_end(&o, &b);
}
