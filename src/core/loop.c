#include "core/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "core/loop_internal.h"

void loop_on_closed(uv_handle_t *h)
{
	free(h->data);
}

static int loop_init(struct loop *l)
{
	int r = uv_loop_init(&l->uv);

	if (r < 0)
		return r;
	r = uv_async_init(&l->uv, &l->async, loop_on_posted);
	if (r < 0) {
		(void)uv_loop_close(&l->uv);
		return r;
	}
	(void)uv_timer_init(&l->uv, &l->tick);
	(void)uv_idle_init(&l->uv, &l->idle);
	(void)uv_check_init(&l->uv, &l->check);
	chunk_pool_init(&l->chunks);
	RING_INIT(&l->ticks);
	RING_INIT(&l->walk);
	RING_INIT(&l->defers);
	RING_INIT(&l->now);
	l->posts_end = &l->posts;
	l->uv.data = l;
	return 0;
}

const char *loop_library(void)
{
	return uv_version_string();
}

int loop_new(struct loop **ret_loop)
{
	struct loop *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	r = pthread_mutex_init(&l->lock, NULL);
	if (r != 0) {
		free(l);
		return -r;
	}
	r = loop_init(l);
	if (r < 0) {
		pthread_mutex_destroy(&l->lock);
		free(l);
		return r;
	}
	*ret_loop = l;
	return 0;
}

/* What was begun is ended: work, names, and what was posted meanwhile. */
static void loop_settle(struct loop *l)
{
	bool settled = false;

	while (!settled) {
		while (l->jobs > 0)
			(void)uv_run(&l->uv, UV_RUN_ONCE);
		(void)loop_run_posts(l);
		pthread_mutex_lock(&l->lock);
		settled = l->shut = !l->posts && l->jobs == 0;
		pthread_mutex_unlock(&l->lock);
	}
}

/* Whoever still has a handle here would be left with a dangling pointer. */
static void loop_check_closing(uv_handle_t *h, void *arg)
{
	assert(uv_is_closing(h));
	(void)h;
}

void loop_free(struct loop *l)
{
	int r;

	if (!l)
		return;
	loop_settle(l);
	assert(RING_EMPTY(&l->ticks) && RING_EMPTY(&l->defers));
	loop_children_close(l);
	LOOP_CLOSE(&l->async);
	LOOP_CLOSE(&l->tick);
	LOOP_CLOSE(&l->idle);
	LOOP_CLOSE(&l->check);
	uv_walk(&l->uv, loop_check_closing, NULL);
	(void)uv_run(&l->uv, UV_RUN_DEFAULT);
	r = uv_loop_close(&l->uv);
	assert(r == 0);
	(void)r;
	chunk_pool_done(&l->chunks);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

int loop_run(struct loop *l)
{
	(void)uv_run(&l->uv, UV_RUN_DEFAULT); /* the async keeps it going */
	return 0;
}

void loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

uint64_t loop_now_ms(const struct loop *l)
{
	return uv_now(&l->uv);
}

struct chunk_pool *loop_chunks(struct loop *l)
{
	return &l->chunks;
}
/* ---- a descriptor ------------------------------------------------------ */

_Static_assert((int)LOOP_READ == (int)UV_READABLE, "passed on as it is");
_Static_assert((int)LOOP_WRITE == (int)UV_WRITABLE, "passed on as it is");
_Static_assert((int)LOOP_HANGUP == (int)UV_DISCONNECT, "passed on as it is");

/*
 * Changing the events of a descriptor costs two calls of the kernel, and a
 * busy relay changes its mind all the time. So what is no longer wanted stays
 * armed until it really happens: `armed` is always `want` or more.
 */
struct watch {
	uv_poll_t uv;
	int want, armed;
	watch_fn *fn;
	void *arg;
};

static void watch_on_event(uv_poll_t *poll, int status, int events);

static int watch_arm(struct watch *w)
{
	int events = w->want, r;

	if (events & LOOP_READ) /* alone it would be told again and again */
		events |= LOOP_HANGUP;
	r = uv_poll_start(&w->uv, events, watch_on_event);
	w->armed = r == 0 ? w->want : 0;
	return r;
}

static void watch_on_event(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	int want = w->want;

	if (status < 0) { /* libuv has disarmed it */
		events = LOOP_READ | LOOP_WRITE | LOOP_HANGUP;
		want = want ? events : 0; /* reading tells what it is */
		w->armed = 0;
	}
	if (w->armed != w->want)
		(void)watch_arm(w);
	if (events & want)
		w->fn(w->arg, events & (want | LOOP_HANGUP));
}

int watch_new(struct watch **ret_watch, struct loop *l, int fd, watch_fn *fn,
		void *arg)
{
	struct watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	r = uv_poll_init(&l->uv, &w->uv, fd);
	if (r < 0) {
		free(w);
		return r;
	}
	w->uv.data = w;
	w->fn = fn;
	w->arg = arg;
	*ret_watch = w;
	return 0;
}

int watch_set(struct watch *w, int events)
{
	w->want = events & (LOOP_READ | LOOP_WRITE | LOOP_HANGUP);
	return w->want & ~w->armed ? watch_arm(w) : 0;
}

void watch_free(struct watch *w)
{
	if (w)
		LOOP_CLOSE(&w->uv);
}
