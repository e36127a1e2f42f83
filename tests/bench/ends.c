#include "ends.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arrive.h"
#include "core/loop.h"
#include "stream/stream.h"

enum { PATTERN = 65519, BLOCK = 64 * 1024 - 256, TURNS = 1 };

static _Thread_local uint8_t in[STREAM_HEAD + BLOCK];
static _Thread_local uint8_t out[STREAM_HEAD + BLOCK];

uint8_t end_pattern(uint64_t at)
{
	uint32_t x = (uint32_t)(at % PATTERN);

	return (uint8_t)(x ^ x >> 7);
}

/* Two periods, so that a block may begin anywhere. */
static const uint8_t *pattern_from(uint64_t at)
{
	static _Thread_local uint8_t *two;

	if (!two) {
		two = malloc(2 * PATTERN);
		if (!two)
			give_up("pattern", -ENOMEM);
		for (size_t i = 0; i < 2 * PATTERN; i++)
			two[i] = end_pattern(i);
	}
	return two + at % PATTERN;
}

static void end_arm(struct end *e)
{
	int events = e->stopped ? 0 : stream_want(e->stream, STREAM_READ);

	if (!e->stopped && stream_pending(e->stream))
		defer_add(e->loop, &e->defer);
	if (e->to_send > 0 || e->flushes || (e->asks && e->ask_at < ASK_LEN))
		events |= stream_want(e->stream, STREAM_WRITE);
	(void)watch_set(e->watch, events);
}

static int end_flush(struct end *e)
{
	int r = stream_flush(e->stream);

	e->flushes = r == -EAGAIN;
	return e->flushes ? 0 : r;
}

/* 1 go on, 0 wait, < 0 it is gone. */
static int end_write(struct end *e)
{
	size_t len = e->to_send < BLOCK ? (size_t)e->to_send : BLOCK;
	const uint8_t *from = e->op == 'E' && e->serves ? in + STREAM_HEAD
							: pattern_from(e->sent);
	ssize_t n;

	if (e->asks && e->ask_at < ASK_LEN) {
		len = ASK_LEN - e->ask_at;
		from = e->ask + e->ask_at;
	}
	if (len == 0)
		return end_flush(e);
	memcpy(out + STREAM_HEAD, from, len);
	n = stream_write(e->stream, out + STREAM_HEAD, len);
	if (n < 0)
		return n == -EAGAIN ? 0 : (int)n;
	if (e->asks && e->ask_at < ASK_LEN) {
		e->ask_at += (size_t)n;
	} else {
		e->sent += (uint64_t)n;
		e->to_send -= (uint64_t)n;
	}
	return 1;
}

/* What the backend hears: first what it is asked. */
static void end_obey(struct end *e, const uint8_t *data, size_t len)
{
	while (len > 0 && e->ask_at < ASK_LEN) {
		e->ask[e->ask_at++] = *data++;
		len--;
		if (e->ask_at < ASK_LEN)
			continue;
		e->op = (char)e->ask[0];
		e->ask_at = ASK_LEN;
		memcpy(&e->heard, e->ask + 1, 8);
		if (e->op == 'D') {
			e->to_send = e->heard;
			e->sent = 0;
			e->ask_at = 0; /* it may be asked again */
		}
	}
	if (e->op == 'E' && len > 0) {
		memmove(in + STREAM_HEAD, data, len);
		e->to_send = len;
		while (e->to_send > 0 && end_write(e) == 1)
			;
		e->to_send = 0; /* small messages always fit */
	}
	if (e->op == 'U' && len > 0 && e->heard > 0) {
		e->heard -= len < e->heard ? len : e->heard;
		e->to_send = e->heard == 0;
	}
}

static int end_read(struct end *e)
{
	ssize_t n;

	if (e->stopped)
		return 0;
	n = stream_read(e->stream, in + STREAM_HEAD, BLOCK);
	if (n <= 0)
		return n == -EAGAIN ? 0 : n == 0 ? -ECONNRESET : (int)n;
	if (e->serves)
		end_obey(e, in + STREAM_HEAD, (size_t)n);
	else if (e->hears)
		e->hears(e, in + STREAM_HEAD, (size_t)n);
	return 1;
}

static void end_step(void *arg, int events)
{
	struct end *e = arg;
	int r = 1;

	for (int turn = 0; r == 1 && turn < TURNS; turn++)
		r = end_read(e);
	if (r >= 0)
		r = 1;
	for (int turn = 0; r == 1 && turn < TURNS; turn++)
		r = end_write(e);
	if (r < 0 && e->serves) {
		end_free(e);
		return;
	}
	if (r < 0) {
		(void)watch_set(e->watch, 0);
		return;
	}
	end_arm(e);
}

static void end_deferred(struct defer *d)
{
	end_step((char *)d - offsetof(struct end, defer), 0);
}

struct end *end_new(struct loop *l, struct stream *s)
{
	struct end *e = calloc(1, sizeof(*e));

	if (!e)
		give_up("end", -ENOMEM);
	e->loop = l;
	e->stream = s;
	e->defer.fn = end_deferred;
	if (watch_new(&e->watch, l, stream_fd(s), end_step, e) < 0)
		give_up("watch", -ENOMEM);
	end_arm(e);
	return e;
}

void end_serve(struct loop *l, struct stream *s)
{
	end_new(l, s)->serves = true;
}

void end_free(struct end *e)
{
	if (e->timer)
		timer_free(e->timer);
	defer_remove(e->loop, &e->defer);
	watch_free(e->watch);
	stream_free(e->stream);
	free(e);
}

void end_asks(struct end *e, char op, uint64_t count)
{
	e->asks = true;
	e->op = op;
	e->ask_at = 0;
	e->heard = e->sent = 0;
	e->ask[0] = (uint8_t)op;
	memcpy(e->ask + 1, &count, 8);
	end_step(e, 0);
}

void end_sends(struct end *e, uint64_t count)
{
	e->to_send += count;
	while (end_write(e) == 1 && e->to_send > 0)
		;
	end_arm(e);
}

void end_stops(struct end *e, bool stops)
{
	e->stopped = stops;
	end_arm(e);
}
