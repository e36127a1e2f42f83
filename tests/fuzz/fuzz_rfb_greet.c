/*
 * A hostile viewer towards rfb_greet, with a filter above as a view-only
 * session has it. The first byte: 1 a password is asked for, 2 the verdict is
 * a failure. Cut or whole, it comes to the same end, and without the password
 * nobody gets in.
 */
#include "stream/rfb.h"
#include "stream/rfb_filter.h"
#include "talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct stream *greeting(const uint8_t *data, size_t len, bool cut)
{
	struct stream *s = talk_peer(data, len, false, cut);
	struct secret password = {0};

	talk_password(data, &password);
	expect(rfb_greet_wrap(&s, &password, NULL) == 0);
	expect(rfb_filter_wrap(&s, RFB_DROP_INPUT, NULL) == 0);
	secret_done(&password);
	return s;
}

/* Bytes that pass, or what the reads failed with. */
static ssize_t read_on(struct stream *s)
{
	uint8_t memory[STREAM_HEAD + 64];
	ssize_t n = 1, total = 0;

	for (int i = 0; i < TALK_STEPS && (n > 0 || n == -EAGAIN); i++) {
		n = stream_read(s, memory + STREAM_HEAD, 64);
		total += n > 0 ? n : 0;
	}
	return n < 0 ? n : total;
}

static ssize_t play(const uint8_t *data, size_t len, bool cut)
{
	struct stream *s = greeting(data, len, cut);
	struct err e = {0};
	ssize_t r = talk_handshake(s, cut, &e);

	if (r == 0) {
		r = rfb_greet_finish(s, data[0] & 2 ? "no" : NULL, &e);
		expect(!(data[0] & TALK_PASSWORD) ||
				r == -EACCES); /* unguessable */
	}
	if (r == 0)
		r = read_on(s);
	stream_free(s);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 1 || len > 2048)
		return 0;
	expect(play(data, len, false) == play(data, len, true));
	return 0;
}
