/* power, restore, destroy: what changes a guest that is there. */
#include <errno.h>
#include <stdio.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/say.h"
#include "cli/target.h"

enum { WHAT_MAX = 2 * GUEST_ID_MAX + 64 };

struct power_values {
	struct target_options target;
	bool yes;
};

static const struct option_rule options[] = {
		TARGET_RULES(offsetof(struct power_values, target)),
		{"yes", 'y', OPTION_FLAG, offsetof(struct power_values, yes),
				NULL, "do not ask", NULL},
		{0},
};

static int power(struct app *a, const void *values, int argc, char **argv);
static int restore(struct app *a, const void *values, int argc, char **argv);
static int destroy(struct app *a, const void *values, int argc, char **argv);

const struct command power_command = {
		.name = "power",
		.arguments = "GUEST VERB",
		.summary = "Start or stop a guest",
		.help = "VERB is start, shutdown, reboot, suspend (or pause), "
			"resume or, as by pulling\n"
			"the plug, stop and reset: these two ask before. It "
			"waits for the end.\n",
		.options = options,
		.values_size = sizeof(struct power_values),
		.arguments_min = 2,
		.arguments_max = 2,
		.run = power,
};

const struct command restore_command = {
		.name = "restore",
		.arguments = "GUEST SNAPSHOT",
		.summary = "Take a guest back to a snapshot",
		.help = "What it did since then is lost, so it asks before. "
			"`glassbridge snapshot --list`\n"
			"has the names.\n",
		.options = options,
		.values_size = sizeof(struct power_values),
		.arguments_min = 2,
		.arguments_max = 2,
		.run = restore,
};

const struct command destroy_command = {
		.name = "destroy",
		.arguments = "GUEST",
		.summary = "Destroy a sandbox, with all it has stored",
		.help = "Where the hypervisor's guests are made to be thrown "
			"away. It asks before.\n",
		.options = options,
		.values_size = sizeof(struct power_values),
		.arguments_min = 1,
		.arguments_max = 1,
		.run = destroy,
};

/* What was done, for programs that want to read it. */
static int told(const struct app *a, const struct target_done *d, int code,
		const char *verb, const char *snapshot)
{
	return code == 0 && app_json(a) ? target_put_done(d, verb, snapshot)
					: code;
}

static int power_to(const struct app *a, struct target *t, enum power_verb v,
		bool yes)
{
	struct target_done d = {.target = t};
	const char *verb = power_verb_name(v);
	char what[WHAT_MAX];
	bool hard = v == POWER_STOP || v == POWER_RESET;
	int code = confirm(yes || !hard || t->profile->read_only,
			"%s %s (%s) as by pulling the plug", verb, t->guest->id,
			t->guest->name ? t->guest->name : "no name");

	if (code != 0)
		return code;
	(void)snprintf(what, sizeof(what), "the %s of %s", verb, t->guest->id);
	hypervisor_power(t->hypervisor, t->id, v, target_on_done, &d);
	hypervisor_on_begun(t->hypervisor, &d, target_on_begun);
	return told(a, &d, target_finish(&d, what), verb, NULL);
}

static int power(struct app *a, const void *values, int argc, char **argv)
{
	const struct power_values *v = values;
	enum power_verb verb;
	struct target t;
	int code;

	if (power_verb_from(argv[1], &verb) < 0)
		return app_usage(&power_command,
				"'%s' is no verb of power: start, shutdown, "
				"reboot, suspend, resume, stop or reset",
				argv[1]);
	code = target_open(a, argv[0], &v->target, &t);
	if (code != 0)
		return code;
	code = power_to(a, &t, verb, v->yes);
	target_close(&t);
	return code;
}

static int restore_to(const struct app *a, struct target *t,
		const char *snapshot, bool yes)
{
	struct target_done d = {.target = t};
	char what[WHAT_MAX];
	int code = confirm(yes || t->profile->read_only,
			"take %s (%s) back to snapshot %s", t->guest->id,
			t->guest->name ? t->guest->name : "no name", snapshot);

	if (code != 0)
		return code;
	(void)snprintf(what, sizeof(what), "the return of %s to its snapshot",
			t->guest->id);
	hypervisor_restore(t->hypervisor, t->id, snapshot, target_on_done, &d);
	hypervisor_on_begun(t->hypervisor, &d, target_on_begun);
	return told(a, &d, target_finish(&d, what), "restore", snapshot);
}

static int restore(struct app *a, const void *values, int argc, char **argv)
{
	const struct power_values *v = values;
	struct target t;
	int code = target_open(a, argv[0], &v->target, &t);

	if (code != 0)
		return code;
	code = restore_to(a, &t, argv[1], v->yes);
	target_close(&t);
	return code;
}

static int destroy_it(const struct app *a, struct target *t, bool yes)
{
	struct target_done d = {.target = t};
	char what[WHAT_MAX];
	int code = confirm(yes || t->profile->read_only,
			"destroy %s and all it has stored", t->guest->id);

	if (code != 0)
		return code;
	(void)snprintf(what, sizeof(what), "the destruction of %s",
			t->guest->id);
	hypervisor_destroy(t->hypervisor, t->id, target_on_done, &d);
	return told(a, &d, target_finish(&d, what), "destroy", NULL);
}

static int destroy(struct app *a, const void *values, int argc, char **argv)
{
	const struct power_values *v = values;
	struct target t;
	int code = target_open(a, argv[0], &v->target, &t);

	if (code != 0)
		return code;
	code = destroy_it(a, &t, v->yes);
	target_close(&t);
	return code;
}
