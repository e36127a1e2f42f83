#include "bridge/ops.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/loop.h"
#include "test.h"

/* ---- a client --------------------------------------------------------------
 */

static struct loop *loop;
static struct forwards *forwards;
static struct ops *ops;
static bool late;

static struct hypervisor *nobody(
		void *arg, const char *guest, const char **ret_rest)
{
	(void)arg;
	(void)guest;
	(void)ret_rest;
	return NULL;
}

static void begin(void)
{
	struct forwards_options o = {.find = nobody};
	struct err e;

	CHECK_INT(loop_new(&loop), 0);
	o.loop = loop;
	CHECK_INT(forwards_new(&forwards, &o), 0);
	CHECK_INT(ops_open(&ops, loop, "127.0.0.1", 0, forwards, &e), 0);
	CHECK(ops_port(ops) != 0);
}

static void end(void)
{
	ops_close(ops);
	forwards_free(forwards);
	loop_free(loop);
}

static int dial(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
			.sin_port = htons(ops_port(ops)),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	return fd;
}

static void on_late(void *arg)
{
	late = true;
	loop_stop(arg);
}

static void on_said(void *arg, int events)
{
	(void)events;
	loop_stop(arg);
}

/* All that is said until it is over, or is not within so long. */
static bool hear(int fd, unsigned ms, char *ret, size_t ret_max)
{
	struct watch *watch;
	struct timer *timer;
	size_t len = 0;
	ssize_t n = 1;

	late = false;
	CHECK(watch_new(&watch, loop, fd, on_said, loop) == 0);
	CHECK(timer_new(&timer, loop, on_late, loop) == 0);
	timer_set(timer, ms);
	while (!late && n != 0) {
		CHECK(watch_set(watch, LOOP_READ) == 0);
		(void)loop_run(loop);
		n = recv(fd, ret + len, ret_max - 1 - len, MSG_DONTWAIT);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0 && errno != EAGAIN)
			n = 0;
	}
	ret[len] = '\0';
	watch_free(watch);
	timer_free(timer);
	return n == 0;
}

static const char *ask(const char *request)
{
	static char said[OPS_TEXT_MAX];
	int fd = dial();

	CHECK(send(fd, request, strlen(request), MSG_NOSIGNAL) > 0);
	CHECK(hear(fd, 20000, said, sizeof(said)));
	(void)close(fd);
	return said;
}

#define REST " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

/* ---- the tests -------------------------------------------------------------
 */

static void metrics_and_health_are_answered_and_nothing_else(void)
{
	begin();
	CHECK_HAS(ask("GET /metrics" REST), "HTTP/1.1 200 ");
	CHECK_HAS(ask("GET /metrics" REST), "text/plain; version=0.0.4");
	CHECK_HAS(ask("GET /metrics" REST),
			"\nglassbridge_forward_listeners 0\n");
	CHECK_HAS(ask("GET /healthz" REST), "\r\n\r\nok\n");
	CHECK_HAS(ask("GET /" REST), "HTTP/1.1 404 ");
	CHECK_HAS(ask("GET /metrics/" REST), "HTTP/1.1 404 ");
	CHECK_HAS(ask("GET /../metrics" REST), "HTTP/1.1 400 ");
	CHECK_HAS(ask("DELETE /metrics" REST), "HTTP/1.1 405 ");
	CHECK_HAS(ask("\x16\x03\x01\x02\r\n\r\n"), "HTTP/1.1 400 ");
	end();
}

static void more_clients_than_there_are_places_are_closed_at_once(void)
{
	int fds[OPS_CONNECTIONS + 1];
	char said[64];

	begin();
	for (int i = 0; i <= OPS_CONNECTIONS; i++)
		fds[i] = dial();
	/* those who came first say nothing, and have their places */
	CHECK(hear(fds[OPS_CONNECTIONS], 20000, said, sizeof(said)));
	CHECK_STR(said, "");
	CHECK(!hear(fds[0], 50, said, sizeof(said)));
	(void)close(fds[0]);
	CHECK(!hear(fds[1], 50, said, sizeof(said)));
	CHECK_HAS(ask("GET /healthz" REST), "ok\n"); /* one has left */
	for (int i = 1; i <= OPS_CONNECTIONS; i++)
		(void)close(fds[i]);
	end(); /* with connections that have not heard of it */
}

static void what_is_counted_stands_in_its_line(void)
{
	struct forward_counts c = {.forwards = 3,
			.active = 2,
			.total = UINT64_MAX,
			.up = 5,
			.down = 7,
			.connects.sum = 0.25};
	struct buf b;

	c.ends[END_LIMIT] = 9;
	c.connects.counts[0] = 1;
	c.connects.counts[HISTOGRAM_BOUNDS] = 2;
	buf_init(&b, OPS_TEXT_MAX);
	CHECK_INT(ops_metrics(&b, &c), 0);
	CHECK(buf_add(&b, "", 1) == 0);
	CHECK_HAS(buf_data(&b), "\nglassbridge_forward_listeners 3\n");
	CHECK_HAS(buf_data(&b), "_connections_total 18446744073709551615\n");
	CHECK_HAS(buf_data(&b), "_bytes_total{direction=\"in\"} 5\n");
	CHECK_HAS(buf_data(&b), "_bytes_total{direction=\"out\"} 7\n");
	CHECK_HAS(buf_data(&b), "_errors_total{word=\"limit\"} 9\n");
	CHECK(strstr(buf_data(&b), "word=\"client_closed\"") == NULL);
	CHECK_HAS(buf_data(&b), "_seconds_bucket{le=\"0.001\"} 1\n");
	CHECK_HAS(buf_data(&b), "_seconds_bucket{le=\"10\"} 1\n");
	CHECK_HAS(buf_data(&b), "_seconds_bucket{le=\"+Inf\"} 3\n");
	CHECK_HAS(buf_data(&b), "_seconds_sum 0.250000\n");
	CHECK_HAS(buf_data(&b), "_seconds_count 3\n");
	buf_done(&b);
	buf_init(&b, 256); /* too small a place for it */
	CHECK(ops_metrics(&b, &c) < 0);
	buf_done(&b);
}

static void an_address_that_is_none_or_taken_is_told(void)
{
	struct ops *other = NULL;
	struct err e;
	char words[32];

	begin();
	CHECK_INT(ops_open(&other, loop, "nonsense", 0, forwards, &e), -EINVAL);
	CHECK_INT(ops_open(&other, loop, "127.0.0.1", ops_port(ops), forwards,
				  &e),
			-EADDRINUSE);
	(void)snprintf(words, sizeof(words), "(process %d)", (int)getpid());
	CHECK_HAS(e.text, words);
	CHECK(other == NULL);
	ops_close(NULL);
	end();
}

TESTS(T(metrics_and_health_are_answered_and_nothing_else),
		T(more_clients_than_there_are_places_are_closed_at_once),
		T(what_is_counted_stands_in_its_line),
		T(an_address_that_is_none_or_taken_is_told))
