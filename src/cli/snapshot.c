#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/table.h"
#include "cli/target.h"
#include "core/buf.h"
#include "proto/json.h"

enum { LIST_MS = 30000 };

struct snapshot_values {
	struct target_options target;
	bool list, memory;
	const char *description;
};

static const struct option_rule options[] = {
		TARGET_RULES(offsetof(struct snapshot_values, target)),
		{"list", 'l', OPTION_FLAG,
				offsetof(struct snapshot_values, list), NULL,
				"list those there are", NULL},
		{"description", 'd', OPTION_TEXT,
				offsetof(struct snapshot_values, description),
				"TEXT", "what it is for", NULL},
		{"memory", 'm', OPTION_FLAG,
				offsetof(struct snapshot_values, memory), NULL,
				"with what runs in it, not only its disks",
				NULL},
		{0},
};

static int snapshot(struct app *a, const void *values, int argc, char **argv);

const struct command snapshot_command = {
		.name = "snapshot",
		.arguments = "GUEST [NAME]",
		.summary = "Take a snapshot of a guest, or list them",
		.help = "It prints the name of the new snapshot, which "
			"`glassbridge restore` takes.\n",
		.options = options,
		.values_size = sizeof(struct snapshot_values),
		.arguments_min = 1,
		.arguments_max = 2,
		.run = snapshot,
};

/* ---- listing --------------------------------------------------------------
 */

struct listing {
	struct target *target;
	bool json;
	int code;
};

static int put_json_list(const struct snapshot *all, size_t count)
{
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_array(&o, "snapshots");
	for (size_t i = 0; i < count; i++) {
		json_out_object_begin(&o);
		json_out_put_text(&o, "name", all[i].name);
		json_out_put_text(&o, "description", all[i].description);
		json_out_put_int(&o, "time", all[i].time);
		json_out_put_bool(&o, "memory", all[i].memory);
		json_out_object_end(&o);
	}
	json_out_array_end(&o);
	json_out_object_end(&o);
	return output_end(&o, &b);
}

static int add_row(struct table *t, const struct snapshot *s)
{
	char when[32] = "-";
	struct tm tm;
	time_t at = (time_t)s->time;
	const char *const cells[] = {s->name, when, s->memory ? "yes" : "no",
			s->description};

	if (s->time > 0 && localtime_r(&at, &tm))
		(void)strftime(when, sizeof(when), "%F %H:%M", &tm);
	return table_add(t, cells);
}

static int put_table(const struct snapshot *all, size_t count)
{
	static const char *const heads[] = {
			"NAME", "TAKEN", "MEMORY", "DESCRIPTION", NULL};
	struct table t;
	int r = 0;

	table_init(&t, heads);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_row(&t, &all[i]);
	if (r == 0)
		table_show(&t, "it has no snapshots; `glassbridge snapshot "
			       "GUEST` takes one");
	table_done(&t);
	return r < 0 ? say_fail(EXIT_FAILED, "no memory") : EXIT_OK;
}

static void on_list(void *arg, int r, const struct snapshot *all, size_t count,
		const struct err *e)
{
	struct listing *l = arg;

	if (r < 0)
		l->code = say_err(exit_of(r), e);
	else
		l->code = l->json ? put_json_list(all, count)
				  : put_table(all, count);
	target_answered(l->target);
}

static int list(struct target *t, bool json)
{
	struct listing l = {.target = t, .json = json};

	hypervisor_snapshots(t->hypervisor, t->id, on_list, &l);
	if (!target_wait(t, LIST_MS))
		return say_fail(EXIT_BUSY,
				"the hypervisor did not answer "
				"within %d s",
				LIST_MS / 1000);
	return l.code;
}

/* ---- taking ----------------------------------------------------------------
 */

struct taking {
	struct target_done done;
	char name[256];
};

static void on_snapped(void *arg, int r, const char *name, const char *task,
		const struct err *e)
{
	struct taking *t = arg;

	(void)snprintf(t->name, sizeof(t->name), "%s", name ? name : "");
	target_on_done(&t->done, r, task, e);
}

static void on_snapping(void *arg, const char *task)
{
	struct taking *t = arg;

	target_on_begun(&t->done, task);
}

static int take(struct target *t, const struct snapshot_wish *w, bool json)
{
	struct taking s = {.done.target = t};
	char what[GUEST_ID_MAX + 32];
	int code;

	(void)snprintf(what, sizeof(what), "the snapshot of %s", t->guest->id);
	hypervisor_snapshot(t->hypervisor, t->id, w, on_snapped, &s);
	hypervisor_on_begun(t->hypervisor, &s, on_snapping);
	code = target_finish(&s.done, what);
	if (code == 0 && json)
		return target_put_done(&s.done, "snapshot", s.name);
	if (code == 0) {
		put_clean(stdout, s.name);
		(void)putchar('\n');
	}
	return code;
}

static int snapshot(struct app *a, const void *values, int argc, char **argv)
{
	const struct snapshot_values *v = values;
	const struct snapshot_wish wish = {.name = argc > 1 ? argv[1] : NULL,
			.description = v->description,
			.memory = v->memory};
	struct target t;
	int code;

	if (v->list && argc > 1)
		return app_usage(&snapshot_command,
				"--list has no use for the name '%s'", argv[1]);
	code = target_open(a, argv[0], &v->target, &t);
	if (code != 0)
		return code;
	code = v->list ? list(&t, app_json(a)) : take(&t, &wish, app_json(a));
	target_close(&t);
	return code;
}
