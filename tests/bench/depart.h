/* The dialling side of both bench programs: a plan for loopback. */
#ifndef BENCH_DEPART_H
#define BENCH_DEPART_H

#include <stdint.h>

#include "arrive.h"
#include "stream/dial.h"

void depart(struct loop *l, enum kind kind, uint16_t port, dial_fn *fn,
		void *arg);

#endif
