#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/crypto.h"
#include "proto/rfb.h"
#include "stream/mem.h"
#include "stream/rfb.h"
#include "stream/stream.h"
#include "test.h"

#define BANNER "RFB 003.008\n"
#define REASON "guest 104 is not running"
#define KEYS "\4\1\0\0\0\0\0k"

enum { STEPS = 4096, KEYS_LEN = 8, ROOM = 512 };

enum answer { NO_PASSWORD, RIGHT, WRONG };

/* A viewer under test, and the bytes that it must have been told so far. */
struct viewer {
	struct stream *s;
	enum rfb_version version;
	enum answer answer;
	uint8_t told[ROOM];
	size_t told_len;
};

static void must_tell(struct viewer *v, const void *data, size_t len)
{
	memcpy(v->told + v->told_len, data, len);
	v->told_len += len;
}

static void was_told(struct viewer *v)
{
	const struct buf *out = mem_output(v->s);

	CHECK_INT(out->len, v->told_len);
	if (out->len > 0)
		CHECK_MEM(buf_data(out), v->told, out->len);
}

static int shake(struct viewer *v, struct err *e)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < STEPS; i++)
		r = stream_handshake(v->s, e);
	return r;
}

static void says(struct viewer *v, const void *data, size_t len)
{
	CHECK(mem_feed(v->s, data, len) == 0);
}

static struct stream *greet_on(struct stream *s, const char *password, bool cut)
{
	struct secret secret = {0};

	if (password)
		CHECK(secret_sets(&secret, password) == 0);
	CHECK(!cut || chop_wrap(&s) == 0);
	CHECK(rfb_greet_wrap(&s, &secret, NULL) == 0);
	secret_done(&secret);
	return s;
}

static void viewer_init(struct viewer *v, enum rfb_version version,
		enum answer answer, bool cut)
{
	*v = (struct viewer){.version = version, .answer = answer};
	v->s = mem_new("");
	mem_hold_open(v->s);
	v->s = greet_on(v->s, answer == NO_PASSWORD ? NULL : "secret", cut);
}

static void viewer_says_version(struct viewer *v)
{
	uint8_t line[RFB_VERSION_LEN];

	rfb_version_write(v->version, line);
	says(v, line, sizeof(line));
}

/* The challenge is the last thing that was told. */
static void viewer_responds(struct viewer *v)
{
	const char *password = v->answer == RIGHT ? "secret" : "secre7";
	const struct buf *out = mem_output(v->s);
	uint8_t response[VNC_CHALLENGE_LEN];
	const uint8_t *challenge;

	CHECK_INT(out->len, v->told_len + VNC_CHALLENGE_LEN);
	challenge = buf_data(out) + v->told_len;
	must_tell(v, challenge, VNC_CHALLENGE_LEN);
	CHECK(crypto_vnc_response(challenge, password, 6, response) == 0);
	says(v, response, sizeof(response));
}

/* Everything that a viewer says before the verdict. */
static void viewer_speaks(struct viewer *v)
{
	uint8_t type = v->answer == NO_PASSWORD ? 1 : 2;

	CHECK_INT(shake(v, NULL), -EAGAIN);
	must_tell(v, BANNER, 12);
	was_told(v);
	viewer_says_version(v);
	if (type == 1 && v->version != RFB_3_8) {
		CHECK_INT(shake(v, NULL), 0); /* the type waits */
		was_told(v);
		return;
	}
	CHECK_INT(shake(v, NULL), -EAGAIN);
	if (v->version == RFB_3_3) {
		must_tell(v, "\0\0\0\2", 4);
	} else {
		must_tell(v, (uint8_t[]){1, type}, 2);
		was_told(v);
		says(v, &type, 1);
	}
	if (type == 2) {
		CHECK_INT(shake(v, NULL), -EAGAIN);
		viewer_responds(v);
	}
	CHECK_INT(shake(v, NULL), 0);
	was_told(v);
}

static void must_tell_reason(struct viewer *v, const char *reason)
{
	must_tell(v, (uint8_t[]){0, 0, 0, (uint8_t)strlen(reason)}, 4);
	must_tell(v, reason, strlen(reason));
}

