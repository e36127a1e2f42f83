#include "session/warm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/loop.h"
#include "hypervisor/hypervisor.h"
#include "stream/dial.h"
#include "stream/stream.h"

enum { LOOK_MS = 1000, PLACE_MAX = 320 };

/* A connection: asked for, dialled, or waiting to be taken. */
struct warm_one {
	struct warm_one *next, *prev; /* the pool's */
	struct warm *warm;
	struct warm_guest *guest; /* NULL: nobody's, and on its way out */
	bool planned;             /* the hypervisor owes a plan */
	struct dial *dial;
	struct stream *stream;
	struct watch *watch;
	uint64_t since_ms;
};

struct warm_guest {
	struct warm_guest *next;
	struct warm_place *source;
	char id[GUEST_ID_MAX]; /* "profile/rest" */
	char where[PLACE_MAX]; /* what changes when it is another one */
	bool seen;             /* in the list that was just read */
	size_t count;          /* its connections, at whatever stage */
	uint64_t rests_until_ms;
};

/* A source, while it is configured or owes a list. */
struct warm_place {
	struct warm_place *next;
	struct warm *warm;
	struct warm_source source;
	bool asking;
	bool gone; /* of a former configuration */
};

struct warm {
	struct loop *control;
	struct warm_place *places;
	struct warm_place *gone; /* that still owe a list */
	struct warm_guest *guests;
	struct warm_one *ones;
	size_t count; /* of ones */
	struct tick tick;
};

/* ---- connections ------------------------------------------------------------
 */

static void one_free(struct warm_one *o)
{
	struct warm *w = o->warm;

	if (o->prev)
		o->prev->next = o->next;
	else
		w->ones = o->next;
	if (o->next)
		o->next->prev = o->prev;
	w->count--;
	if (o->guest)
		o->guest->count--;
	dial_free(o->dial);
	watch_free(o->watch);
	stream_free(o->stream);
	free(o);
}

/* One that waits for a plan stays until that has come. */
static void one_drop(struct warm_one *o)
{
	if (o->guest)
		o->guest->count--;
	o->guest = NULL;
	if (!o->planned)
		one_free(o);
}

static void one_failed(struct warm_one *o, const struct err *e)
{
	struct warm_guest *g = o->guest;

	if (g) {
		g->rests_until_ms =
				loop_now_ms(o->warm->control) + WARM_REST_MS;
		log_debug(NULL, "event=warm_failed guest=%s detail=%s",
				log_value(g->id).text, log_value(e->text).text);
	}
	one_free(o);
}

/* A screen says nothing before ClientInit: it has gone, or is none. */
static void one_speaks(void *arg, int events)
{
	one_free(arg);
}

static void one_dialled(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	struct warm_one *o = arg;
	struct err why = {0};

	o->dial = NULL;
	if (r < 0) {
		one_failed(o, e);
		return;
	}
	o->stream = s;
	o->since_ms = loop_now_ms(o->warm->control);
	r = watch_new(&o->watch, o->warm->control, stream_fd(s), one_speaks, o);
	if (r == 0)
		r = watch_set(o->watch, LOOP_READ | LOOP_HANGUP);
	if (r < 0)
		one_failed(o, &why);
}

/* Only what ends with a login of ours can be held. */
static int one_dial(struct warm_one *o, struct dial_plan *plan, struct err *e)
{
	struct dial_layer *top =
			plan->count ? &plan->layers[plan->count - 1] : NULL;
	int r;

	if (!top || top->kind != DIAL_RFB_LOGIN)
		return err_set(e, -ENOTSUP, "its plan ends with no VNC login");
	top->rfb_login.hold = true;
	plan->wait_ms = 0; /* the next look tries again */
	r = dial_start(&o->dial, o->warm->control, plan, one_dialled, o);
	return r < 0 ? err_set(e, r, "it cannot be dialled") : 0;
}

static void one_planned(
		void *arg, int r, struct dial_plan *plan, const struct err *e)
{
	struct warm_one *o = arg;
	struct err why = {0};

	o->planned = false;
	if (r < 0)
		why = *e;
	else if (o->guest)
		r = one_dial(o, plan, &why);
	if (r == 0 && o->dial)
		return;
	if (plan)
		dial_plan_done(plan);
	one_failed(o, &why);
}

static void one_new(struct warm_guest *g)
{
	struct warm *w = g->source->warm;
	struct warm_one *o = calloc(1, sizeof(*o));

	if (!o)
		return;
	*o = (struct warm_one){.warm = w,
			.guest = g,
			.next = w->ones,
			.planned = true};
	if (o->next)
		o->next->prev = o;
	w->ones = o;
	w->count++;
	g->count++;
	hypervisor_plan(g->source->source.hypervisor, strchr(g->id, '/') + 1,
			CONSOLE_VNC, one_planned, o);
}

/* ---- guests
 * -------------------------------------------------------------------
 */

static void guest_drop_ones(struct warm_guest *g)
{
	struct warm_one *next;

	for (struct warm_one *o = g->source->warm->ones; o; o = next) {
		next = o->next;
		if (o->guest == g)
			one_drop(o);
	}
}

static void guests_sweep(struct warm *w, const struct warm_place *of)
{
	struct warm_guest **at = &w->guests;

	while (*at) {
		struct warm_guest *g = *at;

		if (g->source != of || g->seen) {
			at = &g->next;
			continue;
		}
		guest_drop_ones(g);
		*at = g->next;
		free(g);
	}
}

static struct warm_guest *guest_find(struct warm *w, const char *id)
{
	struct warm_guest *g = w->guests;

	while (g && strcmp(g->id, id) != 0)
		g = g->next;
	return g;
}

