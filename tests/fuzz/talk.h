/*
 * What the harnesses of the logins and the greetings share: a hostile peer
 * who says the input, whole or cut to single bytes. The input's first byte
 * holds flags; the rest is what the peer says.
 */
#ifndef FUZZ_TALK_H
#define FUZZ_TALK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/err.h"
#include "core/secret.h"
#include "stream/mem.h"
#include "stream/stream.h"

enum {
	TALK_PASSWORD = 1, /* a flag: we have one, which no input knows */
	TALK_SILENT = 2,   /* at the end it stays, and says nothing */
	TALK_STEPS = 1 << 16,
};

static inline void expect(int truth)
{
	if (!truth)
		abort();
}

/* The peer; closes at the end, unless it is `silent`. */
static inline struct stream *talk_peer(
		const uint8_t *data, size_t len, bool silent, bool cut)
{
	struct stream *s = mem_new_n(data + 1, len - 1);

	expect(s != NULL);
	if (silent)
		mem_hold_open(s);
	expect(!cut || chop_wrap(&s) == 0);
	return s;
}

static inline void talk_password(const uint8_t *data, struct secret *ret)
{
	if (data[0] & TALK_PASSWORD)
		expect(secret_sets(ret, "password") == 0);
}

/* A whole input comes to its end in one step. */
static inline int talk_handshake(struct stream *s, bool cut, struct err *e)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < (cut ? TALK_STEPS : 1); i++)
		r = stream_handshake(s, e);
	return r;
}

/* A failure has its sentence, and the peer's words in it are clean. */
static inline void talk_expect_sentence(int r, const struct err *e)
{
	expect(r == 0 || r == -EAGAIN || e->text[0]);
	for (size_t i = 0; e->text[i]; i++)
		expect((uint8_t)e->text[i] >= 0x20 && e->text[i] != 0x7f);
}

/* How many bytes are left behind the handshake. */
static inline size_t talk_left(struct stream *s, bool cut)
{
	uint8_t memory[STREAM_HEAD + 256];
	size_t left = 0;

	for (int i = 0; i < TALK_STEPS; i++) {
		ssize_t n = stream_read(s, memory + STREAM_HEAD, 256);

		if (n == 0 || (n < 0 && !cut))
			break;
		left += n > 0 ? (size_t)n : 0;
	}
	return left;
}

#endif
