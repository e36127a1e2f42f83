#include "relay/hubs.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "relay/farewell.h"
#include "relay/hub.h"
#include "stream/stream.h"

struct line {
	struct line *next, *prev;
	struct hubs *hubs;
	char name[HUBS_NAME_MAX];
	/* one of these at most */
	struct dial *dial;
	struct hub *hub;
	struct farewell *farewell;
	struct timer *rest;     /* nobody is there */
	struct hub_wait *waits; /* for it to be open */
};

struct hub_wait {
	struct hub_wait *next, *prev;
	struct hubs *hubs;
	struct line *line; /* NULL: the answer is known, and follows */
	struct dial_plan plan;
	bool writes;
	struct stream *stream; /* the answer */
	int r;
	struct defer answer;
	dial_fn *fn;
	void *arg;
};

struct hubs {
	struct loop *loop;
	struct line *lines;
};

static void line_dial(struct line *l);

/* ---- those who wait ------------------------------------------------------ */

static void wait_unlink(struct hub_wait *w)
{
	if (w->prev)
		w->prev->next = w->next;
	else if (w->line)
		w->line->waits = w->next;
	if (w->next)
		w->next->prev = w->prev;
	w->next = w->prev = NULL;
	w->line = NULL;
}

static void wait_drop(struct hub_wait *w)
{
	defer_remove(w->hubs->loop, &w->answer);
	dial_plan_done(&w->plan);
	stream_free(w->stream);
	free(w);
}

/* Its own words, or those of what the dial failed with. */
static void wait_answer(struct hub_wait *w, size_t depth, const struct err *why)
{
	struct stream *s = w->stream;
	dial_fn *fn = w->fn;
	void *arg = w->arg;
	int r = w->r;
	struct err e;

	if (r == -EDQUOT)
		(void)err_set(&e, r, "this line has %d consoles already",
				HUB_READERS_MAX);
	else if (r < 0 && why)
		e = *why;
	else if (r < 0)
		(void)err_set(&e, r, "sharing the line: %s",
				strerrordesc_np(-r));
	w->stream = NULL;
	wait_drop(w);
	fn(arg, r, s, depth, r < 0 ? &e : NULL);
}

static void wait_deferred(struct defer *d)
{
	wait_answer((struct hub_wait *)((char *)d -
					offsetof(struct hub_wait, answer)),
			1, NULL);
}

/* All of them, from a turn that is no caller's. */
static void line_answer(
		struct line *l, int r, size_t depth, const struct err *e)
{
	struct hub_wait *w;

	while ((w = l->waits)) {
		wait_unlink(w);
		w->r = r;
		if (r == 0)
			w->r = hub_join(l->hub, w->writes, &w->stream);
		wait_answer(w, depth, r < 0 ? e : NULL);
	}
}

/* ---- a line -------------------------------------------------------------- */

static void line_free(struct line *l)
{
	if (l->prev)
		l->prev->next = l->next;
	else
		l->hubs->lines = l->next;
	if (l->next)
		l->next->prev = l->prev;
	dial_free(l->dial);
	hub_free(l->hub);
	farewell_free(l->farewell);
	timer_free(l->rest);
	free(l);
}

static void line_closed(void *arg)
{
	struct line *l = arg;

	l->farewell = NULL;
	if (l->waits)
		line_dial(l);
	else
		line_free(l);
}

/* Nobody came back. */
static void line_rested(void *arg)
{
	struct line *l = arg;
	struct stream *s;

	if (hub_readers(l->hub) > 0 || hub_ended(l->hub))
		return; /* line_changes() is about to be told so */
	s = hub_take_line(l->hub);
	hub_free(l->hub);
	l->hub = NULL;
	if (farewell_new(&l->farewell, l->hubs->loop, s, NULL, FAREWELL_MS,
			    line_closed, l) < 0)
		line_closed(l);
}

static void line_changes(void *arg)
{
	struct line *l = arg;

	if (hub_readers(l->hub) > 0)
		timer_stop(l->rest);
	else if (hub_ended(l->hub))
		line_free(l);
	else
		timer_set(l->rest, HUBS_REST_MS);
}

