#include "relay/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "relay/last_words.h"
#include "relay/relay_internal.h"

static enum relay_side other_side(int i)
{
	return i == RELAY_CLIENT ? RELAY_BACKEND : RELAY_CLIENT;
}

/* ---- ends ---------------------------------------------------------------- */

void relay_over(struct relay *r)
{
	if (r->state == RELAY_OVER)
		return;
	r->state = RELAY_OVER;
	for (int i = 0; i < 2; i++)
		(void)watch_set(r->side[i].watch, 0);
	tick_remove(r->loop, &r->tick);
	/* told from a turn of its own, so that the owner may free us */
	defer_add(r->loop, &r->defer);
}

static void relay_leave_within(struct relay *r, uint64_t ms)
{
	uint64_t by = loop_now_ms(r->loop) + ms;

	if (r->leave_by_ms == 0 || by < r->leave_by_ms)
		r->leave_by_ms = by;
}

/* The first end decides the words; later ones change nothing. Both sides are
 * told: the one that ended may still listen. */
void relay_leave(struct relay *r, enum relay_side side, int why)
{
	struct note close = {.kind = NOTE_CLOSE, .close = {.code = 1000}};

	if (r->state != RELAY_OPEN)
		return;
	r->state = RELAY_LEAVING;
	r->end.side = side;
	r->end.r = why;
	if (r->close_from != side) /* no Close, or the other one's */
		r->end.close = (struct note){.kind = NOTE_CLOSE};
	else
		r->end.said_close = side != RELAY_OWNER;
	if (r->events->farewell)
		r->events->farewell(r->arg, &r->end, &close);
	for (int i = 0; i < 2; i++)
		(void)stream_tell(r->side[i].stream, &close);
}

/* Nothing more is read from side i; what is in flight still goes out. */
static void way_stop_reading(struct relay *r, int i)
{
	r->pump[i].ended = true;
	if (r->way[i] == WAY_FLOWS && !pump_writes(&r->pump[i]))
		r->way[i] = WAY_GOODBYE;
}

/* Nobody takes what the client still says. */
static void way_drain_client(struct relay *r)
{
	pump_done(&r->pump[RELAY_CLIENT]);
	if (r->way[RELAY_CLIENT] != WAY_DONE)
		r->way[RELAY_CLIENT] = WAY_DRAINS;
	(void)stream_shutdown(r->side[RELAY_BACKEND].stream);
}

/* Nothing more can be told to a side; what it sent may still be under way. */
static void side_is_deaf(struct relay *r, enum relay_side side, int why)
{
	relay_leave(r, side, why);
	r->half = true;
	if (side == RELAY_BACKEND) {
		way_drain_client(r);
		return;
	}
	relay_leave_within(r, r->limit.linger_ms);
	pump_done(&r->pump[RELAY_BACKEND]);
	r->way[RELAY_BACKEND] = WAY_DONE;
}

/* Nothing can be told to it, and nothing will be heard. */
void relay_side_lost(struct relay *r, enum relay_side side, int why)
{
	side_is_deaf(r, side, why);
	way_stop_reading(r, side);
}

/* ---- the two ways -------------------------------------------------------- */

/*
 * Nothing more comes from side i (why: 0, it said goodbye). Where that ends
 * both directions, nothing can be told to it either but the answer.
 */
static void way_ends(struct relay *r, int i, int why)
{
	relay_leave(r, (enum relay_side)i, why);
	r->way[i] = WAY_GOODBYE;
	if (why == 0 && !stream_whole_close(r->side[i].stream))
		return;
	if (why < 0 || i == RELAY_BACKEND)
		way_drain_client(r);
	if (why < 0 || i == RELAY_CLIENT)
		way_stop_reading(r, RELAY_BACKEND);
}

static void way_flow(struct relay *r, int i)
{
	struct pump *p = &r->pump[i];
	uint64_t before = p->moved, now = loop_now_ms(r->loop);
	int n = pump_step(p, now);

	if (p->moved != before)
		r->side[!i].moved_ms = r->side[i].heard_ms = now;
	if (n == 1 || n == -EAGAIN)
		return; /* the wire says when there is more */
	if (n < 0 && p->to_failed)
		side_is_deaf(r, other_side(i), n);
	else
		way_ends(r, i, n);
}

static void way_goodbye(struct relay *r, int i)
{
	int n = stream_shutdown(r->side[!i].stream);

	if (n == -EAGAIN)
		return;
	r->way[i] = WAY_DONE;
	if (r->way[!i] == WAY_DONE)
		return;
	if (n < 0)
		side_is_deaf(r, other_side(i), n);
	/* what the other one still says is delivered, for a while */
	if (r->way[!i] == WAY_DRAINS || stream_whole_close(r->side[0].stream) ||
			stream_whole_close(r->side[1].stream))
		relay_leave_within(r, r->limit.linger_ms);
	else
		r->half = true;
}

