#include "session/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"

enum { BUCKETS = 256 }; /* a power of two */

struct gates {
	struct loop *loop;
	gate_fn *fn;
	void *arg;
	struct gate_pass *buckets[BUCKETS];
	struct defer tell;
	struct tick tick;
};

static size_t key_hash(const char *key)
{
	uint64_t h = 1469598103934665603u; /* FNV-1a */

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 1099511628211u;
	return (size_t)(h ^ (h >> 32)) & (BUCKETS - 1);
}

static void pass_unlink(struct gate_pass *p)
{
	*p->at = p->next;
	if (p->next)
		p->next->at = p->at;
	p->next = NULL;
	p->at = NULL;
}

/* The one that waits the longest is called, unless one is inside. */
static void bucket_call(
		struct gates *g, struct gate_pass *first, const char *key)
{
	for (struct gate_pass *p = first; p; p = p->next) {
		if (strcmp(p->key, key) != 0 || p->state == GATE_REFUSED)
			continue;
		if (p->state == GATE_WAITS) {
			p->state = GATE_CALLED;
			defer_add(g->loop, &g->tell);
		}
		return;
	}
}

static struct gate_pass *next_to_tell(const struct gates *g)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct gate_pass *p = g->buckets[i]; p; p = p->next)
			if (p->state == GATE_CALLED || p->state == GATE_REFUSED)
				return p;
	return NULL;
}

/* One a turn: who is told may leave, enter, or free the gates. */
static void on_tell(struct defer *d)
{
	struct gates *g =
			(struct gates *)(void *)((char *)d -
						 offsetof(struct gates, tell));
	struct gate_pass *p = next_to_tell(g);
	int r = 0;

	if (!p)
		return;
	defer_add(g->loop, d);
	if (p->state == GATE_CALLED) {
		p->state = GATE_INSIDE;
	} else {
		r = p->r;
		pass_unlink(p);
		p->state = GATE_OUTSIDE;
	}
	g->fn(g->arg, p, r);
}

static void pass_refuse(struct gate_pass *p, int r)
{
	p->state = GATE_REFUSED;
	p->r = r;
	defer_add(p->gates->loop, &p->gates->tell);
}

static void on_tick(struct tick *t, uint64_t now)
{
	struct gates *g =
			(struct gates *)(void *)((char *)t -
						 offsetof(struct gates, tick));

	for (size_t i = 0; i < BUCKETS; i++)
		for (struct gate_pass *p = g->buckets[i], *next; p; p = next) {
			next = p->next;
			if (p->state == GATE_WAITS &&
					now - p->since_ms >= GATE_WAIT_MS)
				pass_refuse(p, -EBUSY);
			else if (p->state == GATE_INSIDE && p->leaves_ms &&
					now >= p->leaves_ms)
				gate_leave(p);
		}
}

void gate_enter(struct gates *g, struct gate_pass *p, const char *key)
{
	struct gate_pass **at = &g->buckets[key_hash(key)];
	struct gate_pass *first = *at;

	while (*at)
		at = &(*at)->next;
	*p = (struct gate_pass){.at = at,
			.gates = g,
			.key = key,
			.since_ms = loop_now_ms(g->loop),
			.state = GATE_WAITS};
	*at = p;
	bucket_call(g, first ? first : p, key);
}

bool gate_is_inside(const struct gate_pass *p)
{
	return p->state == GATE_INSIDE;
}

void gate_leave(struct gate_pass *p)
{
	struct gates *g = p->gates;
	const char *key = p->key;

	switch (p->state) {
	case GATE_INSIDE:
		pass_unlink(p);
		p->state = GATE_OUTSIDE;
		bucket_call(g, g->buckets[key_hash(key)], key);
		break;
	case GATE_CALLED:
		pass_refuse(p, -ECANCELED);
		bucket_call(g, g->buckets[key_hash(key)], key);
		break;
	case GATE_WAITS:
		pass_refuse(p, -ECANCELED);
		break;
	case GATE_REFUSED:
	case GATE_OUTSIDE:
		break;
	}
}

void gate_leave_in(struct gate_pass *p, uint64_t ms)
{
	if (p->state == GATE_INSIDE)
		p->leaves_ms = loop_now_ms(p->gates->loop) + ms;
}

int gates_new(struct gates **ret_gates, struct loop *l, gate_fn *fn, void *arg)
{
	struct gates *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->loop = l;
	g->fn = fn;
	g->arg = arg;
	g->tell.fn = on_tell;
	g->tick.fn = on_tick;
	tick_add(l, &g->tick);
	*ret_gates = g;
	return 0;
}

void gates_free(struct gates *g)
{
	if (!g)
		return;
	tick_remove(g->loop, &g->tick);
	defer_remove(g->loop, &g->tell);
	free(g);
}
