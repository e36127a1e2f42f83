#include <errno.h>
#include <string.h>

#include "core/crypto.h"
#include "proto/rfb.h"
#include "steps.h"
#include "stream/mem.h"
#include "stream/rfb.h"
#include "stream/stream.h"
#include "test.h"

#define V33 "RFB 003.003\n"
#define V37 "RFB 003.007\n"
#define V38 "RFB 003.008\n"
#define CHALLENGE "0123456789abcdef"
#define AFTER "ServerInit and more"
#define REASON "\0\0\0\6Not so"
#define TOO_MANY "\0\0\0\32Too many security failures"
#define PASSWORD "elara0000"

/* What a guest says, from its first byte to the end of the greeting (the
 * strings' own NUL is not part of it), and what must come of it. */
struct script {
	const char *name;
	const char *password;
	const char *says;
	size_t says_len;
	const char *heard; /* '*' stands for the response */
	size_t heard_len;
	int r;
	const char *words; /* of the sentence */
};

#define SAYS(text) text, sizeof(text) - 1

/* clang-format off */
static const struct script scripts[] = {
	{"3.8 none", "", SAYS(V38 "\1\1" "\0\0\0\0"), SAYS(V38 "\1\1"), 0, ""},
	{"3.8 none refused", "", SAYS(V38 "\1\1" "\0\0\0\1" REASON),
			SAYS(V38 "\1"), -EACCES, "refused the VNC login: Not so"},
	{"3.8 none, password at hand", PASSWORD, SAYS(V38 "\1\1" "\0\0\0\0"),
			SAYS(V38 "\1\1"), 0, ""},
	{"3.8 vnc", PASSWORD, SAYS(V38 "\1\2" CHALLENGE "\0\0\0\0"),
			SAYS(V38 "\2*\1"), 0, ""},
	{"3.8 both, password", PASSWORD,
			SAYS(V38 "\4\20\1\2\22" CHALLENGE "\0\0\0\0"),
			SAYS(V38 "\2*\1"), 0, ""},
	{"3.8 both, no password", "", SAYS(V38 "\2\2\1" "\0\0\0\0"),
			SAYS(V38 "\1\1"), 0, ""},
	{"3.8 vnc wrong", PASSWORD, SAYS(V38 "\1\2" CHALLENGE "\0\0\0\1" REASON),
			SAYS(V38 "\2*"), -EACCES, "login: Not so"},
	{"3.8 vnc wrong, no words", PASSWORD,
			SAYS(V38 "\1\2" CHALLENGE "\0\0\0\1" "\0\0\0\0"),
			SAYS(V38 "\2*"), -EACCES, "refused the VNC login"},
	{"3.8 vnc too many", PASSWORD,
			SAYS(V38 "\1\2" CHALLENGE "\0\0\0\1" TOO_MANY),
			SAYS(V38 "\2*"), -EBUSY, "Too many security failures"},
	{"3.8 vnc result 2", PASSWORD,
			SAYS(V38 "\1\2" CHALLENGE "\0\0\0\2" REASON),
			SAYS(V38 "\2*"), -EBUSY, "Not so"},
	{"3.8 vnc result 9", PASSWORD,
			SAYS(V38 "\1\2" CHALLENGE "\0\0\0\11"),
			SAYS(V38 "\2*"), -EPROTO, "unknown result 9"},
	{"3.8 vnc, no password", "", SAYS(V38 "\1\2"), SAYS(V38),
			-EACCES, "asks for a VNC password"},
	{"3.8 no types", PASSWORD, SAYS(V38 "\0" REASON), SAYS(V38),
			-ECONNREFUSED, "refuses VNC connections: Not so"},
	{"3.8 no types, too many", PASSWORD, SAYS(V38 "\0" TOO_MANY), SAYS(V38),
			-EBUSY, "Too many security failures"},
	{"3.8 VeNCrypt only", PASSWORD, SAYS(V38 "\2\23\22"), SAYS(V38),
			-ENOTSUP, "the first is 19"},
	{"3.7 none", "", SAYS(V37 "\1\1"), SAYS(V37 "\1\1"), 0, ""},
	{"3.7 vnc", PASSWORD, SAYS(V37 "\1\2" CHALLENGE "\0\0\0\0"),
			SAYS(V37 "\2*\1"), 0, ""},
	{"3.7 vnc wrong", PASSWORD, SAYS(V37 "\1\2" CHALLENGE "\0\0\0\1"),
			SAYS(V37 "\2*"), -EACCES, "refused the VNC login"},
	{"3.7 vnc too many", PASSWORD, SAYS(V37 "\1\2" CHALLENGE "\0\0\0\2"),
			SAYS(V37 "\2*"), -EBUSY, "for now"},
	{"3.7 no types", PASSWORD, SAYS(V37 "\0" REASON), SAYS(V37),
			-ECONNREFUSED, "Not so"},
	{"3.3 none", "", SAYS(V33 "\0\0\0\1"), SAYS(V33 "\1"), 0, ""},
	{"3.3 vnc", PASSWORD, SAYS(V33 "\0\0\0\2" CHALLENGE "\0\0\0\0"),
			SAYS(V33 "*\1"), 0, ""},
	{"3.3 vnc wrong", PASSWORD, SAYS(V33 "\0\0\0\2" CHALLENGE "\0\0\0\1"),
			SAYS(V33 "*"), -EACCES, "refused the VNC login"},
	{"3.3 vnc, no password", "", SAYS(V33 "\0\0\0\2"), SAYS(V33),
			-EACCES, "asks for a VNC password"},
	{"3.3 refused", PASSWORD, SAYS(V33 "\0\0\0\0" TOO_MANY), SAYS(V33),
			-EBUSY, "Too many security failures"},
	{"3.3 other type", PASSWORD, SAYS(V33 "\0\0\0\36"), SAYS(V33),
			-ENOTSUP, "type 30"},
	{"3.889", PASSWORD, SAYS("RFB 003.889\n" "\2\36\2" CHALLENGE "\0\0\0\0"),
			SAYS(V38 "\2*\1"), 0, ""},
	{"the reason's length is a lie", PASSWORD,
			SAYS(V38 "\0" "\377\377\377\377" "short"), SAYS(V38),
			-ECONNREFUSED, "connections: short"},
	{"HTTP", "", SAYS("HTTP/1.1 400 Bad Request\r\n"), SAYS(""),
			-EPROTO, "it speaks HTTP, not RFB"},
	{"SSH", "", SAYS("SSH-2.0-OpenSSH_9.2\r\n"), SAYS(""),
			-EPROTO, "it speaks SSH, not RFB"},
	{"noise", "", SAYS("\033[2J\377hello there"), SAYS(""),
			-EPROTO, "it said '?[2J?hello t'"},
	{"a short banner", "", SAYS("hello\r\n"), SAYS(""),
			-EPROTO, "it said 'hello'"},
	{"old RFB", "", SAYS("RFB 003.002\n"), SAYS(""),
			-EPROTO, "it said 'RFB 003.002'"},
	{"a repeater", "", SAYS("RFB 000.000\n"), SAYS(""),
			-EPROTO, "UltraVNC repeater"},
	{"nothing", "", SAYS(""), SAYS(""),
			-ECONNRESET, "before it said anything"},
};
/* clang-format on */

