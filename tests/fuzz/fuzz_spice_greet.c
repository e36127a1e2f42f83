/*
 * A hostile viewer towards spice_greet. The first byte: 1 we want a password
 * (which no input knows), 2 the viewer stays silent at the end, 4 it is refused
 * by the verdict. Cut or whole it comes to the same end and hears the same, and
 * what follows is not swallowed.
 */
#include <string.h>

#include "core/crypto.h"
#include "stream/spice.h"
#include "talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { HEARD_MAX = 1024 };

struct end {
	int r;
	size_t left, heard_len;
	uint8_t heard[HEARD_MAX];
};

static int judge(struct stream *s, uint8_t flags, bool cut, struct err *e)
{
	struct spice_verdict v = {.channel = {1, {9}}};
	int r = -EAGAIN;

	if (flags & 4)
		v.error = SPICE_CHANNEL_NOT_AVAILABLE;
	for (int i = 0; r == -EAGAIN && i < (cut ? TALK_STEPS : 1); i++)
		r = spice_greet_finish(s, &v, e);
	return r;
}

static void greet(const struct crypto_rsa *key, const uint8_t *data, size_t len,
		bool cut, struct end *ret)
{
	struct spice_greet_options o = {.key = key};
	struct stream *s = talk_peer(data, len, data[0] & TALK_SILENT, cut);
	struct err e = {0};
	int r;

	talk_password(data, &o.password);
	expect(spice_greet_wrap(&s, &o, &e) == 0);
	secret_done(&o.password);
	r = talk_handshake(s, cut, &e);
	if (r == 0)
		r = judge(s, data[0], cut, &e);
	for (int i = 0; i < TALK_STEPS && stream_flush(s) == -EAGAIN; i++)
		;
	expect(r == 0 || r == -EAGAIN || e.text[0]);
	expect(!(data[0] & TALK_PASSWORD) || r != 0 || data[0] & 4);
	ret->left = r == 0 ? talk_left(s, cut) : 0;
	ret->r = r;
	ret->heard_len = mem_output(s)->len;
	expect(ret->heard_len <= HEARD_MAX);
	if (ret->heard_len > 0)
		memcpy(ret->heard, buf_data(mem_output(s)), ret->heard_len);
	stream_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct crypto_rsa *key;
	struct end whole, cut;

	if (len < 1 || len > 8192)
		return 0;
	if (!key)
		key = crypto_rsa_new();
	expect(key != NULL);
	greet(key, data, len, false, &whole);
	greet(key, data, len, true, &cut);
	expect(whole.r == cut.r && whole.left == cut.left);
	/* words before a fault are said as far as the wire takes them */
	if (whole.r != -EPROTO && whole.r != -EMSGSIZE)
		expect(whole.heard_len == cut.heard_len &&
				memcmp(whole.heard, cut.heard,
						whole.heard_len) == 0);
	return 0;
}
