/*
 * The end of one stream, told properly: its handshake is finished where it was
 * not, the Close goes out, what the peer still says is read and dropped until
 * its own goodbye (else its kernel would throw our words away), and the stream
 * is freed; all of it within a limit.
 */
#ifndef RELAY_FAREWELL_H
#define RELAY_FAREWELL_H

#include <stdint.h>

struct farewell;
struct loop;
struct note;
struct stream;

enum { FAREWELL_MS = 2000 };

/*
 * Takes the stream (also on failure, then it was freed). `close` may be NULL.
 * fn is called once it is over, from a turn of its own; unless freed before.
 */
int farewell_new(struct farewell **ret_farewell, struct loop *l,
		struct stream *s, const struct note *close, uint64_t limit_ms,
		void (*fn)(void *arg), void *arg);
void farewell_free(struct farewell *f); /* at once; takes NULL */

#endif
