/*
 * The guest that a command is about: found by what was typed, with its
 * hypervisor open beside it; and questions to that hypervisor that wait for
 * the answer.
 */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "cli/sources.h"
#include "session/ends.h"

struct app;

/* What may be said wherever a guest is named. */
struct target_options {
	const char *node; /* where it is believed to be */
	const char *kind; /* of guest, where an id is of several */
};

/* Their lines in a command's table; `at` is the offset of the struct. */
extern const char *const target_kinds[];
#define TARGET_RULES(at)                                                       \
	{"node", 0, OPTION_TEXT, (at) + offsetof(struct target_options, node), \
			"NODE", "where it is; a wrong one is corrected",       \
			NULL},                                                 \
	{                                                                      \
		"kind", 0, OPTION_WORD,                                        \
				(at) + offsetof(struct target_options, kind),  \
				"KIND", "qemu, lxc, node, sandbox or static",  \
				target_kinds                                   \
	}

struct target {
	struct sources sources;
	const struct guest_entry *guest;
	const struct config_profile *profile;
	struct hypervisor *hypervisor;
	const char *id; /* as the hypervisor knows it */
	bool waits, answered;
};

/* Which of the list is meant; guests of other kinds are let go of. 0, or an
 * exit code that has been told. */
int target_find(struct guest_list *l, const char *typed,
		const struct target_options *o, const struct guest_entry **ret);

/* 0, or an exit code that has been told. */
int target_open(struct app *a, const char *typed,
		const struct target_options *o, struct target *ret);
/* The profile that "home/new" names, and the name behind it, which need not
 * exist; `guest` is NULL. 0 or an exit code, told. */
int target_open_new(struct app *a, const char *typed, struct target *ret);
void target_close(struct target *t); /* takes an empty one */

/*
 * Waiting. Whoever is called back with what a command waits for says so with
 * target_answered(). false: nobody did within the limit; then there is nothing
 * left to do but to end.
 */
bool target_wait(struct target *t, uint64_t limit_ms);
void target_answered(struct target *t);

/* What the user may do about how a console of it ended. */
void target_say_hint(const struct target *t, enum end_word word);

/* ---- what changes a guest, waited for ------------------------------------ */

enum { TARGET_TASK_MS = 15 * 60 * 1000 };

/* How it ended. */
struct target_done {
	struct target *target; /* set before */
	int r;
	struct err e;
	char task[256]; /* the hypervisor's name of it, or "" */
	bool told;      /* that it is waited for */
};

/* For hypervisor_power() and its like, with a struct target_done. */
void target_on_done(void *arg, int r, const char *task, const struct err *e);
/* For hypervisor_on_begun(), with the same. */
void target_on_begun(void *arg, const char *task);
/* Wait for it. `what` is how people call it: "the start of web1". The exit
 * code, told where it failed. */
int target_finish(struct target_done *d, const char *what);
/* What was done, as JSON: the guest, `verb`, the snapshot or NULL, the task.
 * The exit code. */
int target_put_done(const struct target_done *d, const char *verb,
		const char *snapshot);

#endif
