/*
 * A file is written beside its place, tried, and only then takes it: whoever
 * reads it meanwhile finds the old one. An interrupt takes the draft away, and
 * the folders that were made for it.
 *
 * There is one at a time in a process.
 */
#ifndef CLI_DRAFT_H
#define CLI_DRAFT_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"

struct draft {
	char path[PATH_MAX]; /* where it goes */
	char name[PATH_MAX]; /* where it is now; "": nowhere */
	size_t made;         /* folders of `path` longer than this are ours */
};

/* Can one be written there? Nothing is changed. 0 or the exit code, told. */
int draft_place(struct draft *d, const char *path);
/* Mode 0600; one that is there is replaced. 0 or the exit code, told. */
int draft_write(struct draft *d, const void *data, size_t len);
/* The draft becomes the file. 0 or the exit code, told. */
int draft_keep(struct draft *d);
/* No draft is left. */
void draft_drop(struct draft *d);
/* What is told of the draft is told of the file. */
void draft_rename(const struct draft *d, struct err *e);

/* The whole of a file, at most `max` bytes; wiped and freed by the caller. 0
 * or the exit code, told. */
int draft_read(const char *path, size_t max, char **ret, size_t *ret_len);

#endif
