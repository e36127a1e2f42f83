#include "relay/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/chunk.h"
#include "relay/tap.h"
#include "stream/stream.h"

/* ---- pipes for the kernel's fast path ---------------------------------- */

enum {
	PIPE_BYTES = 256 * 1024,
	PIPES_KEPT = 4, /* spare ones of a thread */
};

struct pump_pipe {
	struct pump_pipe *next;
	int fd[2];
};

static _Thread_local struct {
	struct pump_pipe *spare;
	size_t count;
} pipes;

static void pipe_close(struct pump_pipe *p)
{
	close(p->fd[0]);
	close(p->fd[1]);
	free(p);
}

static struct pump_pipe *pipe_take(void)
{
	struct pump_pipe *p = pipes.spare;

	if (p) {
		pipes.spare = p->next;
		pipes.count--;
		return p;
	}
	p = malloc(sizeof(*p));
	if (!p)
		return NULL;
	if (pipe2(p->fd, O_CLOEXEC | O_NONBLOCK) < 0) {
		free(p);
		return NULL;
	}
	/* a hint: without it 64 KiB go through at a time */
	(void)fcntl(p->fd[1], F_SETPIPE_SZ, PIPE_BYTES);
	return p;
}

/* Only an empty pipe may serve the next pump. */
static void pipe_give(struct pump_pipe *p, bool empty)
{
	if (!p)
		return;
	if (!empty || pipes.count >= PIPES_KEPT) {
		pipe_close(p);
		return;
	}
	p->next = pipes.spare;
	pipes.spare = p;
	pipes.count++;
}

void pump_pipes_drop(void)
{
	struct pump_pipe *p;

	while ((p = pipes.spare)) {
		pipes.spare = p->next;
		pipe_close(p);
	}
	pipes.count = 0;
}

/* ---- the pump ---------------------------------------------------------- */

void pump_init(struct pump *p, struct stream *from, struct stream *to,
		struct chunk_pool *pool, struct tap *tap)
{
	*p = (struct pump){.from = from, .to = to, .pool = pool, .tap = tap};
}

void pump_done(struct pump *p)
{
	chunk_give(p->pool, p->chunk);
	pipe_give(p->pipe, p->piped == 0);
	p->chunk = NULL;
	p->pipe = NULL;
	p->piped = 0;
}

bool pump_reads(const struct pump *p)
{
	return !p->ended && !p->chunk && !p->piped && !p->owed;
}

bool pump_writes(const struct pump *p)
{
	return p->chunk || p->piped || p->owed;
}

static void pump_counts(struct pump *p, ssize_t n, uint64_t now_ms)
{
	if (n > 0 && p->tap)
		tap_count(p->tap, (size_t)n, now_ms);
}

/* May the kernel move the bytes? Asked when the pump is empty. */
static bool pump_may_splice(const struct pump *p, int *ret_from, int *ret_to)
{
	if (!p->busy || p->copies || (p->tap && p->tap->see))
		return false;
	*ret_from = stream_bare_fd(p->from, STREAM_READ);
	*ret_to = stream_bare_fd(p->to, STREAM_WRITE);
	return *ret_from >= 0 && *ret_to >= 0;
}

