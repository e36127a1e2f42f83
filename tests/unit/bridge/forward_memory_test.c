#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/forward.h"
#include "failing_memory.h"
#include "guesthouse.h"
#include "test.h"

/* With the n-th piece of memory missing; true: there were not so many. */
static bool connects_without(size_t n)
{
	static const struct forward_options o = {
			.guest = "lab/box", .guest_port = 5901};
	int fds[2], guest = -1, r;
	struct err e;
	bool whole;

	guesthouse_begin(NULL);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			      fds) == 0);
	memory.armed = true;
	memory_fail_at(n);
	r = forward_one(house.forwards, &o, fds[0], guesthouse_over, NULL, &e);
	if (r == 0)
		guesthouse_until(
				house.overs ||
				(guest = accept(house.guest, NULL, NULL)) >= 0);
	guesthouse_turn(5); /* a guest that has it may still lose it */
	memory.armed = false;
	whole = memory.count < n;
	if (whole)
		CHECK(r == 0 && house.overs == 0);
	if (r < 0)
		CHECK_INT(r, -ENOMEM);
	if (r < 0 || house.overs)
		guesthouse_hears_end(fds[1]); /* the client is told */
	(void)close(fds[1]);
	if (guest >= 0)
		(void)close(guest);
	guesthouse_end();
	return whole;
}

static void without_memory_a_connection_ends_and_nothing_else(void)
{
	size_t n = 1;

	while (!connects_without(n))
		n++;
	CHECK(n > 5 && n < 200);
}

static void without_memory_there_is_no_listener_but_a_reason(void)
{
	static const char *const host = "127.0.0.1";
	struct forward_options o = {.hosts = &host,
			.host_count = 1,
			.guest = "lab/box",
			.guest_port = 5901};
	struct forward_counts counts;
	struct forward *f;
	struct err e;
	int r = -1;
	size_t n;

	for (n = 1; r < 0; n++) {
		guesthouse_begin(NULL);
		memory.armed = true;
		memory_fail_at(n);
		r = forward_open(&f, house.forwards, &o, &e);
		memory.armed = false;
		forwards_count(house.forwards, &counts);
		CHECK_INT(counts.forwards, r == 0);
		if (r < 0)
			CHECK(e.text[0]);
		guesthouse_end();
		CHECK(n < 100);
	}
	CHECK(n > 3);
}

TESTS(T(without_memory_a_connection_ends_and_nothing_else),
		T(without_memory_there_is_no_listener_but_a_reason))
