#include "config/config.h"

#include <stdio.h>
#include <string.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/config_set.h"
#include "cli/control.h"
#include "cli/output.h"
#include "cli/place.h"
#include "cli/say.h"
#include "core/buf.h"
#include "hypervisor/hypervisor.h"
#include "proto/json.h"

enum { SETTINGS_MAX = 16 };

static int config(struct app *a, const void *values, int argc, char **argv);

const struct command config_command = {
		.name = "config",
		.arguments = "check [FILE] | set KEY[=VALUE]... | reload",
		.summary = "Check or change the configuration, or have it "
			   "read again",
		.help = "`check` says what is wrong with FILE, LINE and "
			"COLUMN, or what `serve` would do.\n"
			"`set` changes keys, as in "
			"profiles.home.url=https://pve1.lan:8006; a key "
			"without a\n"
			"value, and each secret, is asked for. A change that "
			"would be a mistake is not made.\n"
			"`reload` tells the gateway of this machine; a file "
			"with a mistake leaves the old\n"
			"configuration in force.\n",
		.arguments_min = 1,
		.arguments_max = 1 + SETTINGS_MAX,
		.run = config,
};

static bool is_built_in(const struct app *a, const char *kind)
{
	const struct hypervisor_ops *const *p = a->providers;

	while (*p && strcmp((*p)->kind, kind) != 0)
		p++;
	return *p != NULL;
}

/* ---- for people ---------------------------------------------------------- */

static void put_profile(const struct app *a, const struct config_profile *p)
{
	char url[URL_MAX] = "";

	if (p->url.count > 0)
		(void)url_format(&p->url.items[0], url, sizeof(url));
	(void)printf("profile   %s: %s", p->name, p->kind);
	if (url[0])
		(void)printf(", %s", url);
	else
		(void)printf(", %zu %s", p->guest_count,
				p->guest_count == 1 ? "guest" : "guests");
	(void)puts(is_built_in(a, p->kind) ? ""
					   : " (this build does not speak to "
					     "this kind yet)");
}

static void put_forward(const struct config_forward *f)
{
	(void)printf("forward   ");
	for (size_t i = 0; i < f->listen.count; i++)
		(void)printf("%s ", f->listen.items[i]);
	if (f->all)
		(void)printf("all of %s\n", f->profile);
	else if (f->guest_port)
		(void)printf("port %u > %s:%u\n", f->port, f->guest,
				f->guest_port);
	else
		(void)printf("port %u > %s:%s\n", f->port, f->guest,
				f->kind ? f->kind : "vnc");
}

static void put_gateway(const struct config *c)
{
	const struct config_gateway *g = &c->gateway;
	char text[PLACE_MAX];

	for (size_t i = 0; i < g->listen.count; i++) {
		place_of(text, c, &g->listen.items[i]);
		(void)printf("listen    %s\n", text);
	}
	if ((g->ops_listen.host || g->ops_listen.path) &&
			address_format(&g->ops_listen, text, sizeof(text)) > 0)
		(void)printf("ops       http://%s\n", text);
	if (g->public_url.count > 0 && url_format(&g->public_url.items[0], text,
						       sizeof(text)) >= 0)
		(void)printf("public    %s\n", text);
	(void)printf("store     %s\n", g->store);
	(void)printf("tokens    %zu, rules %zu\n", c->token_count,
			c->rule_count);
}

static int put_text(const struct app *a, const struct config *c)
{
	(void)printf("file      %s\n", c->file ? c->file : "none was found");
	for (size_t i = 0; i < c->profile_count; i++)
		put_profile(a, &c->profiles[i]);
	put_gateway(c);
	for (size_t i = 0; i < c->forward_count; i++)
		put_forward(&c->forwards[i]);
	for (size_t i = 0; i < c->skipped.count; i++)
		(void)printf("skipped   %s\n", c->skipped.items[i]);
	for (size_t i = 0; i < c->warnings.count; i++)
		(void)printf("warning   %s\n", c->warnings.items[i]);
	return EXIT_OK;
}

/* ---- for programs -------------------------------------------------------- */

static void write_profiles(
		struct json_out *o, const struct app *a, const struct config *c)
{
	json_out_put_array(o, "profiles");
	for (size_t i = 0; i < c->profile_count; i++) {
		json_out_object_begin(o);
		json_out_put_text(o, "name", c->profiles[i].name);
		json_out_put_text(o, "kind", c->profiles[i].kind);
		json_out_put_bool(o, "built_in",
				is_built_in(a, c->profiles[i].kind));
		json_out_object_end(o);
	}
	json_out_array_end(o);
}

static int put_checked(const struct app *a, const struct config *c)
{
	char text[PLACE_MAX];
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "file", c->file);
	write_profiles(&o, a, c);
	json_out_put_array(&o, "listen");
	for (size_t i = 0; i < c->gateway.listen.count; i++) {
		place_of(text, c, &c->gateway.listen.items[i]);
		json_out_text(&o, text);
	}
	json_out_array_end(&o);
	put_texts(&o, "warnings", &c->warnings);
	put_texts(&o, "skipped", &c->skipped);
	json_out_object_end(&o);
	return output_end(&o, &b);
}

/* ---- the two ------------------------------------------------------------- */

static int check(const struct app *a, const char *file)
{
	struct config_options o = app_config_options(a);
	struct config *c;
	struct err e;
	int r;

	if (file)
		o.path = file;
	if (config_load(&c, &o, &e) < 0)
		return say_err(EXIT_CONFIG, &e);
	r = app_json(a) ? put_checked(a, c) : put_text(a, c);
	config_free(c);
	return r;
}

static int reload(const struct app *a)
{
	struct control_answer answer;
	const struct json *warnings;
	struct err e;
	int r = control_call("POST", "/api/v1/reload", NULL, &answer, &e);

	if (r < 0)
		return say_err(EXIT_FAILED, &e);
	if (answer.status / 100 != 2) {
		r = control_refused(&answer);
		if (answer.status == 409) {
			say("the old configuration stays in force");
			r = EXIT_CONFIG;
		}
		control_done(&answer);
		return r;
	}
	warnings = json_get(answer.body, "warnings");
	for (size_t i = 0; i < json_count(warnings); i++)
		if (json_text(json_at(warnings, i)))
			say("warning: %s", json_text(json_at(warnings, i)));
	r = app_json(a) ? put_json(answer.body) : EXIT_OK;
	control_done(&answer);
	say("the gateway uses the new configuration");
	return r;
}

static int config(struct app *a, const void *values, int argc, char **argv)
{
	if (strcmp(argv[0], "set") == 0 && argc > 1)
		return config_set(a, argc - 1, argv + 1);
	if (strcmp(argv[0], "check") == 0 && argc <= 2)
		return check(a, argc > 1 ? argv[1] : NULL);
	if (strcmp(argv[0], "reload") == 0 && argc == 1)
		return reload(a);
	return app_usage(&config_command, "it is `config check [FILE]`, "
					  "`config set KEY=VALUE...` or "
					  "`config reload`");
}
