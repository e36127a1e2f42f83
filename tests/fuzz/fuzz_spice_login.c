/*
 * A hostile guest towards spice_login. The first byte: 1 we have a password,
 * 2 the guest stays silent at the end instead of closing. Cut or whole, the
 * handshake comes to the same end, and what follows it is not swallowed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/mem.h"
#include "stream/spice.h"
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
	const struct spice_link link = {
			.channel_type = SPICE_MAIN, .channel = {1, {9}}};
	struct stream *s = mem_new_n(data + 1, len - 1);
	struct secret password = {0};
	struct err e = {0};
	uint8_t memory[STREAM_HEAD + 256];
	int r = -EAGAIN, steps = cut ? STEPS : 1;

	expect(s != NULL);
	if (data[0] & 2)
		mem_hold_open(s);
	if (data[0] & 1)
		expect(secret_sets(&password, "password") == 0);
	expect(!cut || chop_wrap(&s) == 0);
	expect(spice_login_wrap(&s, &link, &password, &e) == 0);
	secret_done(&password);
	while (r == -EAGAIN && steps-- > 0)
		r = stream_handshake(s, &e);
	expect(r == 0 || r == -EAGAIN || e.text[0]);
	expect((r == 0) == (spice_login_reply(s) != NULL));
	for (size_t i = 0; e.text[i]; i++)
		expect((uint8_t)e.text[i] >= 0x20 && e.text[i] != 0x7f);
	*ret_left = 0;
	for (steps = STEPS; r == 0 && steps > 0; steps--) {
		ssize_t n = stream_read(s, memory + STREAM_HEAD, 256);

		if (n == 0 || (n < 0 && !cut))
			break;
		*ret_left += n > 0 ? (size_t)n : 0;
	}
	stream_free(s);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t whole, cut;
	int r;

	if (len < 1 || len > 8192)
		return 0;
	r = login(data, len, false, &whole);
	expect(login(data, len, true, &cut) == r && whole == cut);
	return 0;
}
