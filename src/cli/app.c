#include "cli/app.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/overview.h"
#include "cli/say.h"
#include "core/near.h"

static const char *const formats[] = {"text", "json", NULL};

#define AT(member) offsetof(struct app_globals, member)
static const struct option_rule globals[] = {
		{"config", 'c', OPTION_TEXT, AT(config), "FILE",
				"the configuration to use", NULL},
		{"profile", 'p', OPTION_TEXT, AT(profile), "NAME",
				"the default profile", NULL},
		{"format", 0, OPTION_WORD, AT(format), "FORMAT", "text or json",
				formats},
		{"help", 'h', OPTION_FLAG, AT(help), NULL, "this text", NULL},
		{"version", 'V', OPTION_FLAG, AT(version), NULL, "the version",
				NULL},
		{0},
};
#undef AT

static const struct option_rule no_options[] = {{0}};

/* ---- commands by name -------------------------------------------------- */

static const struct command *find(const struct app *a, const char *name)
{
	for (const struct command *const *c = a->commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

static int unknown(const struct app *a, const char *name)
{
	struct near n;

	near_begin(&n, name);
	for (const struct command *const *c = a->commands; *c; c++)
		near_try(&n, (*c)->name);
	near_try(&n, "help");
	if (n.nearest)
		return say_fail(EXIT_USAGE,
				"there is no command '%s'; did you mean '%s'?",
				name, n.nearest);
	return say_fail(EXIT_USAGE,
			"there is no command '%s'; `glassbridge help` lists "
			"them",
			name);
}

/* ---- help -------------------------------------------------------------- */

static void put_usage(FILE *to, const struct command *c)
{
	(void)fprintf(to, "Usage: glassbridge %s [OPTION]...%s%s\n", c->name,
			c->arguments ? " " : "",
			c->arguments ? c->arguments : "");
}

static void put_command_help(const struct command *c)
{
	put_usage(stdout, c);
	(void)printf("\n%s.\n\n", c->summary);
	if (c->options && c->options->name) {
		options_help(stdout, c->options);
		(void)putchar('\n');
	}
	(void)puts("Everywhere:");
	options_help(stdout, globals);
	if (c->help)
		(void)printf("\n%s", c->help);
}

static void put_help(const struct app *a)
{
	(void)puts("Usage: glassbridge [OPTION]... COMMAND [ARGUMENT]...\n");
	for (const struct command *const *c = a->commands; *c; c++)
		(void)printf("  %-10s %s\n", (*c)->name, (*c)->summary);
	(void)printf("  %-10s %s\n\n", "help", "Explain a command");
	options_help(stdout, globals);
	(void)puts("\n`glassbridge help COMMAND` has more.");
}

int app_help(const struct app *a, const char *name)
{
	const struct command *c = name ? find(a, name) : NULL;

	if (name && !c && strcmp(name, "help") != 0)
		return unknown(a, name);
	if (c)
		put_command_help(c);
	else
		put_help(a);
	return EXIT_OK;
}

int app_usage(const struct command *c, const char *fmt, ...)
{
	struct err e;
	va_list ap;

	va_start(ap, fmt);
	(void)err_setv(&e, -EINVAL, fmt, ap);
	va_end(ap);
	(void)say_err(EXIT_USAGE, &e);
	put_usage(stderr, c);
	return EXIT_USAGE;
}

/* ---- the configuration -------------------------------------------------- */

const struct option_rule *app_global_options(void)
{
	return globals;
}

bool app_json(const struct app *a)
{
	return a->globals.format && strcmp(a->globals.format, "json") == 0;
}

struct config_options app_config_options(const struct app *a)
{
	return (struct config_options){
			.path = a->globals.config,
			.profile = a->globals.profile,
	};
}

int app_config(struct app *a, const struct config **ret_config)
{
	const struct config_options o = app_config_options(a);
	struct err e;

	if (!a->config) {
		if (config_load(&a->config, &o, &e) < 0)
			return say_err(EXIT_CONFIG, &e);
		for (size_t i = 0; i < a->config->warnings.count; i++)
			say("warning: %s", a->config->warnings.items[i]);
	}
	*ret_config = a->config;
	return 0;
}

/* ---- running ------------------------------------------------------------ */

static int print_version(void)
{
	(void)puts("glassbridge " GLASSBRIDGE_VERSION);
	return EXIT_OK;
}

static int run_with(struct app *a, const struct command *c, void *values,
		int argc, char **argv)
{
	const struct option_set sets[] = {
			{c->options ? c->options : no_options, values},
			{globals, &a->globals},
	};
	struct err e;
	int n = options_read(sets, 2, false, argc, argv, &e);

	if (n < 0)
		return app_usage(c, "%s", e.text);
	if (a->globals.help)
		return app_help(a, c->name);
	if (a->globals.version)
		return print_version();
	if ((unsigned)n < c->arguments_min)
		return app_usage(c, "%s needs %s", c->name, c->arguments);
	if ((unsigned)n > c->arguments_max)
		return app_usage(c, "'%s' is one argument too many",
				argv[c->arguments_max]);
	return c->run(a, values, n, argv);
}

static int run_command(
		struct app *a, const struct command *c, int argc, char **argv)
{
	void *values = calloc(1, c->values_size + 1);
	int r;

	if (!values)
		return say_fail(EXIT_FAILED, "no memory");
	r = run_with(a, c, values, argc, argv);
	free(values);
	return r;
}

static int run_help(struct app *a, int argc, char **argv)
{
	const struct option_set set = {globals, &a->globals};
	struct err e;
	int n = options_read(&set, 1, false, argc, argv, &e);

	if (n < 0)
		return say_err(EXIT_USAGE, &e);
	return app_help(a, n > 0 ? argv[0] : NULL);
}

/* argv[0] is the command; `help` is none of the table: it knows the table. */
static int run_named(struct app *a, int argc, char **argv)
{
	const struct command *c = find(a, argv[0]);

	if (c)
		return run_command(a, c, argc - 1, argv + 1);
	if (strcmp(argv[0], "help") == 0)
		return run_help(a, argc - 1, argv + 1);
	return unknown(a, argv[0]);
}

static int run(struct app *a, int argc, char **argv)
{
	const struct option_set set = {globals, &a->globals};
	struct err e;
	int n = options_read(&set, 1, true, argc, argv, &e);

	if (n < 0)
		return say_err(EXIT_USAGE, &e);
	if (a->globals.version)
		return print_version();
	if (n == 0 || a->globals.help)
		return a->globals.help ? app_help(a, n ? argv[0] : NULL)
				       : overview(a);
	return run_named(a, n, argv);
}

static const struct command *find_called(const struct app *a)
{
	for (const struct command *const *c = a->commands; *c; c++)
		for (const char *const *n = (*c)->called; n && *n; n++)
			if (strcmp(*n, a->called) == 0)
				return *c;
	return NULL;
}

/* The name that the program was called by may be a command's. */
static int run_called(struct app *a, int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const struct command *c;

	a->called = slash ? slash + 1 : argv[0];
	c = find_called(a);
	return c ? run_command(a, c, argc - 1, argv + 1)
		 : run(a, argc - 1, argv + 1);
}

int app_run(struct app *a, int argc, char **argv)
{
	int r = argc > 0 ? run_called(a, argc, argv) : EXIT_USAGE;

	config_free(a->config);
	a->config = NULL;
	if ((fflush(stdout) != 0 || ferror(stdout)) && errno != EPIPE)
		return say_fail(EXIT_FAILED, "cannot write: %s",
				strerror(errno));
	return r;
}
