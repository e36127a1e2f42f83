#include "gateway/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "gateway/line.h"
#include "test.h"

static struct inherit h; /* too large for a stack of a test */

static char *written(const struct inherit *from)
{
	struct buf to;
	char *text;

	buf_init(&to, INHERIT_TEXT_MAX);
	CHECK(inherit_write(from, &to) == 0);
	text = buf_take_string(&to);
	CHECK(text != NULL);
	buf_done(&to);
	return text;
}

static void what_is_written_is_read_again(void)
{
	const struct inherit from = {
			.line = 9,
			.listeners = {.count = 3,
					.items =
							{
									{.fd = 4,
											.role = FRONT_WEB,
											.tls = true,
											.host = "::1",
											.port = 8443,
											.text = "[::1]:"
												"8443"},
									{.fd = 5,
											.role = FRONT_CONTROL,
											.local = true,
											.text = "unix:/"
												"a,;=% "
												"\n\xff"},
									{.fd = 6,
											.role = FRONT_OPS,
											.host = "h",
											.text = "h:"
												"0"},
							}},
			.workers = {{712, 10, false}, {698, 11, true}},
			.worker_count = 2,
			.ports = {{20, ""}, {21, "boxes/a,b;c:5901"}},
			.port_count = 2,
	};
	char *text = written(&from);
	const struct listener *l = h.listeners.items;

	CHECK(inherit_parse(text, &h, NULL) == 0);
	CHECK(h.line == 9 && h.listeners.count == 3 && h.worker_count == 2);
	CHECK(l[0].fd == 4 && l[0].role == FRONT_WEB && l[0].tls &&
			!l[0].local && l[0].port == 8443);
	CHECK_STR(l[0].host, "::1");
	CHECK_STR(l[0].text, "[::1]:8443");
	CHECK(l[1].role == FRONT_CONTROL && l[1].local && !l[1].tls);
	CHECK_STR(l[1].text, "unix:/a,;=% \n\xff");
	CHECK(l[2].role == FRONT_OPS && l[2].port == 0);
	CHECK(h.workers[0].pid == 712 && h.workers[0].line == 10 &&
			!h.workers[0].retiring);
	CHECK(h.workers[1].pid == 698 && h.workers[1].retiring);
	CHECK(h.port_count == 2 && h.ports[0].fd == 20 && h.ports[1].fd == 21);
	CHECK_STR(h.ports[0].name, "");
	CHECK_STR(h.ports[1].name, "boxes/a,b;c:5901");
	free(text);
}

static void the_most_that_can_be_handed_down_fits(void)
{
	static struct inherit all;
	struct inherit *from = &all;
	char *text;

	from->line = 100;
	from->worker_count = INHERIT_WORKERS_MAX;
	for (int i = 0; i < INHERIT_WORKERS_MAX; i++)
		from->workers[i] = (struct inherit_worker){
				4194304, 2000000000 + i, true};
	from->listeners.count = LISTENERS_MAX;
	for (int i = 0; i < LISTENERS_MAX; i++) {
		struct listener *l = &from->listeners.items[i];

		l->fd = 1000000000 + i;
		l->role = FRONT_CONTROL;
		l->port = 65535;
		memset(l->host, '%', sizeof(l->host) - 1);
		memset(l->text, '\xff', sizeof(l->text) - 1);
	}
	from->port_count = INHERIT_PORTS_MAX;
	for (int i = 0; i < INHERIT_PORTS_MAX; i++)
		from->ports[i].fd = 1500000000 + i;
	text = written(from);
	CHECK(inherit_parse(text, &h, NULL) == 0);
	CHECK_INT(h.port_count, INHERIT_PORTS_MAX);
	CHECK_INT(h.listeners.count, LISTENERS_MAX);
	CHECK_STR(h.listeners.items[31].text, from->listeners.items[31].text);
	free(text);
}