static void must_refuse(struct viewer *v, const char *reason)
{
	if (v->answer != NO_PASSWORD || v->version == RFB_3_8) {
		must_tell(v, "\0\0\0\1", 4);
		if (v->version == RFB_3_8)
			must_tell_reason(v, reason);
		return;
	}
	must_tell(v, "\0\0\0\0", v->version == RFB_3_3 ? 4 : 1);
	must_tell_reason(v, reason);
}

static void must_let_in(struct viewer *v)
{
	if (v->answer != NO_PASSWORD || v->version == RFB_3_8)
		must_tell(v, "\0\0\0\0", 4);
	else if (v->version == RFB_3_3)
		must_tell(v, "\0\0\0\1", 4);
	else
		must_tell(v, "\1\1", 2);
}

static void flush(struct viewer *v)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < STEPS; i++)
		r = stream_flush(v->s);
	CHECK_INT(r, 0);
}

static void must_read(struct stream *s, const void *expected, size_t len)
{
	uint8_t memory[STREAM_HEAD + 64], *data = memory + STREAM_HEAD;
	size_t got = 0;

	for (int i = 0; i < STEPS && got < len; i++) {
		ssize_t n = stream_read(s, data + got, 64 - got);

		CHECK(n > 0 || n == -EAGAIN);
		got += n > 0 ? (size_t)n : 0;
	}
	CHECK_INT(got, len);
	CHECK_MEM(data, expected, len);
}

static void the_session_begins(struct viewer *v)
{
	uint8_t memory[STREAM_HEAD + 64], *data = memory + STREAM_HEAD;
	ssize_t n = -EAGAIN;

	CHECK_INT(stream_bare_fd(v->s, STREAM_READ), -1);
	if (v->answer == NO_PASSWORD && v->version == RFB_3_7)
		says(v, "\1", 1); /* its choice, late */
	says(v, "\1" KEYS, 1 + KEYS_LEN);
	must_read(v->s, KEYS, KEYS_LEN);
	memcpy(data, "S", 1);
	for (int i = 0; n == -EAGAIN && i < 4; i++)
		n = stream_write(v->s, data, 1);
	CHECK_INT(n, 1);
	must_tell(v, "S", 1);
	was_told(v);
}

static void play(enum rfb_version version, enum answer answer, bool fails,
		bool cut)
{
	uint8_t memory[STREAM_HEAD + 1];
	struct err e = {0};
	struct viewer v;
	int r;

	viewer_init(&v, version, answer, cut);
	viewer_speaks(&v);
	CHECK_INT(stream_read(v.s, memory + STREAM_HEAD, 1), -ENOTCONN);
	CHECK_INT(stream_write(v.s, memory + STREAM_HEAD, 1), -ENOTCONN);
	CHECK_INT(rfb_greet_judge(v.s), answer == WRONG ? -EACCES : 0);
	r = rfb_greet_finish(v.s, fails ? REASON : NULL, &e);
	CHECK_INT(r, answer == WRONG ? -EACCES : 0);
	CHECK_INT(rfb_greet_finish(v.s, NULL, NULL), -EINVAL);
	CHECK_INT(rfb_greet_judge(v.s), -EINVAL);
	flush(&v);
	if (answer == WRONG) /* a stranger: told nothing about the guest */
		must_refuse(&v, "Authentication failed");
	else if (fails)
		must_refuse(&v, REASON);
	else
		must_let_in(&v);
	was_told(&v);
	if (!fails && answer != WRONG)
		the_session_begins(&v);
	stream_free(v.s);
}

static void every_viewer_hears_the_verdict_as_its_version_can(void)
{
	static const enum rfb_version versions[] = {RFB_3_3, RFB_3_7, RFB_3_8};

	for (size_t i = 0; i < 3; i++)
		for (int answer = NO_PASSWORD; answer <= WRONG; answer++)
			for (int bits = 0; bits < 4; bits++)
				play(versions[i], (enum answer)answer, bits & 1,
						bits & 2);
}

