#include "session/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/loop.h"

struct registry {
	struct loop *control;
	struct session ring; /* head: only next and prev are used */
	size_t live, kept;
	size_t session_max, user_max;
	struct tick tick;
	void (*on_end)(void *arg);
	void *on_end_arg;
};

static void registry_drop(struct registry *r, struct session *s)
{
	s->next->prev = s->prev;
	s->prev->next = s->next;
	r->kept--;
	free(s);
}

struct session *registry_first(struct registry *r)
{
	return registry_next(r, &r->ring);
}

struct session *registry_next(struct registry *r, struct session *s)
{
	return s->next == &r->ring ? NULL : s->next;
}

/* Ended ones go by age, and the oldest first where there are too many. */
static void registry_sweep(struct tick *t, uint64_t now)
{
	struct registry *r =
			(struct registry *)((char *)t -
					    offsetof(struct registry, tick));
	struct session *next;

	for (struct session *s = registry_first(r); s; s = next) {
		next = registry_next(r, s);
		if (s->state == SESSION_ENDED && !s->console &&
				(now - s->ended_ms >= REGISTRY_KEEP_MS ||
						r->kept > REGISTRY_KEEP_MAX))
			registry_drop(r, s);
	}
}

int registry_new(struct registry **ret_registry, struct loop *control)
{
	struct registry *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->control = control;
	r->ring.next = r->ring.prev = &r->ring;
	r->session_max = r->user_max = SIZE_MAX;
	r->tick.fn = registry_sweep;
	tick_add(control, &r->tick);
	*ret_registry = r;
	return 0;
}

void registry_free(struct registry *r)
{
	struct session *s;

	if (!r)
		return;
	tick_remove(r->control, &r->tick);
	while ((s = registry_first(r)))
		registry_drop(r, s);
	free(r);
}

void registry_set_limits(
		struct registry *r, size_t session_max, size_t user_max)
{
	r->session_max = session_max;
	r->user_max = user_max;
}

static bool registry_full(struct registry *r, const char *user)
{
	size_t mine = 0;

	if (r->live >= r->session_max)
		return true;
	for (struct session *s = registry_first(r); s; s = registry_next(r, s))
		mine += s->state != SESSION_ENDED &&
			strcmp(s->grant.user, user) == 0;
	return mine >= r->user_max;
}

int registry_add(struct registry *r, const struct grant *g, const char *from,
		struct session **ret_session)
{
	struct session *s;

	if (registry_find(r, g->id))
		return -EEXIST;
	if (registry_full(r, g->user))
		return -EDQUOT;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->registry = r;
	s->grant = *g;
	memcpy(s->brief, g->id, sizeof(s->brief) - 1);
	(void)snprintf(s->from, sizeof(s->from), "%s", from);
	s->since = (int64_t)time(NULL);
	s->prev = r->ring.prev;
	s->next = &r->ring;
	s->prev->next = s;
	r->ring.prev = s;
	r->live++;
	*ret_session = s;
	return 0;
}

struct session *registry_find(struct registry *r, const char *id)
{
	for (struct session *s = registry_first(r); s; s = registry_next(r, s))
		if (strcmp(s->grant.id, id) == 0)
			return s;
	return NULL;
}

size_t registry_live(const struct registry *r)
{
	return r->live;
}

void registry_on_end(struct registry *r, void (*fn)(void *arg), void *arg)
{
	r->on_end = fn;
	r->on_end_arg = arg;
}

void registry_ended(struct session *s, enum end_word word, const char *detail)
{
	struct registry *r = s->registry;

	session_set_ended(s, word, detail);
	s->ended_ms = loop_now_ms(r->control);
	s->console = NULL;
	r->live--;
	r->kept++;
	if (r->on_end)
		r->on_end(r->on_end_arg);
}
