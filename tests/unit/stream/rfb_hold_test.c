/* A login that is held before ClientInit, and taken up again. */
#include <errno.h>
#include <string.h>

#include "steps.h"
#include "stream/mem.h"
#include "stream/rfb.h"
#include "stream/stream.h"
#include "test.h"

#define V38 "RFB 003.008\n"
#define LOGIN V38 "\1\1\0\0\0\0"
#define SAID V38 "\1"
#define INIT "\2\200\1\340 pixel format...\0\0\0\4web1"
#define INIT_LEN 28

enum { STEPS = 4096 };

static struct stream *held(bool cut)
{
	struct stream *s = mem_new_n(LOGIN, sizeof(LOGIN) - 1);
	const struct secret none = {0};

	mem_hold_open(s);
	CHECK(!cut || chop_wrap(&s) == 0);
	CHECK(rfb_login_wrap(&s, &none, NULL) == 0);
	rfb_login_hold(s);
	return s;
}

static void is_said(struct stream *s, const char *text, size_t len)
{
	CHECK_INT(mem_output(s)->len, len);
	CHECK_MEM(buf_data(mem_output(s)), text, len);
}

static void clientinit_waits_until_somebody_wants_it(void)
{
	for (int cut = 0; cut < 2; cut++) {
		struct stream *s = held(cut);
		struct err e = {0};

		CHECK_INT(shake(s, &e), 0);
		is_said(s, SAID, sizeof(SAID) - 1);
		rfb_login_go(s);
		CHECK_INT(shake(s, &e), -EAGAIN);
		CHECK(cut || stream_want(s, STREAM_HANDSHAKE) == WANT_READ);
		is_said(s, SAID "\1", sizeof(SAID));
		stream_free(s);
	}
}

static void the_viewer_gets_all_of_serverinit(void)
{
	for (int cut = 0; cut < 2; cut++) {
		uint8_t data[STREAM_HEAD + 64], *text = data + STREAM_HEAD;
		struct stream *s = held(cut);
		struct err e = {0};
		size_t len = 0;

		CHECK_INT(shake(s, &e), 0);
		rfb_login_go(s);
		CHECK_INT(shake(s, &e), -EAGAIN);
		CHECK(mem_feed(s, INIT, INIT_LEN) == 0);
		CHECK_INT(shake(s, &e), 0);
		CHECK(stream_pending(s));
		CHECK_INT(stream_bare_fd(s, STREAM_READ), -1);
		for (int i = 0; len < INIT_LEN && i < STEPS; i++) {
			/* as small as a reader may be */
			ssize_t n = stream_read(s, text + len, 7);

			CHECK(n > 0 || n == -EAGAIN);
			len += n > 0 ? (size_t)n : 0;
		}
		CHECK_INT(len, INIT_LEN);
		CHECK_MEM(text, INIT, INIT_LEN);
		CHECK_INT(stream_read(s, text, 7), -EAGAIN);
		stream_free(s);
	}
}

static void a_connection_that_died_meanwhile_is_found_out(void)
{
	for (size_t len = 0; len < 24; len++) {
		struct stream *s = held(false);
		struct err e = {0};

		CHECK_INT(shake(s, &e), 0);
		rfb_login_go(s);
		CHECK(mem_feed(s, INIT, len) == 0);
		mem_end(s);
		CHECK_INT(shake(s, &e), -ECONNRESET);
		CHECK(e.text[0]);
		stream_free(s);
	}
}

static void one_that_nobody_wanted_is_just_let_go(void)
{
	struct stream *s = held(false);
	struct err e = {0};

	CHECK_INT(shake(s, &e), 0);
	stream_free(s);
	s = held(false);
	CHECK_INT(shake(s, &e), 0);
	rfb_login_go(s);
	stream_free(s);
}

TESTS(T(clientinit_waits_until_somebody_wants_it),
		T(the_viewer_gets_all_of_serverinit),
		T(a_connection_that_died_meanwhile_is_found_out),
		T(one_that_nobody_wanted_is_just_let_go))