static void the_verdict_goes_before_what_the_guest_says(void)
{
	uint8_t memory[STREAM_HEAD + 4], *data = memory + STREAM_HEAD;
	struct viewer v;

	viewer_init(&v, RFB_3_8, NO_PASSWORD, false);
	viewer_speaks(&v);
	CHECK(rfb_greet_finish(v.s, NULL, NULL) == 0);
	mem_write_limit(v.s, 0);
	memcpy(data, "init", 4);
	CHECK_INT(stream_write(v.s, data, 4), -EAGAIN);
	CHECK_MEM(data, "init", 4);
	CHECK_INT(stream_shutdown(v.s), -EAGAIN);
	mem_write_limit(v.s, 3);
	CHECK_INT(stream_write(v.s, data, 4), 3);
	must_let_in(&v);
	must_tell(&v, "ini", 3);
	was_told(&v);
	stream_free(v.s);
}

static void a_viewer_that_chooses_what_was_not_offered_is_sent_off(void)
{
	for (int type = 0; type < 256; type++) {
		struct err e = {0};
		struct viewer v;

		if (type == 2)
			continue;
		viewer_init(&v, RFB_3_8, RIGHT, false);
		viewer_says_version(&v);
		says(&v, &(uint8_t){(uint8_t)type}, 1);
		CHECK_INT(shake(&v, &e), -EPROTO);
		CHECK_HAS(e.text, "was not offered");
		stream_free(v.s);
	}
}

static void a_late_choice_is_judged_too(void)
{
	uint8_t memory[STREAM_HEAD + 4];
	struct viewer v;

	viewer_init(&v, RFB_3_7, NO_PASSWORD, false);
	viewer_speaks(&v);
	CHECK(rfb_greet_finish(v.s, NULL, NULL) == 0);
	says(&v, "\2\1k", 3);
	CHECK_INT(stream_read(v.s, memory + STREAM_HEAD, 4), -EPROTO);
	stream_free(v.s);
}

static void who_does_not_speak_rfb_is_sent_off(void)
{
	struct err e = {0};
	struct viewer v;

	viewer_init(&v, RFB_3_8, RIGHT, false);
	says(&v, "GET / HTTP/1.1\r\n", 16);
	CHECK_INT(shake(&v, &e), -EPROTO);
	CHECK_HAS(e.text, "the viewer does not speak RFB");
	stream_free(v.s);
}

/* A viewer may leave at any byte of its part, before and after the verdict. */
static void an_early_end_is_a_failure_at_every_byte(void)
{
	static const char part[] = "RFB 003.008\n\2aaaaaaaaaaaaaaaa";

	for (size_t len = 0; len < sizeof(part) - 1; len++) {
		struct stream *s = mem_new_n(part, len);
		struct err e = {0};

		s = greet_on(s, "secret", false);
		CHECK_INT(stream_handshake(s, &e), -ECONNRESET);
		CHECK_HAS(e.text, "the viewer went away");
		stream_free(s);
	}
}

static void a_viewer_that_leaves_before_client_init_is_an_end(void)
{
	uint8_t memory[STREAM_HEAD + 4];
	struct viewer v;

	viewer_init(&v, RFB_3_8, NO_PASSWORD, false);
	viewer_speaks(&v);
	CHECK(rfb_greet_finish(v.s, NULL, NULL) == 0);
	mem_end(v.s);
	CHECK_INT(stream_read(v.s, memory + STREAM_HEAD, 4), 0);
	CHECK_INT(stream_read(v.s, memory + STREAM_HEAD, 4), 0);
	stream_free(v.s);
}

static void a_verdict_needs_somebody_who_has_spoken(void)
{
	struct stream *s = mem_new("");
	struct err e;

	CHECK_INT(rfb_greet_finish(s, NULL, &e), -EINVAL);
	s = greet_on(s, NULL, false);
	CHECK_INT(rfb_greet_finish(s, NULL, &e), -EINVAL);
	stream_free(s);
}

static void a_long_failure_is_cut_to_what_the_other_side_reads(void)
{
	char reason[4096];
	struct viewer v;

	memset(reason, 'x', sizeof(reason));
	reason[sizeof(reason) - 1] = '\0';
	viewer_init(&v, RFB_3_8, NO_PASSWORD, false);
	viewer_speaks(&v);
	CHECK(rfb_greet_finish(v.s, reason, NULL) == 0);
	flush(&v);
	CHECK_INT(mem_output(v.s)->len, 12 + 2 + 4 + 4 + RFB_REASON_MAX);
	stream_free(v.s);
}

