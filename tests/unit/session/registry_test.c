#include "session/registry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/loop.h"
#include "test.h"

static struct loop *loop;
static struct registry *registry;
static int ends;

static void count_end(void *arg)
{
	ends++;
}

static void up(size_t session_max, size_t user_max)
{
	const struct log_options quiet = {.level = LOG_ERROR};

	log_setup(&quiet);
	ends = 0;
	CHECK(loop_new(&loop) == 0);
	CHECK(registry_new(&registry, loop) == 0);
	registry_set_limits(registry, session_max, user_max);
	registry_on_end(registry, count_end, NULL);
}

static void down(void)
{
	registry_free(registry);
	loop_free(loop);
}

static int add(int number, const char *user, struct session **ret)
{
	struct grant g = {.kind = CONSOLE_VNC};

	(void)snprintf(g.id, sizeof(g.id), "session-%d", number);
	(void)snprintf(g.user, sizeof(g.user), "%s", user);
	return registry_add(registry, &g, "192.0.2.7", ret);
}

static void end(struct session *s)
{
	session_set_word(s, END_GUEST_CLOSED, NULL, false);
	registry_ended(s);
}

static void what_has_ended_stays_counted(void)
{
	struct registry_counts c;
	struct session *a, *b;

	up(3, 3);
	CHECK(add(1, "ann", &a) == 0);
	CHECK(add(2, "ann", &b) == 0);
	a->counts.up.bytes = 3;
	b->counts.down.bytes = 5;
	a->counts.client_pings[HISTOGRAM_BOUNDS] = 2;
	a->counts.client_pings_ms = 30500;
	a->dialled_ms = loop_now_ms(loop);
	registry_connected(a);
	for (int turn = 0; turn < 2; turn++) {
		registry_count(registry, &c);
		CHECK_INT(c.active, turn == 0 ? 2 : 1);
		CHECK_INT(c.total, 2);
		CHECK(c.up == 3 && c.down == 5);
		CHECK_INT(c.pings.counts[HISTOGRAM_BOUNDS], 2);
		CHECK(c.pings.sum == 30.5);
		CHECK_INT(c.connects.counts[0], 1);
		CHECK_INT(c.ends[END_GUEST_CLOSED], turn);
		if (turn == 0)
			end(a);
	}
	end(b);
	down();
}

static void limits_count_what_lives_by_user_and_in_all(void)
{
	struct session *a, *b, *c;

	up(3, 2);
	CHECK(add(1, "ann", &a) == 0);
	CHECK(add(2, "ann", &b) == 0);
	CHECK(add(3, "ann", &c) == -EDQUOT);
	CHECK(add(3, "bob", &c) == 0);
	CHECK(add(4, "cid", &c) == -EDQUOT);
	CHECK(add(1, "cid", &c) == -EEXIST);
	CHECK_INT(registry_live(registry), 3);
	end(a);
	CHECK_INT(ends, 1);
	CHECK_INT(registry_live(registry), 2);
	CHECK(add(5, "ann", &a) == 0);
	down();
}

static void one_that_ended_is_still_found_and_listed(void)
{
	struct session *a, *b;

	up(9, 9);
	CHECK(add(1, "ann", &a) == 0);
	CHECK(add(2, "ann", &b) == 0);
	end(a);
	CHECK(registry_find(registry, "session-1") == a);
	CHECK_STR(a->detail, end_info(END_GUEST_CLOSED)->sentence);
	CHECK(registry_first(registry) == a);
	CHECK(registry_next(registry, a) == b);
	CHECK(registry_next(registry, b) == NULL);
	CHECK(registry_find(registry, "session-3") == NULL);
	down();
}

static void past_its_ceiling_the_oldest_ends_are_forgotten(void)
{
	struct session *s, *live;
	size_t n = 0;

	up(SIZE_MAX, SIZE_MAX);
	CHECK(add(0, "live", &live) == 0);
	for (int i = 1; i <= REGISTRY_KEEP_MAX + 10; i++) {
		CHECK(add(i, "ann", &s) == 0);
		end(s);
	}
	for (s = registry_first(registry); s; s = registry_next(registry, s))
		n++;
	CHECK_INT(n, REGISTRY_KEEP_MAX + 1);
	CHECK(registry_find(registry, "session-10") == NULL);
	CHECK(registry_find(registry, "session-11") != NULL);
	CHECK(registry_find(registry, "session-0") == live);
	down();
}

static void ten_thousand_are_found(void)
{
	struct session *s;
	char id[32];

	up(10000, SIZE_MAX);
	for (int i = 0; i < 10000; i++)
		CHECK(add(i, i % 2 ? "ann" : "bob", &s) == 0);
	CHECK(add(10000, "ann", &s) == -EDQUOT);
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(id, sizeof(id), "session-%d", i);
		CHECK(registry_find(registry, id) != NULL);
	}
	down();
}

static void an_id_is_never_taken_for_an_option(void)
{
	char id[SESSION_ID_LEN + 1], other[SESSION_ID_LEN + 1];

	for (int i = 0; i < 1000; i++) {
		session_make_id(id);
		session_make_id(other);
		CHECK_INT(strlen(id), SESSION_ID_LEN);
		CHECK(*id != '-');
		CHECK(strcmp(id, other) != 0);
	}
}

TESTS(T(what_has_ended_stays_counted),
		T(limits_count_what_lives_by_user_and_in_all),
		T(one_that_ended_is_still_found_and_listed),
		T(past_its_ceiling_the_oldest_ends_are_forgotten),
		T(ten_thousand_are_found),
		T(an_id_is_never_taken_for_an_option))
