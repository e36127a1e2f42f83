/*
 * What the files of the loop share: the loop itself, and how a handle of
 * libuv's is let go. For core/loop*.c only.
 *
 *	loop.c           the loop's life, and descriptors
 *	loop_time.c      timers and ticks
 *	loop_later.c     what runs in a later turn or on another thread
 *	loop_names.c     names that are looked up
 *	loop_children.c  signals and children
 */
#ifndef CORE_LOOP_INTERNAL_H
#define CORE_LOOP_INTERNAL_H

#include <pthread.h>
#include <uv.h>

#include "core/chunk.h"
#include "core/loop.h"

struct loop {
	uv_loop_t uv;
	struct chunk_pool chunks;

	uv_timer_t tick;          /* runs while there is a tick */
	struct tick ticks, walk;  /* all of them; those of this walk */
	uv_idle_t idle;           /* forbids to sleep while some defer */
	uv_check_t check;         /* runs them, after the wire */
	struct defer defers, now; /* asked for; those of this turn */
	struct child *forgotten;  /* freed while running: to be reaped */
	size_t jobs;              /* work and names in libuv's pool */

	uv_async_t async;
	pthread_mutex_t lock; /* of what follows; any thread may post */
	struct post *posts, **posts_end;
	bool shut;
};

/* Rings of struct tick and struct defer: a head, and next = NULL when out. */
#define RING_INIT(head) ((head)->next = (head)->prev = (head))
#define RING_EMPTY(head) ((head)->next == (head))
#define RING_ADD(head, x)                                                     \
	((x)->next = (head), (x)->prev = (head)->prev, (x)->prev->next = (x), \
			(head)->prev = (x))
#define RING_REMOVE(x)                                             \
	((x)->prev->next = (x)->next, (x)->next->prev = (x)->prev, \
			(x)->next = (x)->prev = NULL)

/* Handles live until libuv lets go of them, one turn after uv_close(): then
 * their `data` is freed. */
void loop_on_closed(uv_handle_t *h);

#define LOOP_CLOSE(handle) uv_close((uv_handle_t *)(handle), loop_on_closed)

/* ---- for the loop's life ------------------------------------------------ */

void loop_on_posted(uv_async_t *async);
/* What was posted is run; was there anything? */
bool loop_run_posts(struct loop *l);
/* Those that were freed while they ran. */
void loop_children_close(struct loop *l);

#endif