static void way_drain(struct relay *r)
{
	int n = last_words_drop(r->side[RELAY_CLIENT].stream,
			loop_chunks(r->loop), &r->raw);

	if (n <= 0 && n != -EAGAIN)
		r->way[RELAY_CLIENT] = WAY_DONE;
}

/* What reading made the layers of a side say: a pong, words of TLS. The pump
 * towards it may have had no reason to flush. */
static void side_answers(struct relay *r, int i)
{
	struct pump *towards = &r->pump[!i];

	if (r->way[!i] == WAY_FLOWS && !pump_writes(towards) &&
			stream_flush(r->side[i].stream) == -EAGAIN)
		towards->owed = true;
}

static void way_step(struct relay *r, int i)
{
	if (r->way[i] == WAY_FLOWS)
		way_flow(r, i);
	if (r->way[i] == WAY_GOODBYE)
		way_goodbye(r, i);
	if (r->way[i] == WAY_DRAINS)
		way_drain(r);
}

/* ---- arming -------------------------------------------------------------- */

/* Is there something to be written to side[i]? */
bool relay_side_waits(const struct relay *r, int i)
{
	return r->way[!i] == WAY_GOODBYE ||
	       (r->way[!i] == WAY_FLOWS && pump_writes(&r->pump[!i]));
}

static bool way_reads(const struct relay *r, int i)
{
	return r->way[i] == WAY_DRAINS ||
	       (r->way[i] == WAY_FLOWS && pump_reads(&r->pump[i]));
}

/* Only its own descriptor can make it go on, and that is watched. */
static bool way_rests(const struct relay *r, int i)
{
	return r->way[i] == WAY_FLOWS && pump_reads(&r->pump[i]) &&
	       !stream_pending(r->side[i].stream);
}

/* Below its layers: what they still hold is not asked for. */
static bool way_reads_raw(const struct relay *r, int i)
{
	return r->way[i] == WAY_DRAINS && r->raw;
}

/* What side[i] is watched for: as the one read from and the one written to. */
static int side_events(struct relay *r, int i)
{
	struct stream *s = r->side[i].stream;
	int events = 0;

	if (way_reads_raw(r, i))
		events |= WANT_READ;
	else if (way_reads(r, i))
		events |= stream_want(s, STREAM_READ);
	if (relay_side_waits(r, i))
		events |= stream_want(s, STREAM_WRITE);
	return events;
}

/* Nothing more is read from either side; both are told within the linger. */
void relay_stop(struct relay *r)
{
	r->stopped = false;
	relay_leave(r, RELAY_OWNER, 0); /* unless it has ended already */
	relay_leave_within(r, r->limit.linger_ms);
	way_drain_client(r);
	way_stop_reading(r, RELAY_BACKEND);
}

/* `only`: nothing happened but that this side has bytes; NULL: anything may
 * have. A way that waits for bytes of its own is not asked for the sake of the
 * other one's: that would cost a call of the kernel for each chunk. */
static void relay_step(struct relay *r, const struct side *only)
{
	bool again = false;

	if (r->state == RELAY_OVER)
		return;
	if (r->stopped)
		relay_stop(r);
	for (int i = 0; i < 2; i++)
		if (!only || (int)only->which == i || !way_rests(r, i))
			way_step(r, i);
	if (r->way[0] == WAY_DONE && r->way[1] == WAY_DONE) {
		relay_over(r);
		return;
	}
	/* all is said; the client's own goodbye is waited for, a while */
	if (r->way[RELAY_CLIENT] == WAY_DRAINS &&
			r->way[RELAY_BACKEND] == WAY_DONE)
		relay_leave_within(r, r->limit.linger_ms);
	for (int i = 0; i < 2; i++) {
		side_answers(r, i);
		/* decoded bytes that the descriptor will never announce */
		if (way_reads(r, i) && !way_reads_raw(r, i) &&
				stream_pending(r->side[i].stream))
			again = true;
		if (watch_set(r->side[i].watch, side_events(r, i)) < 0)
			relay_side_lost(r, (enum relay_side)i, -EIO);
	}
	if (again)
		defer_add(r->loop, &r->defer);
}

void relay_step_all(struct relay *r)
{
	relay_step(r, NULL);
}

static void relay_deferred(struct defer *d)
{
	struct relay *r = (struct relay *)((char *)d -
					   offsetof(struct relay, defer));

	if (r->state != RELAY_OVER) {
		relay_step(r, NULL);
		return;
	}
	r->events->over(r->arg, &r->end);
}

