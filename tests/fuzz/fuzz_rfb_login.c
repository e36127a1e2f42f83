/*
 * A hostile guest towards rfb_login. The first byte: 1 we have a password,
 * 2 the guest stays silent at the end instead of closing. Cut or whole, the
 * handshake comes to the same end, and what follows it is not swallowed.
 */
#include "stream/rfb.h"
#include "talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The end of the handshake; how many bytes are left behind it. */
static int login(const uint8_t *data, size_t len, bool cut, size_t *ret_left)
{
	struct stream *s = talk_peer(data, len, data[0] & TALK_SILENT, cut);
	struct secret password = {0};
	struct err e = {0};
	int r;

	talk_password(data, &password);
	expect(rfb_login_wrap(&s, &password, &e) == 0);
	secret_done(&password);
	r = talk_handshake(s, cut, &e);
	talk_expect_sentence(r, &e);
	*ret_left = r == 0 ? talk_left(s, cut) : 0;
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
