#include "session/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/loop.h"
#include "core/text.h"

enum { ID_BUCKETS = 8192, USER_BUCKETS = 1024 }; /* powers of two */

struct registry {
	struct loop *control;
	struct session ring; /* head: only next and prev are used */
	struct session *by_id[ID_BUCKETS];
	struct session *by_user[USER_BUCKETS];     /* those that live */
	struct session *ended_first, **ended_last; /* the oldest end first */
	size_t live, kept;
	size_t session_max, user_max, wires_max;
	size_t joined; /* wires beside the first of their session */
	uint32_t keep_ms;
	struct registry_counts counts; /* of what is over */
	struct tick tick;
	void (*on_end)(void *arg);
	void *on_end_arg;
};

static struct session **id_bucket(struct registry *r, const char *id)
{
	return &r->by_id[text_hash(id) & (ID_BUCKETS - 1)];
}

static struct session **user_bucket(struct registry *r, const char *user)
{
	return &r->by_user[text_hash(user) & (USER_BUCKETS - 1)];
}

static void session_unlink_id(struct registry *r, struct session *s)
{
	struct session **at = id_bucket(r, s->grant.id);

	while (*at && *at != s)
		at = &(*at)->same_id;
	if (*at)
		*at = s->same_id;
}

static void session_unlink_user(struct registry *r, struct session *s)
{
	struct session **at = user_bucket(r, s->grant.user);

	while (*at && *at != s)
		at = &(*at)->same_user;
	if (*at)
		*at = s->same_user;
}

static void registry_drop(struct registry *r, struct session *s)
{
	s->next->prev = s->prev;
	s->prev->next = s->next;
	session_unlink_id(r, s);
	if (s->state != SESSION_ENDED)
		session_unlink_user(r, s);
	session_forget(s);
	free(s);
}

/* The one that ended first. */
static void registry_drop_oldest(struct registry *r)
{
	struct session *s = r->ended_first;

	r->ended_first = s->ended_next;
	if (!r->ended_first)
		r->ended_last = &r->ended_first;
	r->kept--;
	registry_drop(r, s);
}

struct session *registry_first(struct registry *r)
{
	return registry_next(r, &r->ring);
}

struct session *registry_next(struct registry *r, struct session *s)
{
	return s->next == &r->ring ? NULL : s->next;
}

static void registry_sweep(struct tick *t, uint64_t now)
{
	struct registry *r =
			(struct registry *)((char *)t -
					    offsetof(struct registry, tick));

	while (r->ended_first &&
			now - r->ended_first->ended_ms >= REGISTRY_KEEP_MS)
		registry_drop_oldest(r);
}

int registry_new(struct registry **ret_registry, struct loop *control)
{
	struct registry *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->control = control;
	r->ring.next = r->ring.prev = &r->ring;
	r->ended_last = &r->ended_first;
	r->session_max = r->user_max = r->wires_max = SIZE_MAX;
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

void registry_set_wires(struct registry *r, size_t wires_max)
{
	r->wires_max = wires_max ? wires_max : SIZE_MAX;
}

bool registry_wire_joins(struct registry *r)
{
	if (r->live + r->joined >= r->wires_max)
		return false;
	r->joined++;
	return true;
}

void registry_wire_gone(struct registry *r)
{
	r->joined--;
}

void registry_set_keep(struct registry *r, uint32_t keep_ms)
{
	r->keep_ms = keep_ms;
}

static bool registry_full(struct registry *r, const char *user)
{
	size_t mine = 0;

	if (r->live >= r->session_max || r->live + r->joined >= r->wires_max)
		return true;
	for (struct session *s = *user_bucket(r, user); s; s = s->same_user)
		mine += strcmp(s->grant.user, user) == 0;
	return mine >= r->user_max;
}

static void registry_link(struct registry *r, struct session *s)
{
	struct session **id = id_bucket(r, s->grant.id);
	struct session **user = user_bucket(r, s->grant.user);

	s->same_id = *id;
	*id = s;
	s->same_user = *user;
	*user = s;
	s->prev = r->ring.prev;
	s->next = &r->ring;
	s->prev->next = s;
	r->ring.prev = s;
	r->live++;
	r->counts.total++;
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
	s->keep_ms = r->keep_ms;
	s->grant = *g;
	memcpy(s->brief, g->id, sizeof(s->brief) - 1);
	(void)snprintf(s->from, sizeof(s->from), "%s", from);
	s->since = (int64_t)time(NULL);
	registry_link(r, s);
	*ret_session = s;
	return 0;
}

struct session *registry_find(struct registry *r, const char *id)
{
	for (struct session *s = *id_bucket(r, id); s; s = s->same_id)
		if (strcmp(s->grant.id, id) == 0)
			return s;
	return NULL;
}

struct session *registry_spice_viewer(
		struct registry *r, const char *guest, const char *except)
{
	struct session *s = registry_first(r);

	while (s && (s->grant.kind != CONSOLE_SPICE || s->stop_asked ||
				    s->state >= SESSION_DRAINING ||
				    strcmp(s->grant.guest, guest) != 0 ||
				    strcmp(s->grant.id, except) == 0))
		s = registry_next(r, s);
	return s;
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

/* ---- counting ---------------------------------------------------------------
 */

/* What it carried, and how its client answered pings. */
static void count_wires(struct registry_counts *c, const struct session *s)
{
	const struct relay_counts *from = &s->counts;

	c->up += from->up.bytes;
	c->down += from->down.bytes;
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
		c->pings.counts[i] += from->client_pings[i];
	c->pings.sum += (double)from->client_pings_ms / 1e3;
}

void registry_count(const struct registry *r, struct registry_counts *ret)
{
	*ret = r->counts;
	ret->active = r->live;
	for (const struct session *s = r->ring.next; s != &r->ring; s = s->next)
		if (s->state != SESSION_ENDED)
			count_wires(ret, s);
}

void registry_connected(struct session *s)
{
	struct registry *r = s->registry;
	uint64_t ms = loop_now_ms(r->control) - s->dialled_ms;

	if (s->dialled_ms)
		histogram_add(&r->counts.connects, (double)ms / 1e3);
}

/* ---- the end ----------------------------------------------------------------
 */

void registry_ended(struct session *s)
{
	struct registry *r = s->registry;

	session_set_ended(s);
	count_wires(&r->counts, s);
	r->counts.ends[s->word]++;
	session_unlink_user(r, s);
	s->ended_ms = loop_now_ms(r->control);
	s->console = NULL;
	s->ended_next = NULL;
	*r->ended_last = s;
	r->ended_last = &s->ended_next;
	r->live--;
	if (++r->kept > REGISTRY_KEEP_MAX)
		registry_drop_oldest(r);
	if (r->on_end)
		r->on_end(r->on_end_arg);
}
