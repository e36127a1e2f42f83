/*
 * A terminal's session written to a file as it happens (proto/asciicast).
 */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "proto/asciicast.h"

struct record;

/* A new file of the user's alone; one that exists is left as it is (-EEXIST).
 */
int record_new(struct record **ret_record, const char *path,
		const struct cast_header *h, struct err *e);
/* Once the file cannot be written any more, nothing more is. */
void record_text(struct record *r, enum cast_kind kind, const void *data,
		size_t len);
void record_size(struct record *r, unsigned cols, unsigned rows);
/* Finish it: 0, or what went wrong at any time. Takes NULL. */
int record_free(struct record *r);

#endif
