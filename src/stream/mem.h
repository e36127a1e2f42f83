/*
 * Test layers. `mem` is a bottom layer in memory: it reads a given text to
 * its end and keeps what is written. `chop` cuts any stack to one byte a
 * call, with -EAGAIN in between, in both directions and in every handshake.
 */
#ifndef STREAM_MEM_H
#define STREAM_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct stream;

/* A ready stream whose reads answer `text` and then the end. NULL without
 * memory. mem_new_n() takes bytes; mem_feed() adds more to read; with
 * mem_hold_open() the end is -EAGAIN instead, until mem_end(). */
struct stream *mem_new(const char *text);
struct stream *mem_new_n(const void *data, size_t len);
int mem_feed(struct stream *s, const void *data, size_t len);
void mem_hold_open(struct stream *s);
void mem_end(struct stream *s);
/* Take at most this many bytes per write from now on; 0: -EAGAIN. */
void mem_write_limit(struct stream *s, size_t limit);

/* What was written, as a NUL-terminated text (valid until the next write),
 * and as bytes. `s` may be any stack that has the mem at its bottom. */
const char *mem_written(struct stream *s);
const struct buf *mem_output(struct stream *s);
void mem_forget_output(struct stream *s);
bool mem_is_shut(struct stream *s);

int chop_wrap(struct stream **s);

/*
 * Two mem streams whose writes feed each other's reads, holding at most
 * `room` bytes each way: a socket pair without the kernel. A shutdown of one
 * is the end of the other.
 */
int mem_pair(struct stream **ret_a, struct stream **ret_b, size_t room);

#endif