enum { SCRIPTS = sizeof(scripts) / sizeof(*scripts), STEPS = 8192 };

static struct stream *login_on(struct stream *s, const char *password, bool cut)
{
	struct secret secret = {0};

	if (*password)
		CHECK(secret_sets(&secret, password) == 0);
	CHECK(!cut || chop_wrap(&s) == 0);
	CHECK(rfb_login_wrap(&s, &secret, NULL) == 0);
	secret_done(&secret);
	return s;
}

/* Step until something but -EAGAIN comes; -EAGAIN if nothing ever does. */
/* What the script must hear, with the response in its place. */
static size_t heard(const struct script *p, uint8_t *ret)
{
	size_t len = 0;

	for (size_t i = 0; i < p->heard_len; i++) {
		if (p->heard[i] != '*') {
			ret[len++] = (uint8_t)p->heard[i];
			continue;
		}
		CHECK(crypto_vnc_response((const uint8_t *)CHALLENGE,
				      p->password, strlen(p->password),
				      ret + len) == 0);
		len += VNC_CHALLENGE_LEN;
	}
	return len;
}

static void play(const struct script *p, bool cut)
{
	struct stream *s = mem_new_n(p->says, p->says_len);
	uint8_t expected[256];
	struct err e = {0};
	int r;

	print_message("%s%s\n", p->name, cut ? ", cut" : "");
	if (p->r == 0)
		CHECK(mem_feed(s, AFTER, strlen(AFTER)) == 0);
	s = login_on(s, p->password, cut);
	r = shake(s, &e);
	CHECK_INT(r, p->r);
	CHECK_HAS(e.text, p->words);
	CHECK_INT(mem_output(s)->len, heard(p, expected));
	if (mem_output(s)->len > 0)
		CHECK_MEM(buf_data(mem_output(s)), expected,
				mem_output(s)->len);
	if (r == 0)
		reads(s, AFTER);
	stream_free(s);
}

