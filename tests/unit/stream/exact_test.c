#include "stream/layer.h"

#include <errno.h>

#include "ws_pair.h"

/* A handshake's answer, in pieces as a browser may send it. */
static void check_exact(const char *first, const char *then, bool chop)
{
	uint8_t memory[STREAM_HEAD + 40];
	struct exact x = {.data = memory + STREAM_HEAD, .len = 36};
	struct stream *s = ready_server(chop, false);
	struct buf wire;
	int r = -EAGAIN;

	buf_init(&wire, WIRE_MAX);
	wire_add(&wire, first, true);
	CHECK_INT(mem_feed(s, buf_data(&wire), wire.len), 0);
	if (!chop)
		CHECK_INT(exact_read(s, &x), -EAGAIN);
	buf_done(&wire);
	wire_add(&wire, then, true);
	CHECK_INT(mem_feed(s, buf_data(&wire), wire.len), 0);
	for (int i = 0; i < 1000 && r == -EAGAIN; i++)
		r = exact_read(s, &x);
	CHECK_INT(r, 0);
	CHECK_MEM(x.data, "RFB 003.008\nand all that comes later", 36);
	buf_done(&wire);
	stream_free(s);
}

static void what_was_read_survives_the_scratch_of_the_next_read(void)
{
	static const char first[] = "b%52464220", /* "RFB " */
			then[] = "b%3030332e3030380a616e6420 p=x "
				 "b%616c6c20746861742063 "
				 "b%6f6d6573206c61746572";

	check_exact(first, then, false);
	check_exact(first, then, true);
}

TESTS(T(what_was_read_survives_the_scratch_of_the_next_read))
