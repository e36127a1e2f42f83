#include "stream/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/layer.h"

enum { MEM_MAX = 512 * 1024 * 1024 };

struct mem {
	struct stream stream;
	struct buf in, out;
	struct mem *peer; /* of a pair; NULL when it has gone */
	size_t write_limit;
	bool paired, ended, shut;
};

static struct mem *mem_of(struct stream *s)
{
	while (s->below)
		s = s->below;
	return (struct mem *)s;
}

static ssize_t mem_read(struct stream *s, uint8_t *data, size_t len)
{
	struct mem *m = (struct mem *)s;

	if (len > m->in.len)
		len = m->in.len;
	if (len == 0)
		return m->ended ? 0 : -EAGAIN;
	memcpy(data, buf_data(&m->in), len);
	buf_eat(&m->in, len);
	return (ssize_t)len;
}

static ssize_t mem_write(struct stream *s, uint8_t *data, size_t len)
{
	struct mem *m = (struct mem *)s;
	struct buf *to = m->paired ? (m->peer ? &m->peer->in : NULL) : &m->out;
	int r;

	if (m->shut || !to)
		return -EPIPE;
	if (len > m->write_limit)
		len = m->write_limit;
	if (len > to->max - to->len)
		len = to->max - to->len;
	if (len == 0)
		return -EAGAIN;
	r = buf_add(to, data, len);
	/* what was consumed is the writer's scratch: prove nobody needs it */
	if (r == 0)
		memset(data, 0xdd, len);
	return r < 0 ? r : (ssize_t)len;
}

static int mem_shutdown(struct stream *s)
{
	struct mem *m = (struct mem *)s;

	m->shut = true;
	if (m->peer)
		m->peer->ended = true;
	return 0;
}

static void mem_free(struct stream *s)
{
	struct mem *m = (struct mem *)s;

	if (m->peer) {
		m->peer->ended = true;
		m->peer->peer = NULL;
	}
	buf_done(&m->in);
	buf_done(&m->out);
	free(m);
}

static const struct stream_ops mem_ops = {
		.name = "mem",
		.read = mem_read,
		.write = mem_write,
		.shutdown = mem_shutdown,
		.free = mem_free,
};

struct stream *mem_new_n(const void *data, size_t len)
{
	struct mem *m = calloc(1, sizeof(*m));
	struct stream *s = NULL;

	if (!m)
		return NULL;
	buf_init(&m->in, MEM_MAX);
	buf_init(&m->out, MEM_MAX);
	m->write_limit = SIZE_MAX;
	m->ended = true;
	layer_push(&s, &m->stream, &mem_ops);
	s->ready = true;
	if (buf_add(&m->in, data, len) < 0) {
		stream_free(s);
		return NULL;
	}
	return s;
}

struct stream *mem_new(const char *text)
{
	return mem_new_n(text, strlen(text));
}

int mem_feed(struct stream *s, const void *data, size_t len)
{
	return buf_add(&mem_of(s)->in, data, len);
}

void mem_hold_open(struct stream *s)
{
	mem_of(s)->ended = false;
}

void mem_end(struct stream *s)
{
	mem_of(s)->ended = true;
}

void mem_write_limit(struct stream *s, size_t limit)
{
	mem_of(s)->write_limit = limit;
}

const struct buf *mem_output(struct stream *s)
{
	return &mem_of(s)->out;
}

void mem_forget_output(struct stream *s)
{
	buf_done(&mem_of(s)->out);
}

const char *mem_written(struct stream *s)
{
	struct buf *out = &mem_of(s)->out;
	uint8_t *end = buf_room(out, 1);

	if (!end)
		return "";
	*end = '\0';
	return (const char *)buf_data(out);
}

bool mem_is_shut(struct stream *s)
{
	return mem_of(s)->shut;
}

int mem_pair(struct stream **ret_a, struct stream **ret_b, size_t room)
{
	struct stream *a = mem_new(""), *b = mem_new("");

	if (!a || !b) {
		stream_free(a);
		stream_free(b);
		return -ENOMEM;
	}
	mem_of(a)->peer = mem_of(b);
	mem_of(b)->peer = mem_of(a);
	mem_of(a)->paired = mem_of(b)->paired = true;
	mem_of(a)->in.max = mem_of(b)->in.max = room;
	mem_hold_open(a);
	mem_hold_open(b);
	*ret_a = a;
	*ret_b = b;
	return 0;
}
