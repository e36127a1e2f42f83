/*
 * What a provider finds out, step by step, until it is told. Texts are
 * written here and owned.
 */
#ifndef HYPERVISOR_FINDINGS_H
#define HYPERVISOR_FINDINGS_H

#include "hypervisor/hypervisor.h"

struct findings {
	struct finding items[FINDINGS_MAX];
	size_t count;
};

/* Add one; `what` is static. Past FINDINGS_MAX, or without memory, it is left
 * out. */
void findings_good(struct findings *f, const char *what, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
void findings_note(struct findings *f, const char *what, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
void findings_bad(struct findings *f, const char *what, int code,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The command that mends the last one. */
void findings_mend(struct findings *f, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));
void findings_done(struct findings *f);

#endif
