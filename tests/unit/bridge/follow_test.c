#include "bridge/follow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guesthouse.h"
#include "test.h"

/* An address of this machine that nobody else has a port of. */
static char host[32];

static struct guest_forward forwards[2];
static struct guest guests[2];

/* What was told: "ready 21001, closed 21001, " */
static char told[512];
static int lists_failed, lists_came_back;

static void on_news(void *arg, const struct follow_news *n)
{
	static const char *const words[] = {"ready", "closed", "busy"};
	size_t len = strlen(told);

	(void)arg;
	(void)snprintf(told + len, sizeof(told) - len, "%s %u, ",
			words[n->state], n->port);
	CHECK_STR(n->guest, "lab/box");
	CHECK_STR(n->what, "gui");
	CHECK_INT(n->guest_port, 5901);
	CHECK((n->state == FOLLOW_BUSY) == (n->why != NULL));
}

static void on_list(void *arg, int r, const struct err *e)
{
	(void)arg;
	lists_failed += r < 0;
	lists_came_back += r == 0;
	if (r < 0)
		CHECK_STR(e->text, "as it was told");
}

static void announce(uint16_t port)
{
	forwards[0] = (struct guest_forward){port, 5901, "gui"};
	guests[0] = (struct guest){.id = "box",
			.name = "box",
			.status = GUEST_RUNNING,
			.forwards = forwards,
			.forward_count = 1};
	house.guests = guests;
	house.guest_count = 1;
}

static struct follow *begin(void)
{
	static const char *const hosts[] = {host};
	struct follow_options o = {.profile = "lab",
			.hosts = hosts,
			.host_count = 1,
			.news = on_news,
			.list = on_list};
	struct follow *f;

	(void)snprintf(host, sizeof(host), "127.%d.%d.1",
			100 + (int)getpid() / 250 % 100,
			1 + (int)getpid() % 250);
	*told = '\0';
	lists_failed = lists_came_back = 0;
	guesthouse_begin(NULL);
	o.loop = house.loop;
	o.forwards = house.forwards;
	announce(21001);
	CHECK_INT(follow_new(&f, &o), 0);
	return f;
}

static void next_list(void)
{
	unsigned lists = house.lists;

	guesthouse_until(house.lists > lists);
}

static int bind_there(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	CHECK_INT(inet_pton(AF_INET, host, &a.sin_addr), 1);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
			listen(fd, 1) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static void a_guest_made_again_is_followed_to_its_new_port(void)
{
	struct follow *f = begin();

	next_list();
	CHECK_STR(told, "ready 21001, ");
	CHECK_INT(bind_there(21001), -1);
	announce(21002);
	next_list();
	CHECK_STR(told, "ready 21001, closed 21001, ready 21002, ");
	CHECK_INT(bind_there(21002), -1);
	(void)close(bind_there(21001)); /* it is free */
	next_list();
	CHECK_STR(told, "ready 21001, closed 21001, ready 21002, ");
	follow_free(f, END_SHUTDOWN, false);
	guesthouse_end();
}

static void a_guest_that_stops_or_goes_has_no_listener(void)
{
	struct follow *f = begin();

	next_list();
	guests[0].status = GUEST_STOPPED;
	next_list();
	CHECK_STR(told, "ready 21001, closed 21001, ");
	guests[0].status = GUEST_RUNNING;
	next_list();
	CHECK_STR(told, "ready 21001, closed 21001, ready 21001, ");
	house.guest_count = 0;
	next_list();
	(void)close(bind_there(21001));
	follow_free(f, END_SHUTDOWN, false);
	CHECK_STR(told, "ready 21001, closed 21001, ready 21001, closed "
			"21001, ");
	guesthouse_end();
}

static void a_busy_port_is_told_once_and_had_when_it_is_free(void)
{
	struct follow *f = begin();
	int holder = bind_there(21001);

	CHECK(holder >= 0);
	next_list();
	next_list();
	CHECK_STR(told, "busy 21001, ");
	(void)close(holder);
	next_list();
	CHECK_STR(told, "busy 21001, ready 21001, ");
	follow_free(f, END_SHUTDOWN, false);
	guesthouse_end();
}

static void a_privileged_port_is_not_a_servers_to_give(void)
{
	struct follow *f = begin();
	struct forward_counts counts;

	announce(1023);
	next_list();
	next_list();
	CHECK_STR(told, "busy 1023, "); /* also where we are root */
	forwards_count(house.forwards, &counts);
	CHECK_INT(counts.forwards, 0);
	announce(21001);
	next_list();
	CHECK_STR(told, "busy 1023, ready 21001, ");
	follow_free(f, END_SHUTDOWN, false);
	guesthouse_end();
}

static void a_list_that_cannot_be_had_changes_nothing(void)
{
	struct follow *f = begin();

	next_list();
	house.r = -ECONNREFUSED;
	house.guest_count = 0;
	next_list();
	next_list();
	CHECK_INT(lists_failed, 1);
	CHECK_INT(bind_there(21001), -1);
	house.r = 0;
	announce(21001);
	next_list();
	CHECK_INT(lists_came_back, 1);
	CHECK_STR(told, "ready 21001, ");
	follow_free(f, END_SHUTDOWN, false);
	guesthouse_end();
}

static void what_is_announced_twice_is_listened_for_once(void)
{
	struct follow *f = begin();

	forwards[1] = forwards[0];
	guests[0].forward_count = 2;
	guests[1] = guests[0];
	house.guest_count = 2;
	next_list();
	next_list();
	CHECK_STR(told, "ready 21001, ");
	follow_free(f, END_SHUTDOWN, false);
	guesthouse_end();
}

static void a_guest_whose_name_is_too_long_is_left_out(void)
{
	static char name[GUEST_ID_MAX];
	struct follow *f = begin();

	memset(name, 'x', sizeof(name) - 1);
	guests[0].id = name;
	next_list();
	CHECK_STR(told, "");
	follow_free(f, END_SHUTDOWN, false);
	guesthouse_end();
}

static void it_may_go_while_a_list_is_owed(void)
{
	struct follow *f = begin();

	house.silent = true;
	next_list();
	follow_free(f, END_SHUTDOWN, false);
	guesthouse_answers(); /* the last of it goes with this */
	CHECK_STR(told, "");
	guesthouse_end();

	f = begin();
	next_list();
	follow_rest(f); /* what is open stays so */
	house.guest_count = 0;
	guesthouse_turn(1500);
	CHECK_INT(house.lists, 1);
	CHECK_INT(bind_there(21001), -1);
	follow_free(f, END_SHUTDOWN, false);
	follow_free(NULL, END_SHUTDOWN, false);
	guesthouse_end();
}

TESTS(T(a_guest_made_again_is_followed_to_its_new_port),
		T(a_guest_that_stops_or_goes_has_no_listener),
		T(a_busy_port_is_told_once_and_had_when_it_is_free),
		T(a_privileged_port_is_not_a_servers_to_give),
		T(a_list_that_cannot_be_had_changes_nothing),
		T(what_is_announced_twice_is_listened_for_once),
		T(a_guest_whose_name_is_too_long_is_left_out),
		T(it_may_go_while_a_list_is_owed))
