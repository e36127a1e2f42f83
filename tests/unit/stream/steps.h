/*
 * A stream in memory, stepped as a loop would: what answers -EAGAIN is called
 * again, up to a limit that only a stream without an end reaches.
 */
#ifndef TEST_STREAM_STEPS_H
#define TEST_STREAM_STEPS_H

#include <stddef.h>
#include <sys/types.h>

struct buf;
struct err;
struct stream;

/* What the handshake answers in the end. */
int shake(struct stream *s, struct err *e);

/* Read to the end in pieces of `piece` (256 at most) into *ret, which is the
 * caller's; the last answer. */
ssize_t drain(struct stream *s, size_t piece, struct buf *ret);

/* To the end, this and nothing else is read. */
void reads(struct stream *s, const char *expected);

#endif
