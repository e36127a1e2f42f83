/*
 * A name with several addresses. The machine that runs this may know no such
 * name, so dial.c is compiled in here with a look-up that finds what the test
 * wants.
 */
#include "core/loop.h"

static int find_ours(struct resolve **ret_resolve, struct loop *l,
		const char *host, uint16_t port, resolve_fn *fn, void *arg);

#define resolve_start find_ours
#include "stream/dial.c"
#undef resolve_start

#include <netinet/in.h>
#include <unistd.h>

#include "test.h"

static struct loop *loop;
static struct resolved ours;
static resolve_fn *asker;
static int answered_r;
static struct stream *answered;
static struct err answered_e;

static void on_found(void *arg, int r, const struct resolved *found,
		const struct err *e)
{
	CHECK_INT(r, 0);
	(void)found;
	asker(arg, 0, &ours, e);
}

static int find_ours(struct resolve **ret_resolve, struct loop *l,
		const char *host, uint16_t port, resolve_fn *fn, void *arg)
{
	CHECK_STR(host, "many.example");
	asker = fn;
	return resolve_start(ret_resolve, l, "127.0.0.1", port, on_found, arg);
}

static void on_answer(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	(void)arg, (void)depth;
	answered_r = r;
	answered = s;
	answered_e = *e;
	loop_stop(loop);
}

/* Another port stands for another address. */
static int add_address(int backlog)
{
	struct sockaddr_in *at = (struct sockaddr_in *)&ours.addr[ours.count];
	socklen_t *len = &ours.len[ours.count++];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_in){.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	*len = sizeof(*at);
	CHECK(bind(fd, (struct sockaddr *)at, *len) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)at, len) == 0);
	if (backlog >= 0)
		CHECK(listen(fd, backlog) == 0);
	return fd;
}

/* The queue of the last address becomes full: it swallows who comes next. */
static void fill_queue(int ret_fill[3])
{
	size_t last = ours.count - 1;

	for (int i = 0; i < 3; i++) {
		ret_fill[i] = socket(AF_INET,
				SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(ret_fill[i], (struct sockaddr *)&ours.addr[last],
				ours.len[last]);
	}
}

static void dial_many(uint32_t layer_ms)
{
	struct dial_plan p = {.layer_ms = layer_ms};
	struct dial *d;

	answered = NULL;
	CHECK_INT(loop_new(&loop), 0);
	CHECK_INT(dial_plan_tcp(&p, "many.example", 1), 0);
	CHECK_INT(dial_start(&d, loop, &p, on_answer, NULL), 0);
	CHECK_INT(loop_run(loop), 0);
	stream_free(answered);
	loop_free(loop);
	ours = (struct resolved){0};
}

static void addresses_that_refuse_are_passed_over(void)
{
	int fd[3];

	fd[0] = add_address(-1); /* bound, but not listening */
	fd[1] = add_address(-1);
	fd[2] = add_address(1);
	dial_many(1000);
	CHECK_INT(answered_r, 0);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
}

static void a_silent_address_leaves_the_next_one_its_share(void)
{
	int fd[2], fill[3];

	fd[0] = add_address(0);
	fill_queue(fill);
	fd[1] = add_address(1);
	dial_many(400);
	CHECK_STR(answered_e.text, "");
	CHECK_INT(answered_r, 0);
	for (int i = 0; i < 3; i++)
		close(fill[i]);
	close(fd[0]);
	close(fd[1]);
}

static void where_all_fail_the_last_one_is_told(void)
{
	int fd[2];
	char text[ADDRESS_TEXT_MAX];

	fd[0] = add_address(-1);
	fd[1] = add_address(-1);
	address_text((struct sockaddr *)&ours.addr[1], ours.len[1], text);
	dial_many(400);
	CHECK_INT(answered_r, -ECONNREFUSED);
	CHECK_HAS(answered_e.text, "tcp to many.example:1: cannot connect to ");
	CHECK_HAS(answered_e.text, text);
	close(fd[0]);
	close(fd[1]);
}

TESTS(T(addresses_that_refuse_are_passed_over),
		T(a_silent_address_leaves_the_next_one_its_share),
		T(where_all_fail_the_last_one_is_told))
