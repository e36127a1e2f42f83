/*
 * A pump carries bytes one way. It reads only when it has nothing left to
 * write, so a slow reader slows the sender and memory never grows. It holds a
 * chunk only while bytes are in flight. A relay is two pumps, back to back.
 *
 * Where no layer of both streams touches what goes this way and nobody looks
 * at it, a busy pump lets the kernel move the bytes (splice), through a pipe
 * that it borrows while they move.
 */
#ifndef RELAY_PUMP_H
#define RELAY_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chunk;
struct chunk_pool;
struct stream;
struct tap;

struct pump {
	struct stream *from, *to; /* borrowed; both outlive the pump */
	struct chunk_pool *pool;  /* borrowed; belongs to the loop */
	struct tap *tap;          /* borrowed; may be NULL */
	struct chunk *chunk;      /* owned while not NULL: read, not written */
	struct pump_pipe *pipe; /* owned while not NULL: bytes in the kernel */
	size_t piped;           /* how many */
	bool busy;              /* the last read filled what it was given */
	bool copies;            /* splice was refused: never again */
	bool ended;             /* `from` has ended or failed: no more reads */
	bool owed;              /* layers of `to` hold bytes: flush */
	bool to_failed;         /* what pump_step() answered is `to`'s */
	uint64_t moved;
};

void pump_init(struct pump *p, struct stream *from, struct stream *to,
		struct chunk_pool *pool, struct tap *tap);
void pump_done(struct pump *p); /* gives back what it holds */

/*
 * Read once and write it on; `now_ms` is for the tap.
 * 0       `from` has ended and all its bytes have left towards `to`
 * 1       all of it was written; there may be more, in a later turn
 * -EAGAIN wait for the wire
 * -errno  `from` failed, after all it sent was passed on; or `to` failed
 *         (to_failed says which)
 */
int pump_step(struct pump *p, uint64_t now_ms);

/* Does it wait to read? Then `from` should be watched for stream_want(). */
bool pump_reads(const struct pump *p);
/* Does it wait to write? Then `to` should be watched. */
bool pump_writes(const struct pump *p);

/* This thread's spare pipes are closed (at the end of a loop). */
void pump_pipes_drop(void);

#endif
