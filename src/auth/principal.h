/*
 * Who has signed in, as the store keeps it: JSON, and until when it holds
 * (wall clock, seconds).
 */
#ifndef AUTH_PRINCIPAL_H
#define AUTH_PRINCIPAL_H

#include <stddef.h>
#include <stdint.h>

#include "auth/auth.h"

struct buf;

/* Adds to `to`. 0, or as json_out_done(). */
int principal_write(const struct principal *p, int64_t until, struct buf *to);

/* 0, -EINVAL for what principal_write() would not write, or -ENOMEM. */
int principal_read(const void *data, size_t len, struct principal *ret_who,
		int64_t *ret_until);

#endif
