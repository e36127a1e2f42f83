#include <errno.h>
#include <string.h>

#include "core/crypto.h"
#include "steps.h"
#include "stream/mem.h"
#include "stream/spice.h"
#include "stream/stream.h"
#include "test.h"

#define PASSWORD "elara-0000"
#define AFTER "the first message"

enum { STEPS = 100000, ROOM = 8192 };
enum { MODERN = SPICE_CAP_AUTH_SELECTION | SPICE_CAP_AUTH_SPICE | 8 };

static struct crypto_rsa *key; /* ours */

static const struct spice_verdict let_in = {
		.common = {1, {SPICE_CAP_AUTH_SASL | 8}},
		.channel = {1, {0xabc}}};

/* The viewer's link; its common word tells whether it selects a login. */
static void say_link(struct buf *says, uint32_t common)
{
	struct spice_link l = {.connection_id = 0x12345678,
			.channel_type = SPICE_PLAYBACK,
			.channel_id = 1,
			.common = {1, {common}},
			.channel = {1, {3}}};

	CHECK_INT(spice_link_write(says, &l), 0);
}

static void say_ticket(struct buf *says, const void *text, size_t len)
{
	uint8_t public[RSA_PUBLIC_LEN], ticket[SPICE_TICKET_LEN];

	crypto_rsa_public(key, public);
	CHECK_INT(crypto_rsa_seal(public, text, len, ticket), 0);
	CHECK_INT(buf_add(says, ticket, sizeof(ticket)), 0);
}

static struct stream *greet_on(struct stream *s, const char *password, bool cut)
{
	struct spice_greet_options o = {.key = key};

	if (*password)
		CHECK_INT(secret_sets(&o.password, password), 0);
	CHECK(!cut || chop_wrap(&s) == 0);
	CHECK_INT(spice_greet_wrap(&s, &o, NULL), 0);
	secret_done(&o.password);
	return s;
}

static struct stream *said(const struct buf *says)
{
	return mem_new_n(says->len ? buf_data(says) : (const uint8_t *)"",
			says->len);
}

static int finish(
		struct stream *s, const struct spice_verdict *v, struct err *e)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < STEPS; i++)
		r = spice_greet_finish(s, v, e);
	for (int i = 0; i < STEPS && stream_flush(s) == -EAGAIN; i++)
		;
	return r;
}

/* What the viewer heard: a reply, and behind it a result (-1: none). */
static void heard(struct stream *s, uint32_t error, int64_t result)
{
	const struct buf *out = mem_output(s);
	uint8_t public[RSA_PUBLIC_LEN];
	struct spice_reply r;
	size_t size;

	CHECK(out->len >= SPICE_HEADER_LEN);
	CHECK_INT(spice_header_parse(buf_data(out), &size), 0);
	CHECK_INT(spice_reply_parse(buf_data(out) + SPICE_HEADER_LEN, size, &r),
			0);
	CHECK_INT(r.error, error);
	CHECK_INT(out->len, SPICE_HEADER_LEN + size + (result < 0 ? 0 : 4));
	if (result >= 0)
		CHECK_INT(spice_u32(buf_data(out) + out->len - 4), result);
	if (error)
		return;
	crypto_rsa_public(key, public);
	CHECK_MEM(r.key, public, sizeof(public));
	CHECK_INT(r.common.count, 1);
	CHECK_INT(r.common.words[0], MODERN); /* SASL is not ours */
	CHECK_MEM(&r.channel, &let_in.channel, sizeof(r.channel));
}

/* ---- whole greetings ---------------------------------------------------- */

struct script {
	const char *name;
	uint32_t common;
	const char *mechanism; /* NULL: none is said */
	const char *password;  /* that we want */
	const char *ticket;    /* that it says */
	size_t ticket_len;
	int r;
	int64_t result;
};

#define NUL(text) text, sizeof(text)
#define BARE(text) text, sizeof(text) - 1

/* clang-format off */
static const struct script scripts[] = {
	{"modern", MODERN, "\1\0\0\0", PASSWORD, NUL(PASSWORD), 0, 0},
	{"selects nothing", 8, NULL, PASSWORD, NUL(PASSWORD), 0, 0},
	{"no NUL", MODERN, "\1\0\0\0", PASSWORD, BARE(PASSWORD), 0, 0},
	{"any ticket", MODERN, "\1\0\0\0", "", NUL("whatever"), 0, 0},
	{"wrong", MODERN, "\1\0\0\0", PASSWORD, NUL("elara-0001"), -EACCES, 7},
	{"longer", MODERN, "\1\0\0\0", PASSWORD, NUL(PASSWORD "x"), -EACCES, 7},
	{"shorter", 8, NULL, PASSWORD, NUL("elara"), -EACCES, 7},
	{"empty", MODERN, "\1\0\0\0", PASSWORD, NUL(""), -EACCES, 7},
	{"nothing", MODERN, "\1\0\0\0", PASSWORD, BARE(""), -EACCES, 7},
	{"SASL", MODERN, "\2\0\0\0", PASSWORD, NUL(PASSWORD), -EPROTO, 3},
};
/* clang-format on */

