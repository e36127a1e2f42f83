#include "relay/farewell.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "core/loop.h"
#include "relay/last_words.h"
#include "stream/stream.h"

enum farewell_state {
	FAREWELL_SHAKES, /* the handshake is still to be finished */
	FAREWELL_TELLS,
	FAREWELL_HEARS,
	FAREWELL_OVER,
};

struct farewell {
	struct loop *loop;
	struct stream *stream;
	enum farewell_state state;
	struct note close;
	bool has_close;
	bool raw; /* of last_words_drop() */
	struct watch *watch;
	struct timer *timer;
	struct defer defer; /* the first step, and the last */
	void (*fn)(void *arg);
	void *arg;
};

static int farewell_tell(struct farewell *f)
{
	if (f->has_close)
		(void)stream_tell(f->stream, &f->close);
	f->has_close = false;
	return stream_shutdown(f->stream);
}

static int farewell_hear(struct farewell *f)
{
	int n = last_words_drop(f->stream, loop_chunks(f->loop), &f->raw);

	/* decoded bytes that the descriptor will never announce; once the
	 * socket itself is read, nobody takes them any more */
	return n == -EAGAIN && !f->raw && stream_pending(f->stream) ? 1 : n;
}

/* 0: this state is done; 1: again in a later turn; -EAGAIN; what failed. */
static int farewell_try(struct farewell *f)
{
	struct err e;

	switch (f->state) {
	case FAREWELL_SHAKES:
		return stream_handshake(f->stream, &e);
	case FAREWELL_TELLS:
		return farewell_tell(f);
	case FAREWELL_HEARS:
		return farewell_hear(f);
	default:
		return 0;
	}
}

static int farewell_want(const struct farewell *f)
{
	static const enum stream_op op[] = {
			[FAREWELL_SHAKES] = STREAM_HANDSHAKE,
			[FAREWELL_TELLS] = STREAM_WRITE,
			[FAREWELL_HEARS] = STREAM_READ,
	};

	if (f->raw)
		return WANT_READ; /* of the socket, whatever layers wait for */
	return stream_want(f->stream, op[f->state]);
}

static void farewell_step(struct farewell *f)
{
	int r = 0;

	while (r == 0 && f->state != FAREWELL_OVER) {
		r = farewell_try(f);
		if (r == 0)
			f->state++;
		else if (r < 0 && r != -EAGAIN)
			f->state = FAREWELL_OVER;
	}
	if (f->state == FAREWELL_OVER || r == 1)
		defer_add(f->loop, &f->defer);
	(void)watch_set(f->watch,
			f->state == FAREWELL_OVER ? 0 : farewell_want(f));
}

static void farewell_deferred(struct defer *d)
{
	struct farewell *f =
			(struct farewell *)((char *)d -
					    offsetof(struct farewell, defer));
	void (*fn)(void *arg) = f->fn;
	void *arg = f->arg;

	if (f->state != FAREWELL_OVER) {
		farewell_step(f);
		return;
	}
	farewell_free(f);
	if (fn)
		fn(arg);
}

static void farewell_ready(void *arg, int events)
{
	farewell_step(arg);
}

static void farewell_late(void *arg)
{
	struct farewell *f = arg;

	f->state = FAREWELL_OVER;
	defer_add(f->loop, &f->defer);
}

int farewell_new(struct farewell **ret_farewell, struct loop *l,
		struct stream *s, const struct note *close, uint64_t limit_ms,
		void (*fn)(void *arg), void *arg)
{
	struct farewell *f = calloc(1, sizeof(*f));
	int r = f ? 0 : -ENOMEM;

	if (r == 0) {
		f->loop = l;
		f->stream = s;
		f->defer.fn = farewell_deferred;
		f->fn = fn;
		f->arg = arg;
		r = timer_new(&f->timer, l, farewell_late, f);
	}
	if (r == 0)
		r = watch_new(&f->watch, l, stream_fd(s), farewell_ready, f);
	if (r < 0) {
		if (f)
			farewell_free(f);
		else
			stream_free(s);
		return r;
	}
	if (close) {
		f->close = *close;
		f->has_close = true;
	}
	timer_set(f->timer, limit_ms);
	defer_add(l, &f->defer);
	*ret_farewell = f;
	return 0;
}

void farewell_free(struct farewell *f)
{
	if (!f)
		return;
	defer_remove(f->loop, &f->defer);
	timer_free(f->timer);
	watch_free(f->watch);
	stream_free(f->stream);
	free(f);
}
