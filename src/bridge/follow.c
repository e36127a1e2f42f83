#include "bridge/follow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/loop.h"

/* One announced port. */
struct followed {
	struct followed *next;
	struct forward *forward; /* NULL: somebody else has the port */
	char guest[GUEST_ID_MAX], name[GUEST_ID_MAX], what[FORWARD_TEXT_MAX];
	uint16_t port, guest_port;
	bool seen; /* in the list that is looked at */
	bool told; /* that it is busy */
};

struct follow {
	struct follow_options o;
	char profile[GUEST_ID_MAX + 1]; /* "boxes/" */
	struct timer *timer;
	struct followed *first, **last;
	size_t count;
	bool asked; /* a list is owed */
	bool over;  /* freed, once that has come */
	bool rests;
	bool knows;   /* there was a list */
	bool failing; /* the last list was none */
};

/* ---- telling --------------------------------------------------------------
 */

static void tell(const struct follow *f, const struct followed *d,
		enum follow_state state, const char *why)
{
	char text[FORWARD_TEXT_MAX];
	const struct follow_news n = {
			.state = state,
			.guest = d->guest,
			.name = d->name,
			.what = d->what,
			.text = d->forward ? forward_text(d->forward) : text,
			.port = d->port,
			.guest_port = d->guest_port,
			.why = why,
	};

	(void)snprintf(text, sizeof(text), ":%u", d->port);
	if (f->o.news)
		f->o.news(f->o.arg, &n);
}

/* ---- one port -------------------------------------------------------------
 */

static void followed_free(
		struct follow *f, struct followed *d, enum end_word word)
{
	if (d->forward) {
		tell(f, d, FOLLOW_CLOSED, NULL);
		forward_close(d->forward, word);
	}
	free(d);
	f->count--;
}

/* What a server announces shall not stand in for a service of this machine. */
static int followed_listen(struct follow *f, struct followed *d,
		const struct forward_options *o, struct err *e)
{
	if (d->port < FOLLOW_PRIVILEGED)
		return err_set(e, -EACCES,
				"port %u is privileged: only a forward that "
				"names it may have it",
				d->port);
	return forward_open(&d->forward, f->o.forwards, o, e);
}

/* Is it listened on? Else once more. */
static void followed_open(struct follow *f, struct followed *d)
{
	const bool login = f->o.login && strcasecmp(d->what, "gui") == 0;
	const struct forward_options o = {
			.hosts = f->o.hosts,
			.host_count = f->o.host_count,
			.port = d->port,
			.guest = d->guest,
			.what = d->what,
			.guest_port = login ? 0 : d->guest_port,
			.kind = CONSOLE_VNC,
			.limits = f->o.limits,
			.quiet = d->told,
	};
	struct err e;

	if (d->forward)
		return;
	if (followed_listen(f, d, &o, &e) == 0) {
		d->told = false;
		tell(f, d, FOLLOW_READY, NULL);
		return;
	}
	d->forward = NULL;
	if (!d->told)
		tell(f, d, FOLLOW_BUSY, e.text);
	d->told = true;
}

static struct followed *followed_find(const struct follow *f, const char *guest,
		const struct guest_forward *at)
{
	for (struct followed *d = f->first; d; d = d->next)
		if (d->port == at->host_port &&
				d->guest_port == at->guest_port &&
				strcmp(d->guest, guest) == 0)
			return d;
	return NULL;
}

static void followed_add(struct follow *f, const char *guest,
		const struct guest *g, const struct guest_forward *at)
{
	struct followed *d;

	if (f->count >= FOLLOW_MAX)
		return;
	d = calloc(1, sizeof(*d));
	if (!d)
		return; /* the next list has it, too */
	(void)snprintf(d->guest, sizeof(d->guest), "%s", guest);
	(void)snprintf(d->name, sizeof(d->name), "%s", g->name);
	(void)snprintf(d->what, sizeof(d->what), "%s", at->description);
	d->port = at->host_port;
	d->guest_port = at->guest_port;
	d->seen = true;
	*f->last = d; /* in the order of the list */
	f->last = &d->next;
	f->count++;
}