enum { SCRIPTS = sizeof(scripts) / sizeof(*scripts) };

static void viewer_says(const struct script *p, struct buf *says)
{
	buf_init(says, ROOM);
	say_link(says, p->common);
	if (p->mechanism)
		CHECK_INT(buf_add(says, p->mechanism, 4), 0);
	say_ticket(says, p->ticket, p->ticket_len);
}

static void play(const struct script *p, bool cut)
{
	uint8_t data[STREAM_HEAD + 1] = {0};
	const struct spice_link *l;
	struct err e = {0};
	struct stream *s;
	struct buf says;

	print_message("%s%s\n", p->name, cut ? ", cut" : "");
	viewer_says(p, &says);
	if (p->r == 0)
		CHECK_INT(buf_adds(&says, AFTER), 0);
	s = greet_on(said(&says), p->password, cut);
	CHECK(!spice_greet_link(s));
	CHECK_INT(spice_greet_finish(s, &let_in, NULL), -EINVAL);
	CHECK_INT(shake(s, &e), 0);
	CHECK_INT(mem_output(s)->len, 0);
	l = spice_greet_link(s);
	CHECK(l && l->connection_id == 0x12345678 &&
			l->channel_type == SPICE_PLAYBACK &&
			l->channel_id == 1 && l->channel.words[0] == 3);
	CHECK_INT(stream_read(s, data + STREAM_HEAD, 1), -ENOTCONN);
	CHECK_INT(stream_write(s, data + STREAM_HEAD, 1), -ENOTCONN);
	CHECK_INT(finish(s, &let_in, &e), p->r);
	CHECK(p->r == 0 || e.text[0]);
	heard(s, SPICE_OK, p->result);
	if (p->r == 0)
		reads(s, AFTER);
	CHECK_INT(spice_greet_finish(s, &let_in, NULL), -EINVAL);
	stream_free(s);
	buf_done(&says);
}

static void every_viewer_is_judged(void)
{
	key = crypto_rsa_new();
	CHECK(key);
	for (size_t i = 0; i < SCRIPTS; i++)
		play(&scripts[i], false);
}

static void the_same_however_finely_the_wire_is_cut(void)
{
	for (size_t i = 0; i < SCRIPTS; i++)
		play(&scripts[i], true);
}

static void a_failure_is_told_in_place_of_the_reply(void)
{
	const struct spice_verdict no = {.error = SPICE_CHANNEL_NOT_AVAILABLE};

	for (int cut = 0; cut < 2; cut++) {
		struct stream *s;
		struct buf says;

		buf_init(&says, ROOM);
		say_link(&says, MODERN);
		s = greet_on(said(&says), PASSWORD, cut);
		CHECK_INT(shake(s, NULL), 0);
		CHECK_INT(finish(s, &no, NULL), 0);
		heard(s, SPICE_CHANNEL_NOT_AVAILABLE, -1);
		CHECK_INT(stream_bare_fd(s, STREAM_WRITE), -1);
		reads(s, "");
		stream_free(s);
		buf_done(&says);
	}
}

static void a_ticket_for_another_key_is_wrong(void)
{
	struct crypto_rsa *ours = key;
	struct err e = {0};
	struct stream *s;
	struct buf says;

	key = crypto_rsa_new();
	CHECK(key);
	viewer_says(&scripts[0], &says);
	crypto_rsa_free(key);
	key = ours;
	s = greet_on(said(&says), PASSWORD, false);
	CHECK_INT(shake(s, NULL), 0);
	CHECK_INT(finish(s, &let_in, &e), -EACCES);
	CHECK_HAS(e.text, "password is wrong");
	heard(s, SPICE_OK, SPICE_PERMISSION_DENIED);
	stream_free(s);
	buf_done(&says);
}

static void every_prefix_is_waited_for_and_an_early_end_is_told(void)
{
	for (size_t i = 0; i < SCRIPTS - 1;
			i++) { /* the last needs no ticket */
		struct buf says;

		viewer_says(&scripts[i], &says);
		for (size_t len = 0; len < says.len; len++) {
			struct stream *s = mem_new_n(buf_data(&says), len);
			struct err e = {0};
			int r;

			mem_hold_open(s);
			s = greet_on(s, scripts[i].password, false);
			r = stream_handshake(s, &e);
			if (r == 0)
				r = spice_greet_finish(s, &let_in, &e);
			CHECK_INT(r, -EAGAIN);
			CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_READ);
			mem_end(s);
			r = stream_handshake(s, &e);
			if (r == 0)
				r = spice_greet_finish(s, &let_in, &e);
			CHECK_INT(r, -ECONNRESET);
			CHECK_HAS(e.text, "went away");
			stream_free(s);
		}
		buf_done(&says);
	}
}

