/*
 * A hostile guest towards rfb_login. The first byte: 1 we have a password,
 * 2 the guest stays silent at the end instead of closing. Cut or whole, the
 * handshake comes to the same end, and what follows it is not swallowed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/mem.h"
#include "stream/rfb.h"
#include "stream/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { STEPS = 1 << 16 };

static void expect(int truth)
{
	if (!truth)
		abort();
}

/* The end of the handshake; how many bytes are left behind it. */
static int login(const uint8_t *data, size_t len, bool cut, size_t *ret_left)
{
	struct stream *s = mem_new_n(data + 1, len - 1);
	struct secret password = {0};
	struct err e = {0};
	uint8_t memory[STREAM_HEAD + 256];
	int r = -EAGAIN, steps = cut ? STEPS : 1;
	ssize_t n = 1;

	expect(s != NULL);
	if (data[0] & 2)
		mem_hold_open(s);
	if (data[0] & 1)
		expect(secret_sets(&password, "password") == 0);
	if (cut)
		expect(chop_wrap(&s) == 0);
	expect(rfb_login_wrap(&s, &password, &e) == 0);
	while (r == -EAGAIN && steps-- > 0)
		r = stream_handshake(s, &e);
	expect(r == 0 || r == -EAGAIN || e.text[0]);
	for (size_t i = 0; e.text[i]; i++)
		expect((uint8_t)e.text[i] >= 0x20 && e.text[i] != 0x7f);
	*ret_left = 0;
	for (steps = STEPS; r == 0 && steps > 0; steps--) {
		n = stream_read(s, memory + STREAM_HEAD, 256);
		if (n == 0 || (n < 0 && !cut))
			break;
		*ret_left += n > 0 ? (size_t)n : 0;
	}
	secret_done(&password);
	stream_free(s);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t whole, cut;
	int r;

	if (len < 1 || len > 4096)
		return 0;
	r = login(data, len, false, &whole);
	expect(login(data, len, true, &cut) == r && whole == cut);
	return 0;
}
