#include "bridge/forward.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guesthouse.h"
#include "test.h"

/* ---- bytes -----------------------------------------------------------------
 */

static void each_side_may_end_its_half_and_still_hear_the_other(void)
{
	int client, guest;

	guesthouse_begin(NULL);
	client = guesthouse_client();
	guest = guesthouse_accept();
	guesthouse_says(client, "question");
	CHECK(shutdown(client, SHUT_WR) == 0);
	guesthouse_hears(guest, "question");
	guesthouse_hears_end(guest);
	CHECK_INT(house.overs, 0); /* half of it lives */
	guesthouse_says(guest, "answer");
	(void)close(guest);
	guesthouse_hears(client, "answer");
	guesthouse_hears_end(client);
	guesthouse_until(house.overs == 1);
	CHECK_INT(house.word, END_CLIENT_CLOSED);
	(void)close(client);

	client = guesthouse_client();
	guest = guesthouse_accept();
	guesthouse_says(guest, "hello");
	CHECK(shutdown(guest, SHUT_WR) == 0);
	guesthouse_hears(client, "hello");
	guesthouse_hears_end(client);
	guesthouse_says(client, "late words");
	(void)close(client);
	guesthouse_hears(guest, "late words");
	guesthouse_until(house.overs == 2);
	CHECK_INT(house.word, END_GUEST_CLOSED);
	(void)close(guest);
	CHECK_INT(forwards_live(house.forwards), 0);
	guesthouse_end();
}

static void what_the_client_said_before_it_was_let_in_is_not_lost(void)
{
	int client, guest;

	guesthouse_begin(NULL);
	house.silent = true;
	client = guesthouse_client();
	guesthouse_says(client, "early");
	CHECK(shutdown(client, SHUT_WR) == 0);
	guesthouse_turn(20);
	guesthouse_answers();
	guest = guesthouse_accept();
	guesthouse_hears(guest, "early");
	guesthouse_hears_end(guest);
	(void)close(guest);
	guesthouse_hears_end(client);
	(void)close(client);
	guesthouse_until(house.overs == 1);
	guesthouse_end();
}

/* ---- ways that are none ----------------------------------------------------
 */

static void a_hypervisors_refusal_is_told_with_its_word(void)
{
	static const struct {
		int r;
		enum end_word word;
	} cases[] = {
			{-ENOENT, END_NO_SUCH_GUEST},
			{-ENOTSUP, END_NO_SUCH_CONSOLE},
			{-ENOTCONN, END_GUEST_NOT_RUNNING},
			{-EREMOTEIO, END_BACKEND_FAILED},
			{-EHOSTUNREACH, END_HYPERVISOR_UNREACHABLE},
	};
	struct forward_counts counts;

	guesthouse_begin(NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int client;

		house.r = cases[i].r;
		client = guesthouse_client();
		guesthouse_hears_end(client);
		guesthouse_until(house.overs == i + 1);
		CHECK_INT(house.word, cases[i].word);
		CHECK_STR(house.detail, "as it was told");
		(void)close(client);
	}
	forwards_count(house.forwards, &counts);
	CHECK_INT(counts.ends[END_NO_SUCH_GUEST], 1);
	CHECK_INT(counts.total, sizeof(cases) / sizeof(*cases));
	CHECK_INT(counts.active, 0);
	guesthouse_end();
}

static void a_port_that_refuses_is_told(void)
{
	int client;

	guesthouse_begin(NULL);
	CHECK(unlink(house.path) == 0);
	client = guesthouse_client();
	guesthouse_hears_end(client);
	guesthouse_until(house.overs == 1);
	CHECK_INT(house.word, END_BACKEND_FAILED);
	CHECK(*house.detail);
	(void)close(client);
	guesthouse_end();
}

static void an_answer_too_late_hurts_nobody(void)
{
	const struct forwards_options limits = {.connect_ms = 30};
	int client;

	guesthouse_begin(&limits);
	for (unsigned i = 0; i < 2; i++) {
		house.r = i == 0 ? 0 : -ENOENT;
		house.silent = true;
		client = guesthouse_client();
		guesthouse_hears_end(client);
		guesthouse_until(house.overs == i + 1);
		CHECK_INT(house.word, END_BACKEND_TIMEOUT);
		guesthouse_answers(); /* nobody waits for it any more */
		guesthouse_turn(5);
		(void)close(client);
	}
	guesthouse_end();
}

static void a_guest_of_no_profile_is_told(void)
{
	static const char *const host = "127.0.0.1";
	struct forward_options o = {.hosts = &host,
			.host_count = 1,
			.guest = "elsewhere/box",
			.guest_port = 1};
	struct forward_counts counts;
	struct forward *f;
	struct err e;
	int fd;

	guesthouse_begin(NULL);
	CHECK_INT(forward_open(&f, house.forwards, &o, &e), 0);
	fd = guesthouse_dial(forward_port(f));
	guesthouse_hears_end(fd);
	(void)close(fd);
	guesthouse_turn(5);
	forwards_count(house.forwards, &counts);
	CHECK_INT(counts.ends[END_NO_SUCH_GUEST], 1);
	guesthouse_end();
}

