/*
 * What is granted travels through the store as JSON, so that the code works on
 * any instance that shares it; keys that are kept to be compared are hashed.
 */
#ifndef GATEWAY_GRANTS_H
#define GATEWAY_GRANTS_H

#include <stddef.h>
#include <stdint.h>

#include "session/session.h"

struct buf;

/* `until`: when its code is too old, wall clock. 0 or -errno. */
int grant_write(const struct grant *g, int64_t until, struct buf *to);
/* -EINVAL, -ENOMEM. */
int grant_read(const void *data, size_t len, struct grant *ret_grant,
		int64_t *ret_until);

/* SHA-256 of a key, as hex. */
void grant_hash(const char *key, char ret[RESUME_HASH_LEN + 1]);

#endif
