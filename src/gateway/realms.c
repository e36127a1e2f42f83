#include "gateway/realms.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "hypervisor/hypervisor.h"
#include "proto/json.h"

enum { NAME_MAX_LEN = 64, COMMENT_MAX_LEN = 256 };

struct place {
	char name[NAME_MAX_LEN], comment[COMMENT_MAX_LEN];
	bool by_default;
};

/* One hypervisor's. */
struct source {
	struct source *next;
	struct realms *all;
	bool retired; /* it only waits for its answer */
	struct hypervisor *hypervisor;
	struct place *places;
	size_t count;
	bool asking, known;
	uint64_t next_ms; /* when to ask again; 0: now */
};

struct waiter {
	struct waiter *next;
	void (*fn)(void *arg);
	void *arg;
};

struct realms {
	struct loop *control;
	struct source *sources, *retired;
	struct waiter *waiters;
	struct timer *limit;
};

static void source_free(struct source *s)
{
	free(s->places);
	free(s);
}

/* ---- who waits ------------------------------------------------------------
 */

static void tell_all(void *arg)
{
	struct realms *r = arg;
	struct waiter *w = r->waiters;

	r->waiters = NULL;
	timer_stop(r->limit);
	while (w) {
		struct waiter *next = w->next;

		w->fn(w->arg);
		free(w);
		w = next;
	}
}

static bool is_unknown(const struct realms *r)
{
	for (const struct source *s = r->sources; s; s = s->next)
		if (s->asking && !s->known)
			return true;
	return false;
}

/* ---- asking ---------------------------------------------------------------
 */

static int source_take(struct source *s, const struct realm *all, size_t count)
{
	struct place *places = calloc(count + 1, sizeof(*places));

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(places[i].name, NAME_MAX_LEN, "%s", all[i].name);
		(void)snprintf(places[i].comment, COMMENT_MAX_LEN, "%s",
				all[i].comment ? all[i].comment : "");
		places[i].by_default = all[i].by_default;
	}
	free(s->places);
	s->places = places;
	s->count = count;
	return 0;
}

static void retired_free(struct source *s)
{
	struct source **at = &s->all->retired;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	source_free(s);
}

static void on_realms(void *arg, int r, const struct realm *all, size_t count,
		const struct err *e)
{
	struct source *s = arg;

	if (s->retired) {
		retired_free(s);
		return;
	}
	s->asking = false;
	s->known = true;
	if (r == 0)
		r = source_take(s, all, count);
	s->next_ms = loop_now_ms(s->all->control) +
		     (r < 0 ? REALMS_FAILED_MS : REALMS_MS);
	if (s->all->waiters && !is_unknown(s->all))
		tell_all(s->all);
}

void realms_ask(struct realms *r)
{
	uint64_t now = loop_now_ms(r->control);

	for (struct source *s = r->sources; s; s = s->next) {
		if (s->asking || now < s->next_ms)
			continue;
		s->asking = true;
		hypervisor_realms(s->hypervisor, on_realms, s);
	}
}

void realms_wait(struct realms *r, void (*fn)(void *arg), void *arg)
{
	struct waiter *w;

	realms_ask(r);
	w = is_unknown(r) ? malloc(sizeof(*w)) : NULL;
	if (!w) {
		fn(arg);
		return;
	}
	if (!r->waiters)
		timer_set(r->limit, REALMS_WAIT_MS);
	*w = (struct waiter){.next = r->waiters, .fn = fn, .arg = arg};
	r->waiters = w;
}

void realms_put(const struct realms *r, struct json_out *o)
{
	json_out_put_array(o, "realms");
	for (const struct source *s = r->sources; s; s = s->next)
		for (size_t i = 0; i < s->count; i++) {
			const struct place *p = &s->places[i];

			json_out_object_begin(o);
			json_out_put_text(o, "profile", s->hypervisor->profile);
			json_out_put_text(o, "realm", p->name);
			json_out_put_text(o, "comment",
					*p->comment ? p->comment : NULL);
			json_out_put_bool(o, "default", p->by_default);
			json_out_object_end(o);
		}
	json_out_array_end(o);
}

/* ---- life -----------------------------------------------------------------
 */

static void sources_retire(struct realms *r)
{
	while (r->sources) {
		struct source *s = r->sources;

		r->sources = s->next;
		if (!s->asking) {
			source_free(s);
			continue;
		}
		s->retired = true;
		s->next = r->retired;
		r->retired = s;
	}
}

void realms_configure(
		struct realms *r, struct hypervisor *const *all, size_t count)
{
	struct source **end = &r->sources;

	sources_retire(r);
	for (size_t i = 0; i < count; i++) {
		struct source *s = all[i]->ops->enter ? calloc(1, sizeof(*s))
						      : NULL;

		if (!s)
			continue; /* no memory: without its realms */
		s->all = r;
		s->hypervisor = all[i];
		*end = s;
		end = &s->next;
	}
	if (r->waiters)
		tell_all(r);
}

bool realms_any(const struct realms *r)
{
	return r->sources != NULL;
}

int realms_new(struct realms **ret_realms, struct loop *control)
{
	struct realms *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->control = control;
	if (timer_new(&r->limit, control, tell_all, r) < 0) {
		free(r);
		return -ENOMEM;
	}
	*ret_realms = r;
	return 0;
}

void realms_free(struct realms *r)
{
	if (!r)
		return;
	for (struct source *s = r->sources; s; s = s->next)
		s->asking = true; /* nobody will answer any more */
	sources_retire(r);
	while (r->retired)
		retired_free(r->retired);
	timer_free(r->limit);
	while (r->waiters) {
		struct waiter *next = r->waiters->next;

		free(r->waiters);
		r->waiters = next;
	}
	free(r);
}
