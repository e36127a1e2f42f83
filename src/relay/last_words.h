/*
 * What a peer still says after it was told goodbye is read and dropped, up to
 * its own goodbye: a kernel that has unread bytes when we close would throw
 * our last words away. Where the peer has broken its protocol, so that the
 * layers read no more, the socket below them is read.
 */
#ifndef RELAY_LAST_WORDS_H
#define RELAY_LAST_WORDS_H

#include <stdbool.h>

struct chunk_pool;
struct stream;

/*
 * A bounded amount. `raw` begins as false and belongs to the stream.
 * 1 there may be more, 0 it has ended, -EAGAIN wait, or what failed.
 */
int last_words_drop(struct stream *s, struct chunk_pool *pool, bool *raw);

#endif
