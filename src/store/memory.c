#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "core/secret.h"
#include "store/store.h"

/* One thing kept; its value may be a secret, so it is wiped when dropped. */
struct entry {
	struct entry *next; /* of its bucket */
	uint64_t gone_ms;
	size_t len;
	char *key;
	uint8_t value[];
};

/* An answer that is owed: given in a turn of its own, in the order asked. */
struct answer {
	struct answer *next;
	store_fn *fn;
	void *arg;
	int r;
	size_t len;
	uint8_t value[];
};

struct memory {
	struct store store;
	struct loop *loop;
	struct entry **bucket;
	size_t buckets, count, max;
	size_t sweep; /* next bucket to look for what has gone by */
	struct answer *first, **last;
	struct defer defer;
	struct tick tick;
};

enum { BUCKETS_MIN = 64, SWEEP_A_TICK = 4096 };

static void entry_free(struct entry *e)
{
	secret_wipe(e->value, e->len);
	free(e->key);
	free(e);
}

static size_t key_hash(const char *key)
{
	uint64_t h = 1469598103934665603u; /* FNV-1a */

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 1099511628211u;
	return (size_t)(h ^ (h >> 32));
}

/* Where the pointer to this key's entry is, or would be. */
static struct entry **memory_slot(struct memory *m, const char *key)
{
	struct entry **at = &m->bucket[key_hash(key) & (m->buckets - 1)];

	while (*at && strcmp((*at)->key, key) != 0)
		at = &(*at)->next;
	return at;
}

static void memory_remove(struct memory *m, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	m->count--;
	entry_free(e);
}

/* The slot of a key that is there and alive; NULL: it is not. */
static struct entry **memory_find(struct memory *m, const char *key)
{
	struct entry **at = memory_slot(m, key);

	if (*at && (*at)->gone_ms <= loop_now_ms(m->loop)) {
		memory_remove(m, at);
		return NULL;
	}
	return *at ? at : NULL;
}

static void memory_grow(struct memory *m)
{
	size_t buckets = m->buckets * 2;
	struct entry **old = m->bucket, **new;
	size_t old_count = m->buckets;

	new = calloc(buckets, sizeof(struct entry *));
	if (!new)
		return; /* longer chains are slower, not wrong */
	m->bucket = new;
	m->buckets = buckets;
	for (size_t i = 0; i < old_count; i++) {
		for (struct entry *e = old[i], *next; e; e = next) {
			struct entry **at =
					&new[key_hash(e->key) & (buckets - 1)];

			next = e->next;
			e->next = *at;
			*at = e;
		}
	}
	free(old);
}

static void memory_sweep(struct tick *t, uint64_t now)
{
	struct memory *m = (struct memory *)((char *)t -
					     offsetof(struct memory, tick));
	size_t turns = m->buckets < SWEEP_A_TICK ? m->buckets : SWEEP_A_TICK;

	for (; turns > 0; turns--) {
		struct entry **at = &m->bucket[m->sweep & (m->buckets - 1)];

		m->sweep++;
		while (*at) {
			if ((*at)->gone_ms <= now)
				memory_remove(m, at);
			else
				at = &(*at)->next;
		}
	}
}

/* ---- answers --------------------------------------------------------------
 */

static void answer_give(struct defer *d)
{
	struct memory *m = (struct memory *)((char *)d -
					     offsetof(struct memory, defer));
	struct answer *a = m->first;

	m->first = NULL;
	m->last = &m->first;
	while (a) {
		struct answer *next = a->next;

		a->fn(a->arg, a->r, a->r == 0 ? a->value : NULL, a->len);
		secret_wipe(a->value, a->len);
		free(a);
		a = next;
	}
}

/*
 * Owe an answer, before anything is changed: without memory for it the caller
 * is told so at once. False: it has been told.
 */
static bool memory_owe(struct memory *m, store_fn *fn, void *arg, int r,
		const struct entry *found)
{
	size_t len = found ? found->len : 0;
	struct answer *a;

	if (!fn)
		return true;
	a = malloc(sizeof(*a) + len);
	if (!a) {
		fn(arg, -ENOMEM, NULL, 0);
		return false;
	}
	*a = (struct answer){.fn = fn, .arg = arg, .r = r, .len = len};
	if (len > 0)
		memcpy(a->value, found->value, len);
	*m->last = a;
	m->last = &a->next;
	defer_add(m->loop, &m->defer);
	return true;
}

