#include "session/console.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/config.h"
#include "core/log.h"
#include "core/loop.h"
#include "session/registry.h"
#include "stream/dial.h"
#include "stream/stream.h"
#include "stream/tcp.h"
#include "test.h"

/*
 * A console between two scripts: the client is a socket pair, the guest a
 * Unix socket that the test listens on. Both loops are one.
 */
struct rig {
	struct loop *loop;
	struct registry *registry;
	struct session *session;
	struct console *asked; /* waits for its plan */
	int client, guest;     /* the test's ends */
	int listener;
	char path[64];
	_Atomic size_t load;
	bool minted; /* the plans are */
};

static struct rig rig;
static bool plain; /* the next one greets nobody */

/* What a viewer says up to ClientInit. */
static const char viewer[] = "RFB 003.008\n\1\1";
/* What a guest without a password says up to ServerInit. */
static const char guest_login[] = "RFB 003.008\n\1\1\0\0\0\0";

static void keep_asked(void *arg, struct session *s, struct console *c)
{
	rig.asked = c;
}

static void stop(void *arg)
{
	loop_stop(rig.loop);
}

static void run_ms(uint64_t ms)
{
	struct timer *t;

	CHECK(timer_new(&t, rig.loop, stop, NULL) == 0);
	timer_set(t, ms);
	CHECK(loop_run(rig.loop) == 0);
	timer_free(t);
}

static bool is_over(void)
{
	return rig.session->state == SESSION_ENDED &&
	       atomic_load(&rig.load) == 0;
}

static void run_until_over(void)
{
	for (int i = 0; i < 400 && !is_over(); i++)
		run_ms(10);
	CHECK(is_over());
}

static void up(uint32_t greet_ms, uint32_t plan_ms, bool candid)
{
	const struct log_options quiet = {.level = LOG_ERROR};
	struct console_setup setup = {.plan = keep_asked,
			.greet_ms = greet_ms,
			.plan_ms = plan_ms,
			.plain = plain,
			.load = &rig.load};
	struct grant g = {.id = "0123456789abcdefABCDEF",
			.guest = "lab/web1",
			.user = "ann",
			.candid = candid,
			.rights = CONFIG_MAY_VIEW | CONFIG_MAY_CONTROL};
	int fd[2];

	log_setup(&quiet);
	rig = (struct rig){.guest = -1, .listener = -1};
	atomic_store(&rig.load, 1);
	CHECK(loop_new(&rig.loop) == 0);
	CHECK(registry_new(&rig.registry, rig.loop) == 0);
	CHECK(registry_add(rig.registry, &g, "192.0.2.7", &rig.session) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	rig.client = fd[1];
	setup.loop = setup.control = rig.loop;
	setup.session = rig.session;
	CHECK(fd_wrap(&setup.client, fd[0]) == 0);
	CHECK(console_start(&setup) == 0);
	run_ms(10);
}

static void down(void)
{
	if (rig.client >= 0)
		close(rig.client);
	if (rig.guest >= 0)
		close(rig.guest);
	if (rig.listener >= 0)
		close(rig.listener);
	if (rig.path[0])
		(void)unlink(rig.path);
	registry_free(rig.registry);
	loop_free(rig.loop);
}

static void says(int fd, const void *data, size_t len)
{
	CHECK_INT(send(fd, data, len, MSG_NOSIGNAL), len);
	run_ms(10);
}

static void greet(void)
{
	says(rig.client, viewer, sizeof(viewer) - 1);
	CHECK(rig.asked);
	CHECK_INT(rig.session->state, SESSION_DIALLING);
}

static void refuse(int r, enum end_word word, const char *why)
{
	struct err e;

	(void)err_set(&e, r, "%s", why);
	console_planned(rig.asked, r, NULL, word, &e);
}

/* A plan that leads to the test's listener. */
static void plan(uint32_t layer_ms)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const struct secret none = {0};
	struct dial_plan p = {.layer_ms = layer_ms, .minted = rig.minted};

	(void)snprintf(rig.path, sizeof(rig.path), "/tmp/console_test.%d",
			(int)getpid());
	(void)unlink(rig.path);
	memcpy(a.sun_path, rig.path, strlen(rig.path) + 1);
	rig.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(rig.listener, (struct sockaddr *)&a, sizeof(a)) == 0);
	CHECK(listen(rig.listener, 1) == 0);
	CHECK(dial_plan_unix(&p, rig.path) == 0);
	CHECK(dial_plan_rfb_login(&p, &none) == 0);
	console_planned(rig.asked, 0, &p, END_WORDS, NULL);
	dial_plan_done(&p);
	run_ms(10);
	rig.guest = accept(rig.listener, NULL, NULL);
	CHECK(rig.guest >= 0);
}