static void no_challenge_is_given_twice(void)
{
	uint8_t first[VNC_CHALLENGE_LEN] = {0};

	for (int i = 0; i < 2; i++) {
		struct viewer v;

		viewer_init(&v, RFB_3_8, RIGHT, false);
		viewer_speaks(&v);
		CHECK(memcmp(first, v.told + 14, sizeof(first)) != 0);
		memcpy(first, v.told + 14, sizeof(first));
		stream_free(v.s);
	}
}

/* ---- our greeting and our login, face to face --------------------------- */

static int both(struct stream *a, struct stream *b, struct err *eb)
{
	int ra = -EAGAIN, rb = -EAGAIN;

	for (int i = 0; i < STEPS; i++) {
		if (ra == -EAGAIN)
			ra = stream_handshake(a, NULL);
		if (ra == 0 && rb == -EAGAIN)
			(void)stream_flush(a);
		if (rb == -EAGAIN)
			rb = stream_handshake(b, eb);
		if (ra == 0)
			return rb;
	}
	return -EAGAIN;
}

static void write_all(struct stream *s, const char *text)
{
	uint8_t memory[STREAM_HEAD + 64], *data = memory + STREAM_HEAD;
	size_t len = strlen(text), done = 0;

	memcpy(data, text, len);
	for (int i = 0; i < STEPS && done < len; i++) {
		ssize_t n = stream_write(s, data + done, len - done);

		CHECK(n > 0 || n == -EAGAIN);
		done += n > 0 ? (size_t)n : 0;
	}
	CHECK_INT(done, len);
}

static void login_meets_greet(const char *greets, const char *knows,
		const char *failure, bool cut, int expected)
{
	struct stream *viewer, *s;
	struct secret secret = {0};
	struct err e = {0};
	int r = -EAGAIN;

	CHECK(mem_pair(&s, &viewer, ROOM) == 0);
	s = greet_on(s, greets, cut);
	CHECK(secret_sets(&secret, knows) == 0);
	CHECK(!cut || chop_wrap(&viewer) == 0);
	CHECK(rfb_login_wrap(&viewer, &secret, NULL) == 0);
	secret_done(&secret);

	CHECK_INT(both(s, viewer, &e), -EAGAIN);
	(void)rfb_greet_finish(s, failure, NULL);
	if (expected == 0) /* the guest does not wait for ClientInit */
		write_all(s, "ServerInit");
	for (int i = 0; r == -EAGAIN && i < STEPS; i++) {
		(void)stream_flush(s);
		r = stream_handshake(viewer, &e);
	}
	CHECK_INT(r, expected);
	if (expected == 0) {
		write_all(viewer, KEYS + 1);
		must_read(viewer, "ServerInit", 10);
		must_read(s, KEYS + 1, strlen(KEYS + 1));
	} else {
		CHECK_HAS(e.text, failure ? failure : "Authentication failed");
	}
	stream_free(viewer);
	stream_free(s);
}

static void our_login_understands_our_greeting(void)
{
	for (int cut = 0; cut < 2; cut++) {
		login_meets_greet(NULL, "", NULL, cut, 0);
		login_meets_greet(NULL, "", REASON, cut, -EACCES);
		login_meets_greet(NULL, "secret", NULL, cut, 0);
		login_meets_greet("secret", "secret", NULL, cut, 0);
		login_meets_greet("secret78", "secret789", NULL, cut, 0);
		login_meets_greet("secret", "Secret", NULL, cut, -EACCES);
		login_meets_greet("secret", "secret", REASON, cut, -EACCES);
	}
}

TESTS(T(every_viewer_hears_the_verdict_as_its_version_can),
		T(the_verdict_goes_before_what_the_guest_says),
		T(a_viewer_that_chooses_what_was_not_offered_is_sent_off),
		T(a_late_choice_is_judged_too),
		T(who_does_not_speak_rfb_is_sent_off),
		T(an_early_end_is_a_failure_at_every_byte),
		T(a_viewer_that_leaves_before_client_init_is_an_end),
		T(a_verdict_needs_somebody_who_has_spoken),
		T(a_long_failure_is_cut_to_what_the_other_side_reads),
		T(no_challenge_is_given_twice),
		T(our_login_understands_our_greeting))
