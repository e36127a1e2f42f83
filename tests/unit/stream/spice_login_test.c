#include <errno.h>
#include <string.h>

#include "core/crypto.h"
#include "steps.h"
#include "stream/mem.h"
#include "stream/spice.h"
#include "stream/stream.h"
#include "test.h"

#define PASSWORD "elara-0000"
#define AFTER "MAIN_INIT and more"

enum { SAYS_MAX = 8192 };

static struct crypto_rsa *key; /* the guest's */

static const struct spice_link viewer = {.connection_id = 0x12345678,
		.channel_type = SPICE_CURSOR,
		.channel_id = 2,
		.common = {1, {SPICE_CAP_AUTH_SASL | SPICE_CAP_MINI_HEADER}},
		.channel = {2, {7, 8}}};

/* What a guest says, and what must come of it. */
struct script {
	const char *name;
	uint32_t error;  /* of the reply */
	uint32_t common; /* the first common word */
	uint32_t result; /* of the login */
	int r;
	const char *words;
};

enum { MODERN = SPICE_CAP_AUTH_SELECTION | SPICE_CAP_AUTH_SPICE | 8 };

/* clang-format off */
static const struct script scripts[] = {
	{"modern", 0, MODERN, 0, 0, ""},
	{"old, selects nothing", 0, 0, 0, 0, ""},
	{"wrong password", 0, MODERN, 7, -EACCES,
			"refused the SPICE login: permission denied (7)"},
	{"old, wrong password", 0, 8, 7, -EACCES, "permission denied"},
	{"unknown result", 0, MODERN, 77, -ECONNREFUSED, "error (77)"},
	{"no such session", 8, 0, 0, -ENOENT, "link: no such session (8)"},
	{"no such channel", 9, 0, 0, -ENODEV, "no such channel (9)"},
	{"wants TLS", 5, 0, 0, -ECONNREFUSED, "it wants TLS (5)"},
	{"unknown error", 4711, 0, 0, -ECONNREFUSED, "error (4711)"},
	{"only SASL", 0, SPICE_CAP_AUTH_SELECTION | SPICE_CAP_AUTH_SASL, 0,
			-ENOTSUP, "no SPICE login by password"},
};
/* clang-format on */

enum { SCRIPTS = sizeof(scripts) / sizeof(*scripts) };

static void guest_says(const struct script *p, struct buf *ret)
{
	struct spice_reply reply = {.error = p->error,
			.common = {1, {p->common}},
			.channel = {1, {0xabc}}};

	buf_init(ret, SAYS_MAX);
	if (!key)
		key = crypto_rsa_new();
	CHECK(key);
	crypto_rsa_public(key, reply.key);
	CHECK_INT(spice_reply_write(ret, &reply), 0);
	if (p->error == 0 && p->r != -ENOTSUP)
		CHECK_INT(spice_u32_write(ret, p->result), 0);
}

static struct stream *login_on(struct stream *s, const char *password, bool cut)
{
	struct secret secret = {0};

	if (*password)
		CHECK_INT(secret_sets(&secret, password), 0);
	CHECK(!cut || chop_wrap(&s) == 0);
	CHECK_INT(spice_login_wrap(&s, &viewer, &secret, NULL), 0);
	secret_done(&secret);
	return s;
}

/* The viewer's link with our own login, the mechanism where the guest can
 * select one, and the password with its NUL. */
static void heard(
		struct stream *s, const struct script *p, const char *password)
{
	const struct buf *out = mem_output(s);
	const uint8_t *at = buf_data(out) + SPICE_HEADER_LEN;
	struct spice_link l;
	uint8_t text[RSA_PLAIN_MAX];
	size_t size;

	CHECK(out->len >= SPICE_HEADER_LEN);
	CHECK_INT(spice_header_parse(buf_data(out), &size), 0);
	CHECK_INT(spice_link_parse(at, size, &l), 0);
	CHECK_INT(l.connection_id, viewer.connection_id);
	CHECK_INT(l.channel_type, viewer.channel_type);
	CHECK_INT(l.channel_id, viewer.channel_id);
	CHECK_INT(l.common.count, 1);
	CHECK_INT(l.common.words[0], MODERN);
	CHECK_MEM(&l.channel, &viewer.channel, sizeof(l.channel));
	at += size;
	size = out->len - SPICE_HEADER_LEN - size;
	if (p->error || p->r == -ENOTSUP) {
		CHECK_INT(size, 0);
		return;
	}
	if (p->common & SPICE_CAP_AUTH_SELECTION) {
		CHECK_MEM(at, "\1\0\0\0", 4);
		at += 4;
		size -= 4;
	}
	CHECK_INT(size, SPICE_TICKET_LEN);
	CHECK_INT(crypto_rsa_open(key, at, text), strlen(password) + 1);
	CHECK_STR((const char *)text, password);
}

