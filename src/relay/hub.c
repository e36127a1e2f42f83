#include "relay/hub.h"

#include "relay/hub_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/chunk.h"
#include "core/loop.h"
#include "stream/socket.h"

enum {
	HUB_READ = 16 * 1024, /* at once: readers that are close stay close */
};

static struct hub *hub_of(void *member, size_t offset)
{
	return (struct hub *)((char *)member - offset);
}

static void hub_feed(struct hub *h)
{
	for (struct reader *r = h->readers; r; r = r->next)
		reader_feed(r);
}

/* ---- what the line says -------------------------------------------------- */

static void hub_end(struct hub *h, int end)
{
	h->end = end;
	watch_free(h->watch);
	h->watch = NULL;
	stream_free(h->line);
	h->line = NULL;
	chunk_give(loop_chunks(h->loop), h->typed);
	h->typed = NULL;
	h->owed = false;
	defer_add(h->loop, &h->change);
}

/* Is somebody ready for more? With nobody there, the ring is. */
static bool hub_reads(const struct hub *h)
{
	bool anybody = false;

	for (const struct reader *r = h->readers; r; r = r->next) {
		anybody |= !r->told;
		if (!r->told && r->at == h->said)
			return true;
	}
	return !anybody;
}

static void ring_add(struct hub *h, const uint8_t *data, size_t len)
{
	size_t at = h->said % HUB_RING;
	size_t first = len < HUB_RING - at ? len : HUB_RING - at;

	memcpy(h->ring + at, data, first);
	memcpy(h->ring, data + first, len - first);
	h->said += len;
	for (struct reader *r = h->readers; r; r = r->next)
		if (h->said - r->at > HUB_RING)
			reader_end(r, HUB_SLOW);
}

static void hub_hear(struct hub *h)
{
	struct chunk *c = chunk_take(loop_chunks(h->loop));
	ssize_t n = c ? stream_read(h->line, c->data, HUB_READ) : -ENOMEM;

	if (n > 0)
		ring_add(h, c->data, (size_t)n);
	chunk_give(loop_chunks(h->loop), c);
	if (n == 0 || (n < 0 && n != -EAGAIN))
		hub_end(h, (int)n);
}

/* ---- what is typed ------------------------------------------------------- */

static void hub_owes(struct hub *h)
{
	if (!h->typed && !h->owed)
		h->moved_ms = loop_now_ms(h->loop);
	h->owed = true;
}

/* What the typist typed goes to the line. */
static void hub_type(struct hub *h)
{
	struct chunk *c = h->typed;
	ssize_t n = 1;

	while (c && c->off < c->len && n > 0) {
		n = stream_write(h->line, c->data + c->off, c->len - c->off);
		if (n > 0) {
			c->off += (size_t)n;
			h->typed_ms = h->moved_ms = loop_now_ms(h->loop);
			h->owed = true;
		}
	}
	if (c && c->off == c->len) {
		chunk_give(loop_chunks(h->loop), c);
		h->typed = NULL;
	}
	if (n == 0)
		n = -EPIPE;
	if (h->owed && (n > 0 || n == -EAGAIN)) {
		n = stream_flush(h->line);
		h->owed = n == -EAGAIN;
	}
	if (n < 0 && n != -EAGAIN)
		hub_end(h, (int)n);
}

/* Nothing but what a terminal answers where it is asked: ESC [ ... c, n, R. */
static bool is_answer(const uint8_t *data, size_t len)
{
	size_t i = 0;

	while (i + 2 < len && data[i] == 0x1b && data[i + 1] == '[') {
		i += 2;
		while (i < len && data[i] >= '0' && data[i] <= '?')
			i++;
		if (i == len || !strchr("cnR", data[i]) || data[i] == 0)
			return false;
		i++;
	}
	return i > 0 && i == len;
}

/* Another types, or did a moment ago. */
static bool is_taken(const struct hub *h, const struct reader *r, uint64_t now)
{
	if (h->typist == r)
		return false;
	return h->typed || (h->typist && now - h->typed_ms < HUB_TURN_MS);
}

void hub_size(struct hub *h, const struct reader *r)
{
	if (!h->line || stream_tell(h->line, &r->size) < 0)
		return; /* it has none */
	hub_owes(h);
	defer_add(h->loop, &h->again);
}

/* May these bytes of it go to the line? Then it is the typist. */
static bool reader_types(struct reader *r, const uint8_t *data, size_t len)
{
	struct hub *h = r->hub;
	uint64_t now = loop_now_ms(h->loop);

	if (!r->writes || !h->line)
		return false;
	if (r->replayed && is_answer(data, len))
		return false;
	r->replayed = false;
	if (is_taken(h, r, now) ||
			(r->unheard_ms && now - r->unheard_ms < HUB_BURST_MS)) {
		r->unheard_ms = now;
		return false;
	}
	r->unheard_ms = 0;
	if (h->typist != r && r->sized)
		hub_size(h, r);
	h->typist = r;
	h->typed_ms = h->moved_ms = now;
	return true;
}

