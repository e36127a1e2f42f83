/*
 * A chunk is the memory of bytes in flight: 64 KiB with head-room in front,
 * borrowed from a pool only while there are bytes that wait. The pool belongs
 * to one loop and one thread; it keeps a few chunks for the next moment and
 * returns the others to the kernel, so that an idle program is a small one.
 */
#ifndef CORE_CHUNK_H
#define CORE_CHUNK_H

#include <stddef.h>
#include <stdint.h>

/* With its headers on, a full chunk is four TLS records and one send. */
enum {
	CHUNK_HEAD = 64, /* writable before data */
	CHUNK_ROOM = 64 * 1024 - CHUNK_HEAD - 64,
	CHUNK_KEEP = 8, /* free chunks a pool holds on to */
};

struct chunk {
	struct chunk *next; /* the pool's, while free */
	uint8_t *data; /* first byte; CHUNK_HEAD bytes before it are ours */
	size_t room;   /* from data on: CHUNK_ROOM */
	size_t off;    /* already written on */
	size_t len;    /* filled, from data on; off <= len <= room */
};

struct chunk_pool {
	struct chunk *free;
	size_t free_count;
	size_t taken; /* out at this moment: for metrics and leak tests */
};

void chunk_pool_init(struct chunk_pool *pool);
void chunk_pool_done(struct chunk_pool *pool); /* every chunk is back */

struct chunk *chunk_take(struct chunk_pool *pool); /* NULL without memory */
void chunk_give(struct chunk_pool *pool, struct chunk *c); /* takes NULL */

#endif
