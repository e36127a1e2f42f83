/* A relay between plain connections. */
#include "relay/relay.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "rig.h"

static const struct relay_options usual;

enum { MIB = 1024 * 1024 };

static void what_a_side_sent_before_it_closed_arrives(void)
{
	struct rig g;

	rig_up(&g, RIG_TCP, &usual);
	CHECK(buf_adds(&g.backend.say, "last words") == 0);
	rig_run(&g, 30);
	far_close(&g.backend);
	g.client.shuts = true;
	rig_run(&g, 3000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.client.got.len, 10);
	CHECK(!g.client.was_reset);
	CHECK_INT(g.counts.down.bytes, 10);
	rig_down(&g);
}

static void half_a_goodbye_leaves_the_other_way_open(void)
{
	struct rig g;

	rig_up(&g, RIG_TCP, &usual);
	CHECK(buf_adds(&g.client.say, "ask") == 0);
	g.client.shuts = true;
	rig_run(&g, 300);
	CHECK_INT(g.backend.got.len, 3);
	CHECK(g.backend.ended);
	CHECK(buf_adds(&g.backend.say, "answer") == 0);
	rig_run(&g, 300);
	CHECK_INT(g.client.got.len, 6);
	CHECK_INT(g.overs, 0);
	far_close(&g.backend);
	rig_run(&g, 3000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_CLIENT);
	CHECK_INT(g.end.r, 0);
	rig_down(&g);
}

static void many_bytes_pass(int kind, bool see);

static void many_bytes_pass_through_the_kernel(void)
{
	many_bytes_pass(RIG_TCP, false);
}

static size_t seen;

static void see(struct tap *t, const uint8_t *data, size_t len)
{
	(void)t;
	CHECK(data[0] == (uint8_t)(seen ^ seen >> 8 ^ seen >> 16 ^ seen >> 24));
	seen += len;
}

static void many_bytes_pass_before_the_eyes_of_a_tap(void)
{
	seen = 0;
	many_bytes_pass(RIG_TCP, true);
	CHECK_INT(seen, 48 * MIB);
}

/* Both ways at once, more than all kernels hold. */
static void many_bytes_pass(int kind, bool with_eyes)
{
	struct rig g;

	rig_up(&g, kind, &usual);
	if (with_eyes)
		g.counts.down.see = see;
	pattern_add(&g.backend.say, 48 * MIB);
	pattern_add(&g.client.say, 24 * MIB);
	g.backend.shuts = g.client.shuts = true;
	rig_run(&g, 60000);
	CHECK_INT(g.overs, 1);
	CHECK(is_pattern(&g.client.got, 48 * MIB));
	CHECK(is_pattern(&g.backend.got, 24 * MIB));
	CHECK_INT(g.counts.down.bytes, 48 * MIB);
	CHECK_INT(g.counts.up.bytes, 24 * MIB);
	rig_down(&g);
}

static void a_byte_a_call_is_enough_for_everything(void)
{
	struct rig g;

	rig_up(&g, RIG_TCP | RIG_CHOP, &usual);
	pattern_add(&g.backend.say, 20000);
	pattern_add(&g.client.say, 10000);
	g.backend.shuts = g.client.shuts = true;
	rig_run(&g, 20000);
	CHECK_INT(g.overs, 1);
	CHECK(is_pattern(&g.client.got, 20000));
	CHECK(is_pattern(&g.backend.got, 10000));
	rig_down(&g);
}

static void a_reset_by_the_client_reaches_the_backend_as_an_end(void)
{
	struct rig g;

	rig_up(&g, RIG_TCP, &usual);
	CHECK(buf_adds(&g.client.say, "typed") == 0);
	rig_run(&g, 30);
	far_reset(&g.client);
	rig_run(&g, 2000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_CLIENT);
	CHECK_INT(g.end.r, -ECONNRESET);
	CHECK_INT(g.backend.got.len, 5);
	CHECK(g.backend.ended);
	rig_down(&g);
}

static void a_reset_by_the_backend_ends_the_client(void)
{
	struct rig g;

	rig_up(&g, RIG_TCP, &usual);
	rig_run(&g, 30);
	far_reset(&g.backend);
	g.client.shuts = true;
	rig_run(&g, 3000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_BACKEND);
	CHECK_INT(g.end.r, -ECONNRESET);
	CHECK(g.client.ended);
	rig_down(&g);
}

static void a_client_that_stays_after_a_reset_is_left_in_two_seconds(void)
{
	struct rig g;

	rig_up(&g, RIG_TCP, &usual);
	far_reset(&g.backend);
	rig_run(&g, 5000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.r, -ECONNRESET);
	rig_down(&g);
}