/* Another address or another port is another machine. */
static void write_place(const struct guest *from, char ret[PLACE_MAX])
{
	size_t len = (size_t)snprintf(ret, PLACE_MAX, "%s %s",
			from->address ? from->address : "",
			from->host ? from->host : "");

	for (size_t i = 0; i < from->forward_count && len < PLACE_MAX; i++)
		if (strcmp(from->forwards[i].description, "gui") == 0)
			len += (size_t)snprintf(ret + len, PLACE_MAX - len,
					" %u", from->forwards[i].host_port);
}

static void guest_look(struct warm_place *p, const struct guest *from)
{
	struct warm *w = p->warm;
	char id[GUEST_ID_MAX], where[PLACE_MAX];
	struct warm_guest *g;

	if ((from->status != GUEST_RUNNING && from->status != GUEST_UNKNOWN) ||
			from->lacks[CONSOLE_VNC] ||
			snprintf(id, sizeof(id), "%s/%s",
					p->source.hypervisor->profile,
					from->id) >= (int)sizeof(id))
		return;
	write_place(from, where);
	g = guest_find(w, id);
	if (!g && (g = calloc(1, sizeof(*g)))) {
		memcpy(g->id, id, sizeof(id));
		memcpy(g->where, where, sizeof(where));
		g->source = p;
		g->next = w->guests;
		w->guests = g;
	}
	if (!g)
		return;
	if (strcmp(g->where, where) != 0) {
		guest_drop_ones(g);
		memcpy(g->where, where, sizeof(where));
	}
	g->seen = true;
}

static void guests_fill(struct warm *w, const struct warm_place *of)
{
	uint64_t now = loop_now_ms(w->control);

	for (struct warm_guest *g = w->guests; g; g = g->next)
		while (g->source == of && g->count < of->source.count &&
				w->count < WARM_ALL_MAX &&
				now >= g->rests_until_ms) {
			size_t before = g->count;

			one_new(g);
			if (g->count == before) /* it failed at once */
				break;
		}
}

/* ---- looking
 * -------------------------------------------------------------------
 */

/* One that is gone. */
static void place_free(struct warm_place *p)
{
	struct warm_place **at = &p->warm->gone;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	free(p);
}

static void place_listed(void *arg, int r, const struct guest *guests,
		size_t count, const struct err *e)
{
	struct warm_place *p = arg;

	p->asking = false;
	if (p->gone) {
		place_free(p);
		return;
	}
	for (struct warm_guest *g = p->warm->guests; g; g = g->next)
		if (g->source == p)
			g->seen = false;
	for (size_t i = 0; r == 0 && i < count; i++)
		guest_look(p, &guests[i]);
	/* a hypervisor that does not answer tells of no guest */
	guests_sweep(p->warm, p);
	guests_fill(p->warm, p);
}

static void ones_age(struct warm *w, uint64_t now)
{
	struct warm_one *next;

	for (struct warm_one *o = w->ones; o; o = next) {
		next = o->next;
		if (o->stream &&
				now - o->since_ms >=
						o->guest->source->source.age_ms)
			one_free(o);
	}
}

static void warm_look(struct tick *t, uint64_t now)
{
	struct warm *w = (struct warm *)((char *)t -
					 offsetof(struct warm, tick));

	ones_age(w, now);
	for (struct warm_place *p = w->places; p; p = p->next) {
		if (p->asking || p->source.count == 0)
			continue;
		p->asking = true;
		hypervisor_list(p->source.hypervisor, place_listed, p);
	}
}

/* ---- taking
 * -------------------------------------------------------------------
 */

bool warm_take(struct warm *w, const char *guest, struct dial_plan *ret)
{
	struct warm_one *o = w->ones;
	struct stream *s;

	while (o && !(o->stream && strcmp(o->guest->id, guest) == 0))
		o = o->next;
	if (!o)
		return false;
	s = o->stream;
	o->stream = NULL;
	one_free(o); /* with the watch: another loop will have one */
	*ret = (struct dial_plan){.minted = true};
	if (dial_plan_held(ret, s) == 0)
		return true;
	stream_free(s);
	return false;
}

size_t warm_count(const struct warm *w)
{
	size_t count = 0;

	for (const struct warm_one *o = w->ones; o; o = o->next)
		count += o->stream != NULL;
	return count;
}

/* ---- all of it
 * ----------------------------------------------------------------
 */

void warm_forget(struct warm *w)
{
	struct warm_place *p;

	for (p = w->places; p; p = p->next)
		for (struct warm_guest *g = w->guests; g; g = g->next)
			g->seen = g->seen && g->source != p;
	while ((p = w->places)) {
		guests_sweep(w, p);
		w->places = p->next;
		p->gone = true;
		p->next = w->gone;
		w->gone = p;
		if (!p->asking)
			place_free(p);
	}
}

void warm_add(struct warm *w, const struct warm_source *source)
{
	struct warm_place *p = calloc(1, sizeof(*p));

	if (!p)
		return;
	p->warm = w;
	p->source = *source;
	if (p->source.count > WARM_MAX)
		p->source.count = WARM_MAX;
	p->next = w->places;
	w->places = p;
}

int warm_new(struct warm **ret_warm, struct loop *control)
{
	struct warm *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->control = control;
	w->tick.fn = warm_look;
	tick_add(control, &w->tick);
	*ret_warm = w;
	return 0;
}

void warm_free(struct warm *w)
{
	if (!w)
		return;
	tick_remove(w->control, &w->tick);
	warm_forget(w);
	while (w->gone)
		place_free(w->gone);
	while (w->ones)
		one_free(w->ones);
	free(w);
}