static void every_guest_is_answered_as_its_version_wants(void)
{
	for (size_t i = 0; i < SCRIPTS; i++)
		play(&scripts[i], false);
}

static void the_same_however_finely_the_wire_is_cut(void)
{
	for (size_t i = 0; i < SCRIPTS; i++)
		play(&scripts[i], true);
}

static void an_early_end_is_a_failure_at_every_byte(void)
{
	for (size_t i = 0; i < SCRIPTS; i++)
		for (size_t len = 0; len < scripts[i].says_len; len++) {
			struct stream *s = mem_new_n(scripts[i].says, len);
			struct err e = {0};
			int r;

			s = login_on(s, scripts[i].password, false);
			r = shake(s, &e);
			CHECK(r < 0 && r != -EAGAIN);
			CHECK(e.text[0] && e.code == r);
			stream_free(s);
		}
}

static void a_guest_that_waits_is_waited_for(void)
{
	for (size_t i = 0; i < SCRIPTS; i++)
		for (size_t len = 0; len < scripts[i].says_len; len++) {
			struct stream *s = mem_new_n(scripts[i].says, len);
			int r;

			mem_hold_open(s);
			s = login_on(s, scripts[i].password, false);
			r = stream_handshake(s, NULL);
			CHECK(scripts[i].r == 0 ? r == -EAGAIN : r < 0);
			if (r == -EAGAIN)
				CHECK_INT(stream_want(s, STREAM_HANDSHAKE),
						WANT_READ);
			stream_free(s);
		}
}

static void a_reason_is_read_to_its_ceiling_and_not_further(void)
{
	static const char head[] = V38 "\0\377\377\377\377";
	struct stream *s = mem_new_n(head, sizeof(head) - 1);
	char words[RFB_REASON_MAX];
	struct err e = {0};

	memset(words, 'w', sizeof(words));
	mem_hold_open(s);
	s = login_on(s, PASSWORD, false);
	CHECK(mem_feed(s, words, sizeof(words) - 1) == 0);
	CHECK_INT(stream_handshake(s, &e), -EAGAIN);
	CHECK(mem_feed(s, "w", 1) == 0); /* no end of the stream needed */
	CHECK_INT(stream_handshake(s, &e), -ECONNREFUSED);
	CHECK_HAS(e.text, "wwww");
	stream_free(s);
}

