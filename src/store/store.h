/*
 * What must be known beyond one request: codes, links, sign-ins. Behind it
 * memory (this process), later a file or a shared server; so it is
 * asynchronous, and every answer comes by callback on the control loop, in the
 * order asked, within STORE_CALL_MS; but -ENOMEM may come at once, from inside
 * the call (then nothing was taken).
 *
 * Keys are short texts ("code:<sha256 hex>"); what is secret is never a key.
 * Values are bytes. Everything has a life: what is older than its ttl is gone.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

struct loop;
struct store;

enum {
	STORE_CALL_MS = 1000,
	STORE_KEY_MAX = 128,
	STORE_VALUE_MAX = 16 * 1024,
};

/*
 * r: 0; -ENOENT not there (any more); -EEXIST there already; -ENOSPC the store
 * is full; -ENOMEM; -EIO or -ETIMEDOUT it cannot be reached. value is valid
 * during the call only.
 */
typedef void store_fn(void *arg, int r, const void *value, size_t len);

struct store_ops {
	const char *name;
	void (*put)(struct store *s, const char *key, const void *value,
			size_t len, uint64_t ttl_ms, store_fn *fn, void *arg);
	/* The same unless it is there already (-EEXIST), in one step: of many
	 * that ask, one has put it. */
	void (*add)(struct store *s, const char *key, const void *value,
			size_t len, uint64_t ttl_ms, store_fn *fn, void *arg);
	void (*get)(struct store *s, const char *key, store_fn *fn, void *arg);
	/* Get and remove in one step: of many that ask, one has it. */
	void (*take)(struct store *s, const char *key, store_fn *fn, void *arg);
	void (*drop)(struct store *s, const char *key, store_fn *fn, void *arg);
	void (*free)(struct store *s); /* owed answers are not given */
};

/* Embedded first in a provider's struct. */
struct store {
	const struct store_ops *ops;
};

void store_put(struct store *s, const char *key, const void *value, size_t len,
		uint64_t ttl_ms, store_fn *fn, void *arg);
void store_add(struct store *s, const char *key, const void *value, size_t len,
		uint64_t ttl_ms, store_fn *fn, void *arg);
void store_get(struct store *s, const char *key, store_fn *fn, void *arg);
void store_take(struct store *s, const char *key, store_fn *fn, void *arg);
/* fn may be NULL where nobody asks whether it was there. */
void store_drop(struct store *s, const char *key, store_fn *fn, void *arg);
void store_free(struct store *s); /* takes NULL */

/* ---- providers ----------------------------------------------------------- */

/* In memory, at most entry_max entries (0: MEMORY_ENTRIES_MAX). */
enum { MEMORY_ENTRIES_MAX = 100000 };
int store_memory_new(
		struct store **ret_store, struct loop *l, size_t entry_max);

#endif
