#include "session/wires.h"

#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "core/buf.h"
#include "core/crypto.h"
#include "core/log.h"
#include "core/loop.h"
#include "session/console_internal.h"
#include "session/greeting.h"
#include "session/registry.h"
#include "stream/mem.h"
#include "stream/stream.h"
#include "test.h"

#define HASH "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static struct loop *loop;
static struct registry *registry;
static struct session *session;

static void up(void)
{
	const struct log_options quiet = {.level = LOG_ERROR};
	const struct grant g = {.id = "0123456789abcdefABCDEF",
			.guest = "lab/web1",
			.kind = CONSOLE_SPICE,
			.user = "ann"};

	log_setup(&quiet);
	CHECK(loop_new(&loop) == 0);
	CHECK(registry_new(&registry, loop) == 0);
	CHECK(registry_add(registry, &g, "192.0.2.7", &session) == 0);
}

static void down(void)
{
	registry_free(registry);
	loop_free(loop);
}

/* ---- joining --------------------------------------------------------------
 */

static void the_code_of_the_first_wire_lets_others_join_for_a_while(void)
{
	struct wire *w, *other;

	up();
	CHECK_INT(session_join(session, "", 1000, &w), END_LINK_USED);
	session_opens(session, HASH, 1000);
	CHECK_INT(session_join(session, "", 1000, &w), END_LINK_USED);
	CHECK_INT(session_join(session, "another", 1000, &w), END_LINK_USED);
	CHECK_INT(session_join(session, HASH, 1000, &w), END_WORDS);
	CHECK_INT(session_join(session, HASH, 1000 + SESSION_JOIN_MS, &other),
			END_WORDS);
	CHECK_INT(session_join(session, HASH, 1001 + SESSION_JOIN_MS, &other),
			END_LINK_EXPIRED);
	CHECK_INT(session->wire_count, 2);
	wire_over(w);
	wire_over(session->wires);
	CHECK(session->state != SESSION_ENDED); /* the first lives */
	down();
}

static void there_is_a_ceiling(void)
{
	struct wire *w;

	up();
	session_opens(session, HASH, 0);
	for (int i = 0; i < SESSION_WIRES_MAX - 1; i++)
		CHECK_INT(session_join(session, HASH, 0, &w), END_WORDS);
	CHECK_INT(session_join(session, HASH, 0, &w), END_LIMIT);
	wire_over(w);
	CHECK_INT(session_join(session, HASH, 0, &w), END_WORDS);
	while (session->wires)
		wire_over(session->wires);
	down();
}

/* R55: the descriptors are counted for all that are open. */
static void the_wires_of_all_sessions_have_a_ceiling(void)
{
	struct session *second;
	struct grant other;
	struct wire *w;

	up();
	other = session->grant;
	other.id[0] = '-';
	registry_set_wires(registry, 3);
	session_opens(session, HASH, 0);
	CHECK_INT(session_join(session, HASH, 0, &w), END_WORDS);
	CHECK_INT(session_join(session, HASH, 0, &w), END_WORDS);
	CHECK_INT(session_join(session, HASH, 0, &w), END_LIMIT);
	CHECK_INT(registry_add(registry, &other, "192.0.2.7", &second),
			-EDQUOT);
	wire_over(session->wires);
	CHECK_INT(session_join(session, HASH, 0, &w), END_WORDS);
	while (session->wires)
		wire_over(session->wires);
	down();
}

static void the_session_ends_with_the_last_wire_after_the_first(void)
{
	struct wire *w;

	up();
	session_opens(session, HASH, 0);
	CHECK_INT(session_join(session, HASH, 0, &w), END_WORDS);
	session_set_word(session, END_CLIENT_CLOSED, NULL, false);
	session_first_over(session);
	CHECK(session->state != SESSION_ENDED);
	wire_over(w);
	CHECK_INT(session->state, SESSION_ENDED);
	CHECK_INT(session_join(session, HASH, 0, &w), END_LINK_USED);
	down();
}

/* Its client had gone before there was a console; another wire is under way. */
static void a_wire_that_comes_after_the_first_has_gone_is_ended(void)
{
	static struct console late;
	struct wire *w;

	up();
	late.setup.loop = loop;
	late.state = CONSOLE_OVER; /* what it is told, it need not do */
	session_opens(session, HASH, 0);
	CHECK_INT(session_join(session, HASH, 0, &w), END_WORDS);
	session_set_word(session, END_CLIENT_CLOSED, NULL, false);
	session_first_over(session);
	wire_known(w, &late);
	CHECK(late.stop_asked);
	CHECK_INT(late.stop_word, END_CLIENT_CLOSED);
	wire_over(w);
	down();
}

static void a_guest_is_seen_to_have_a_viewer(void)
{
	up();
	CHECK(registry_spice_viewer(registry, "lab/web1", "") == session);
	CHECK(!registry_spice_viewer(registry, "lab/web2", ""));
	CHECK(!registry_spice_viewer(registry, "lab/web1", session->grant.id));
	session->stop_asked = true; /* it goes */
	CHECK(!registry_spice_viewer(registry, "lab/web1", ""));
	down();
}