static void a_reader_without_progress_ends_the_relay(void)
{
	struct relay_options o = {.progress_ms = 1000};
	struct rig g;

	rig_up(&g, RIG_TCP, &o);
	pattern_add(&g.backend.say, 32 * MIB);
	g.client.reads = 0;
	g.stop_when_over = true;
	rig_run(&g, 8000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_CLIENT);
	CHECK_INT(g.end.r, -ETIMEDOUT);
	rig_down(&g);
}

static void a_slow_reader_that_reads_on_is_no_stalled_one(void)
{
	struct relay_options o = {.progress_ms = 1000};
	struct rig g;

	rig_up(&g, RIG_TCP, &o);
	pattern_add(&g.backend.say, 32 * MIB);
	g.client.reads = 1000;
	rig_run(&g, 4000);
	CHECK_INT(g.overs, 0);
	rig_down(&g);
}

static void silence_without_input_ends_it_where_a_limit_is_set(void)
{
	struct relay_options o = {.idle_ms = 1000};
	struct rig g;

	rig_up(&g, RIG_TCP, &o);
	CHECK(buf_adds(&g.backend.say, "x") == 0); /* output is no input */
	g.stop_when_over = true;
	rig_run(&g, 8000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.r, -ETIME);
	rig_down(&g);
}

static void an_end_from_outside_is_over_within_the_linger(void)
{
	struct rig g;

	rig_up(&g, RIG_TCP, &usual);
	rig_run(&g, 20);
	relay_end(g.relay);
	CHECK_INT(g.farewells, 0); /* never from inside the call */
	rig_run(&g, 5000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_OWNER);
	CHECK(g.client.ended && g.backend.ended);
	rig_down(&g);
}

static void it_may_be_freed_at_any_moment(void)
{
	for (uint64_t ms = 1; ms < 40; ms += 3) {
		struct rig g;

		rig_up(&g, RIG_TCP, &usual);
		pattern_add(&g.backend.say, 4 * MIB);
		pattern_add(&g.client.say, 4 * MIB);
		g.client.reads = g.backend.reads = 100000;
		rig_run(&g, ms);
		if (ms % 2)
			relay_end(g.relay);
		relay_free(g.relay);
		g.relay = NULL;
		rig_run(&g, 2);
		CHECK_INT(g.overs, 0);
		rig_down(&g);
	}
}

static void its_owner_may_free_it_later(void)
{
	struct rig g;

	rig_up(&g, RIG_TCP, &usual);
	g.keep = g.stop_when_over = true;
	far_close(&g.client);
	far_close(&g.backend);
	rig_run(&g, 3000);
	CHECK_INT(g.overs, 1);
	rig_run(&g, 30);
	relay_end(g.relay); /* changes nothing */
	rig_run(&g, 30);
	CHECK_INT(g.overs, 1);
	rig_down(&g);
}

static int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	CHECK(d != NULL);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void three_hundred_relays_leave_no_descriptor(void)
{
	int before = 0;

	for (int i = 0; i < 300; i++) {
		struct rig g;

		rig_up(&g, i % 2 ? RIG_TCP : RIG_WS, &usual);
		pattern_add(&g.backend.say, 200000);
		rig_run(&g, 2);
		if (i % 3 == 0)
			far_reset(&g.client);
		far_close(&g.client);
		far_close(&g.backend);
		rig_run(&g, 3000);
		CHECK_INT(g.overs, 1);
		rig_down(&g);
		if (i == 20)
			before = descriptors();
	}
	CHECK_INT(descriptors(), before);
}

TESTS(T(what_a_side_sent_before_it_closed_arrives),
		T(half_a_goodbye_leaves_the_other_way_open),
		T(many_bytes_pass_through_the_kernel),
		T(many_bytes_pass_before_the_eyes_of_a_tap),
		T(a_byte_a_call_is_enough_for_everything),
		T(a_reset_by_the_client_reaches_the_backend_as_an_end),
		T(a_reset_by_the_backend_ends_the_client),
		T(a_client_that_stays_after_a_reset_is_left_in_two_seconds),
		T(a_reader_without_progress_ends_the_relay),
		T(a_slow_reader_that_reads_on_is_no_stalled_one),
		T(silence_without_input_ends_it_where_a_limit_is_set),
		T(an_end_from_outside_is_over_within_the_linger),
		T(it_may_be_freed_at_any_moment),
		T(its_owner_may_free_it_later),
		T(three_hundred_relays_leave_no_descriptor))