static void stream(void)
{
	greet();
	plan(0);
	says(rig.guest, guest_login, sizeof(guest_login) - 1);
	CHECK_INT(rig.session->state, SESSION_STREAMING);
}

/* All the client was told, behind the version and the security types. */
static const char *told(void)
{
	static char text[1024];
	ssize_t n = recv(rig.client, text, sizeof(text) - 1, MSG_DONTWAIT);

	CHECK(n >= 14);
	for (ssize_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = '~'; /* lengths, so that it reads as one */
	text[n] = '\0';
	return text;
}

static void ends_as(enum end_word word)
{
	run_until_over();
	CHECK_STR(end_info(rig.session->word)->word, end_info(word)->word);
	CHECK(!rig.session->console);
	CHECK_INT(registry_live(rig.registry), 0);
}

/* ---- each state, left by the client ---------------------------------------
 */

static void a_client_that_leaves_in_its_greeting(void)
{
	up(0, 0, false);
	close(rig.client);
	rig.client = -1;
	ends_as(END_CLIENT_CLOSED);
	down();
}

static void a_client_that_leaves_while_planning_waits_for_the_plan(void)
{
	up(0, 0, false);
	greet();
	close(rig.client);
	rig.client = -1;
	run_ms(50);
	CHECK(!is_over()); /* the plan's answer will need the console */
	refuse(-EIO, END_HYPERVISOR_UNREACHABLE, "too late");
	ends_as(END_CLIENT_CLOSED);
	down();
}

static void a_client_that_leaves_while_dialling(void)
{
	up(0, 0, false);
	greet();
	plan(0);
	close(rig.client);
	rig.client = -1;
	ends_as(END_CLIENT_CLOSED);
	down();
}

static void a_client_that_leaves_while_streaming(void)
{
	up(0, 0, false);
	stream();
	close(rig.client);
	rig.client = -1;
	run_ms(10);
	close(rig.guest);
	rig.guest = -1;
	ends_as(END_CLIENT_CLOSED);
	CHECK(!rig.session->said_goodbye);
	down();
}

/* ---- each state, stopped from outside -------------------------------------
 */

static void stopped_in_each_state_it_ends_as_killed(void)
{
	for (int state = 0; state < 4; state++) {
		up(0, 0, false);
		if (state == 1 || state == 2)
			greet();
		if (state == 2)
			plan(0);
		if (state == 3)
			stream();
		session_stop(rig.session, END_KILLED);
		session_stop(rig.session, END_SHUTDOWN); /* too late */
		run_ms(20);
		if (state == 1)
			refuse(-EIO, END_INTERNAL, "nobody cares");
		close(rig.client);
		rig.client = -1;
		ends_as(END_KILLED);
		down();
	}
}

static void a_stop_before_the_console_is_known_is_not_lost(void)
{
	struct session *s;
	struct grant g = {.id = "another", .user = "bob"};

	up(0, 0, false);
	CHECK(registry_add(rig.registry, &g, "192.0.2.8", &s) == 0);
	session_stop(s, END_KILLED);
	CHECK_INT(s->state, SESSION_REQUESTED);
	console_never_was(rig.loop, s, END_CLIENT_CLOSED);
	run_ms(10);
	CHECK_INT(s->state, SESSION_ENDED);
	session_stop(rig.session, END_KILLED);
	close(rig.client);
	rig.client = -1;
	run_until_over();
	down();
}

/* ---- bad company ----------------------------------------------------------
 */

static void a_viewer_that_does_not_greet_in_time(void)
{
	up(50, 0, false);
	run_ms(100);
	ends_as(END_PROTOCOL_ERROR);
	down();
}

static void a_viewer_that_speaks_no_rfb(void)
{
	up(0, 0, false);
	says(rig.client, "GET / HTTP/1.1\r\n\r\n", 18);
	close(rig.client);
	rig.client = -1;
	ends_as(END_PROTOCOL_ERROR);
	down();
}

static void a_hypervisor_that_never_answers(void)
{
	up(0, 50, false);
	greet();
	run_ms(100);
	CHECK_HAS(told(), "The hypervisor did not answer in time.");
	close(rig.client);
	rig.client = -1;
	refuse(-EIO, END_INTERNAL, "after all");
	ends_as(END_HYPERVISOR_UNREACHABLE);
	down();
}

static void where_guests_are_is_told_to_the_candid_alone(void)
{
	for (int candid = 0; candid < 2; candid++) {
		const char *text;

		up(0, 0, candid);
		greet();
		refuse(-EIO, END_HYPERVISOR_UNREACHABLE, "pve1 is at 10.0.0.1");
		run_ms(20);
		text = told();
		CHECK(!!strstr(text, "10.0.0.1") == candid);
		if (!candid)
			CHECK_HAS(text, "The hypervisor cannot be reached.");
		CHECK_HAS(rig.session->detail, "10.0.0.1");
		CHECK(rig.session->inner);
		close(rig.client);
		rig.client = -1;
		ends_as(END_HYPERVISOR_UNREACHABLE);
		down();
	}
}

struct bad {
	const char *says;
	size_t len;
	bool leaves;
	enum end_word word;
};

#define BAD(text, leaves, word)                      \
	{                                            \
		text, sizeof(text) - 1, leaves, word \
	}

static const struct bad bad[] = {
		BAD("HTTP/1.1 400 Bad Request\r\n", false, END_PROTOCOL_ERROR),
		BAD("SSH-2.0-OpenSSH_9.2\r\n", false, END_PROTOCOL_ERROR),
		BAD("RFB 003.008\n\1\2", false, END_BACKEND_REFUSED),
		BAD("RFB 003.008\n\0\xff\xff\xff\xf0xxx", true,
				END_BACKEND_REFUSED),
		BAD("RFB 003.008\n\0\0\0\0\4full", false, END_BACKEND_REFUSED),
		BAD("RFB 003.008\n\1\1\0\0\0\1\xff\xff\xff\xff", true,
				END_BACKEND_REFUSED),
		BAD("RFB 003.008\n\1\1", true, END_GUEST_CLOSED),
		BAD("", true, END_GUEST_CLOSED),
		BAD("", false, END_BACKEND_TIMEOUT),
		BAD("RFB 003.", false, END_BACKEND_TIMEOUT),
};

static void each_bad_guest_gets_its_word(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		up(0, 0, false);
		greet();
		/* a busy machine must not turn another fault into this one */
		plan(bad[i].word == END_BACKEND_TIMEOUT ? 250 : 0);
		says(rig.guest, bad[i].says, bad[i].len);
		if (bad[i].leaves) {
			close(rig.guest);
			rig.guest = -1;
		}
		run_ms(bad[i].word == END_BACKEND_TIMEOUT ? 350 : 150);
		CHECK_HAS(told(), end_info(bad[i].word)->sentence);
		CHECK_HAS(rig.session->wire, "rfb_login");
		CHECK_INT(rig.session->word, bad[i].word); /* draining */
		close(rig.client);
		rig.client = -1;
		ends_as(bad[i].word);
		down();
	}
}