static void a_way_that_leads_back_is_refused(void)
{
	struct forward_counts counts;
	struct forward *f;
	int fd;

	guesthouse_begin(NULL);
	f = guesthouse_listen();
	house.port = forward_port(f);
	fd = guesthouse_dial(house.port);
	CHECK(fd >= 0);
	guesthouse_hears_end(fd);
	(void)close(fd);
	guesthouse_turn(20);
	forwards_count(house.forwards, &counts);
	CHECK_INT(counts.total, 1); /* not one more of our own */
	CHECK_INT(counts.ends[END_BACKEND_FAILED], 1);
	guesthouse_end();
}

/* ---- limits ----------------------------------------------------------------
 */

static void those_past_the_limit_are_closed_at_once(void)
{
	const struct forwards_options limits = {.connections = 3};
	struct forward_counts counts;
	struct forward *f;
	int clients[6], guest;

	guesthouse_begin(&limits);
	f = guesthouse_listen();
	for (int i = 0; i < 6; i++) {
		clients[i] = guesthouse_dial(forward_port(f));
		CHECK(clients[i] >= 0);
	}
	for (int i = 3; i < 6; i++) {
		guesthouse_hears_end(clients[i]);
		(void)close(clients[i]);
	}
	CHECK_INT(forwards_live(house.forwards), 3);
	guest = guesthouse_accept();
	guesthouse_says(clients[0], "x");
	guesthouse_hears(guest, "x");
	forwards_count(house.forwards, &counts);
	CHECK_INT(counts.total, 6);
	CHECK_INT(counts.ends[END_LIMIT], 3);
	CHECK_INT(counts.up, 1);
	(void)close(guest);
	for (int i = 0; i < 3; i++)
		(void)close(clients[i]);
	guesthouse_end();
}

static void all_forwards_together_have_a_limit(void)
{
	const struct forwards_options limits = {.live_max = 2};
	struct forward_counts counts;
	struct forward *f[2];
	int clients[3];

	guesthouse_begin(&limits);
	for (int i = 0; i < 2; i++) {
		f[i] = guesthouse_listen();
		clients[i] = guesthouse_dial(forward_port(f[i]));
	}
	guesthouse_until(forwards_live(house.forwards) == 2);
	clients[2] = guesthouse_dial(forward_port(f[1]));
	guesthouse_hears_end(clients[2]);
	forwards_count(house.forwards, &counts);
	CHECK_INT(counts.ends[END_LIMIT], 1);
	(void)close(clients[2]);
	for (int i = 0; i < 2; i++) { /* both halves of each */
		(void)close(guesthouse_accept());
		(void)close(clients[i]);
	}
	guesthouse_until(forwards_live(house.forwards) == 0);
	clients[2] = guesthouse_dial(forward_port(f[0]));
	guesthouse_until(forwards_live(house.forwards) == 1); /* room again */
	(void)close(clients[2]);
	guesthouse_end();
}

static void who_was_refused_stays_counted_when_the_port_goes(void)
{
	enum { NOBODY = 65534 };
	const struct forwards_options ours = {.same_user = true};
	struct forward_counts counts;
	struct forward *f;
	int other;

	if (geteuid() != 0)
		return; /* there is nobody else to be */
	guesthouse_begin(&ours);
	f = guesthouse_listen();
	CHECK(seteuid(NOBODY) == 0);
	other = guesthouse_dial(forward_port(f));
	CHECK(seteuid(0) == 0);
	guesthouse_hears_end(other);
	(void)close(other);
	forward_close(f, END_KILLED);
	forwards_count(house.forwards, &counts);
	CHECK_INT(counts.forwards, 0);
	CHECK_INT(counts.total, 1); /* a counter never falls */
	CHECK_INT(counts.ends[END_NOT_PERMITTED], 1);
	guesthouse_end();
}

