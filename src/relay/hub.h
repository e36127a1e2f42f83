/*
 * A hub is one line that several read and one types on: a serial line whose
 * far end takes a single connection. What the line says goes to every reader;
 * who joins later is first told the last HUB_RING bytes.
 *
 * Reading goes as fast as the fastest reader takes it, so that one alone slows
 * the line as a pump does. Who falls further behind than the ring is dropped
 * (HUB_SLOW): what it was told before has no gap, and the others go on.
 *
 * The typist is whoever of those that may write typed last. While it types,
 * and until it has been silent for HUB_TURN_MS, what others type is dropped,
 * to the end of their burst: half a paste is worse than none. So are the
 * answers of a terminal to what it was replayed. A size counts if it is the
 * typist's, or while there is none.
 *
 * A reader is a stream of its own with a descriptor, so that a relay takes it
 * for its backend; freeing it is leaving. The ring and what the kernel holds
 * for each reader bound the memory.
 */
#ifndef RELAY_HUB_H
#define RELAY_HUB_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

struct hub;
struct loop;
struct stream;

enum {
	HUB_RING = 64 * 1024,
	HUB_READERS_MAX = 16,
	HUB_TURN_MS = 2000,        /* of silence, then another may type */
	HUB_BURST_MS = 300,        /* of silence, then a burst is over */
	HUB_PROGRESS_MS = 45000,   /* for a line that takes no bytes */
	HUB_KERNEL_MAX = 64 << 10, /* asked of the kernel for each reader */
	HUB_SLOW = -EOVERFLOW,     /* what a reader that was dropped reads */
};

/*
 * Takes the line (ready; on failure it stays the caller's). `changes` is called
 * in a turn of its own when a reader has come or gone, or the line has ended;
 * then the hub may be freed.
 */
int hub_new(struct hub **ret_hub, struct loop *l, struct stream *line,
		void (*changes)(void *arg), void *arg);

/*
 * One more reader; what it writes counts only if it `writes`. It reads what
 * the line says, then the line's end or failure. -EDQUOT: there are
 * HUB_READERS_MAX; -ENOTCONN: the line has ended.
 */
int hub_join(struct hub *h, bool writes, struct stream **ret_reader);

/* Also those whose last bytes are under way. */
size_t hub_readers(const struct hub *h);
/* The line has; nobody joins any more. */
bool hub_ended(const struct hub *h);
/* Nobody is there: the line goes back to the caller, to be told goodbye; the
 * hub is to be freed. NULL: it has ended. */
struct stream *hub_take_line(struct hub *h);
/* Readers that are left read the end. Takes NULL. */
void hub_free(struct hub *h);

#endif