/* ---- which channels -------------------------------------------------------
 */

/* The word for a viewer of these rights that asks for this channel. */
static enum end_word judged(unsigned rights, unsigned deny, uint8_t channel,
		uint32_t connection, bool joins)
{
	const struct spice_link link = {
			.connection_id = connection, .channel_type = channel};
	const struct grant grant = {.kind = CONSOLE_SPICE,
			.rights = CONFIG_MAY_VIEW | rights,
			.deny = deny};
	struct greeting_setup setup = {.grant = &grant, .joins = joins};
	struct greeting g = {0};
	struct stream *s;
	struct buf says;
	enum end_word word;
	const char *why;

	buf_init(&says, 4096);
	CHECK(spice_link_write(&says, &link) == 0);
	s = mem_new_n(buf_data(&says), says.len);
	CHECK_INT(greeting_wrap(&g, &setup, &s, NULL), -ENOTSUP); /* no key */
	setup.spice_key = crypto_rsa_new();
	CHECK(setup.spice_key);
	CHECK_INT(greeting_wrap(&g, &setup, &s, NULL), 0);
	CHECK_INT(stream_handshake(s, NULL), 0);
	word = greeting_judge(&g, s, &why);
	CHECK((word == END_WORDS) == !why);
	stream_free(s);
	buf_done(&says);
	crypto_rsa_free((struct crypto_rsa *)(uintptr_t)setup.spice_key);
	return word;
}

static void each_channel_takes_its_right(void)
{
	static const struct {
		unsigned rights, deny;
		uint8_t channel;
		bool lets;
	} cases[] = {
			{0, 0, SPICE_DISPLAY, true},
			{0, 0, SPICE_CURSOR, true},
			{0, 0, SPICE_PLAYBACK, true},
			{0, 0, SPICE_INPUTS, false},
			{0, 0, SPICE_RECORD, false},
			{0, 0, SPICE_USBREDIR, false},
			{0, 0, SPICE_PORT, false},
			{CONFIG_MAY_CONTROL, 0, SPICE_INPUTS, true},
			{CONFIG_MAY_CONTROL, 0, SPICE_RECORD, true},
			{CONFIG_MAY_CONTROL, 0, SPICE_USBREDIR, true},
			{CONFIG_MAY_CONTROL, 0, SPICE_WEBDAV, true},
			{CONFIG_MAY_CONTROL, 0, SPICE_TUNNEL, false},
			{CONFIG_MAY_CONTROL, 0, 0, false},
			{CONFIG_MAY_CONTROL, 0, 12, false},
			{CONFIG_MAY_CONTROL, 0, 255, false},
			{CONFIG_MAY_CONTROL, CONFIG_DENY_AUDIO, SPICE_PLAYBACK,
					false},
			{CONFIG_MAY_CONTROL, CONFIG_DENY_AUDIO, SPICE_RECORD,
					false},
			{CONFIG_MAY_CONTROL, CONFIG_DENY_AUDIO, SPICE_USBREDIR,
					true},
			{CONFIG_MAY_CONTROL, CONFIG_DENY_USB, SPICE_USBREDIR,
					false},
			{CONFIG_MAY_CONTROL, CONFIG_DENY_FILES, SPICE_WEBDAV,
					false},
			{CONFIG_MAY_CONTROL, CONFIG_DENY_FILES, SPICE_PORT,
					false},
			{CONFIG_MAY_CONTROL, CONFIG_DENY_CLIPBOARD,
					SPICE_INPUTS, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(judged(cases[i].rights, cases[i].deny,
					  cases[i].channel, 7, true),
				cases[i].lets ? END_WORDS : END_NOT_PERMITTED);
}

static void the_first_wire_is_the_main_channel_and_there_is_one(void)
{
	CHECK_INT(judged(0, 0, SPICE_MAIN, 0, false), END_WORDS);
	CHECK_INT(judged(0, 0, SPICE_MAIN, 7, false), END_PROTOCOL_ERROR);
	CHECK_INT(judged(0, 0, SPICE_DISPLAY, 7, false), END_PROTOCOL_ERROR);
	CHECK_INT(judged(0, 0, SPICE_MAIN, 0, true), END_BUSY);
	/* at the guest it would begin a session, and throw ours out */
	CHECK_INT(judged(0, 0, SPICE_DISPLAY, 0, true), END_PROTOCOL_ERROR);
}

TESTS(T(the_code_of_the_first_wire_lets_others_join_for_a_while),
		T(there_is_a_ceiling),
		T(the_wires_of_all_sessions_have_a_ceiling),
		T(the_session_ends_with_the_last_wire_after_the_first),
		T(a_wire_that_comes_after_the_first_has_gone_is_ended),
		T(a_guest_is_seen_to_have_a_viewer),
		T(each_channel_takes_its_right),
		T(the_first_wire_is_the_main_channel_and_there_is_one))
