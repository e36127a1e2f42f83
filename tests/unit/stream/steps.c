#include "steps.h"

#include <errno.h>
#include <string.h>

#include "core/buf.h"
#include "stream/stream.h"
#include "test.h"

enum { STEPS = 100000, PIECE_MAX = 256, DRAIN_MAX = 4096 };

int shake(struct stream *s, struct err *e)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < STEPS; i++)
		r = stream_handshake(s, e);
	return r;
}

ssize_t drain(struct stream *s, size_t piece, struct buf *ret)
{
	uint8_t memory[STREAM_HEAD + PIECE_MAX], *data = memory + STREAM_HEAD;
	ssize_t n = -EAGAIN;

	buf_init(ret, DRAIN_MAX);
	for (int i = 0; i < STEPS && (n > 0 || n == -EAGAIN); i++) {
		n = stream_read(s, data, piece);
		if (n > 0)
			CHECK(buf_add(ret, data, (size_t)n) == 0);
	}
	return n;
}

void reads(struct stream *s, const char *expected)
{
	struct buf got;

	CHECK_INT(drain(s, PIECE_MAX, &got), 0);
	CHECK_INT(got.len, strlen(expected));
	CHECK_MEM(buf_data(&got), expected, got.len);
	buf_done(&got);
}