static void words_of_the_guest_are_cleaned(void)
{
	static const char says[] = V38 "\1\1\0\0\0\1\0\0\0\13"
				       "\033]0;x\a\377 \302\233\n";
	struct stream *s = mem_new_n(says, sizeof(says) - 1);
	struct err e = {0};

	s = login_on(s, "", false);
	CHECK_INT(shake(s, &e), -EACCES);
	CHECK_HAS(e.text, "login: ?]0;x?? ?");
	stream_free(s);
}

static void two_hundred_and_fifty_five_types_are_read(void)
{
	static const char head[] = V38 "\377";
	struct stream *s = mem_new_n(head, sizeof(head) - 1);
	uint8_t types[RFB_TYPES_MAX];
	struct err e = {0};

	memset(types, 77, sizeof(types));
	types[254] = RFB_SECURITY_NONE;
	CHECK(mem_feed(s, types, sizeof(types)) == 0);
	CHECK(mem_feed(s, "\0\0\0\0" AFTER, 4 + strlen(AFTER)) == 0);
	s = login_on(s, "", false);
	CHECK_INT(shake(s, &e), 0);
	reads(s, AFTER);
	stream_free(s);
}

static void a_wire_that_does_not_take_our_words_is_waited_for(void)
{
	struct stream *s = mem_new_n(SAYS(V38 "\1\1\0\0\0\0"));

	mem_write_limit(s, 0);
	s = login_on(s, "", false);
	CHECK_INT(stream_handshake(s, NULL), -EAGAIN);
	CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_WRITE);
	mem_write_limit(s, 1);
	CHECK_INT(stream_handshake(s, NULL), 0);
	stream_free(s);
}

/* TigerVNC refuses a marked address with 3.3's words and closes at once. */
static void a_guest_that_hangs_up_is_still_understood(void)
{
	struct stream *guest, *s;
	uint8_t says[] = "........"
			 "........"
			 "........"
			 "........" V33 "\0\0\0\0" TOO_MANY;
	size_t len = sizeof(says) - 1 - 32;
	struct err e = {0};

	CHECK(mem_pair(&guest, &s, 256) == 0);
	CHECK_INT(stream_write(guest, says + 32, len), len);
	stream_free(guest);
	s = login_on(s, PASSWORD, false);
	CHECK_INT(shake(s, &e), -EBUSY);
	CHECK_HAS(e.text, "Too many security failures");
	stream_free(s);
}

/* ---- kept awake ---------------------------------------------------------- */

#define ONE_PIXEL "\3\1\0\0\0\0\0\1\0\1"
#define KEY "\4\1\0\0\0\0\0\141"
#define KEYS_LEN 24

/* A screen behind a login that is done; *ret_wire is its bottom. */
static struct stream *logged_in(struct stream **ret_wire, bool cut)
{
	struct stream *s = mem_new_n(V38 "\1\1\0\0\0\0", 18);

	CHECK(s != NULL);
	*ret_wire = s;
	mem_hold_open(s);
	s = login_on(s, "", cut);
	CHECK_INT(shake(s, NULL), 0);
	mem_forget_output(*ret_wire);
	return s;
}

static int keep(struct stream *s)
{
	return stream_tell(s, &(struct note){.kind = NOTE_KEEP});
}

static void flush_all(struct stream *s)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < STEPS; i++)
		r = stream_flush(s);
	CHECK_INT(r, 0);
}

static void write_all(struct stream *s, const char *text, size_t len)
{
	uint8_t scratch[STREAM_HEAD + 256], *data = scratch + STREAM_HEAD;
	size_t done = 0;

	CHECK(len <= 256);
	memcpy(data, text, len);
	for (int i = 0; done < len && i < STEPS; i++) {
		ssize_t n = stream_write(s, data + done, len - done);

		CHECK(n > 0 || n == -EAGAIN);
		if (n > 0) {
			memset(data, 0xff, done + (size_t)n); /* spoilt */
			done += (size_t)n;
		}
	}
	CHECK_INT(done, len);
}

