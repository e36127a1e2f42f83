#include "cli/novnc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/app.h"
#include "cli/browser.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/say.h"
#include "core/buf.h"
#include "proto/json.h"

enum { URL_MAX_LEN = 2048 };

struct novnc_values {
	struct target_options target;
	bool no_open;
};

static const struct option_rule options[] = {
		TARGET_RULES(offsetof(struct novnc_values, target)),
		{"no-open", 'n', OPTION_FLAG,
				offsetof(struct novnc_values, no_open), NULL,
				"only print the address", NULL},
		{0},
};

static int novnc(struct app *a, const void *values, int argc, char **argv)
{
	const struct novnc_values *v = values;

	return novnc_open(a, argv[0], &v->target, v->no_open);
}

const struct command novnc_command = {
		.name = "novnc",
		.arguments = "GUEST",
		.summary = "Open the hypervisor's own page of a console",
		.help = "The same as `glassbridge web --pve-ui`. The address "
			"holds no ticket: the\n"
			"hypervisor asks you to sign in there.\n",
		.options = options,
		.values_size = sizeof(struct novnc_values),
		.arguments_min = 1,
		.arguments_max = 1,
		.run = novnc,
};

static int put_result(const struct guest_entry *g, const char *url,
		bool launched, const char *note)
{
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "vmid", strrchr(g->id, '/') + 1);
	json_out_put_text(&o, "node", g->node);
	json_out_put_text(&o, "type", g->type);
	json_out_put_text(&o, "url", url);
	json_out_put_bool(&o, "launched", launched);
	json_out_put_text(&o, "note", note);
	json_out_object_end(&o);
	return output_end(&o, &b);
}

static int open_page(const struct app *a, const struct target *t, bool no_open)
{
	static const char note[] = "sign in there: the address holds no ticket";
	const struct guest_entry *g = t->guest;
	const struct guest shown = {.id = t->id,
			.name = g->name,
			.type = g->type,
			.node = g->node};
	char url[URL_MAX_LEN];
	bool launched;

	if (hypervisor_page(t->hypervisor, &shown, url, sizeof(url)) < 0)
		return say_fail(EXIT_FAILED,
				"the hypervisor has no page of %s; "
				"`glassbridge "
				"web %s` opens ours",
				g->id, g->id);
	launched = !no_open && browser_open(url);
	if (app_json(a))
		return put_result(g, url, launched, note);
	(void)printf("%s\n", url);
	say("%s", note);
	return EXIT_OK;
}

int novnc_open(struct app *a, const char *typed, const struct target_options *o,
		bool no_open)
{
	struct target t;
	int code = target_open(a, typed, o, &t);

	if (code != 0)
		return code;
	code = open_page(a, &t, no_open);
	target_close(&t);
	return code;
}
