#include <errno.h>

#include "cli/forward_args.h"
#include "test.h"

static struct forward_arg a;
static struct err e;

static int read_it(const char *text)
{
	a = (struct forward_arg){0};
	return forward_arg_read(text, &a, &e);
}

static void a_port_and_a_guest_are_enough(void)
{
	CHECK_INT(read_it("5901:web1"), 0);
	CHECK_STR(a.host, "");
	CHECK_INT(a.port, 5901);
	CHECK_STR(a.guest, "web1");
	CHECK_INT(a.guest_port, 0);
	CHECK(!a.has_kind);
}

static void an_address_may_stand_in_front(void)
{
	CHECK_INT(read_it("10.0.0.7:8022:boxes/agent-7:22"), 0);
	CHECK_STR(a.host, "10.0.0.7");
	CHECK_INT(a.port, 8022);
	CHECK_STR(a.guest, "boxes/agent-7");
	CHECK_INT(a.guest_port, 22);
	CHECK_INT(read_it("[::1]:0:box:serial"), 0);
	CHECK_STR(a.host, "::1");
	CHECK_INT(a.port, 0);
	CHECK(a.has_kind);
	CHECK_INT(a.kind, CONSOLE_SERIAL);
}

static void a_guest_of_digits_stands_behind_a_port(void)
{
	CHECK_INT(read_it("5901:100"), 0);
	CHECK_STR(a.guest, "100");
	CHECK_INT(read_it("5901:100:22"), 0);
	CHECK_STR(a.guest, "100");
	CHECK_INT(a.guest_port, 22);
}

static void what_is_none_is_refused(void)
{
	static const char *const wrong[] = {"", ":", "::", "web1", "5901",
			"5901:", "65536:web1", "-1:web1", "+1:web1",
			"5901:web1:", "5901:web1:0", "5901:web1:65536",
			"5901:web1:http", "[::1:5901:web1", "[::1]5901:web1",
			"127.0.0.1:web1", "1 :web1"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (read_it(wrong[i]) != -EINVAL || a.guest[0])
			CHECK_STR(wrong[i], "refused");
}

static void for_one_connection_there_is_no_port_to_listen_on(void)
{
	a = (struct forward_arg){0};
	CHECK_INT(forward_arg_read_guest("web1:22", &a, &e), 0);
	CHECK_STR(a.guest, "web1");
	CHECK_INT(a.guest_port, 22);
	a = (struct forward_arg){0};
	CHECK_INT(forward_arg_read_guest("home/web1", &a, &e), 0);
	CHECK_STR(a.guest, "home/web1");
	CHECK_INT(forward_arg_read_guest(":22", &a, &e), -EINVAL);
}

TESTS(T(a_port_and_a_guest_are_enough), T(an_address_may_stand_in_front),
		T(a_guest_of_digits_stands_behind_a_port),
		T(what_is_none_is_refused),
		T(for_one_connection_there_is_no_port_to_listen_on))
