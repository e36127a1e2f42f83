#include "store/store.h"

void store_put(struct store *s, const char *key, const void *value, size_t len,
		uint64_t ttl_ms, store_fn *fn, void *arg)
{
	s->ops->put(s, key, value, len, ttl_ms, fn, arg);
}

void store_add(struct store *s, const char *key, const void *value, size_t len,
		uint64_t ttl_ms, store_fn *fn, void *arg)
{
	s->ops->add(s, key, value, len, ttl_ms, fn, arg);
}

void store_get(struct store *s, const char *key, store_fn *fn, void *arg)
{
	s->ops->get(s, key, fn, arg);
}

void store_take(struct store *s, const char *key, store_fn *fn, void *arg)
{
	s->ops->take(s, key, fn, arg);
}

void store_drop(struct store *s, const char *key, store_fn *fn, void *arg)
{
	s->ops->drop(s, key, fn, arg);
}

void store_free(struct store *s)
{
	if (s)
		s->ops->free(s);
}
