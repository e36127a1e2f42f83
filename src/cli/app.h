/*
 * The program as its commands see it: what was said before the command, the
 * hypervisors that are built in, the configuration once somebody needs it.
 *
 * A command is one file with its table entry on top, and a line in
 * main/glassbridge.c. Options are read before it runs; it answers the exit
 * code of the program.
 */
#ifndef CLI_APP_H
#define CLI_APP_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/exit.h"
#include "cli/options.h"
#include "config/config.h"

struct app;
struct hypervisor_ops;

struct command {
	const char *name;
	const char *arguments; /* "[GUEST]"; NULL: it takes none */
	const char *summary;   /* a line in `glassbridge help` */
	const char *next; /* a line where nothing was asked; NULL: not there */
	const char *next_arguments; /* with it; NULL: none */
	const char *help;           /* below the options; NULL: none */
	const struct option_rule *options;
	size_t values_size; /* of the struct that the options fill */
	unsigned arguments_min, arguments_max;
	int (*run)(struct app *a, const void *values, int argc, char **argv);
	/* The program called by one of these names is this command; NULL at
	 * the end, or NULL. */
	const char *const *called;
};

struct app_globals {
	const char *config, *profile, *format;
	bool help, version;
};

struct app {
	const char *called; /* by which name, without folders */
	const struct command *const *commands;         /* NULL at the end */
	const struct hypervisor_ops *const *providers; /* NULL at the end */
	struct app_globals globals;
	struct config *config; /* once loaded; freed by app_run() */
};

/* The whole program: options, the command, its exit code. */
int app_run(struct app *a, int argc, char **argv);

/* The options that are understood everywhere. */
const struct option_rule *app_global_options(void);

/* --format json was said. */
bool app_json(const struct app *a);

/* What --config and --profile say. */
struct config_options app_config_options(const struct app *a);
/* The configuration; 0, or the exit code when it has been told on standard
 * error what is wrong. Its warnings are told once. */
int app_config(struct app *a, const struct config **ret_config);

/* Told on standard error, with the usage of the command: EXIT_USAGE. */
int app_usage(const struct command *c, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));

/* The commands that exist, for `help`; "" and NULL mean all. */
int app_help(const struct app *a, const char *name);

#endif
