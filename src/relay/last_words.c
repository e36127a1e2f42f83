#include "relay/last_words.h"

#include <errno.h>

#include "core/chunk.h"
#include "stream/socket.h"
#include "stream/stream.h"

enum { TURNS = 4 };

static ssize_t drop_once(struct stream *s, struct chunk *waste, bool *raw)
{
	ssize_t n;

	if (*raw)
		return socket_discard(stream_fd(s));
	n = stream_read(s, waste->data, waste->room);
	if (n != -EPROTO && n != -EMSGSIZE)
		return n;
	*raw = true;
	return 1;
}

int last_words_drop(struct stream *s, struct chunk_pool *pool, bool *raw)
{
	struct chunk *waste = chunk_take(pool);
	ssize_t n = waste ? 1 : -ENOMEM;

	for (int turn = 0; n > 0 && turn < TURNS; turn++)
		n = drop_once(s, waste, raw);
	chunk_give(pool, waste);
	return n > 0 ? 1 : (int)n;
}
