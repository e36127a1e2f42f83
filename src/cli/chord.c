#include "cli/chord.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/layer.h"

enum {
	CHORD = 0x1d, /* Ctrl+] */
	KEYS_MAX = 4096,
};

struct chord {
	struct stream stream;
	bool begun;   /* Ctrl+] came, and nothing behind it yet */
	bool over;    /* by its key, or since we said goodbye */
	bool started; /* somebody reads, so somebody hears */
	bool noted;   /* a note is due */
	struct note note;
};

void chord_note(struct stream *chord, const struct note *n)
{
	struct chord *c = (struct chord *)chord;

	c->note = *n;
	c->noted = !c->started;
	if (c->started)
		layer_heard(&c->stream, n);
}

static void chord_start(struct chord *c)
{
	c->started = true;
	if (!c->noted)
		return;
	c->noted = false;
	layer_heard(&c->stream, &c->note);
}

/* What of the keys is for the guest. The first of a chord is kept until the
 * next key, so there may be one more than came. */
static size_t chord_filter(
		struct chord *c, const uint8_t *from, size_t len, uint8_t *to)
{
	size_t n = 0;

	for (size_t i = 0; i < len && !c->over; i++) {
		if (!c->begun && from[i] == CHORD) {
			c->begun = true;
			continue;
		}
		if (c->begun && from[i] == 'q') {
			c->over = true;
			continue;
		}
		if (c->begun && from[i] != CHORD)
			to[n++] = CHORD;
		c->begun = false;
		to[n++] = from[i];
	}
	return n;
}

static ssize_t chord_read(struct stream *s, uint8_t *data, size_t len)
{
	struct chord *c = (struct chord *)s;
	uint8_t keys[STREAM_HEAD + KEYS_MAX];
	ssize_t n;

	chord_start(c);
	if (c->over)
		return 0;
	if (len < 2)
		return -EINVAL;
	n = stream_read(s->below, keys + STREAM_HEAD,
			len - 1 < KEYS_MAX ? len - 1 : KEYS_MAX);
	if (n <= 0)
		return n;
	n = (ssize_t)chord_filter(c, keys + STREAM_HEAD, (size_t)n, data);
	if (n > 0)
		return n;
	return c->over ? 0 : -EAGAIN;
}

/* The end that came with the last keys. */
static bool chord_pending(const struct stream *s)
{
	return ((const struct chord *)s)->over;
}

/* A terminal says no goodbye of its own: with ours it is over. */
static int chord_shutdown(struct stream *s)
{
	((struct chord *)s)->over = true;
	return stream_shutdown(s->below);
}

static void chord_free(struct stream *s)
{
	free(s);
}

static const struct stream_ops chord_ops = {
		.name = "chord",
		.read = chord_read,
		.pending = chord_pending,
		.shutdown = chord_shutdown,
		.free = chord_free,
		.whole_close = true, /* who leaves wants to see no more */
};

int chord_wrap(struct stream **s, struct err *e)
{
	struct chord *c = calloc(1, sizeof(*c));

	if (!c)
		return err_set(e, -ENOMEM, "no memory");
	layer_push(s, &c->stream, &chord_ops);
	return 0;
}