static void line_dialled(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	struct line *l = arg;
	struct err lacks;

	l->dial = NULL;
	if (r == 0) {
		r = hub_new(&l->hub, l->hubs->loop, s, line_changes, l);
		if (r < 0) {
			stream_free(s);
			e = &lacks;
			(void)err_set(&lacks, r, "sharing the line: %s",
					strerrordesc_np(-r));
		}
	}
	line_answer(l, r, depth, e);
	if (!l->hub)
		line_free(l);
}

/* By the plan of who has waited longest. */
static void line_dial(struct line *l)
{
	struct err e;
	int r = dial_start(&l->dial, l->hubs->loop, &l->waits->plan,
			line_dialled, l);

	if (r == 0)
		return;
	(void)err_set(&e, r, "sharing the line: %s", strerrordesc_np(-r));
	line_answer(l, r, 0, &e);
	line_free(l);
}

static struct line *line_find(const struct hubs *h, const char *name)
{
	struct line *l = h->lines;

	while (l && ((l->hub && hub_ended(l->hub)) ||
				    strcmp(l->name, name) != 0))
		l = l->next;
	return l;
}

static int line_new(struct line **ret_line, struct hubs *h, const char *name)
{
	struct line *l = calloc(1, sizeof(*l));
	int r = l ? timer_new(&l->rest, h->loop, line_rested, l) : -ENOMEM;

	if (r < 0) {
		free(l);
		return r;
	}
	memcpy(l->name, name, strlen(name) + 1);
	l->hubs = h;
	l->next = h->lines;
	if (l->next)
		l->next->prev = l;
	h->lines = l;
	*ret_line = l;
	return 0;
}

/* ---- joining ------------------------------------------------------------- */

static void wait_for(struct hub_wait *w, struct line *l)
{
	struct hub_wait *last = l->waits;

	w->line = l;
	while (last && last->next)
		last = last->next;
	w->prev = last;
	if (last)
		last->next = w;
	else
		l->waits = w;
}

/* The line of this name; on its way, if nobody has it. On failure the plan is
 * as it was. */
static int line_of(struct hubs *h, const char *name, struct dial_plan *plan,
		struct line **ret_line)
{
	struct line *l = line_find(h, name);
	int r = 0;

	if (!l)
		r = line_new(&l, h, name);
	if (r == 0 && !l->hub && !l->dial && !l->farewell)
		r = dial_start(&l->dial, h->loop, plan, line_dialled, l);
	if (r == 0)
		*ret_line = l;
	else if (l)
		line_free(l);
	return r;
}

int hubs_join(struct hubs *h, struct hub_wait **ret_wait, const char *name,
		struct dial_plan *plan, bool writes, dial_fn *fn, void *arg)
{
	struct hub_wait *w = calloc(1, sizeof(*w));
	struct line *l = NULL;
	int r = w ? 0 : -ENOMEM;

	if (r == 0 && strlen(name) >= HUBS_NAME_MAX)
		r = -ENAMETOOLONG;
	if (r == 0)
		r = line_of(h, name, plan, &l);
	if (r < 0 || !l) {
		free(w);
		return r;
	}
	w->hubs = h;
	w->writes = writes;
	w->fn = fn;
	w->arg = arg;
	w->answer.fn = wait_deferred;
	w->plan = *plan; /* to dial again, if what is there is closing */
	memset(plan, 0, sizeof(*plan));
	if (l->hub) { /* only the answer is for later */
		w->r = hub_join(l->hub, writes, &w->stream);
		defer_add(h->loop, &w->answer);
	} else {
		wait_for(w, l);
	}
	*ret_wait = w;
	return 0;
}

void hub_wait_free(struct hub_wait *w)
{
	struct line *l;

	if (!w)
		return;
	l = w->line;
	wait_unlink(w);
	wait_drop(w);
	if (l && l->dial && !l->waits)
		line_free(l);
}

/* ---- life ---------------------------------------------------------------- */

int hubs_new(struct hubs **ret_hubs, struct loop *l)
{
	struct hubs *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->loop = l;
	*ret_hubs = h;
	return 0;
}

void hubs_free(struct hubs *h)
{
	if (!h)
		return;
	while (h->lines)
		line_free(h->lines);
	free(h);
}
