/*
 * Metrics in the text form of Prometheus: each call writes one, with its HELP
 * and TYPE. A failure shows in the last one, too: ceilings are far.
 */
#ifndef BRIDGE_METRICS_H
#define BRIDGE_METRICS_H

#include <stdint.h>

#include "session/ends.h"

struct buf;
struct histogram;

void metrics_plain(struct buf *to, const char *name, const char *type,
		const char *help, uint64_t value);
/* Up is of clients ("in"), down is to them ("out"). */
void metrics_bytes(
		struct buf *to, const char *name, uint64_t up, uint64_t down);
/* Of what ended, those that went wrong, by their word. */
void metrics_errors(struct buf *to, const char *name, const char *help,
		const uint64_t ends[END_WORDS]);
void metrics_histogram(struct buf *to, const char *name, const char *help,
		const struct histogram *h);

#endif