static void play(const struct script *p, const char *password, bool cut)
{
	const struct spice_reply *reply;
	struct err e = {0};
	struct stream *s;
	struct buf says;

	print_message("%s%s\n", p->name, cut ? ", cut" : "");
	guest_says(p, &says);
	if (p->r == 0)
		CHECK_INT(buf_adds(&says, AFTER), 0);
	s = login_on(mem_new_n(buf_data(&says), says.len), password, cut);
	CHECK(!spice_login_reply(s));
	CHECK_INT(shake(s, &e), p->r);
	CHECK_HAS(e.text, p->words);
	CHECK(!strstr(e.text, PASSWORD));
	heard(s, p, password);
	if (p->r == 0) {
		reply = spice_login_reply(s);
		CHECK(reply && reply->common.words[0] == p->common &&
				reply->channel.words[0] == 0xabc);
		reads(s, AFTER);
	}
	stream_free(s);
	buf_done(&says);
}

static void every_guest_is_answered(void)
{
	for (size_t i = 0; i < SCRIPTS; i++)
		play(&scripts[i], PASSWORD, false);
	play(&scripts[0], "", false);
}

static void the_same_however_finely_the_wire_is_cut(void)
{
	for (size_t i = 0; i < SCRIPTS; i++)
		play(&scripts[i], PASSWORD, true);
}

/* A refusal is understood as soon as it is there; the rest is a failure. */
static void every_prefix_is_waited_for_and_an_early_end_is_told(void)
{
	for (size_t i = 0; i < SCRIPTS; i++) {
		struct buf says;

		guest_says(&scripts[i], &says);
		for (size_t len = 0; len < says.len; len++) {
			struct stream *s = mem_new_n(buf_data(&says), len);
			struct err e = {0};

			mem_hold_open(s);
			s = login_on(s, PASSWORD, false);
			CHECK_INT(stream_handshake(s, &e), -EAGAIN);
			CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_READ);
			mem_end(s);
			CHECK_INT(stream_handshake(s, &e), -ECONNRESET);
			CHECK(e.text[0]);
			stream_free(s);
		}
		buf_done(&says);
	}
}

static const struct {
	const char *says;
	size_t len;
	int r;
	const char *words;
} hostile[] = {
#define SAYS(text) text, sizeof(text) - 1
		{SAYS("RFB 003.008\n"), -EPROTO, "it speaks RFB (VNC), not"},
		{SAYS("HTTP/1.1 400 Bad\r\n"), -EPROTO, "it speaks HTTP, not"},
		{SAYS("\033[2Jx"), -EPROTO, "it said '?[2Jx'"},
		{SAYS("REDR"), -EPROTO, "it said 'REDR'"},
		{SAYS("REDQ\1\0\0\0\0\0\0\0\0\0\0\0"), -ENOTSUP, "version 1"},
		{SAYS("REDQ\2\0\0\0\2\0\0\0\1\20\0\0"), -EMSGSIZE, "too long"},
		{SAYS("REDQ\2\0\0\0\2\0\0\0\377\377\377\377"), -EMSGSIZE,
				"too long"},
		{SAYS("REDQ\2\0\0\0\2\0\0\0\0\0\0\0"), -EPROTO, "malformed"},
		{SAYS("REDQ\2\0\0\0\2\0\0\0\4\0\0\0\0\0\0\0"), -EPROTO,
				"malformed"},
		{SAYS(""), -ECONNRESET, "before it said anything"},
};

static void what_is_no_spice_is_refused(void)
{
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		struct stream *s = mem_new_n(hostile[i].says, hostile[i].len);
		struct err e = {0};

		if (hostile[i].len > 0)
			mem_hold_open(s); /* known without its end */
		s = login_on(s, PASSWORD, false);
		CHECK_INT(shake(s, &e), hostile[i].r);
		CHECK_HAS(e.text, hostile[i].words);
		stream_free(s);
	}
}

static void a_key_that_is_none_is_refused(void)
{
	struct err e = {0};
	struct stream *s;
	struct buf says;

	guest_says(&scripts[0], &says);
	memset(buf_data(&says) + SPICE_HEADER_LEN + 4, 'K', SPICE_KEY_LEN);
	s = login_on(mem_new_n(buf_data(&says), says.len), PASSWORD, false);
	CHECK_INT(shake(s, &e), -EPROTO);
	CHECK_HAS(e.text, "no RSA key of 1024 bits");
	stream_free(s);
	buf_done(&says);
}

static void a_guest_that_hangs_up_is_still_understood(void)
{
	uint8_t memory[STREAM_HEAD + 256];
	struct stream *guest, *s;
	struct err e = {0};
	struct buf says;

	guest_says(&scripts[6], &says);
	CHECK(says.len <= 256);
	memcpy(memory + STREAM_HEAD, buf_data(&says), says.len);
	CHECK_INT(mem_pair(&guest, &s, 256), 0);
	CHECK_INT(stream_write(guest, memory + STREAM_HEAD, says.len),
			says.len);
	stream_free(guest);
	s = login_on(s, PASSWORD, false);
	CHECK_INT(shake(s, &e), -ENODEV);
	stream_free(s);
	buf_done(&says);
}

