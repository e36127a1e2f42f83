/*
 * Between relay.c, which moves the bytes and says goodbye, and relay_watch.c,
 * which looks once a second whether a side still lives.
 */
#ifndef RELAY_RELAY_INTERNAL_H
#define RELAY_RELAY_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/loop.h"
#include "relay/pump.h"
#include "relay/relay.h"

enum relay_state { RELAY_OPEN, RELAY_LEAVING, RELAY_OVER };

/* The way of bytes from side[i] to side[!i]. */
enum way_state {
	WAY_FLOWS,   /* the pump is at work */
	WAY_GOODBYE, /* all was passed on; the reader is being told */
	WAY_DRAINS,  /* nobody to write to: the client's last bytes are read
			and dropped, else its kernel would drop our goodbye */
	WAY_DONE,
};

struct side {
	struct stream *stream; /* owned */
	struct watch *watch;
	struct relay *relay;
	enum relay_side which;
	uint64_t heard_ms; /* last byte or pong from it, or progress towards */
	uint64_t moved_ms; /* last progress of what waits for it */
	uint64_t acked;    /* by its kernel, when last looked at */
	uint64_t pinged_ms;
	bool pings; /* understands NOTE_PING */
};

struct relay {
	struct loop *loop;
	enum relay_state state;
	struct side side[2];
	struct pump pump[2]; /* pump[i] reads side[i] */
	enum way_state way[2];
	struct relay_options limit;
	struct relay_counts *counts;
	const struct relay_events *events;
	void *arg;
	struct relay_end end;       /* its close: the last one heard, */
	enum relay_side close_from; /* and from whom; RELAY_OWNER: none */
	uint64_t leave_by_ms;       /* leaving: over by then; 0: no limit yet */
	int unsent;                 /* last words in the client's kernel */
	uint64_t kept_ms;           /* when the backend was last kept awake */
	bool half;                  /* one way is done, the other lives on */
	bool keeps;                 /* the backend understands NOTE_KEEP */
	bool stopped; /* the owner said so: done at the next step */
	bool raw;     /* of last_words_drop() */
	struct tick tick;
	struct defer defer;
};

/* Is there something to be written to side[i]? */
bool relay_side_waits(const struct relay *r, int i);

/* The first end decides the words; later ones change nothing. */
void relay_leave(struct relay *r, enum relay_side side, int why);
/* Nothing can be told to it, and nothing will be heard. */
void relay_side_lost(struct relay *r, enum relay_side side, int why);
/* Nothing more is read from either side; both are told within the linger. */
void relay_stop(struct relay *r);
/* All is said. */
void relay_over(struct relay *r);
void relay_step_all(struct relay *r);

/* Once a second. */
void relay_tick(struct tick *t, uint64_t now);

#endif
