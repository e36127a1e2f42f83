#include "auth/failures.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static bool failure_counts(const struct failure *f, uint64_t now_ms)
{
	return f->count > 0 && now_ms - f->since_ms < FAILURES_WINDOW_MS;
}

static const struct failure *failures_find(
		const struct failures *f, const char *from)
{
	for (size_t i = 0; i < FAILURES_ADDRESSES; i++)
		if (f->table[i].count > 0 &&
				strncmp(f->table[i].from, from,
						FAILURES_ADDRESS_MAX - 1) == 0)
			return &f->table[i];
	return NULL;
}

bool failures_too_many(const struct failures *f, const char *from, unsigned max,
		uint64_t now_ms)
{
	const struct failure *mine = failures_find(f, from);

	return mine && failure_counts(mine, now_ms) && mine->count >= max;
}

/* Its own place, else a free one, else the oldest. */
static struct failure *failures_place(struct failures *f, const char *from)
{
	struct failure *mine = (struct failure *)failures_find(f, from);
	struct failure *best = &f->table[0];

	for (size_t i = 0; !mine && i < FAILURES_ADDRESSES; i++) {
		struct failure *it = &f->table[i];

		if (it->count == 0)
			mine = it;
		else if (it->since_ms < best->since_ms)
			best = it;
	}
	return mine ? mine : best;
}

void failures_count(struct failures *f, const char *from, uint64_t now_ms)
{
	struct failure *mine = failures_place(f, from);
	bool same = strncmp(mine->from, from, FAILURES_ADDRESS_MAX - 1) == 0;

	if (!same || !failure_counts(mine, now_ms)) {
		(void)snprintf(mine->from, sizeof(mine->from), "%s", from);
		mine->since_ms = now_ms;
		mine->count = 0;
	}
	mine->count++;
}

void failures_forgive(struct failures *f, const char *from)
{
	struct failure *mine = (struct failure *)failures_find(f, from);

	if (mine)
		mine->count--;
}