static void check_wire(struct stream *wire, const char *bytes, size_t len)
{
	CHECK_INT(mem_output(wire)->len, len);
	CHECK(memcmp(buf_data(mem_output(wire)), bytes, len) == 0);
}

static void a_silent_screen_is_asked_for_one_pixel(void)
{
	for (int cut = 0; cut < 2; cut++) {
		struct stream *wire, *s = logged_in(&wire, cut);

		CHECK_INT(keep(s), 0);
		CHECK_INT(mem_output(wire)->len, 0); /* told, not yet sent */
		flush_all(s);
		check_wire(wire, ONE_PIXEL, 10);
		write_all(s, KEY, 8);
		CHECK_INT(keep(s), 0);
		CHECK_INT(keep(s), 0); /* one is enough */
		write_all(s, KEY, 8);
		check_wire(wire, ONE_PIXEL KEY ONE_PIXEL KEY, 36);
		stream_free(s);
	}
}

static void nothing_is_put_into_the_middle_of_a_message(void)
{
	for (size_t at = 1; at < KEYS_LEN; at++) {
		struct stream *wire, *s = logged_in(&wire, at % 2);
		size_t before = at % 8 ? KEYS_LEN : at;

		write_all(s, KEY KEY KEY, at);
		CHECK_INT(keep(s), 0);
		flush_all(s);
		write_all(s, KEY KEY KEY + at, KEYS_LEN - at);
		flush_all(s);
		CHECK_INT(mem_output(wire)->len, KEYS_LEN + (at % 8 ? 0 : 10));
		CHECK(memcmp(buf_data(mem_output(wire)), KEY KEY KEY, before) ==
				0);
		stream_free(s);
	}
}

/* What the wire has not taken yet comes first. */
static void nothing_is_put_before_bytes_that_were_offered(void)
{
	struct stream *wire, *s = logged_in(&wire, false);
	uint8_t scratch[STREAM_HEAD + 16] = {0}, *data = scratch + STREAM_HEAD;

	memcpy(data, KEY KEY, 16);
	mem_write_limit(wire, 8);
	CHECK_INT(stream_write(s, data, 16), 8);
	CHECK_INT(keep(s), 0);
	mem_write_limit(wire, 0);
	CHECK_INT(stream_write(s, data + 8, 8), -EAGAIN);
	CHECK_INT(keep(s), 0);
	mem_write_limit(wire, 64);
	flush_all(s);
	CHECK_INT(stream_write(s, data + 8, 8), 8);
	CHECK_INT(keep(s), 0);
	flush_all(s);
	check_wire(wire, KEY KEY ONE_PIXEL, 26);
	stream_free(s);
}

static void an_unknown_message_ends_the_keeping(void)
{
	struct stream *wire, *s = logged_in(&wire, false);

	write_all(s, KEY "\177who knows", 18);
	CHECK_INT(keep(s), -ENOTSUP);
	write_all(s, KEY, 8);
	check_wire(wire, KEY "\177who knows" KEY, 26);
	stream_free(s);
}

TESTS(T(every_guest_is_answered_as_its_version_wants),
		T(the_same_however_finely_the_wire_is_cut),
		T(an_early_end_is_a_failure_at_every_byte),
		T(a_guest_that_waits_is_waited_for),
		T(a_reason_is_read_to_its_ceiling_and_not_further),
		T(words_of_the_guest_are_cleaned),
		T(two_hundred_and_fifty_five_types_are_read),
		T(a_wire_that_does_not_take_our_words_is_waited_for),
		T(a_guest_that_hangs_up_is_still_understood),
		T(a_silent_screen_is_asked_for_one_pixel),
		T(nothing_is_put_into_the_middle_of_a_message),
		T(nothing_is_put_before_bytes_that_were_offered),
		T(an_unknown_message_ends_the_keeping))
