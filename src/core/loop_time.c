#include "core/loop_internal.h"

#include <errno.h>
#include <stdlib.h>

enum { TICK_MS = 1000 };

struct timer {
	uv_timer_t uv;
	timer_fn *fn;
	void *arg;
};

int timer_new(struct timer **ret_timer, struct loop *l, timer_fn *fn, void *arg)
{
	struct timer *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	(void)uv_timer_init(&l->uv, &t->uv);
	t->uv.data = t;
	t->fn = fn;
	t->arg = arg;
	*ret_timer = t;
	return 0;
}

static void timer_on_due(uv_timer_t *uv)
{
	struct timer *t = uv->data;

	t->fn(t->arg);
}

/*
 * libuv counts from the start of the turn; a turn that took long would make
 * the timer early. And one of 0 ms that sets itself again would never let the
 * wire have its turn.
 */
void timer_set(struct timer *t, uint64_t ms)
{
	uint64_t turn = uv_now(t->uv.loop), now = uv_hrtime() / 1000000;

	if (ms == 0)
		ms = 1;
	if (now > turn && ms < UINT64_MAX - (now - turn))
		ms += now - turn;
	(void)uv_timer_start(&t->uv, timer_on_due, ms, 0);
}

void timer_stop(struct timer *t)
{
	(void)uv_timer_stop(&t->uv);
}

void timer_free(struct timer *t)
{
	if (t)
		LOOP_CLOSE(&t->uv);
}

/* Each goes back into the ring before it runs, so any may be removed. */
static void loop_on_tick(uv_timer_t *timer)
{
	struct loop *l = timer->loop->data;

	while (!RING_EMPTY(&l->ticks)) {
		struct tick *t = l->ticks.next;

		RING_REMOVE(t);
		RING_ADD(&l->walk, t);
	}
	while (!RING_EMPTY(&l->walk)) {
		struct tick *t = l->walk.next;

		RING_REMOVE(t);
		RING_ADD(&l->ticks, t);
		t->fn(t, uv_now(&l->uv));
	}
}

void tick_add(struct loop *l, struct tick *t)
{
	if (t->next)
		return;
	RING_ADD(&l->ticks, t);
	if (!uv_is_active((uv_handle_t *)&l->tick))
		(void)uv_timer_start(&l->tick, loop_on_tick, TICK_MS, TICK_MS);
}

void tick_remove(struct loop *l, struct tick *t)
{
	if (!t->next)
		return;
	RING_REMOVE(t);
	if (RING_EMPTY(&l->ticks) && RING_EMPTY(&l->walk))
		(void)uv_timer_stop(&l->tick);
}
