/*
 * What stands behind a command's name: options, by tables, and arguments. A
 * table says where in a struct each value goes, so that a command reads its
 * own struct afterwards and `--help` is written out of the same table.
 *
 *	-o json  -ojson  --output json  --output=json  -ab  --  -
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/err.h"

enum { OPTION_LIST_MAX = 16 };

struct option_list {
	const char *items[OPTION_LIST_MAX]; /* of argv */
	size_t count;
};

enum option_type {
	OPTION_FLAG, /* bool */
	OPTION_TEXT, /* const char *: the last one counts */
	OPTION_LIST, /* struct option_list: each counts */
	OPTION_WORD, /* const char *: one of `words` */
	OPTION_NOT,  /* others have it, we do not: `help` says what to do
			instead, when it is asked for */
};

struct option_rule {
	const char *name; /* without dashes; NULL: the end of the table */
	char letter;      /* 0: none */
	enum option_type type;
	size_t at;         /* where in the struct */
	const char *value; /* how the help calls it: "FILE" */
	const char *help;
	const char *const *words; /* NULL at the end */
};

/* A table, and the struct it fills. */
struct option_set {
	const struct option_rule *rules;
	void *values;
};

/*
 * Read argv (without the names of program and command). Arguments that are no
 * options are moved to the front, and their number is the answer; with
 * `first_ends`, the first of them ends the options and the rest is left as it
 * is. -EINVAL: e names the option and, where one is near, the right one.
 */
int options_read(const struct option_set *sets, size_t set_count,
		bool first_ends, int argc, char **argv, struct err *e);

/* The table as help, a line an option. */
void options_help(FILE *to, const struct option_rule *rules);

#endif
