#include "stream/spice_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/spice_client.h"
#include "stream/layer.h"

enum {
	FILTER_TURNS = 8, /* reads a call: who sends only what is dropped must
			     not keep the others waiting */
};

/* A message's header is gathered, then told or not, then what follows it. */
struct filter {
	struct stream stream;
	bool mini, dropping;
	uint8_t memory[STREAM_HEAD + SPICE_HEAD_LEN];
	size_t head_len; /* of it that have come */
	size_t told;     /* of it that were read from us */
	uint32_t left;   /* bytes of the message after its head */
};

static uint8_t *filter_head(struct filter *f)
{
	return f->memory + STREAM_HEAD;
}

static size_t filter_head_max(const struct filter *f)
{
	return f->mini ? SPICE_MINI_LEN : SPICE_HEAD_LEN;
}

/* > 0 something came, or why not. */
static ssize_t filter_gather(struct filter *f)
{
	struct spice_message m;
	ssize_t n = stream_read(f->stream.below, filter_head(f) + f->head_len,
			filter_head_max(f) - f->head_len);
	int r;

	if (n <= 0)
		return n;
	f->head_len += (size_t)n;
	if (f->head_len < filter_head_max(f))
		return n;
	r = spice_message_parse(filter_head(f), f->mini, &m);
	if (r < 0) {
		f->head_len--; /* asked again, it fails again */
		return r;
	}
	f->left = m.size;
	f->dropping = spice_message_is_agents(&m);
	f->told = f->dropping ? f->head_len : 0;
	return n;
}

static size_t filter_tell(struct filter *f, uint8_t *data, size_t len)
{
	size_t n = f->head_len - f->told;

	if (n > len)
		n = len;
	memcpy(data, filter_head(f) + f->told, n);
	f->told += n;
	return n;
}

static ssize_t filter_body(struct filter *f, uint8_t *data, size_t len)
{
	ssize_t n = stream_read(
			f->stream.below, data, len < f->left ? len : f->left);

	if (n > 0)
		f->left -= (uint32_t)n;
	return n;
}

static bool filter_is_between(const struct filter *f)
{
	return f->left == 0 && f->told == f->head_len;
}

static ssize_t filter_read(struct stream *s, uint8_t *data, size_t len)
{
	struct filter *f = (struct filter *)s;

	for (int turn = 0; len > 0 && turn < FILTER_TURNS; turn++) {
		bool whole = f->head_len == filter_head_max(f);
		ssize_t n;

		if (whole && filter_is_between(f)) {
			f->head_len = f->told = 0;
			whole = false;
		}
		if (whole && f->told < f->head_len)
			return (ssize_t)filter_tell(f, data, len);
		n = whole ? filter_body(f, data, len) : filter_gather(f);
		if (n <= 0 || (whole && !f->dropping))
			return n;
	}
	return -EAGAIN;
}

/* A whole header that nobody has read, and, after as many turns, what the
 * layers below hold: they are asked by themselves. */
static bool filter_pending(const struct stream *s)
{
	const struct filter *f = (const struct filter *)s;

	return f->head_len == filter_head_max(f) && f->told < f->head_len;
}

static void filter_free(struct stream *s)
{
	free(s);
}

static const struct stream_ops filter_ops = {
		.name = "spice_filter",
		.read = filter_read,
		.pending = filter_pending,
		.free = filter_free,
};

int spice_filter_wrap(struct stream **s, bool mini, struct err *e)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (!f)
		return err_set(e, -ENOMEM, "SPICE filter: out of memory");
	f->mini = mini;
	layer_push(s, &f->stream, &filter_ops);
	f->stream.ready = f->stream.below->ready; /* it has no handshake */
	return 0;
}
