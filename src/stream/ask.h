/*
 * For layers that ask one question and read one answer as their handshake. The
 * question may hold a ticket: it is written once, into memory of the right
 * size, sent from there, and wiped when it has gone.
 */
#ifndef STREAM_ASK_H
#define STREAM_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

struct stream;

struct ask {
	uint8_t *memory; /* STREAM_HEAD, then the question; NULL: it has gone */
	size_t len, sent; /* of the question */
	struct buf head;  /* what was answered so far */
};

/* All zero becomes ready to be filled: where up to `room` bytes go, or NULL
 * without memory. The filler sets a->len. */
char *ask_room(struct ask *a, size_t room);
void ask_forget(struct ask *a); /* the question only */
void ask_done(struct ask *a);   /* both; takes one that is all zero */

/* Step: 0 when the question has gone (and is forgotten), -EAGAIN, or what
 * failed. */
int ask_send(struct ask *a, struct stream *below);
bool ask_sends(const struct ask *a);

/*
 * Step: read until `parse` knows the head of the answer. Its length (> 0) in
 * a->head; what is behind it came too early and is the caller's to pass on.
 * -EAGAIN, -ECONNRESET where the stream ended before, what parse or the
 * stream said, -EMSGSIZE past HTTP_HEAD_MAX.
 */
typedef int ask_parse_fn(const uint8_t *data, size_t len, void *ret);
int ask_read(struct ask *a, struct stream *below, ask_parse_fn *parse,
		void *ret);

/* The sentence's end for a failure of the two: "it closed without an answer".
 */
const char *ask_why(int r);

/* Nothing in it that could end a line, nor (where lowest is '!') a word. */
bool ask_is_plain(const char *text, char lowest);

#endif