static ssize_t pump_fill_pipe(struct pump *p, int from)
{
	ssize_t n;

	if (!p->pipe)
		p->pipe = pipe_take();
	if (!p->pipe)
		return -ENOMEM;
	do {
		n = splice(from, NULL, p->pipe->fd[1], NULL, PIPE_BYTES,
				SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	} while (n < 0 && errno == EINTR);
	if (n > 0) {
		p->piped = (size_t)n;
		return n;
	}
	n = n < 0 ? -errno : 0;
	pipe_give(p->pipe, true);
	p->pipe = NULL;
	return n;
}

static ssize_t pump_fill_chunk(struct pump *p)
{
	struct chunk *c = chunk_take(p->pool);
	ssize_t n = c ? stream_read(p->from, c->data, c->room) : -ENOMEM;

	if (n > 0) {
		c->len = (size_t)n;
		p->chunk = c;
		p->busy = c->len == c->room;
		if (p->tap && p->tap->see)
			p->tap->see(p->tap, c->data, c->len);
	} else {
		chunk_give(p->pool, c); /* an idle console holds no memory */
		p->busy = false;
	}
	return n;
}

static ssize_t pump_fill(struct pump *p)
{
	ssize_t n;
	int from, to;

	if (pump_may_splice(p, &from, &to)) {
		n = pump_fill_pipe(p, from);
		p->copies = n == -EINVAL; /* not every descriptor can do it */
		p->busy = n != -EAGAIN;
		/* without a pipe it goes on, slower */
		if (n != -EINVAL && n != -ENOMEM && n != -EMFILE &&
				n != -ENFILE)
			return n;
	}
	return pump_fill_chunk(p);
}

static void pump_piped_less(struct pump *p, size_t n)
{
	p->piped -= n;
	if (p->piped > 0)
		return;
	pipe_give(p->pipe, true);
	p->pipe = NULL;
}

/* `to` takes bytes only from a program: have them back from the kernel. */
static ssize_t pump_unpipe(struct pump *p)
{
	struct chunk *c = chunk_take(p->pool);
	ssize_t n;

	if (!c)
		return -ENOMEM;
	n = read(p->pipe->fd[0], c->data,
			p->piped < c->room ? p->piped : c->room);
	if (n <= 0) {
		chunk_give(p->pool, c);
		return -EIO; /* they are in there */
	}
	c->len = (size_t)n;
	p->chunk = c;
	pump_piped_less(p, (size_t)n);
	return n;
}

static ssize_t pump_drain_pipe(struct pump *p)
{
	ssize_t n;

	if (p->copies)
		return pump_unpipe(p);

	do {
		n = splice(p->pipe->fd[0], NULL, stream_fd(p->to), NULL,
				p->piped, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EINVAL) {
		p->copies = true;
		return pump_unpipe(p);
	}
	if (n <= 0)
		return n < 0 ? -errno : -EPIPE;
	pump_piped_less(p, (size_t)n);
	p->moved += (uint64_t)n;
	return n;
}

static ssize_t pump_drain_chunk(struct pump *p)
{
	struct chunk *c = p->chunk;
	ssize_t n = stream_write(p->to, c->data + c->off, c->len - c->off);

	if (n <= 0)
		return n;
	p->moved += (uint64_t)n;
	c->off += (size_t)n;
	p->owed = true; /* a layer may have kept the last of it */
	if (c->off == c->len) {
		chunk_give(p->pool, c);
		p->chunk = NULL;
	}
	return n;
}

static ssize_t pump_drain(struct pump *p)
{
	ssize_t n = p->chunk ? pump_drain_chunk(p) : pump_drain_pipe(p);

	if (n == 0)
		n = -EPIPE;
	if (n < 0 && n != -EAGAIN)
		p->to_failed = true;
	return n;
}

/* What the layers of `to` accepted but still hold. 1: nothing (any more). */
static int pump_flush(struct pump *p)
{
	int r;

	if (!p->owed)
		return 1;
	r = stream_flush(p->to);
	if (r == 0) {
		p->owed = false;
		return 1;
	}
	if (r != -EAGAIN)
		p->to_failed = true;
	return r;
}

/* 1 it holds nothing any more, -EAGAIN, or what failed. */
static int pump_empty(struct pump *p)
{
	while (p->chunk || p->piped) {
		ssize_t n = pump_drain(p);

		if (n < 0)
			return (int)n;
	}
	return pump_flush(p);
}

/* One read a step, written on at once: a key pressed beside a busy screen
 * waits for one chunk of it. More in a step were not measurably cheaper. */
int pump_step(struct pump *p, uint64_t now_ms)
{
	int r = pump_empty(p);
	ssize_t n;

	if (r < 0)
		return r;
	if (p->ended)
		return 0;
	n = pump_fill(p);
	pump_counts(p, n, now_ms);
	p->ended = n == 0;
	return n > 0 ? pump_empty(p) : (int)n;
}
