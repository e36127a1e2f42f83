#include "relay/relay_internal.h"

#include <errno.h>
#include <stddef.h>

#include "stream/socket.h"

/* Does something wait for this side, and did it move since the last look? */
static bool side_stalls(struct relay *r, int i, uint64_t now)
{
	struct side *s = &r->side[i];
	uint64_t acked;

	if (!relay_side_waits(r, i)) {
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
	if (!s->pings || r->state != RELAY_OPEN || relay_side_waits(r, i))
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

void relay_tick(struct tick *t, uint64_t now)
{
	struct relay *r = (struct relay *)((char *)t -
					   offsetof(struct relay, tick));

	if (relay_must_go(r, now)) {
		relay_over(r);
		return;
	}
	for (int i = 0; i < 2; i++) {
		if (side_stalls(r, i, now))
			relay_side_lost(r, (enum relay_side)i, -ETIMEDOUT);
		else if (side_silent(r, i, now))
			relay_side_lost(r, (enum relay_side)i, -EHOSTDOWN);
	}
	relay_keeps(r, now);
	if (relay_idles(r, now)) {
		relay_leave(r, RELAY_CLIENT, -ETIME);
		relay_stop(r);
	}
	relay_step_all(r);
}
