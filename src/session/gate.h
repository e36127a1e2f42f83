/*
 * A gate lets one in at a time for each key. A guest on a hypervisor has one
 * slot for the password of its screen: a second console that is opened before
 * the first has logged in would take its password away. So whoever opens one
 * holds the pass of that guest from the mint of the ticket to the end of the
 * login; the others wait in the order in which they came.
 *
 * On the control loop. A pass is embedded in what lives until it was told or
 * left (a session).
 */
#ifndef SESSION_GATE_H
#define SESSION_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate_pass;
struct gates;
struct loop;

enum { GATE_WAIT_MS = 20000 };

enum gate_state {
	GATE_OUTSIDE,
	GATE_WAITS,
	GATE_CALLED, /* it is its turn, and it will be told so */
	GATE_INSIDE,
	GATE_REFUSED, /* it waited too long or left; it will be told so */
};

struct gate_pass {
	struct gate_pass *next, **at; /* of its bucket, oldest first */
	struct gates *gates;
	const char *key; /* borrowed */
	uint64_t since_ms;
	uint64_t leaves_ms; /* 0: nobody knows yet */
	enum gate_state state;
	int r;
};

/*
 * Everyone who entered is told once, never from inside: r = 0 it is inside,
 * until gate_leave(); -EBUSY it waited too long, -ECANCELED it left while it
 * waited: then it is outside.
 */
typedef void gate_fn(void *arg, struct gate_pass *p, int r);

int gates_new(struct gates **ret_gates, struct loop *l, gate_fn *fn, void *arg);
/* Nobody is called. Takes NULL. */
void gates_free(struct gates *g);

void gate_enter(struct gates *g, struct gate_pass *p, const char *key);
bool gate_is_inside(const struct gate_pass *p);
/* From any state, also again. */
void gate_leave(struct gate_pass *p);
/* The same, a while (and a turn of the tick) later; from inside. */
void gate_leave_in(struct gate_pass *p, uint64_t ms);

#endif
