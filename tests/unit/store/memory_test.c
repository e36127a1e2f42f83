#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/loop.h"
#include "store/store.h"
#include "test.h"

/* the answer's name, as its argument */
#define N(text) ((void *)(uintptr_t)(text))

static struct loop *loop;
static struct store *store;
static char said[256];

static void up(size_t max)
{
	CHECK(loop_new(&loop) == 0);
	CHECK(store_memory_new(&store, loop, max) == 0);
	said[0] = '\0';
}

static void down(void)
{
	store_free(store);
	loop_free(loop);
}

static void stop(void *arg)
{
	loop_stop(loop);
}

static void run(uint64_t ms)
{
	struct timer *t;

	CHECK(timer_new(&t, loop, stop, NULL) == 0);
	timer_set(t, ms);
	CHECK(loop_run(loop) == 0);
	timer_free(t);
}

/* Writes down "name=value " or "name:errno " in the order answers come. */
static void hear(void *arg, int r, const void *value, size_t len)
{
	size_t at = strlen(said);

	if (r == 0)
		(void)snprintf(said + at, sizeof(said) - at, "%s=%.*s ",
				(char *)arg, (int)len,
				value ? (const char *)value : "");
	else
		(void)snprintf(said + at, sizeof(said) - at, "%s:%s ",
				(char *)arg,
				r == -ENOENT   ? "no"
				: r == -EEXIST ? "there"
					       : "full");
}

static void what_was_put_can_be_got_until_it_is_dropped(void)
{
	up(0);
	store_put(store, "a", "1", 1, 1000, hear, N("put"));
	store_put(store, "a", "2", 1, 1000, hear, N("put"));
	store_get(store, "a", hear, N("get"));
	store_drop(store, "a", hear, N("drop"));
	store_get(store, "a", hear, N("get"));
	CHECK_STR(said, ""); /* never from inside the call */
	run(10);
	CHECK_STR(said, "put= put= get=2 drop= get:no ");
	down();
}

static void of_many_that_add_one_has_put_it(void)
{
	up(2);
	store_add(store, "iv", "1", 1, 50, hear, N("a"));
	store_add(store, "iv", "2", 1, 1000, hear, N("b"));
	store_get(store, "iv", hear, N("get"));
	run(80);
	store_add(store, "iv", "3", 1, 1000, hear, N("late"));
	store_put(store, "x", "", 0, 1000, NULL, NULL);
	store_add(store, "iv", "4", 1, 1000, hear, N("c"));
	store_add(store, "y", "5", 1, 1000, hear, N("d"));
	run(10);
	CHECK_STR(said, "a= b:there get=1 late= c:there d:full ");
	down();
}

static void of_many_that_take_one_has_it(void)
{
	up(0);
	store_put(store, "code", "x", 1, 1000, NULL, NULL);
	store_take(store, "code", hear, N("a"));
	store_take(store, "code", hear, N("b"));
	store_take(store, "code", hear, N("c"));
	run(10);
	CHECK_STR(said, "a=x b:no c:no ");
	down();
}

static void what_has_outlived_its_time_is_gone(void)
{
	up(0);
	store_put(store, "a", "1", 1, 20, NULL, NULL);
	run(50);
	store_get(store, "a", hear, N("get"));
	run(10);
	CHECK_STR(said, "get:no ");
	down();
}

static void a_full_store_refuses_but_replaces(void)
{
	up(2);
	store_put(store, "a", "1", 1, 60000, hear, N("a"));
	store_put(store, "b", "1", 1, 60000, hear, N("b"));
	store_put(store, "c", "1", 1, 60000, hear, N("c"));
	store_put(store, "a", "2", 1, 60000, hear, N("a"));
	run(10);
	CHECK_STR(said, "a= b= c:full a= ");
	down();
}

static void thousands_are_found_again(void)
{
	char key[32];

	up(0);
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(key, sizeof(key), "key:%d", i);
		store_put(store, key, key, strlen(key), 60000, NULL, NULL);
	}
	store_get(store, "key:4711", hear, N("get"));
	run(10);
	CHECK_STR(said, "get=key:4711 ");
	down();
}

TESTS(T(what_was_put_can_be_got_until_it_is_dropped),
		T(of_many_that_add_one_has_put_it),
		T(of_many_that_take_one_has_it),
		T(what_has_outlived_its_time_is_gone),
		T(a_full_store_refuses_but_replaces),
		T(thousands_are_found_again))