static void reader_hear(struct reader *r)
{
	struct hub *h = r->hub;
	struct chunk *c = chunk_take(loop_chunks(h->loop));
	ssize_t n = c ? stream_read(r->stream, c->data, c->room) : -ENOMEM;

	if (n > 0 && reader_types(r, c->data, (size_t)n)) {
		c->len = (size_t)n;
		h->typed = c;
		return;
	}
	chunk_give(loop_chunks(h->loop), c);
	if (n == 0 || (n < 0 && n != -EAGAIN))
		reader_free(r);
}

/* ---- steps --------------------------------------------------------------- */

/* The typist waits for the line; others are heard, be it to drop it. */
static bool is_heard(const struct hub *h, const struct reader *r)
{
	return h->typist != r || !h->typed;
}

static int reader_events(const struct hub *h, const struct reader *r)
{
	int events = 0;

	if (is_heard(h, r))
		events |= stream_want(r->stream, STREAM_READ);
	if (!r->told && r->at < h->said)
		events |= stream_want(r->stream, STREAM_WRITE);
	return events;
}

static int line_events(const struct hub *h)
{
	int events = 0;

	if (hub_reads(h))
		events |= stream_want(h->line, STREAM_READ);
	if (h->typed || h->owed)
		events |= stream_want(h->line, STREAM_WRITE);
	return events;
}

static void hub_step(struct hub *h)
{
	hub_feed(h);
	if (h->line)
		hub_type(h);
	if (h->line && hub_reads(h)) {
		hub_hear(h);
		hub_feed(h);
	}
	/* what reading made its layers say: telnet's answers */
	if (h->line && !h->owed && stream_flush(h->line) == -EAGAIN)
		hub_owes(h);
	if (h->line && watch_set(h->watch, line_events(h)) < 0)
		hub_end(h, -EIO);
	if (h->line && hub_reads(h) && stream_pending(h->line))
		defer_add(h->loop, &h->again);
	if (!h->line)
		hub_feed(h);
	for (struct reader *r = h->readers; r; r = r->next)
		(void)watch_set(r->watch, reader_events(h, r));
}

static void hub_again(struct defer *d)
{
	hub_step(hub_of(d, offsetof(struct hub, again)));
}

static void hub_change(struct defer *d)
{
	struct hub *h = hub_of(d, offsetof(struct hub, change));

	h->changes(h->arg);
}

static void line_ready(void *arg, int events)
{
	hub_step(arg);
}

static void reader_ready(void *arg, int events)
{
	struct reader *r = arg;
	struct hub *h = r->hub;

	if (events & LOOP_READ && is_heard(h, r))
		reader_hear(r); /* and may be gone */
	hub_step(h);
}

/* Once a second: a line that takes nothing of what waits for it. */
static void hub_tick(struct tick *t, uint64_t now)
{
	struct hub *h = hub_of(t, offsetof(struct hub, tick));
	uint64_t taken;

	if (!h->line || (!h->typed && !h->owed))
		return;
	if (socket_taken(stream_fd(h->line), &taken) == 0 &&
			taken != h->taken) {
		h->taken = taken;
		h->moved_ms = now;
	}
	if (now - h->moved_ms < HUB_PROGRESS_MS)
		return;
	hub_end(h, -ETIMEDOUT);
	hub_step(h);
}

/* ---- outside ------------------------------------------------------------- */

int hub_join(struct hub *h, bool writes, struct stream **ret_reader)
{
	int r;

	if (!h->line)
		return -ENOTCONN;
	if (h->count >= HUB_READERS_MAX)
		return -EDQUOT;
	r = reader_new(h, writes, reader_ready, ret_reader);
	if (r < 0)
		return r;
	defer_add(h->loop, &h->again);
	defer_add(h->loop, &h->change);
	return 0;
}

size_t hub_readers(const struct hub *h)
{
	return h->count;
}

bool hub_ended(const struct hub *h)
{
	return !h->line;
}

struct stream *hub_take_line(struct hub *h)
{
	struct stream *line = h->line;

	watch_free(h->watch);
	h->watch = NULL;
	h->line = NULL;
	return line;
}

int hub_new(struct hub **ret_hub, struct loop *l, struct stream *line,
		void (*changes)(void *arg), void *arg)
{
	struct hub *h = calloc(1, sizeof(*h));
	int r = -ENOMEM;

	if (h)
		h->ring = malloc(HUB_RING);
	if (h && h->ring)
		r = watch_new(&h->watch, l, stream_fd(line), line_ready, h);
	if (r < 0) {
		if (h)
			free(h->ring);
		free(h);
		return r;
	}
	h->loop = l;
	h->line = line;
	h->changes = changes;
	h->arg = arg;
	h->again.fn = hub_again;
	h->change.fn = hub_change;
	h->tick.fn = hub_tick;
	tick_add(l, &h->tick);
	defer_add(l, &h->again);
	defer_add(l, &h->change); /* nobody may come */
	*ret_hub = h;
	return 0;
}

void hub_free(struct hub *h)
{
	if (!h)
		return;
	while (h->readers)
		reader_free(h->readers);
	tick_remove(h->loop, &h->tick);
	defer_remove(h->loop, &h->again);
	defer_remove(h->loop, &h->change);
	chunk_give(loop_chunks(h->loop), h->typed);
	watch_free(h->watch);
	stream_free(h->line);
	free(h->ring);
	free(h);
}
