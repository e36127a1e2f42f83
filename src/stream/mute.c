#include "stream/mute.h"

#include <errno.h>
#include <stdlib.h>

#include "stream/layer.h"

enum {
	MUTE_TURNS = 4, /* reads a call: who types without end must not keep
			   the others waiting */
};

static ssize_t mute_read(struct stream *s, uint8_t *data, size_t len)
{
	ssize_t n = 1;

	for (int turn = 0; n > 0 && turn < MUTE_TURNS; turn++)
		n = stream_read(s->below, data, len);
	return n > 0 ? -EAGAIN : n;
}

static void mute_free(struct stream *s)
{
	free(s);
}

static const struct stream_ops mute_ops = {
		.name = "mute",
		.read = mute_read,
		.free = mute_free,
};

int mute_wrap(struct stream **s, struct err *e)
{
	struct stream *mute = calloc(1, sizeof(*mute));

	if (!mute)
		return err_set(e, -ENOMEM, "view-only: out of memory");
	layer_push(s, mute, &mute_ops);
	mute->ready = mute->below->ready; /* it has no handshake */
	return 0;
}
