/*
 * A secret: a ticket, a cookie, a password, a code. It is wiped when freed,
 * compared in constant time, and has no way to be printed: log and error
 * texts take SECRET_SHOWN in its place. `data` has a NUL after `len` bytes so
 * that a C interface that wants a string can be fed.
 */
#ifndef CORE_SECRET_H
#define CORE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#define SECRET_SHOWN "***"

struct secret {
	char *data; /* owned; NULL: no secret */
	size_t len;
};

/* Copy `len` bytes; what was there is wiped. 0 or -ENOMEM (then unchanged). */
int secret_set(struct secret *s, const void *data, size_t len);
int secret_sets(struct secret *s, const char *text);
int secret_copy(struct secret *to, const struct secret *from);

/* Wipe and free; takes an empty one, and may be called twice. */
void secret_done(struct secret *s);

/* The content, by time that does not depend on where the two differ. */
bool secret_equal(const struct secret *s, const void *data, size_t len);

/* Wipe memory that held a secret, past the optimizer. */
void secret_wipe(void *data, size_t len);

#endif