static void a_guest_that_leaves_is_told_as_such(void)
{
	char got[64];

	up(0, 0, false);
	stream();
	(void)recv(rig.client, got, sizeof(got), MSG_DONTWAIT);
	says(rig.guest, "last", 4);
	close(rig.guest);
	rig.guest = -1;
	run_ms(20);
	CHECK_INT(recv(rig.client, got, sizeof(got), MSG_DONTWAIT), 4);
	close(rig.client);
	rig.client = -1;
	ends_as(END_GUEST_CLOSED);
	CHECK_INT(rig.session->counts.down.bytes, 4);
	down();
}

/* ---- without a greeting ----------------------------------------------------
 */

static void a_plain_console_carries_bytes_as_they_come(void)
{
	char got[64];

	plain = true;
	up(0, 0, false);
	plain = false;
	CHECK(rig.asked); /* nothing had to be said for it */
	plan(0);
	says(rig.guest, guest_login, sizeof(guest_login) - 1);
	CHECK_INT(rig.session->state, SESSION_STREAMING);
	says(rig.client, "to the guest", 12);
	says(rig.guest, "and back", 8);
	CHECK_INT(recv(rig.client, got, sizeof(got), MSG_DONTWAIT), 8);
	/* behind what our login said */
	CHECK_INT(recv(rig.guest, got, sizeof(got), MSG_DONTWAIT), 14 + 12);
	CHECK(memcmp(got + 14, "to the guest", 12) == 0);
	close(rig.client);
	rig.client = -1;
	close(rig.guest);
	rig.guest = -1;
	ends_as(END_CLIENT_CLOSED);
	down();
}

