/*
 * A tap sits on a pump: it counts bytes and, if it has eyes, sees them. What
 * it counts is read from other threads (the list of sessions, metrics); it is
 * written on the relay's loop only.
 */
#ifndef RELAY_TAP_H
#define RELAY_TAP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct tap {
	_Atomic uint64_t bytes;
	_Atomic uint64_t reads;   /* how many runs of bytes those were */
	_Atomic uint64_t last_ms; /* when the last of them came; 0: none yet */
	/* NULL, or sees each run once, in order; then the kernel's fast path
	 * is off. It must not keep the pointer. */
	void (*see)(struct tap *t, const uint8_t *data, size_t len);
};

static inline void tap_count(struct tap *t, size_t len, uint64_t now_ms)
{
	atomic_fetch_add_explicit(&t->bytes, len, memory_order_relaxed);
	atomic_fetch_add_explicit(&t->reads, 1, memory_order_relaxed);
	atomic_store_explicit(&t->last_ms, now_ms, memory_order_relaxed);
}

#endif
