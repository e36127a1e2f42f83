#include "http/client_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret.h"

/* How long it is stands in front of it. */
struct wiped {
	size_t len;
	_Alignas(max_align_t) unsigned char data[];
};

static struct wiped *wiped_of(void *data)
{
	return (struct wiped *)((char *)data - offsetof(struct wiped, data));
}

void *wiped_malloc(size_t len)
{
	struct wiped *w;

	if (len > PTRDIFF_MAX - sizeof(*w))
		return NULL;
	w = malloc(sizeof(*w) + len);
	if (!w)
		return NULL;
	w->len = len;
	return w->data;
}

void *wiped_calloc(size_t count, size_t len)
{
	size_t all;
	void *data;

	if (__builtin_mul_overflow(count, len, &all))
		return NULL;
	data = wiped_malloc(all);
	return data ? memset(data, 0, all) : NULL;
}

void *wiped_realloc(void *data, size_t len)
{
	size_t old = data ? wiped_of(data)->len : 0;
	void *new = wiped_malloc(len);

	if (!new)
		return NULL;
	if (old > 0)
		memcpy(new, data, old < len ? old : len);
	wiped_free(data);
	return new;
}

char *wiped_strdup(const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = wiped_malloc(len);

	return copy ? memcpy(copy, text, len) : NULL;
}

void wiped_free(void *data)
{
	struct wiped *w;

	if (!data)
		return;
	w = wiped_of(data);
	secret_wipe(w->data, w->len);
	free(w);
}
