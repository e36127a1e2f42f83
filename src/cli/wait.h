/*
 * Waiting for an answer that comes by callback: a command has nothing else to
 * do meanwhile.
 */
#ifndef CLI_WAIT_H
#define CLI_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

struct wait {
	struct loop *loop; /* borrowed */
	bool waits, over;
};

/* Said by whoever is called back. */
void wait_over(struct wait *w);
/* false: it was not said within the limit. */
bool wait_until(struct wait *w, uint64_t limit_ms);

#endif