static void what_is_damaged_is_refused_and_nothing_is_touched(void)
{
	static const char *const bad[] = {
			"",
			"2;line=9",
			"1;",
			"1;;line=9",
			"1;line=",
			"1;line=2",
			"1;line=-9",
			"1;line=9x",
			"1;line=99999999999",
			"1;line=9;line=10",
			"1;line=9,10",
			"1;lines=9",
			"1;line",
			"1;listen=4,web,t,8443,host",
			"1;listen=4,web,t,8443,host,text,more",
			"1;listen=4,page,t,8443,host,text",
			"1;listen=4,web,x,8443,host,text",
			"1;listen=4,web,t,65536,host,text",
			"1;listen=4,web,t,,host,text",
			"1;listen=4,web,t,1,%zz,text",
			"1;listen=4,web,t,1,%00,text",
			"1;listen=4,web,t,1,h,t;listen=4,web,t,1,h,t",
			"1;line=4;listen=4,web,t,1,h,t",
			"1;worker=1,9,serving",
			"1;worker=712,9,idle",
			"1;worker=712,9",
			"1;worker=712,9,serving;line=9",
			"1;port=9",
			"1;port=x,",
			"1;port=9,a,b",
			"1;port=9,%00",
			"1;port=9,;port=9,",
	};
	struct err e;

	h.line = 77;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(inherit_parse(bad[i], &h, &e), -EINVAL);
		CHECK_INT(h.line, 77);
	}
}

static void too_many_are_refused(void)
{
	struct buf to;
	char *text;

	buf_init(&to, INHERIT_TEXT_MAX);
	CHECK(buf_adds(&to, "1") == 0);
	for (int i = 0; i <= LISTENERS_MAX; i++)
		CHECK(buf_addf(&to, ";listen=%d,web,,1,h,t", 3 + i) == 0);
	text = buf_take_string(&to);
	CHECK_INT(inherit_parse(text, &h, NULL), -EINVAL);
	free(text);
}

/* Hosts and texts longer than a listener holds. */
static void long_texts_are_refused(void)
{
	char *text = malloc(4000);

	CHECK(text != NULL);
	(void)snprintf(text, 4000, "1;listen=4,web,,1,%0300d,t", 1);
	CHECK_INT(inherit_parse(text, &h, NULL), -EINVAL);
	(void)snprintf(text, 4000, "1;listen=4,web,,1,h,%0600d", 1);
	CHECK_INT(inherit_parse(text, &h, NULL), -EINVAL);
	free(text);
}

static void every_cut_is_refused_or_read(void)
{
	static const char whole[] = "1;line=9;worker=712,8,serving;"
				    "listen=4,web,tl,8443,a%3Ab,c";
	char text[sizeof(whole)];

	for (size_t i = 0; i < sizeof(whole); i++) {
		memcpy(text, whole, i);
		text[i] = '\0';
		(void)inherit_parse(text, &h, NULL);
	}
	CHECK(inherit_parse(whole, &h, NULL) == 0);
}

static int a_listening_socket(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
			listen(fd, 1) == 0);
	return fd;
}

static void descriptors_are_taken_once_and_end_with_an_exec(void)
{
	int ends[2], fd = a_listening_socket();
	char text[128];
	struct err e;

	CHECK(line_new(ends) == 0);
	(void)snprintf(text, sizeof(text), "1;line=%d;listen=%d,web,,1,h,t",
			ends[0], fd);
	CHECK(setenv(INHERIT_WORKER, text, 1) == 0);
	CHECK(inherit_take(INHERIT_WORKER, &h, &e) == 0);
	CHECK(getenv(INHERIT_WORKER) == NULL);
	CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_INT(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
	inherit_keep(&h, true);
	CHECK_INT(fcntl(fd, F_GETFD), 0);
	CHECK_INT(inherit_take(INHERIT_WORKER, &h, &e), -ENOENT);
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

static void descriptors_that_are_not_what_they_should_be_are_refused(void)
{
	int ends[2], fd = a_listening_socket();
	char text[4][128];
	struct err e;

	CHECK(line_new(ends) == 0);
	(void)snprintf(text[0], 128, "1;line=%d", fd);
	(void)snprintf(text[1], 128, "1;listen=%d,web,,1,h,t", ends[0]);
	(void)snprintf(text[2], 128, "1;line=1000000");
	(void)snprintf(text[3], 128, "1;listen=1000000,web,,1,h,t");
	for (int i = 0; i < 4; i++) {
		CHECK(setenv(INHERIT_WORKER, text[i], 1) == 0);
		CHECK_INT(inherit_take(INHERIT_WORKER, &h, &e), -EINVAL);
		CHECK(getenv(INHERIT_WORKER) == NULL);
	}
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

TESTS(T(what_is_written_is_read_again),
		T(the_most_that_can_be_handed_down_fits),
		T(what_is_damaged_is_refused_and_nothing_is_touched),
		T(too_many_are_refused), T(long_texts_are_refused),
		T(every_cut_is_refused_or_read),
		T(descriptors_are_taken_once_and_end_with_an_exec),
		T(descriptors_that_are_not_what_they_should_be_are_refused))