/* ---- calls ----------------------------------------------------------------
 */

static int memory_set(struct memory *m, const char *key, const void *value,
		size_t len, uint64_t ttl_ms)
{
	struct entry **at, *e;

	if (strlen(key) >= STORE_KEY_MAX || len > STORE_VALUE_MAX)
		return -EMSGSIZE;
	at = memory_slot(m, key);
	if (!*at && m->count >= m->max)
		return -ENOSPC;
	e = malloc(sizeof(*e) + len);
	if (!e)
		return -ENOMEM;
	*e = (struct entry){.len = len,
			.gone_ms = loop_now_ms(m->loop) + ttl_ms,
			.key = strdup(key)};
	if (!e->key) {
		free(e);
		return -ENOMEM;
	}
	if (len > 0)
		memcpy(e->value, value, len);
	if (*at)
		memory_remove(m, at);
	at = memory_slot(m, key);
	*at = e;
	if (++m->count > m->buckets)
		memory_grow(m);
	return 0;
}

static void memory_put(struct store *s, const char *key, const void *value,
		size_t len, uint64_t ttl_ms, store_fn *fn, void *arg)
{
	struct memory *m = (struct memory *)s;
	int r = memory_set(m, key, value, len, ttl_ms);

	(void)memory_owe(m, fn, arg, r, NULL);
}

static void memory_add(struct store *s, const char *key, const void *value,
		size_t len, uint64_t ttl_ms, store_fn *fn, void *arg)
{
	struct memory *m = (struct memory *)s;
	int r = memory_find(m, key) ? -EEXIST
				    : memory_set(m, key, value, len, ttl_ms);

	(void)memory_owe(m, fn, arg, r, NULL);
}

static void memory_get(
		struct store *s, const char *key, store_fn *fn, void *arg)
{
	struct memory *m = (struct memory *)s;
	struct entry **at = memory_find(m, key);

	(void)memory_owe(m, fn, arg, at ? 0 : -ENOENT, at ? *at : NULL);
}

static void memory_take(
		struct store *s, const char *key, store_fn *fn, void *arg)
{
	struct memory *m = (struct memory *)s;
	struct entry **at = memory_find(m, key);

	if (memory_owe(m, fn, arg, at ? 0 : -ENOENT, at ? *at : NULL) && at)
		memory_remove(m, at);
}

static void memory_drop(
		struct store *s, const char *key, store_fn *fn, void *arg)
{
	struct memory *m = (struct memory *)s;
	struct entry **at = memory_find(m, key);

	if (memory_owe(m, fn, arg, at ? 0 : -ENOENT, NULL) && at)
		memory_remove(m, at);
}

static void memory_free(struct store *s)
{
	struct memory *m = (struct memory *)s;

	defer_remove(m->loop, &m->defer);
	tick_remove(m->loop, &m->tick);
	for (struct answer *a = m->first, *next; a; a = next) {
		next = a->next;
		secret_wipe(a->value, a->len);
		free(a);
	}
	for (size_t i = 0; i < m->buckets; i++)
		while (m->bucket[i])
			memory_remove(m, &m->bucket[i]);
	free(m->bucket);
	free(m);
}

static const struct store_ops memory_ops = {
		.name = "memory",
		.put = memory_put,
		.add = memory_add,
		.get = memory_get,
		.take = memory_take,
		.drop = memory_drop,
		.free = memory_free,
};

int store_memory_new(struct store **ret_store, struct loop *l, size_t entry_max)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->bucket = calloc(BUCKETS_MIN, sizeof(struct entry *));
	if (!m->bucket) {
		free(m);
		return -ENOMEM;
	}
	m->store.ops = &memory_ops;
	m->loop = l;
	m->buckets = BUCKETS_MIN;
	m->max = entry_max ? entry_max : MEMORY_ENTRIES_MAX;
	m->last = &m->first;
	m->defer.fn = answer_give;
	m->tick.fn = memory_sweep;
	tick_add(l, &m->tick);
	*ret_store = &m->store;
	return 0;
}