static void side_ready(void *arg, int events)
{
	const struct side *side = arg;

	relay_step(side->relay, events == LOOP_READ ? side : NULL);
}

/* ---- notes --------------------------------------------------------------- */

static void count_ping(struct relay_counts *c, uint32_t rtt_ms)
{
	size_t bucket = histogram_bucket(rtt_ms / 1e3);

	atomic_store(&c->client_rtt_ms, rtt_ms);
	atomic_fetch_add(&c->client_pings[bucket], 1);
	atomic_fetch_add(&c->client_pings_ms, rtt_ms);
}

static void side_hears(void *arg, const struct note *n)
{
	struct side *s = arg;
	struct relay *r = s->relay;

	s->heard_ms = loop_now_ms(r->loop);
	switch (n->kind) {
	case NOTE_CLOSE:
		if (r->state == RELAY_OPEN) {
			r->end.close = *n;
			r->close_from = s->which;
		}
		break;
	case NOTE_PONG:
		if (s->which == RELAY_CLIENT)
			count_ping(r->counts, n->pong.rtt_ms);
		break;
	default:
		if (r->events->note)
			r->events->note(r->arg, s->which, n);
	}
}

/* ---- outside ------------------------------------------------------------- */

void relay_end(struct relay *r)
{
	if (r->state == RELAY_OVER)
		return;
	r->stopped = true; /* in a turn of its own: a pump may be at work */
	defer_add(r->loop, &r->defer);
}

int relay_tell(struct relay *r, enum relay_side to, const struct note *n)
{
	struct pump *towards = &r->pump[other_side(to)];
	int e = -ENOTCONN;

	if (r->state == RELAY_OPEN)
		e = stream_tell(r->side[to].stream, n);
	if (e < 0)
		return e;
	towards->owed = true;          /* what it said is to be flushed */
	defer_add(r->loop, &r->defer); /* in a turn of its own, as above */
	return 0;
}

static int side_init(struct relay *r, enum relay_side which, struct stream *s)
{
	struct side *side = &r->side[which];

	side->stream = s;
	side->relay = r;
	side->which = which;
	side->pings = true; /* until stream_tell() says otherwise */
	side->heard_ms = side->moved_ms = loop_now_ms(r->loop);
	return watch_new(&side->watch, r->loop, stream_fd(s), side_ready, side);
}

static uint32_t limit_or(uint32_t ms, uint32_t usual)
{
	return ms ? ms : usual;
}

int relay_new(struct relay **ret_relay, struct loop *l, struct stream *client,
		struct stream *backend, const struct relay_options *o,
		struct relay_counts *counts, const struct relay_events *events,
		void *arg)
{
	struct relay *r = calloc(1, sizeof(*r));
	struct stream *both[2] = {client, backend};
	int n = r ? 0 : -ENOMEM;

	if (n < 0)
		return n;
	r->loop = l;
	r->limit.progress_ms = limit_or(o->progress_ms, RELAY_PROGRESS_MS);
	r->limit.ping_ms = limit_or(o->ping_ms, RELAY_PING_MS);
	r->limit.linger_ms = limit_or(o->linger_ms, RELAY_LINGER_MS);
	r->limit.keep_ms = limit_or(o->keep_ms, RELAY_KEEP_MS);
	r->limit.idle_ms = o->idle_ms;
	r->keeps = true; /* until stream_tell() says otherwise */
	r->counts = counts;
	r->events = events;
	r->arg = arg;
	r->close_from = RELAY_OWNER;
	r->tick.fn = relay_tick;
	r->defer.fn = relay_deferred;
	pump_init(&r->pump[0], client, backend, loop_chunks(l), &counts->up);
	pump_init(&r->pump[1], backend, client, loop_chunks(l), &counts->down);
	atomic_store(&counts->up.last_ms, loop_now_ms(l));
	for (int i = 0; i < 2 && n == 0; i++)
		n = side_init(r, (enum relay_side)i, both[i]);
	if (n < 0) {
		for (int i = 0; i < 2; i++)
			watch_free(r->side[i].watch);
		free(r);
		return n;
	}
	for (int i = 0; i < 2; i++)
		stream_hear(both[i], side_hears, &r->side[i]);
	tick_add(l, &r->tick);
	defer_add(l, &r->defer); /* what came early waits in the layers */
	*ret_relay = r;
	return 0;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	tick_remove(r->loop, &r->tick);
	defer_remove(r->loop, &r->defer);
	for (int i = 0; i < 2; i++) {
		watch_free(r->side[i].watch);
		pump_done(&r->pump[i]);
		stream_free(r->side[i].stream);
	}
	free(r);
}