/* ---- a list ---------------------------------------------------------------
 */

static void look_at(struct follow *f, const struct guest *g)
{
	char guest[GUEST_ID_MAX];
	struct followed *d;
	int len = snprintf(guest, sizeof(guest), "%s%s", f->profile, g->id);

	if (len < 0 || (size_t)len >= sizeof(guest) ||
			g->status == GUEST_STOPPED)
		return;
	for (size_t i = 0; i < g->forward_count; i++) {
		d = followed_find(f, guest, &g->forwards[i]);
		if (d)
			d->seen = true;
		else
			followed_add(f, guest, g, &g->forwards[i]);
	}
}

/* What has gone goes first: its port may be another's now. */
static void drop_unseen(struct follow *f)
{
	struct followed **at = &f->first;

	while (*at) {
		struct followed *d = *at;

		if (d->seen) {
			at = &d->next;
			continue;
		}
		*at = d->next;
		if (!d->next)
			f->last = at;
		followed_free(f, d, END_GUEST_NOT_RUNNING);
	}
}

static void look(struct follow *f, const struct guest *guests, size_t count)
{
	for (struct followed *d = f->first; d; d = d->next)
		d->seen = false;
	for (size_t i = 0; i < count; i++)
		look_at(f, &guests[i]);
	drop_unseen(f);
	for (struct followed *d = f->first; d; d = d->next)
		followed_open(f, d);
}

static void follow_done(struct follow *f)
{
	timer_free(f->timer);
	free(f);
}

static void on_list(void *arg, int r, const struct guest *guests, size_t count,
		const struct err *e)
{
	struct follow *f = arg;

	f->asked = false;
	if (f->over) {
		follow_done(f);
		return;
	}
	if (f->rests)
		return;
	if (r == 0)
		look(f, guests, count);
	f->knows |= r == 0;
	if (f->o.list && (r < 0) != f->failing)
		f->o.list(f->o.arg, r, e);
	f->failing = r < 0;
	timer_set(f->timer, FOLLOW_MS);
}

static void on_timer(void *arg)
{
	struct follow *f = arg;
	const char *rest;
	struct hypervisor *h = forwards_find(f->o.forwards, f->profile, &rest);
	struct err e;

	f->asked = true;
	if (h)
		hypervisor_list(h, on_list, f);
	else
		on_list(f, err_set(&e, -ENOENT, "there is no such profile"),
				NULL, 0, &e);
}

/* ---- life -----------------------------------------------------------------
 */

int follow_new(struct follow **ret_follow, const struct follow_options *o)
{
	struct follow *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->o = *o;
	f->last = &f->first;
	(void)snprintf(f->profile, sizeof(f->profile), "%s/", o->profile);
	r = timer_new(&f->timer, o->loop, on_timer, f);
	if (r < 0) {
		free(f);
		return r;
	}
	timer_set(f->timer, 0);
	*ret_follow = f;
	return 0;
}

void follow_limit(struct follow *f, const struct forward_limits *l)
{
	f->o.limits = *l;
	for (struct followed *d = f->first; d; d = d->next)
		if (d->forward)
			forward_limit(d->forward, l);
}

bool follow_knows(const struct follow *f)
{
	return f->knows;
}

void follow_rest(struct follow *f)
{
	timer_stop(f->timer);
	f->rests = true;
}

void follow_free(struct follow *f, enum end_word word, bool gone)
{
	if (!f)
		return;
	timer_stop(f->timer);
	for (struct followed *d = f->first, *next; d; d = next) {
		next = d->next;
		followed_free(f, d, word);
	}
	f->first = NULL;
	f->over = true;
	if (!f->asked || gone)
		follow_done(f);
}
