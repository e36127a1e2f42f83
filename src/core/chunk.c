#include "core/chunk.h"

#include <assert.h>
#include <sys/mman.h>

enum { CHUNK_MAP = 68 * 1024 }; /* struct, head-room, room: whole pages */

_Static_assert(sizeof(struct chunk) + CHUNK_HEAD + CHUNK_ROOM <= CHUNK_MAP,
		"a chunk fits its mapping");

void chunk_pool_init(struct chunk_pool *pool)
{
	*pool = (struct chunk_pool){0};
}

void chunk_pool_done(struct chunk_pool *pool)
{
	struct chunk *c;

	assert(pool->taken == 0);
	while ((c = pool->free)) {
		pool->free = c->next;
		munmap(c, CHUNK_MAP);
	}
	chunk_pool_init(pool);
}

/* Mapped rather than malloc'ed: what is given back leaves the program. */
static struct chunk *chunk_new(void)
{
	struct chunk *c = mmap(NULL, CHUNK_MAP, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (c == MAP_FAILED)
		return NULL;
	c->data = (uint8_t *)(c + 1) + CHUNK_HEAD;
	c->room = CHUNK_ROOM;
	return c;
}

struct chunk *chunk_take(struct chunk_pool *pool)
{
	struct chunk *c = pool->free;

	if (c) {
		pool->free = c->next;
		pool->free_count--;
	} else {
		c = chunk_new();
	}
	if (!c)
		return NULL;
	c->next = NULL;
	c->off = c->len = 0;
	pool->taken++;
	return c;
}

void chunk_give(struct chunk_pool *pool, struct chunk *c)
{
	if (!c)
		return;
	pool->taken--;
	if (pool->free_count >= CHUNK_KEEP) {
		munmap(c, CHUNK_MAP);
		return;
	}
	c->next = pool->free;
	pool->free = c;
	pool->free_count++;
}
