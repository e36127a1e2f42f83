#include "core/loop_internal.h"

#include <errno.h>
#include <stdlib.h>

/* Before the wire is looked at: what is asked for from here on waits. */
static void loop_on_idle(uv_idle_t *idle)
{
	struct loop *l = idle->loop->data;

	while (!RING_EMPTY(&l->defers)) {
		struct defer *d = l->defers.next;

		RING_REMOVE(d);
		RING_ADD(&l->now, d);
	}
}

static void loop_rest(struct loop *l)
{
	if (!RING_EMPTY(&l->defers) || !RING_EMPTY(&l->now))
		return;
	(void)uv_idle_stop(&l->idle);
	(void)uv_check_stop(&l->check);
}

static void loop_on_check(uv_check_t *check)
{
	struct loop *l = check->loop->data;

	while (!RING_EMPTY(&l->now)) {
		struct defer *d = l->now.next;

		RING_REMOVE(d);
		d->fn(d);
	}
	loop_rest(l);
}

void defer_add(struct loop *l, struct defer *d)
{
	if (d->next)
		return;
	RING_ADD(&l->defers, d);
	(void)uv_idle_start(&l->idle, loop_on_idle);
	(void)uv_check_start(&l->check, loop_on_check);
}

void defer_remove(struct loop *l, struct defer *d)
{
	if (!d->next)
		return;
	RING_REMOVE(d);
	loop_rest(l);
}

static int loop_enqueue(struct loop *l, struct post *p)
{
	bool first = false, shut;

	p->next = NULL;
	pthread_mutex_lock(&l->lock);
	shut = l->shut;
	if (!shut) {
		first = !l->posts;
		*l->posts_end = p;
		l->posts_end = &p->next;
	}
	if (first) /* under the lock: the async is not closed meanwhile */
		(void)uv_async_send(&l->async);
	pthread_mutex_unlock(&l->lock);
	return shut ? -ESHUTDOWN : 0;
}

int loop_post_own(struct loop *l, struct post *p, void (*fn)(void *arg),
		void *arg)
{
	*p = (struct post){.fn = fn, .arg = arg};
	return loop_enqueue(l, p);
}

int loop_post(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct post *p = malloc(sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	*p = (struct post){.fn = fn, .arg = arg, .owned = true};
	r = loop_enqueue(l, p);
	if (r < 0)
		free(p);
	return r;
}

bool loop_run_posts(struct loop *l)
{
	struct post *p, *next;
	bool any;

	pthread_mutex_lock(&l->lock);
	p = l->posts;
	l->posts = NULL;
	l->posts_end = &l->posts;
	pthread_mutex_unlock(&l->lock);
	any = p != NULL;
	for (; p; p = next) {
		struct post message = *p; /* its owner may be gone after fn */

		next = message.next;
		if (message.owned)
			free(p);
		message.fn(message.arg);
	}
	return any;
}

void loop_on_posted(uv_async_t *async)
{
	(void)loop_run_posts(async->loop->data);
}

struct work {
	uv_work_t uv;
	void (*work)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

static void work_on_helper(uv_work_t *uv)
{
	struct work *w = uv->data;

	w->work(w->arg);
}

static void work_on_done(uv_work_t *uv, int status)
{
	struct work *w = uv->data;
	struct loop *l = uv->loop->data;

	l->jobs--;
	w->done(w->arg);
	free(w);
}

int loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg),
		void *arg)
{
	struct work *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	*w = (struct work){.work = work, .done = done, .arg = arg};
	w->uv.data = w;
	r = uv_queue_work(&l->uv, &w->uv, work_on_helper, work_on_done);
	if (r < 0) {
		free(w);
		return r;
	}
	l->jobs++;
	return 0;
}
