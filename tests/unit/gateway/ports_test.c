#include "gateway/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config.h"
#include "gateway/inherit.h"
#include "gateway/line.h"
#include "test.h"

/* The configuration that stands: one port, any port, all of a profile. */
static char one[] = "127.0.0.1", two[] = "127.0.0.2", three[] = "127.0.0.3";
static unsigned one_port;
static int reads;
static bool is_bad;

static int config_read(void *arg, struct config **ret, struct err *e)
{
	char *hosts[] = {one, two, three};
	struct config *c;

	reads++;
	if (is_bad)
		return err_set(e, -EINVAL, "it is bad");
	c = calloc(1, sizeof(*c));
	c->forward_count = 3;
	c->forwards = calloc(3, sizeof(*c->forwards));
	for (size_t i = 0; i < 3; i++) {
		c->forwards[i].listen.items = calloc(1, sizeof(char *));
		c->forwards[i].listen.items[0] = strdup(hosts[i]);
		c->forwards[i].listen.count = 1;
	}
	c->forwards[0].port = one_port;
	c->forwards[2].port = CONFIG_PORT_NONE;
	c->forwards[2].all = true;
	*ret = c;
	return 0;
}

static struct ports *ports_begin(void)
{
	struct ports *p;

	reads = 0;
	is_bad = false;
	CHECK(ports_new(&p, config_read, NULL) == 0);
	return p;
}