static void what_is_no_link_is_turned_away(void)
{
	static const struct {
		const char *says;
		size_t len;
		int r, told;
		const char *words;
	} hostile[] = {
			{BARE("GET / HTTP/1.1\r\n"), -EPROTO, 0, "not speak"},
			{BARE("R\n"), -EPROTO, 0, "not speak"},
			{BARE("REDQ\1\0\0\0\0\0\0\0\22\0\0\0"), -EPROTO,
					SPICE_VERSION_MISMATCH, "version 1"},
			{BARE("REDQ\2\0\0\0\2\0\0\0\377\377\377\377"),
					-EMSGSIZE, 0, "too long"},
			{BARE("REDQ\2\0\0\0\2\0\0\0\0\0\0\0"), -EPROTO,
					SPICE_INVALID_DATA, "malformed"},
			{BARE("REDQ\2\0\0\0\2\0\0\0\22\0\0\0"
			      "\0\0\0\0\1\0\1\0\0\0\0\0\0\0\22\0\0\0"),
					-EPROTO, SPICE_INVALID_DATA,
					"malformed"},
			{BARE("REDQ\2\0\0\0\2\0\0\0\22\0\0\0"
			      "\0\0\0\0\1\0\377\377\377\377\1\0\0\0\22\0\0\0"),
					-EMSGSIZE, SPICE_INVALID_DATA,
					"malformed"},
	};

	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		struct stream *s = mem_new_n(hostile[i].says, hostile[i].len);
		struct err e = {0};

		mem_hold_open(s);
		s = greet_on(s, PASSWORD, false);
		CHECK_INT(shake(s, &e), hostile[i].r);
		CHECK_HAS(e.text, hostile[i].words);
		if (hostile[i].told)
			heard(s, (uint32_t)hostile[i].told, -1);
		else
			CHECK_INT(mem_output(s)->len, 0);
		stream_free(s);
	}
}

static void a_wire_that_does_not_take_the_reply_is_waited_for(void)
{
	struct stream *s;
	struct buf says;

	viewer_says(&scripts[0], &says);
	s = greet_on(said(&says), PASSWORD, false);
	CHECK_INT(stream_handshake(s, NULL), 0);
	mem_write_limit(s, 0);
	CHECK_INT(spice_greet_finish(s, &let_in, NULL), -EAGAIN);
	CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_WRITE);
	mem_write_limit(s, 5);
	CHECK_INT(finish(s, &let_in, NULL), 0);
	heard(s, SPICE_OK, 0);
	stream_free(s);
	buf_done(&says);
}

/* ---- the two halves against each other ---------------------------------- */

static void the_login_of_one_is_the_greeting_of_the_other(void)
{
	const struct spice_link link = {
			.channel_type = SPICE_MAIN, .channel = {1, {9}}};
	struct secret password = {0};
	struct stream *viewer, *guest;
	int up = -EAGAIN, down = -EAGAIN;

	CHECK_INT(secret_sets(&password, PASSWORD), 0);
	CHECK_INT(mem_pair(&viewer, &guest, 64), 0);
	guest = greet_on(guest, PASSWORD, true);
	CHECK_INT(chop_wrap(&viewer), 0);
	CHECK_INT(spice_login_wrap(&viewer, &link, &password, NULL), 0);
	for (int i = 0; (up || down) && i < STEPS; i++) {
		if (up == -EAGAIN)
			up = stream_handshake(viewer, NULL);
		if (!spice_greet_link(guest))
			(void)stream_handshake(guest, NULL);
		else if (down == -EAGAIN)
			down = spice_greet_finish(guest, &let_in, NULL);
		else
			(void)stream_flush(guest);
	}
	CHECK_INT(up, 0);
	CHECK_INT(down, 0);
	CHECK_INT(spice_greet_link(guest)->channel.words[0], 9);
	CHECK_INT(spice_login_reply(viewer)->channel.words[0], 0xabc);
	secret_done(&password);
	stream_free(viewer);
	stream_free(guest);
	crypto_rsa_free(key); /* the last test */
	key = NULL;
}

TESTS(T(every_viewer_is_judged), T(the_same_however_finely_the_wire_is_cut),
		T(a_failure_is_told_in_place_of_the_reply),
		T(a_ticket_for_another_key_is_wrong),
		T(every_prefix_is_waited_for_and_an_early_end_is_told),
		T(what_is_no_link_is_turned_away),
		T(a_wire_that_does_not_take_the_reply_is_waited_for),
		T(the_login_of_one_is_the_greeting_of_the_other))
