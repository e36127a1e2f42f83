/*
 * What was looked at, a line each, as soon as it is known: a tick or a cross
 * at a terminal, plain words elsewhere, and below it the command that mends
 * it. With --format json it is one list at the end.
 */
#ifndef CLI_CHECKS_H
#define CLI_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

#include "hypervisor/hypervisor.h"

struct check;

struct checks {
	bool json;
	struct check *items;
	size_t count, room;
	int worst; /* the exit code; EXIT_OK */
	size_t good, notes, bad;
};

void checks_init(struct checks *c, bool json);
/* `about`: "home", "home/qemu/100", "this machine". Everything is copied. */
void checks_add(struct checks *c, const char *about, const struct finding *f);
/* Without a command that mends it; a bad one is of the errno `code`. */
void checks_good(struct checks *c, const char *about, const char *what,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void checks_note(struct checks *c, const char *about, const char *what,
		const char *mend, const char *fmt, ...)
		__attribute__((format(printf, 5, 6)));
void checks_bad(struct checks *c, const char *about, const char *what, int code,
		const char *mend, const char *fmt, ...)
		__attribute__((format(printf, 6, 7)));
/* A bad one that has an exit code of its own. */
void checks_worse(struct checks *c, int exit_code);
/* The sum, or the list; the exit code. */
int checks_end(struct checks *c);
void checks_done(struct checks *c);

#endif
