/*
 * An end of a measured connection: the client's, which asks, or the backend's,
 * which does what it was asked in the first nine bytes: 'D' and how many bytes
 * to send, 'U' and how many to take (then it sends one), 'E' to echo.
 */
#ifndef BENCH_ENDS_H
#define BENCH_ENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/loop.h"

struct stream;

enum { ASK_LEN = 9 };

struct end {
	struct loop *loop;
	struct stream *stream; /* owned */
	struct watch *watch;
	struct timer *timer; /* the user's; freed here */
	void (*hears)(struct end *e, const uint8_t *data, size_t len);
	uint64_t heard;   /* counted by `hears` */
	uint64_t to_send; /* of the pattern, or of what is to be echoed */
	uint64_t sent;
	uint64_t sent_ns; /* the user's */
	uint8_t ask[ASK_LEN];
	size_t ask_at; /* how much of it was read or written */
	size_t held;   /* of a write that was not whole */
	bool asks, stopped, serves, flushes;
	struct defer defer;
	char op;
};

struct end *end_new(struct loop *l, struct stream *s);
void end_free(struct end *e);
void end_serve(struct loop *l, struct stream *s); /* frees itself */

void end_asks(struct end *e, char op, uint64_t count);
void end_sends(struct end *e, uint64_t count); /* more of the pattern */
void end_stops(struct end *e, bool stops);     /* reading */

/* The byte that stands at this place of every transfer: 64 KiB of a pattern,
 * each 251 bytes shorter than a power of two, so that a shift shows. */
uint8_t end_pattern(uint64_t at);

#endif
