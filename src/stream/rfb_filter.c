#include "stream/rfb_filter.h"

#include <errno.h>
#include <stdlib.h>

#include "stream/layer.h"

enum {
	FILTER_TURNS = 4, /* reads a call: who sends only what is dropped must
			     not keep the others waiting */
};

struct filter {
	struct stream stream;
	struct rfb_client client;
	uint8_t kept; /* one byte that did not fit into the last read */
	bool keeping;
};

/* Bytes kept (0: all of them were dropped), -EPROTO, or why none came. */
static ssize_t filter_read_wide(struct filter *f, uint8_t *data, size_t len)
{
	size_t held = rfb_client_held(&f->client);
	ssize_t n;

	if (f->client.lost)
		return -EPROTO;
	n = stream_read(f->stream.below, data + held, len - held);
	if (n == 0)
		return -ENODATA;
	return n < 0 ? n
		     : (ssize_t)rfb_client_filter(&f->client, data, (size_t)n);
}

/* For a caller that has room for one byte only: a held byte may come with
 * the next one, and then waits here. */
static ssize_t filter_read_one(struct filter *f, uint8_t *data)
{
	uint8_t scratch[STREAM_HEAD + 2], *two = scratch + STREAM_HEAD;
	ssize_t n = filter_read_wide(f, two, 1 + rfb_client_held(&f->client));

	if (n <= 0)
		return n;
	f->keeping = n == 2;
	f->kept = two[n - 1];
	*data = two[0];
	return 1;
}

static ssize_t filter_read(struct stream *s, uint8_t *data, size_t len)
{
	struct filter *f = (struct filter *)s;
	ssize_t n = 0;

	if (len > 0 && f->keeping) {
		f->keeping = false;
		*data = f->kept;
		return 1;
	}
	for (int turn = 0; n == 0 && turn < FILTER_TURNS; turn++)
		n = len > 1 ? filter_read_wide(f, data, len)
			    : filter_read_one(f, data);
	if (n == -ENODATA)
		return 0;
	return n == 0 ? -EAGAIN : n;
}

static bool filter_pending(const struct stream *s)
{
	const struct filter *f = (const struct filter *)s;

	return f->keeping || f->client.lost;
}

static void filter_free(struct stream *s)
{
	free(s);
}

static const struct stream_ops filter_ops = {
		.name = "rfb_filter",
		.read = filter_read,
		.pending = filter_pending,
		.free = filter_free,
};

int rfb_filter_wrap(struct stream **s, unsigned drop, struct err *e)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (!f)
		return err_set(e, -ENOMEM, "VNC filter: out of memory");
	rfb_client_init(&f->client, drop);
	layer_push(s, &f->stream, &filter_ops);
	f->stream.ready = f->stream.below->ready; /* it has no handshake */
	return 0;
}