static void a_plain_console_is_refused_where_something_is_denied(void)
{
	const struct grant grants[] = {
			{.rights = CONFIG_MAY_VIEW},
			{.rights = CONFIG_MAY_VIEW | CONFIG_MAY_CONTROL,
					.deny = CONFIG_DENY_CLIPBOARD},
	};

	for (size_t i = 0; i < 2; i++) {
		struct session s = {.grant = grants[i]};
		struct console_setup setup = {.session = &s, .plain = true};
		int fd[2];

		CHECK(loop_new(&rig.loop) == 0);
		setup.loop = setup.control = rig.loop;
		CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
		CHECK(fd_wrap(&setup.client, fd[0]) == 0);
		CHECK_INT(console_start(&setup), -ENOTSUP);
		close(fd[1]);
		loop_free(rig.loop);
	}
}

/* ---- the second try -------------------------------------------------------
 */

static const char guest_refuses[] = "RFB 003.008\n\0\0\0\0\2no";

static void guest_fails(void)
{
	says(rig.guest, guest_refuses, sizeof(guest_refuses) - 1);
	close(rig.guest);
	close(rig.listener);
	run_ms(10);
}

static void a_plan_with_tickets_of_its_own_is_tried_twice(void)
{
	up(0, 0, false);
	greet();
	rig.minted = true;
	plan(0);
	rig.asked = NULL;
	guest_fails();
	CHECK(rig.asked); /* for another one */
	CHECK_INT(rig.session->state, SESSION_DIALLING);
	plan(0);
	says(rig.guest, guest_login, sizeof(guest_login) - 1);
	CHECK_INT(rig.session->state, SESSION_STREAMING);
	close(rig.client);
	rig.client = -1;
	run_until_over();
	down();
}

static void a_third_time_is_one_too_many(void)
{
	up(0, 0, false);
	greet();
	rig.minted = true;
	plan(0);
	guest_fails();
	plan(0);
	rig.asked = NULL;
	guest_fails();
	rig.guest = rig.listener = -1;
	CHECK(!rig.asked);
	close(rig.client);
	rig.client = -1;
	ends_as(END_BACKEND_REFUSED);
	down();
}

static void a_plan_that_holds_for_ever_is_tried_once(void)
{
	up(0, 0, false);
	greet();
	plan(0);
	rig.asked = NULL;
	guest_fails();
	rig.guest = rig.listener = -1;
	CHECK(!rig.asked);
	close(rig.client);
	rig.client = -1;
	ends_as(END_BACKEND_REFUSED);
	down();
}

TESTS(T(a_plan_with_tickets_of_its_own_is_tried_twice),
		T(a_third_time_is_one_too_many),
		T(a_plan_that_holds_for_ever_is_tried_once),
		T(a_plain_console_carries_bytes_as_they_come),
		T(a_plain_console_is_refused_where_something_is_denied),
		T(a_client_that_leaves_in_its_greeting),
		T(a_client_that_leaves_while_planning_waits_for_the_plan),
		T(a_client_that_leaves_while_dialling),
		T(a_client_that_leaves_while_streaming),
		T(stopped_in_each_state_it_ends_as_killed),
		T(a_stop_before_the_console_is_known_is_not_lost),
		T(a_viewer_that_does_not_greet_in_time),
		T(a_viewer_that_speaks_no_rfb),
		T(a_hypervisor_that_never_answers),
		T(where_guests_are_is_told_to_the_candid_alone),
		T(each_bad_guest_gets_its_word),
		T(a_guest_that_leaves_is_told_as_such))
