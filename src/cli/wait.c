#include "cli/wait.h"

#include "core/loop.h"

void wait_over(struct wait *w)
{
	w->over = true;
	if (w->waits)
		loop_stop(w->loop);
}

static void on_limit(void *arg)
{
	struct wait *w = arg;

	loop_stop(w->loop);
}

bool wait_until(struct wait *w, uint64_t limit_ms)
{
	struct timer *limit;
	bool over;

	if (!w->over && timer_new(&limit, w->loop, on_limit, w) == 0) {
		w->waits = true;
		timer_set(limit, limit_ms);
		(void)loop_run(w->loop);
		timer_free(limit);
		w->waits = false;
	}
	over = w->over;
	w->over = false;
	return over;
}
