/* A guest whose screen is not up yet, and one with two ways to it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop.h"
#include "core/secret.h"
#include "stream/dial.h"
#include "stream/stream.h"
#include "test.h"

static struct loop *loop;
static struct timer *late, *limit;
static struct watch *listening;
static int listener = -1;
static const char *banner; /* what is said to who comes; NULL: it is cut */
static unsigned cut_first; /* so many are cut whatever is said */

static struct {
	int r;
	bool done;
	unsigned waits;
	uint32_t waited_ms;
	size_t depth;
	struct err e, why;
} seen;

/* ---- the peer ------------------------------------------------------------ */

static int bound(uint16_t *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
			.sin_port = htons(*port),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static void on_accept(void *arg, int events)
{
	static int kept = -1;
	int fd = accept(listener, NULL, NULL);

	CHECK(fd >= 0);
	if (cut_first > 0) {
		cut_first--;
		(void)close(fd);
		return;
	}
	if (banner)
		CHECK(send(fd, banner, strlen(banner), MSG_NOSIGNAL) >= 0);
	if (kept >= 0)
		(void)close(kept);
	kept = fd;
}

static void listen_now(void *arg)
{
	CHECK(listen(listener, 8) == 0);
	CHECK_INT(watch_new(&listening, loop, listener, on_accept, NULL), 0);
	CHECK_INT(watch_set(listening, LOOP_READ), 0);
}

/* ---- the dial ------------------------------------------------------------ */

static void on_limit(void *arg)
{
	loop_stop(loop);
}

static void on_dialled(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	seen.r = r;
	seen.done = true;
	seen.depth = depth;
	seen.e = *e;
	stream_free(s);
	loop_stop(loop);
}

static void on_waits(void *arg, uint32_t waited_ms, const struct err *why)
{
	CHECK(waited_ms >= seen.waited_ms);
	seen.waits++;
	seen.waited_ms = waited_ms;
	seen.why = *why;
}

static void up(uint16_t *port)
{
	memset(&seen, 0, sizeof(seen));
	cut_first = 0;
	banner = "";
	CHECK(loop_new(&loop) == 0);
	*port = 0;
	listener = bound(port);
	CHECK_INT(timer_new(&late, loop, listen_now, NULL), 0);
	CHECK_INT(timer_new(&limit, loop, on_limit, NULL), 0);
}

static void go(struct dial_plan *p)
{
	struct dial *d;

	CHECK_INT(dial_start(&d, loop, p, on_dialled, NULL), 0);
	dial_on_wait(d, on_waits);
	timer_set(limit, 9000);
	CHECK(loop_run(loop) == 0);
	CHECK(seen.done);
}

static void down(void)
{
	watch_free(listening);
	listening = NULL;
	(void)close(listener);
	timer_free(late);
	timer_free(limit);
	loop_free(loop);
}

static void a_guest_that_is_up_late_is_waited_for(void)
{
	struct dial_plan p = {.wait_ms = 8000};
	uint16_t port;

	up(&port);
	CHECK_INT(dial_plan_tcp(&p, "127.0.0.1", port), 0);
	timer_set(late, 450);
	go(&p);
	CHECK_INT(seen.r, 0);
	CHECK(seen.waits >= 2 && seen.waits <= 4); /* the pauses grow */
	CHECK_INT(seen.why.code, -ECONNREFUSED);
	down();
}

static void without_the_flag_the_first_failure_is_told(void)
{
	struct dial_plan p = {0};
	uint16_t port;

	up(&port);
	CHECK_INT(dial_plan_tcp(&p, "127.0.0.1", port), 0);
	go(&p);
	CHECK_INT(seen.r, -ECONNREFUSED);
	CHECK_INT(seen.waits, 0);
	down();
}

static void who_never_comes_is_a_timeout_with_its_reason(void)
{
	struct dial_plan p = {.wait_ms = 300};
	uint16_t port;

	up(&port);
	CHECK_INT(dial_plan_tcp(&p, "127.0.0.1", port), 0);
	go(&p);
	CHECK_INT(seen.r, -ETIMEDOUT);
	CHECK_INT(seen.depth, 0);
	CHECK(strstr(seen.e.text, "nothing was ready within 300 ms"));
	CHECK(strstr(seen.e.text, "refused"));
	down();
}

static void cut_before_the_banner_it_is_tried_again(void)
{
	struct dial_plan p = {.wait_ms = 5000};
	struct secret none = {0};
	uint16_t port;

	up(&port);
	cut_first = 2;
	banner = "SSH-2.0-x\r\n"; /* and what says a wrong word, is told */
	CHECK_INT(dial_plan_tcp(&p, "127.0.0.1", port), 0);
	CHECK_INT(dial_plan_rfb_login(&p, &none), 0);
	listen_now(NULL);
	go(&p);
	CHECK_INT(seen.r, -EPROTO);
	CHECK_INT(seen.waits, 2);
	CHECK_INT(seen.depth, 1);
	down();
}

static void silence_is_tried_again_within_the_limit(void)
{
	struct dial_plan p = {.wait_ms = 300, .layer_ms = 100};
	struct secret none = {0};
	uint16_t port;

	up(&port);
	banner = NULL;
	CHECK_INT(dial_plan_tcp(&p, "127.0.0.1", port), 0);
	CHECK_INT(dial_plan_rfb_login(&p, &none), 0);
	listen_now(NULL);
	go(&p);
	CHECK_INT(seen.r, -ETIMEDOUT);
	CHECK(seen.waits >= 1);
	CHECK(strstr(seen.e.text, "nothing was ready"));
	down();
}

static void the_other_way_is_taken_where_the_first_is_refused(void)
{
	struct dial_plan p = {0};
	char text[128];
	uint16_t port, none = 0;
	int closed;

	up(&port);
	closed = bound(&none);
	listen_now(NULL);
	CHECK_INT(dial_plan_tcp_other(&p, "x", 1), -E2BIG); /* to what? */
	CHECK_INT(dial_plan_tcp(&p, "127.0.0.1", none), 0);
	CHECK_INT(dial_plan_tcp_other(&p, "localhost", port), 0);
	dial_plan_text(&p, text, sizeof(text));
	CHECK(strstr(text, " or localhost:"));
	go(&p);
	CHECK_INT(seen.r, 0);
	(void)close(closed);
	down();
}

static void both_ways_are_tried_again_while_it_waits(void)
{
	struct dial_plan p = {.wait_ms = 8000};
	uint16_t port, none = 0;
	int closed;

	up(&port);
	closed = bound(&none);
	CHECK_INT(dial_plan_tcp(&p, "127.0.0.1", port), 0);
	CHECK_INT(dial_plan_tcp_other(&p, "127.0.0.1", none), 0);
	timer_set(late, 250);
	go(&p);
	CHECK_INT(seen.r, 0);
	CHECK(seen.waits >= 1);
	(void)close(closed);
	down();
}

static void one_who_waits_can_be_freed(void)
{
	struct dial_plan p = {.wait_ms = 60000};
	struct dial *d;
	uint16_t port;

	up(&port);
	CHECK_INT(dial_plan_tcp(&p, "127.0.0.1", port), 0);
	CHECK_INT(dial_start(&d, loop, &p, on_dialled, NULL), 0);
	timer_set(limit, 50);
	CHECK(loop_run(loop) == 0);
	dial_free(d);
	CHECK(!seen.done);
	down();
}

TESTS(T(a_guest_that_is_up_late_is_waited_for),
		T(without_the_flag_the_first_failure_is_told),
		T(who_never_comes_is_a_timeout_with_its_reason),
		T(cut_before_the_banner_it_is_tried_again),
		T(silence_is_tried_again_within_the_limit),
		T(the_other_way_is_taken_where_the_first_is_refused),
		T(both_ways_are_tried_again_while_it_waits),
		T(one_who_waits_can_be_freed))
