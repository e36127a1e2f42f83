#include "cli/kills.h"

#include <signal.h>
#include <stddef.h>

#include "core/loop.h"

int kills_hear(struct kills *k, struct loop *l,
		void (*fn)(void *arg, int signum), void *arg)
{
	static const int signals[KILLS] = {SIGTERM, SIGHUP, SIGINT};
	int r = 0;

	*k = (struct kills){0};
	for (size_t i = 0; r == 0 && i < KILLS; i++)
		r = loop_signal_new(&k->heard[i], l, signals[i], fn, arg);
	return r;
}

void kills_done(struct kills *k)
{
	for (size_t i = 0; i < KILLS; i++)
		loop_signal_free(k->heard[i]);
	*k = (struct kills){0};
}
