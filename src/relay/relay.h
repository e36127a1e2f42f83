/*
 * A relay joins two ready streams, the client's and the backend's, by two
 * pumps back to back, and gives one answer: which side ended, and why.
 *
 *	open ---> leaving ---> over (the answer is given)
 *
 * open     bytes flow. Reading is armed only while a pump is empty, writing
 *          only while one waits; a pump that could go on is deferred, so that
 *          one busy screen starves nobody.
 * leaving  a side has ended, failed, or was told to. What it sent before is
 *          delivered, the other side is told goodbye (the owner chooses the
 *          words), and what that one still says is delivered: until its own
 *          goodbye, RELAY_LINGER_MS at most where the goodbye ends both
 *          directions (WebSocket), counted from when its kernel has taken
 *          all the backend sent; where streams know half-close, the other
 *          direction lives on under the progress limit.
 *
 * Times: bytes that wait while their reader makes no progress for progress_ms
 * end the relay (-ETIMEDOUT, the reader's side). A side that answers pings is
 * asked every ping_ms and lost (-EHOSTDOWN) after two of them without a sign.
 * A backend to which nothing went for keep_ms is sent NOTE_KEEP, and again
 * after as long: what lies behind it may hang up on silence.
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/histogram.h"
#include "relay/tap.h"
#include "stream/stream.h"

struct loop;
struct relay;

enum relay_side { RELAY_CLIENT, RELAY_BACKEND, RELAY_OWNER };

enum {
	RELAY_PROGRESS_MS = 45000,
	RELAY_PING_MS = 20000,
	RELAY_LINGER_MS = 2000,
	RELAY_KEEP_MS = 300000,
	RELAY_HALF_MS = 300000, /* a half-closed pair in silence */
};

#define RELAY_NEVER UINT32_MAX

struct relay_end {
	enum relay_side side; /* who ended it first */
	/* 0: it said goodbye or its wire ended. -errno: it failed.
	 * -ETIMEDOUT: it did not read; -EHOSTDOWN: it is lost;
	 * -ETIME: no input from the client for idle_ms. */
	int r;
	struct note close; /* NOTE_CLOSE heard from it; code 0 where none */
	bool said_close;   /* it said one, be it without a code */
};

struct relay_events {
	/*
	 * A side has ended: fill *ret_close with what both are told (its kind
	 * is set, code 1000; a layer that has its own Close to send, by a
	 * fault or as an echo, keeps that). Called once, before `over`, from
	 * inside a step of the relay: do not free it here.
	 */
	void (*farewell)(void *arg, const struct relay_end *end,
			struct note *ret_close);
	/* All is said. The owner frees the relay, now or later. */
	void (*over)(void *arg, const struct relay_end *end);
	/* A note that is not the relay's own business (resize, text). May be
	 * NULL. */
	void (*note)(void *arg, enum relay_side from, const struct note *n);
};

struct relay_options {
	/* 0: the defaults above, RELAY_NEVER: no limit; idle_ms 0: neither */
	uint32_t progress_ms, ping_ms, linger_ms, keep_ms, idle_ms;
};

/* What is counted; read from any thread while the relay lives. */
struct relay_counts {
	struct tap up;                  /* client to backend: input */
	struct tap down;                /* backend to client */
	_Atomic uint32_t client_rtt_ms; /* last ping; 0: none yet */
	/* all of them, in the buckets of core/histogram.h, and their sum */
	_Atomic uint32_t client_pings[HISTOGRAM_BOUNDS + 1];
	_Atomic uint64_t client_pings_ms;
};

/*
 * Takes both streams (ready; freed with the relay; on failure they stay the
 * caller's). `counts` is the owner's and outlives the relay.
 */
int relay_new(struct relay **ret_relay, struct loop *l, struct stream *client,
		struct stream *backend, const struct relay_options *o,
		struct relay_counts *counts, const struct relay_events *events,
		void *arg);

/* End it from outside, or from `note` or a tap: in a turn of its own
 * `farewell` is asked for the words (side RELAY_OWNER) and both sides are
 * told; `over` follows within the linger time. */
void relay_end(struct relay *r);

/*
 * Tell a side a note (a terminal's size), also from `note`; what its layers
 * then owe the wire goes out by itself. As stream_tell(), or -ENOTCONN when
 * that side is told nothing more: it is leaving.
 */
int relay_tell(struct relay *r, enum relay_side to, const struct note *n);

/* At once and without a word to anybody. Takes NULL. */
void relay_free(struct relay *r);

#endif
