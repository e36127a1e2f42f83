#include "core/chunk.h"

#include <string.h>

#include "test.h"

static void a_chunk_is_empty_and_has_room_before_and_behind(void)
{
	struct chunk_pool pool;
	struct chunk *c;

	chunk_pool_init(&pool);
	c = chunk_take(&pool);
	CHECK(c && c->off == 0 && c->len == 0 && c->room == CHUNK_ROOM);
	memset(c->data - CHUNK_HEAD, 0xa5, CHUNK_HEAD + c->room);
	CHECK(c->room == CHUNK_ROOM); /* the head-room is not the struct */
	CHECK_INT(pool.taken, 1);
	c->off = 3;
	c->len = 5;
	chunk_give(&pool, c);
	CHECK(chunk_take(&pool) == c && c->off == 0 && c->len == 0);
	chunk_give(&pool, c);
	CHECK_INT(pool.taken, 0);
	chunk_pool_done(&pool);
}

static void a_pool_keeps_a_few_chunks_and_no_more(void)
{
	struct chunk *c[CHUNK_KEEP + 3];
	struct chunk_pool pool;
	size_t n = sizeof(c) / sizeof(*c);

	chunk_pool_init(&pool);
	chunk_give(&pool, NULL);
	CHECK_INT(pool.taken, 0);
	for (size_t i = 0; i < n; i++)
		CHECK((c[i] = chunk_take(&pool)) != NULL);
	CHECK_INT(pool.taken, n);
	for (size_t i = 0; i < n; i++)
		chunk_give(&pool, c[i]);
	CHECK_INT(pool.taken, 0);
	CHECK_INT(pool.free_count, CHUNK_KEEP);
	for (size_t i = 0; i < CHUNK_KEEP; i++)
		CHECK((c[i] = chunk_take(&pool)) != NULL);
	CHECK(pool.free == NULL && pool.free_count == 0);
	for (size_t i = 0; i < CHUNK_KEEP; i++)
		chunk_give(&pool, c[i]);
	chunk_pool_done(&pool);
	CHECK(pool.free == NULL);
}

TESTS(T(a_chunk_is_empty_and_has_room_before_and_behind),
		T(a_pool_keeps_a_few_chunks_and_no_more))
