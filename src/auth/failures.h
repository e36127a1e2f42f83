/*
 * How often each address has failed of late. A small table: where it is full,
 * the oldest entry gives way, so a flood of addresses costs no memory.
 */
#ifndef AUTH_FAILURES_H
#define AUTH_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

enum {
	FAILURES_ADDRESSES = 1024,
	FAILURES_ADDRESS_MAX = 64,
	FAILURES_WINDOW_MS = 60000,
};

struct failure {
	char from[FAILURES_ADDRESS_MAX];
	uint64_t since_ms; /* the window's start */
	unsigned count;
};

struct failures {
	struct failure table[FAILURES_ADDRESSES];
};

/* Has this address failed `max` times within the window? */
bool failures_too_many(const struct failures *f, const char *from, unsigned max,
		uint64_t now_ms);
void failures_count(struct failures *f, const char *from, uint64_t now_ms);
/* One that was counted was none. */
void failures_forgive(struct failures *f, const char *from);

#endif
