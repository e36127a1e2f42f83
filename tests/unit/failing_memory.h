/*
 * Memory that runs out, for a test that is linked with
 *
 *	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
 *
 * so that our calls (not those of libraries) come here. Included once a
 * program.
 */
#ifndef FAILING_MEMORY_H
#define FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

static struct {
	bool armed;
	size_t count, fails_at; /* 0: never */
} memory;

/* From here on the n-th fails, while it is armed. */
static inline void memory_fail_at(size_t n)
{
	memory.count = 0;
	memory.fails_at = n;
}

static inline bool memory_fails(void)
{
	return memory.armed && ++memory.count == memory.fails_at;
}

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *old, size_t len);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *old, size_t len);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t len)
{
	return memory_fails() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
	return memory_fails() ? NULL : __real_calloc(count, len);
}

void *__wrap_realloc(void *old, size_t len)
{
	return memory_fails() ? NULL : __real_realloc(old, len);
}

char *__wrap_strdup(const char *text)
{
	return memory_fails() ? NULL : __real_strdup(text);
}

#endif