static void a_client_that_never_reads_stops_the_guest(void)
{
	static char much[64 * 1024];
	size_t said = 0;
	int client, guest, stalls = 0;

	guesthouse_begin(NULL);
	client = guesthouse_client();
	guest = guesthouse_accept();
	while (stalls < 5) {
		ssize_t n = send(guest, much, sizeof(much),
				MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			said += (size_t)n;
		stalls = n > 0 ? 0 : stalls + 1;
		guesthouse_turn(2);
		CHECK(said < 16u * 1024 * 1024); /* the kernels' buffers */
	}
	guesthouse_says(client, "still heard");
	guesthouse_hears(guest, "still heard");
	(void)close(client);
	guesthouse_until(house.overs == 1);
	CHECK_INT(house.word, END_CLIENT_CLOSED);
	(void)close(guest);
	guesthouse_end();
}

/* ---- ends ------------------------------------------------------------------
 */

static void a_closed_forward_tells_who_is_in(void)
{
	struct forward_counts counts;
	struct forward *f;
	int fd, guest;
	uint16_t port;

	guesthouse_begin(NULL);
	f = guesthouse_listen();
	port = forward_port(f);
	fd = guesthouse_dial(port);
	guest = guesthouse_accept();
	guesthouse_says(fd, "x");
	guesthouse_hears(guest, "x");
	forward_close(f, END_GUEST_NOT_RUNNING);
	CHECK_INT(guesthouse_dial(port), -1);
	guesthouse_hears_end(fd);
	guesthouse_hears_end(guest);
	(void)close(fd);
	(void)close(guest);
	guesthouse_until(forwards_live(house.forwards) == 0);
	forwards_count(house.forwards, &counts);
	CHECK_INT(counts.ends[END_GUEST_NOT_RUNNING], 1);
	CHECK_INT(counts.forwards, 0);
	guesthouse_end();
}

static void it_may_be_ended_at_any_moment(void)
{
	for (int moment = 0; moment < 4; moment++) {
		int client, guest = -1;

		guesthouse_begin(NULL);
		house.silent = moment < 2;
		client = guesthouse_client();
		if (moment == 3) {
			guest = guesthouse_accept();
			guesthouse_says(client, "x");
			guesthouse_hears(guest, "x");
		}
		if (moment > 0) {
			forwards_end(house.forwards, END_KILLED);
			forwards_end(house.forwards, END_SHUTDOWN);
			if (guest >= 0)
				(void)close(guest);
			guesthouse_hears_end(client);
			(void)close(client);
			guesthouse_until(house.overs == 1);
			CHECK_INT(house.word, END_KILLED); /* the first one */
		}
		/* moment 0: freed while a plan is owed, without a word */
		guesthouse_end();
		CHECK_INT(house.overs, moment > 0);
		if (moment == 0)
			(void)close(client);
	}
}

static void an_address_that_cannot_be_had_leaves_nothing_behind(void)
{
	static const char *const hosts[] = {"127.0.0.1", "nonsense"};
	struct forward_options o = {.hosts = hosts,
			.host_count = 2,
			.guest = "lab/box",
			.guest_port = 1};
	struct forward_counts counts;
	struct forward *f = NULL;
	struct err e;

	guesthouse_begin(NULL);
	CHECK_INT(forward_open(&f, house.forwards, &o, &e), -EINVAL);
	CHECK_HAS(e.text, "'nonsense' is no address");
	o.host_count = 1;
	o.port = forward_port(guesthouse_listen());
	CHECK_INT(forward_open(&f, house.forwards, &o, &e), -EADDRINUSE);
	o.host_count = FORWARD_HOSTS_MAX + 1;
	CHECK_INT(forward_open(&f, house.forwards, &o, &e), -E2BIG);
	forwards_count(house.forwards, &counts);
	CHECK_INT(counts.forwards, 1);
	CHECK(f == NULL);
	forwards_free(NULL);
	guesthouse_end();
}

static void any_port_is_one_that_is_free_at_every_address(void)
{
	enum { HELD = 1000, FORWARDS = 100 };
	static const char *const hosts[] = {"127.0.0.1", "127.99.99.99"};
	static int held[HELD];
	struct sockaddr_in a = {.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(0x7f636363)};
	struct forward_options o = {.hosts = hosts,
			.host_count = 2,
			.guest = "lab/box",
			.guest_port = 1};
	struct rlimit files;
	struct forward *f;
	struct err e = {0};

	CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
	files.rlim_cur = files.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
	guesthouse_begin(NULL);
	/* what is free at the first one is taken at the second now and then */
	for (int i = 0; i < HELD; i++) {
		held[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CHECK(bind(held[i], (struct sockaddr *)&a, sizeof(a)) == 0);
	}
	for (int i = 0; i < FORWARDS; i++)
		if (forward_open(&f, house.forwards, &o, &e) < 0)
			fail_msg("forward %d: %s", i, e.text);
	for (int i = 0; i < HELD; i++)
		(void)close(held[i]);
	guesthouse_end();
}

TESTS(T(each_side_may_end_its_half_and_still_hear_the_other),
		T(what_the_client_said_before_it_was_let_in_is_not_lost),
		T(a_hypervisors_refusal_is_told_with_its_word),
		T(a_port_that_refuses_is_told),
		T(an_answer_too_late_hurts_nobody),
		T(a_guest_of_no_profile_is_told),
		T(a_way_that_leads_back_is_refused),
		T(those_past_the_limit_are_closed_at_once),
		T(all_forwards_together_have_a_limit),
		T(who_was_refused_stays_counted_when_the_port_goes),
		T(a_client_that_never_reads_stops_the_guest),
		T(a_closed_forward_tells_who_is_in),
		T(it_may_be_ended_at_any_moment),
		T(an_address_that_cannot_be_had_leaves_nothing_behind),
		T(any_port_is_one_that_is_free_at_every_address))
