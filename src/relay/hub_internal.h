/* Between the files of the hub: hub.c has the line and who types on it,
 * hub_reader.c tells each reader what the line said. */
#ifndef RELAY_HUB_INTERNAL_H
#define RELAY_HUB_INTERNAL_H

#include <stdint.h>

#include "core/loop.h"
#include "relay/hub.h"
#include "stream/stream.h"

struct chunk;
struct seat;

/* One reader, seen from the hub; its own end is the seat. */
struct reader {
	struct reader *next, *prev;
	struct hub *hub;
	struct seat *seat;     /* NULL: it has left */
	struct stream *stream; /* owned: to the seat */
	struct watch *watch;
	uint64_t at;         /* of all the line said, how much it was told */
	uint64_t unheard_ms; /* when it last typed into another's turn */
	struct note size;
	bool writes;
	bool sized;    /* it said a size */
	bool replayed; /* what it types may be answers to old questions */
	bool told;     /* all of it, and that there is no more */
};

struct hub {
	struct loop *loop;
	struct stream *line; /* owned; NULL once it has ended */
	struct watch *watch; /* of it */
	int end;             /* then: 0, or what failed */
	struct reader *readers;
	size_t count;
	uint8_t *ring;
	uint64_t said; /* by the line, all in all */
	struct reader *typist;
	struct chunk *typed; /* owned while not NULL: for the line */
	bool owed;           /* layers of the line hold bytes: flush */
	uint64_t typed_ms;   /* when the typist was last at it */
	uint64_t moved_ms;   /* when the line last took some of what waits */
	uint64_t taken;      /* by its kernel, when last looked at */
	struct tick tick;
	struct defer again, change;
	void (*changes)(void *arg);
	void *arg;
};

/* ---- hub_reader.c ----------------------------------------------------------
 */

/* One more, told from the ring's oldest byte on; `ready` gets it. */
int reader_new(struct hub *h, bool writes, watch_fn *ready,
		struct stream **ret_stream);
void reader_free(struct reader *r);
/* No more for this one, and why; it is heard until it has left. */
void reader_end(struct reader *r, int end);
/* As much of the ring as it takes; after the last of it the line's end. */
void reader_feed(struct reader *r);

/* ---- hub.c -----------------------------------------------------------------
 */

/* The line is told this reader's size. */
void hub_size(struct hub *h, const struct reader *r);

#endif
