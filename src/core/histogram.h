/*
 * How long things took: how often within each of some times, as Prometheus
 * counts it. The last bucket is all beyond.
 */
#ifndef CORE_HISTOGRAM_H
#define CORE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 13 };

/* Seconds. */
extern const double histogram_bounds[HISTOGRAM_BOUNDS];

struct histogram {
	uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* each bucket by itself */
	double sum;                            /* seconds */
};

/* Which bucket this time belongs to. */
size_t histogram_bucket(double seconds);
void histogram_add(struct histogram *h, double seconds);

#endif