static void a_wire_that_does_not_take_our_words_is_waited_for(void)
{
	struct stream *s;
	struct buf says;

	guest_says(&scripts[0], &says);
	s = mem_new_n(buf_data(&says), says.len);
	mem_write_limit(s, 0);
	s = login_on(s, PASSWORD, false);
	CHECK_INT(stream_handshake(s, NULL), -EAGAIN);
	CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_WRITE);
	mem_write_limit(s, 1);
	CHECK_INT(stream_handshake(s, NULL), 0);
	stream_free(s);
	buf_done(&says);
}

static void a_password_past_spices_limit_is_refused(void)
{
	char text[SPICE_PASSWORD_MAX + 1];
	struct stream *s = mem_new(""), *was = s;
	struct secret secret = {0};
	struct err e = {0};

	memset(text, 'x', sizeof(text));
	CHECK_INT(secret_set(&secret, text, sizeof(text)), 0);
	CHECK_INT(spice_login_wrap(&s, &viewer, &secret, &e), -EINVAL);
	CHECK(s == was && e.text[0]);
	secret_done(&secret);
	stream_free(s);
	crypto_rsa_free(key); /* the last test */
	key = NULL;
}

/* ---- a display that is left ------------------------------------------------
 */

#define CACHES "\1\0\0\20\0\0\0\0\0\1\0\0\20\0"
#define MINI_INIT "\145\0\16\0\0\0" CACHES
#define FULL_INIT "\1\0\0\0\0\0\0\0\145\0\16\0\0\0\0\0\0\0" CACHES

/* What it says last: nothing, a word of the viewer, or both. */
static void left(uint8_t channel, const struct script *p, const char *says,
		size_t says_len, const char *heard_last, size_t len)
{
	const struct secret none = {0};
	struct spice_link link = viewer;
	uint8_t memory[STREAM_HEAD + 64];
	struct err e = {0};
	struct stream *s;
	struct buf reply;

	link.channel_type = channel;
	guest_says(p, &reply);
	s = mem_new_n(buf_data(&reply), reply.len);
	CHECK_INT(spice_login_wrap(&s, &link, &none, NULL), 0);
	CHECK_INT(shake(s, &e), p->r);
	mem_forget_output(s);
	if (says_len > 0) {
		memcpy(memory + STREAM_HEAD, says, says_len);
		CHECK_INT(stream_write(s, memory + STREAM_HEAD, says_len),
				says_len);
	}
	CHECK_INT(stream_shutdown(s), 0);
	CHECK_INT(mem_output(s)->len, len);
	CHECK(mem_is_shut(s) == !spice_login_lingers(s));
	if (len > 0)
		CHECK_MEM(buf_data(mem_output(s)), heard_last, len);
	stream_free(s);
	buf_done(&reply);
}

static void a_display_left_without_a_word_is_told_of_no_caches(void)
{
	const struct script *modern = &scripts[0], *old = &scripts[1],
			    *wrong = &scripts[2];

	left(SPICE_DISPLAY, modern, "", 0, MINI_INIT, sizeof(MINI_INIT) - 1);
	left(SPICE_DISPLAY, old, "", 0, FULL_INIT, sizeof(FULL_INIT) - 1);
	left(SPICE_DISPLAY, modern, "init", 4, "init", 4);
	left(SPICE_DISPLAY, wrong, "", 0, "", 0);
	left(SPICE_CURSOR, modern, "", 0, "", 0);
}

static void so_is_one_whose_dial_is_given_up_after_the_ticket(void)
{
	static const struct script never = {
			"waits", 0, MODERN, 0, -ENOTSUP, ""};
	const struct secret none = {0};
	struct spice_link link = viewer;
	struct stream *s = NULL, *guest = NULL;
	uint8_t memory[STREAM_HEAD + 1024], *got = memory + STREAM_HEAD;
	struct buf reply;
	struct err e = {0};
	ssize_t n;

	link.channel_type = SPICE_DISPLAY;
	guest_says(&never, &reply);
	CHECK_INT(mem_pair(&s, &guest, 4096), 0);
	CHECK(stream_write(guest, buf_data(&reply), reply.len) > 0);
	CHECK_INT(spice_login_wrap(&s, &link, &none, NULL), 0);
	CHECK_INT(stream_handshake(s, &e), -EAGAIN); /* for the result */
	CHECK(stream_read(guest, got, 1024) > 0);
	while (stream_read(guest, got, 1024) > 0)
		;
	stream_peel(&s); /* as stream_free() does, but for what is below */
	n = stream_read(guest, got, 1024);
	CHECK_INT(n, sizeof(MINI_INIT) - 1);
	CHECK_MEM(got, MINI_INIT, sizeof(MINI_INIT) - 1);
	stream_free(s);
	stream_free(guest);
	buf_done(&reply);
}

TESTS(T(a_display_left_without_a_word_is_told_of_no_caches),
		T(so_is_one_whose_dial_is_given_up_after_the_ticket),
		T(every_guest_is_answered),
		T(the_same_however_finely_the_wire_is_cut),
		T(every_prefix_is_waited_for_and_an_early_end_is_told),
		T(what_is_no_spice_is_refused),
		T(a_key_that_is_none_is_refused),
		T(a_guest_that_hangs_up_is_still_understood),
		T(a_wire_that_does_not_take_our_words_is_waited_for),
		T(a_password_past_spices_limit_is_refused))
