/*
 * The arriving side of both bench programs: a listener on loopback that makes
 * ready streams of what comes, in one of four kinds.
 */
#ifndef BENCH_ARRIVE_H
#define BENCH_ARRIVE_H

#include <stdint.h>

struct loop;
struct stream;
struct tls_context;

enum kind { KIND_TCP, KIND_TLS, KIND_WS, KIND_WSS };

enum kind kind_parse(const char *text); /* ends the program if unknown */

typedef void arrived_fn(void *arg, struct stream *s);

/* Listen on a free port, which is the answer. Lives as long as the program. */
uint16_t arrive_listen(
		struct loop *l, enum kind kind, arrived_fn *fn, void *arg);

/* Print what went wrong and end. */
_Noreturn void give_up(const char *what, int r);

#endif