/* What a worker of this number is answered: the port, or a negative errno. */
static int ask(struct ports *p, pid_t who, const char *host, unsigned port,
		const char *name)
{
	struct sockaddr_in a = {0};
	socklen_t len = sizeof(a);
	struct line_message m;
	char text[128];
	int ends[2], fd;

	(void)snprintf(text, sizeof(text), "%u %s 0 %s", port, host, name);
	CHECK(line_new(ends) == 0);
	ports_answer(p, who, text, ends[1]);
	CHECK_INT(line_receive(ends[0], &m, &fd), 1);
	close(ends[0]);
	close(ends[1]);
	CHECK(m.kind == LINE_PORT_IS && (m.value == 0) == (fd >= 0));
	if (m.value < 0) {
		CHECK(m.text[0] != '\0');
		return m.value;
	}
	CHECK(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	close(fd);
	return ntohs(a.sin_port);
}

/* A port that is free, for a moment at least. */
static unsigned some_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(bind(fd, (struct sockaddr *)&a, len) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	close(fd);
	return ntohs(a.sin_port);
}

static bool is_open(const char *host, int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
			.sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool open;

	CHECK(inet_pton(AF_INET, host, &a.sin_addr) == 1);
	open = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	close(fd);
	return open;
}

static void what_the_configuration_names_is_opened_and_nothing_else(void)
{
	struct ports *p;

	one_port = some_port();
	p = ports_begin();
	CHECK_INT(ask(p, 7, one, one_port, "lab/a:vnc"), one_port);
	CHECK(is_open(one, (int)one_port));
	CHECK_INT(ask(p, 7, one, one_port ^ 1, "lab/a:vnc"), -EPERM);
	CHECK_INT(ask(p, 7, one, 0, "lab/a:vnc"), -EPERM);
	CHECK_INT(ask(p, 7, "127.0.0.9", one_port, "lab/a:vnc"), -EPERM);
	CHECK_INT(ask(p, 7, "0.0.0.0", one_port, "lab/a:vnc"), -EPERM);
	/* what follows a profile takes no privileged port (R41) */
	CHECK_INT(ask(p, 7, three, 22, "boxes/a:22"), -EACCES);
	CHECK(ask(p, 7, three, some_port(), "boxes/a:22") > 0);
	CHECK_INT(reads, 1);
	ports_free(p);
	CHECK(!is_open(one, (int)one_port));
}

static void any_port_is_the_same_again_for_the_same_name(void)
{
	struct ports *p = ports_begin();
	int port = ask(p, 7, two, 0, "lab/a:vnc");

	CHECK(port > 0);
	CHECK_INT(ask(p, 8, two, 0, "lab/a:vnc"), port);
	CHECK_INT(ask(p, 8, two, (unsigned)port, "lab/a:vnc"), port);
	CHECK(ask(p, 8, two, 0, "lab/b:vnc") != port);
	ports_free(p);
}

static void what_nobody_wants_any_more_is_closed(void)
{
	struct ports *p = ports_begin();
	int a = ask(p, 7, two, 0, "a"), b = ask(p, 7, two, 0, "b");
	int c = ask(p, 7, two, 0, "c");
	char text[64];

	CHECK_INT(ask(p, 8, two, 0, "a"), a);
	CHECK_INT(ask(p, 9, two, 0, "b"), b);
	ports_pass(p, 9, 8); /* it has died */
	ports_chosen(p, 8);
	CHECK(is_open(two, a) && is_open(two, b) && !is_open(two, c));
	(void)snprintf(text, sizeof(text), "%d %s", b, two);
	ports_drop(p, 8, text);
	CHECK(is_open(two, a) && !is_open(two, b));
	ports_drop(p, 8, text);
	ports_drop(p, 8, "");
	ports_drop(p, 8, "x");
	CHECK(is_open(two, a));
	ports_free(p);
}

static void who_gives_way_drops_nothing_of_the_next_one(void)
{
	struct ports *p = ports_begin();
	int port = ask(p, 7, two, 0, "a");
	char text[64];

	CHECK_INT(ask(p, 8, two, 0, "a"), port);
	(void)snprintf(text, sizeof(text), "%d %s", port, two);
	ports_drop(p, 7, text);
	CHECK(is_open(two, port));
	ports_drop(p, 8, text);
	CHECK(!is_open(two, port));
	ports_free(p);
}

enum { MANY = 2000 };

/* A supervisor that is slow to listen. */
static void *slow_ears(void *arg)
{
	struct line_message m;
	struct pollfd wait = {.fd = *(int *)arg, .events = POLLIN};
	uintptr_t heard = 0;
	int fd, r;

	while (heard < MANY && poll(&wait, 1, 15000) == 1) {
		(void)usleep(1000);
		while ((r = line_receive(*(int *)arg, &m, &fd)) == 1)
			heard += m.kind == LINE_PORT_DROP;
		if (r != -EAGAIN)
			break;
	}
	return (void *)heard;
}

static void of_many_that_go_at_once_none_is_left(void)
{
	pthread_t ears;
	void *heard;
	int ends[2];

	CHECK(line_new(ends) == 0);
	CHECK(pthread_create(&ears, NULL, slow_ears, &ends[1]) == 0);
	for (unsigned i = 0; i < MANY; i++)
		ports_give_back(ends[0], two, (uint16_t)(1024 + i));
	close(ends[0]);
	CHECK(pthread_join(ears, &heard) == 0);
	CHECK_INT((uintptr_t)heard, MANY);
	close(ends[1]);
}

static void a_bad_file_leaves_the_old_rules_in_force(void)
{
	struct ports *p = ports_begin();
	int port = ask(p, 7, two, 0, "a");

	CHECK(port > 0);
	ports_again(p);
	is_bad = true;
	CHECK(ask(p, 7, two, 0, "b") > 0);
	CHECK_INT(reads, 2);
	ports_free(p);
}

static struct inherit h; /* too large for a stack of a test */

static void an_upgrade_takes_them_along(void)
{
	struct ports *p = ports_begin(), *next = ports_begin();
	int port = ask(p, 7, two, 0, "lab/a:vnc");

	ports_hand(p, &h);
	CHECK_INT(h.port_count, 1);
	h.ports[0].fd = dup(h.ports[0].fd); /* as if it were another process */
	ports_free(p);
	CHECK(ports_take(next, &h, 7) == 0);
	CHECK_INT(ask(next, 8, two, 0, "lab/a:vnc"), port);
	ports_chosen(next, 8);
	CHECK(is_open(two, port));
	ports_free(next);
	CHECK(!is_open(two, port));
}

static void a_wish_that_is_none_is_refused(void)
{
	static const char *const bad[] = {"", " ", "1", "1 127.0.0.2",
			"1 127.0.0.2 1", "x 127.0.0.2 1 n", "-1 127.0.0.2 1 n",
			"70000 127.0.0.2 1 n"};
	struct ports *p = ports_begin();
	struct line_message m;
	char text[LINE_TEXT_MAX];
	int ends[2], fd;

	CHECK(line_new(ends) == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ports_answer(p, 7, bad[i], ends[1]);
		CHECK_INT(line_receive(ends[0], &m, &fd), 1);
		CHECK_INT(m.value, -EPROTO);
	}
	memset(text, '1', sizeof(text));
	memcpy(text, "0 127.0.0.2 1 ", 14);
	text[sizeof(text) - 1] = '\0';
	ports_answer(p, 7, text, ends[1]);
	CHECK_INT(line_receive(ends[0], &m, &fd), 1);
	CHECK_INT(m.value, -EPROTO);
	close(ends[0]);
	close(ends[1]);
	ports_free(p);
}

static void a_worker_without_a_supervisor_is_told_so(void)
{
	struct err e = {0};
	int ends[2], fd = -1;

	CHECK(line_new(ends) == 0);
	close(ends[1]);
	CHECK(ports_ask(ends[0], two, 0, "a", true, &fd, &e) < 0);
	CHECK(fd == -1 && e.text[0] != '\0');
	close(ends[0]);
}

TESTS(T(what_the_configuration_names_is_opened_and_nothing_else),
		T(any_port_is_the_same_again_for_the_same_name),
		T(what_nobody_wants_any_more_is_closed),
		T(who_gives_way_drops_nothing_of_the_next_one),
		T(of_many_that_go_at_once_none_is_left),
		T(a_bad_file_leaves_the_old_rules_in_force),
		T(an_upgrade_takes_them_along),
		T(a_wish_that_is_none_is_refused),
		T(a_worker_without_a_supervisor_is_told_so))
