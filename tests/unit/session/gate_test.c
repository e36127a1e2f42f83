#include "session/gate.h"

#include <errno.h>
#include <string.h>

#include "core/loop.h"
#include "test.h"

enum { PASSES = 100 };

static struct loop *loop;
static struct gates *gates;
static struct gate_pass passes[PASSES];
static int order[PASSES], results[PASSES];
static size_t told;
static bool leave_at_once;

static void on_told(void *arg, struct gate_pass *p, int r)
{
	order[told] = (int)(p - passes);
	results[told++] = r;
	if (leave_at_once)
		gate_leave(p);
}

static void stop(void *arg)
{
	loop_stop(loop);
}

static void turn(void)
{
	struct timer *t;

	CHECK_INT(timer_new(&t, loop, stop, NULL), 0);
	timer_set(t, 20);
	CHECK_INT(loop_run(loop), 0);
	timer_free(t);
}

static void begin(void)
{
	memset(passes, 0, sizeof(passes));
	told = 0;
	leave_at_once = false;
	CHECK_INT(loop_new(&loop), 0);
	CHECK_INT(gates_new(&gates, loop, on_told, NULL), 0);
}

static void end(void)
{
	gates_free(gates);
	loop_free(loop);
}

static void one_is_inside_and_the_next_follows_when_it_leaves(void)
{
	begin();
	gate_enter(gates, &passes[0], "home/100");
	gate_enter(gates, &passes[1], "home/100");
	gate_enter(gates, &passes[2], "home/100");
	CHECK_INT(told, 0); /* never from inside */
	turn();
	CHECK_INT(told, 1);
	CHECK(gate_is_inside(&passes[0]));
	gate_leave(&passes[0]);
	gate_leave(&passes[0]);
	turn();
	CHECK_INT(told, 2);
	CHECK_INT(order[1], 1);
	gate_leave(&passes[1]);
	turn();
	CHECK_INT(order[2], 2);
	end();
}

static void guests_do_not_wait_for_each_other(void)
{
	begin();
	gate_enter(gates, &passes[0], "home/100");
	gate_enter(gates, &passes[1], "away/100");
	gate_enter(gates, &passes[2], "home/101");
	turn();
	CHECK_INT(told, 3);
	end();
}

static void who_leaves_while_waiting_is_told_and_passed_by(void)
{
	begin();
	gate_enter(gates, &passes[0], "a");
	gate_enter(gates, &passes[1], "a");
	gate_enter(gates, &passes[2], "a");
	turn();
	gate_leave(&passes[1]);
	turn();
	CHECK_INT(told, 2);
	CHECK_INT(order[1], 1);
	CHECK_INT(results[1], -ECANCELED);
	gate_leave(&passes[0]);
	turn();
	CHECK_INT(order[2], 2);
	CHECK_INT(results[2], 0);
	end();
}

static void who_leaves_when_called_lets_the_next_in(void)
{
	begin();
	gate_enter(gates, &passes[0], "a");
	gate_enter(gates, &passes[1], "a");
	gate_leave(&passes[0]); /* it has been called and not told */
	turn();
	CHECK_INT(told, 2);
	CHECK(gate_is_inside(&passes[1]));
	CHECK_INT(passes[0].state, GATE_OUTSIDE);
	gate_enter(gates, &passes[0], "a");
	gate_leave(&passes[1]);
	turn();
	CHECK(gate_is_inside(&passes[0]));
	end();
}

static void a_hundred_pass_in_their_order(void)
{
	begin();
	leave_at_once = true;
	for (int i = 0; i < PASSES; i++)
		gate_enter(gates, &passes[i], i % 2 ? "odd" : "even");
	for (int i = 0; i < 50 && told < PASSES; i++)
		turn();
	CHECK_INT(told, PASSES);
	for (int i = 0, odd = 1, even = 0; i < PASSES; i++) {
		CHECK_INT(results[i], 0);
		CHECK_INT(order[i], order[i] % 2 ? odd : even);
		*(order[i] % 2 ? &odd : &even) += 2;
	}
	end();
}

TESTS(T(one_is_inside_and_the_next_follows_when_it_leaves),
		T(guests_do_not_wait_for_each_other),
		T(who_leaves_while_waiting_is_told_and_passed_by),
		T(who_leaves_when_called_lets_the_next_in),
		T(a_hundred_pass_in_their_order))
