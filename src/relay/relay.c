#include "relay/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "relay/last_words.h"
#include "relay/pump.h"
#include "stream/socket.h"

enum relay_state { RELAY_OPEN, RELAY_LEAVING, RELAY_OVER };

/* The way of bytes from side[i] to side[!i]. */
enum way_state {
	WAY_FLOWS,   /* the pump is at work */
	WAY_GOODBYE, /* all was passed on; the reader is being told */
	WAY_DRAINS,  /* nobody to write to: the client's last bytes are read
			and dropped, else its kernel would drop our goodbye */
	WAY_DONE,
};

struct side {
	struct stream *stream; /* owned */
	struct watch *watch;
	struct relay *relay;
	enum relay_side which;
	uint64_t heard_ms; /* last byte or pong from it, or progress towards */
	uint64_t moved_ms; /* last progress of what waits for it */
	uint64_t acked;    /* by its kernel, when last looked at */
	uint64_t pinged_ms;
	bool pings; /* understands NOTE_PING */
};

struct relay {
	struct loop *loop;
	enum relay_state state;
	struct side side[2];
	struct pump pump[2]; /* pump[i] reads side[i] */
	enum way_state way[2];
	struct relay_options limit;
	struct relay_counts *counts;
	const struct relay_events *events;
	void *arg;
	struct relay_end end;       /* its close: the last one heard, */
	enum relay_side close_from; /* and from whom; RELAY_OWNER: none */
	uint64_t leave_by_ms;       /* leaving: over by then; 0: no limit yet */
	int unsent;                 /* last words in the client's kernel */
	uint64_t kept_ms;           /* when the backend was last kept awake */
	bool half;                  /* one way is done, the other lives on */
	bool keeps;                 /* the backend understands NOTE_KEEP */
	bool stopped; /* the owner said so: done at the next step */
	bool raw;     /* of last_words_drop() */
	struct tick tick;
	struct defer defer;
};

static enum relay_side other_side(int i)
{
	return i == RELAY_CLIENT ? RELAY_BACKEND : RELAY_CLIENT;
}

/* ---- ends ---------------------------------------------------------------- */

static void relay_over(struct relay *r)
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
static void relay_leave(struct relay *r, enum relay_side side, int why)
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
static void side_is_lost(struct relay *r, enum relay_side side, int why)
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
static bool side_waits(const struct relay *r, int i)
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
	if (side_waits(r, i))
		events |= stream_want(s, STREAM_WRITE);
	return events;
}

/* Nothing more is read from either side; both are told within the linger. */
static void relay_stop(struct relay *r)
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
			side_is_lost(r, (enum relay_side)i, -EIO);
	}
	if (again)
		defer_add(r->loop, &r->defer);
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

/* ---- once a second ------------------------------------------------------- */

/* Does something wait for this side, and did it move since the last look? */
static bool side_stalls(struct relay *r, int i, uint64_t now)
{
	struct side *s = &r->side[i];
	uint64_t acked;

	if (!side_waits(r, i)) {
		s->moved_ms = now;
		return false;
	}
	if (now - s->moved_ms < r->limit.progress_ms / 4)
		return false;
	/* our count stood still: ask the kernel whether the peer took bytes */
	if (socket_taken(stream_fd(s->stream), &acked) == 0 &&
			acked != s->acked) {
		s->acked = acked;
		s->moved_ms = s->heard_ms = now;
	}
	return now - s->moved_ms >= r->limit.progress_ms;
}

/* A side that understands pings is asked, and lost after two in silence. */
static bool side_silent(struct relay *r, int i, uint64_t now)
{
	struct note ping = {.kind = NOTE_PING};
	struct side *s = &r->side[i];

	/* bytes that wait have a limit of their own: see side_stalls() */
	if (!s->pings || r->state != RELAY_OPEN || side_waits(r, i))
		return false;
	if (now - s->heard_ms >= 2 * (uint64_t)r->limit.ping_ms + 1000)
		return true;
	if (now - s->heard_ms >= r->limit.ping_ms &&
			now - s->pinged_ms >= r->limit.ping_ms) {
		s->pinged_ms = now;
		s->pings = stream_tell(s->stream, &ping) == 0;
		if (s->pings)
			r->pump[!i].owed = true; /* it wants to be flushed */
	}
	return false;
}

/* Nothing went to the backend for long: its layers may know what to say. */
static void relay_keeps(struct relay *r, uint64_t now)
{
	const struct note keep = {.kind = NOTE_KEEP};
	uint64_t said = r->counts->up.last_ms;

	if (!r->keeps || now - said < r->limit.keep_ms ||
			now - r->kept_ms < r->limit.keep_ms)
		return;
	r->kept_ms = now;
	r->keeps = relay_tell(r, RELAY_BACKEND, &keep) == 0;
}

static bool relay_idles(struct relay *r, uint64_t now)
{
	return r->limit.idle_ms && r->state == RELAY_OPEN &&
	       now - r->counts->up.last_ms >= r->limit.idle_ms;
}

/* All the backend said was passed on, but a slow client still reads it from
 * the kernels between us: closing now could throw it away. */
static bool client_still_reads(struct relay *r, uint64_t now)
{
	struct side *s = &r->side[RELAY_CLIENT];
	int unsent = socket_unsent(stream_fd(s->stream));

	if (r->end.side != RELAY_BACKEND || r->way[RELAY_BACKEND] != WAY_DONE)
		return false;
	if (unsent != r->unsent) {
		r->leave_by_ms = now + r->limit.linger_ms;
		r->unsent = unsent;
		s->moved_ms = now;
	}
	return unsent > 0 && now - s->moved_ms < r->limit.progress_ms;
}

/* Has what comes after the first end taken its time? */
static bool relay_must_go(struct relay *r, uint64_t now)
{
	if (r->state != RELAY_LEAVING)
		return false;
	if (r->leave_by_ms && !client_still_reads(r, now) &&
			now >= r->leave_by_ms)
		return true;
	return r->half && now - r->side[0].heard_ms >= RELAY_HALF_MS &&
	       now - r->side[1].heard_ms >= RELAY_HALF_MS;
}

static void relay_tick(struct tick *t, uint64_t now)
{
	struct relay *r = (struct relay *)((char *)t -
					   offsetof(struct relay, tick));

	if (relay_must_go(r, now)) {
		relay_over(r);
		return;
	}
	for (int i = 0; i < 2; i++) {
		if (side_stalls(r, i, now))
			side_is_lost(r, (enum relay_side)i, -ETIMEDOUT);
		else if (side_silent(r, i, now))
			side_is_lost(r, (enum relay_side)i, -EHOSTDOWN);
	}
	relay_keeps(r, now);
	if (relay_idles(r, now)) {
		relay_leave(r, RELAY_CLIENT, -ETIME);
		relay_stop(r);
	}
	relay_step(r, NULL);
}

/* ---- notes --------------------------------------------------------------- */

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
			atomic_store(&r->counts->client_rtt_ms, n->pong.rtt_ms);
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
