#include "relay/hub_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/chunk.h"
#include "stream/layer.h"
#include "stream/tcp.h"

/* A reader's own end: the top of the stream that hub_join() gave out. */
struct seat {
	struct stream stream;
	struct reader *reader; /* NULL: it is gone */
	int end;               /* then: what comes after the last byte */
};

/* ---- readers ------------------------------------------------------------- */

void reader_free(struct reader *r)
{
	struct hub *h = r->hub;

	if (r->prev)
		r->prev->next = r->next;
	else
		h->readers = r->next;
	if (r->next)
		r->next->prev = r->prev;
	h->count--;
	if (h->typist == r)
		h->typist = NULL;
	if (r->seat)
		r->seat->reader = NULL;
	watch_free(r->watch);
	stream_free(r->stream);
	free(r);
	defer_add(h->loop, &h->change);
}

void reader_end(struct reader *r, int end)
{
	if (r->told)
		return;
	r->told = true;
	if (r->seat)
		r->seat->end = end;
	(void)stream_shutdown(r->stream);
}

/* The next bytes of the ring, as far as they stand in a row. */
static size_t ring_row(
		const struct hub *h, const struct reader *r, const uint8_t **at)
{
	size_t from = r->at % HUB_RING, len = (size_t)(h->said - r->at);

	*at = h->ring + from;
	return len < HUB_RING - from ? len : HUB_RING - from;
}

/* One write; layers may use what they are given as scratch. */
static ssize_t reader_write(struct hub *h, struct reader *r)
{
	struct chunk *c = chunk_take(loop_chunks(h->loop));
	const uint8_t *from;
	size_t len = ring_row(h, r, &from);
	ssize_t n;

	if (!c)
		return -ENOMEM;
	if (len > c->room)
		len = c->room;
	memcpy(c->data, from, len);
	n = stream_write(r->stream, c->data, len);
	chunk_give(loop_chunks(h->loop), c);
	return n;
}

void reader_feed(struct reader *r)
{
	struct hub *h = r->hub;
	ssize_t n = 1;

	while (!r->told && r->at < h->said && n > 0) {
		n = reader_write(h, r);
		if (n > 0)
			r->at += (uint64_t)n;
	}
	if (n < 0 && n != -EAGAIN)
		reader_end(r, (int)n);
	else if (!h->line && r->at == h->said)
		reader_end(r, h->end);
}

/* ---- the reader's own end ------------------------------------------------ */

static ssize_t seat_read(struct stream *s, uint8_t *data, size_t len)
{
	ssize_t n = stream_read(s->below, data, len);

	return n == 0 ? ((struct seat *)s)->end : n;
}

static int seat_tell(struct stream *s, const struct note *n)
{
	struct reader *r = ((struct seat *)s)->reader;

	if (n->kind != NOTE_RESIZE)
		return -ENOTSUP;
	if (!r || !r->writes)
		return 0;
	r->size = *n;
	r->sized = true;
	if (!r->hub->typist || r->hub->typist == r)
		hub_size(r->hub, r);
	return 0;
}

/* The hub hears the end of what is below, after the last that was typed. */
static void seat_free(struct stream *s)
{
	struct seat *seat = (struct seat *)s;

	if (seat->reader)
		seat->reader->seat = NULL;
	free(seat);
}

static const struct stream_ops seat_ops = {
		.name = "hub",
		.read = seat_read,
		.tell = seat_tell,
		.free = seat_free,
};

/* ---- coming ---------------------------------------------------------------
 */

static int seat_new(struct seat **ret_seat, struct stream **ret_far)
{
	struct seat *seat = calloc(1, sizeof(*seat));
	struct stream *near = NULL;
	int fd[2], r, max = HUB_KERNEL_MAX;

	if (!seat)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0) {
		r = -errno;
		free(seat);
		return r;
	}
	(void)setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &max, sizeof(max));
	(void)setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &max, sizeof(max));
	r = fd_wrap(&near, fd[0]);
	if (r < 0)
		close(fd[1]);
	else
		r = fd_wrap(ret_far, fd[1]);
	if (r < 0) {
		stream_free(near);
		free(seat);
		return r;
	}
	layer_push(&near, &seat->stream, &seat_ops);
	seat->stream.ready = true;
	*ret_seat = seat;
	return 0;
}

static void reader_link(struct reader *r)
{
	struct hub *h = r->hub;

	r->next = h->readers;
	if (r->next)
		r->next->prev = r;
	h->readers = r;
	h->count++;
}

int reader_new(struct hub *h, bool writes, watch_fn *ready,
		struct stream **ret_stream)
{
	struct reader *r = calloc(1, sizeof(*r));
	struct seat *seat = NULL;
	int n = r ? seat_new(&seat, &r->stream) : -ENOMEM;

	if (n == 0)
		n = watch_new(&r->watch, h->loop, stream_fd(r->stream), ready,
				r);
	if (n < 0 || !seat) {
		stream_free(seat ? &seat->stream : NULL);
		stream_free(r ? r->stream : NULL);
		free(r);
		return n < 0 ? n : -ENOMEM;
	}
	r->hub = h;
	r->seat = seat;
	seat->reader = r;
	r->writes = writes;
	r->at = h->said > HUB_RING ? h->said - HUB_RING : 0;
	r->replayed = h->said > 0;
	reader_link(r);
	*ret_stream = &seat->stream;
	return 0;
}
