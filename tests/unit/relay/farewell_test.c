#include "relay/farewell.h"

#include "rig.h"
#include "stream/stream.h"

/* A farewell said to a far end. */
struct bye {
	struct rig rig; /* its loop and its client's far end are used */
	struct farewell *farewell;
	int overs;
};

static void bye_over(void *arg)
{
	struct bye *b = arg;

	b->overs++;
	b->farewell = NULL;
	b->rig.overs++;
}

static void bye_up(struct bye *b, int kind, uint64_t limit_ms)
{
	struct note n = {.kind = NOTE_CLOSE,
			.close = {.code = 4401, .reason = "not_signed_in"}};
	int fd[2];

	*b = (struct bye){0};
	rig_up(&b->rig, RIG_TCP, &(struct relay_options){0});
	relay_free(b->rig.relay); /* only the loop is wanted, and a far end */
	b->rig.relay = NULL;
	far_close(&b->rig.backend);
	far_close(&b->rig.client);
	rig_pair(fd);
	b->rig.client.fd = fd[1];
	CHECK_INT(farewell_new(&b->farewell, b->rig.loop,
				  rig_stream(fd[0], kind,
						  (kind & ~RIG_CHOP) == RIG_WS),
				  &n, limit_ms, bye_over, b),
			0);
	CHECK_INT(b->overs, 0);
}

static void bye_down(struct bye *b)
{
	farewell_free(b->farewell);
	rig_down(&b->rig);
}

static void check_told(struct bye *b)
{
	struct heard_ws h;

	far_heard(&b->rig.client, &h);
	CHECK_INT(h.code, 4401);
	CHECK_STR(h.reason, "not_signed_in");
	buf_done(&h.payload);
}

static void the_words_are_told_and_the_answer_is_awaited(void)
{
	struct bye b;

	bye_up(&b, RIG_WS, FAREWELL_MS);
	rig_run(&b.rig, 300);
	CHECK_INT(b.overs, 0);
	check_told(&b);
	far_says(&b.rig.client, "b*300000 p=x c4401");
	rig_run(&b.rig, 1000);
	CHECK_INT(b.overs, 1);
	CHECK(b.rig.client.ended && !b.rig.client.was_reset);
	bye_down(&b);
}

static void a_byte_a_call_is_enough(void)
{
	struct bye b;

	bye_up(&b, RIG_WS | RIG_CHOP, FAREWELL_MS);
	far_says(&b.rig.client, "b*3000 c1000");
	rig_run(&b.rig, 1500);
	CHECK_INT(b.overs, 1);
	check_told(&b);
	bye_down(&b);
}

static void a_peer_that_says_nothing_is_left_at_the_limit(void)
{
	struct bye b;

	bye_up(&b, RIG_WS, 800);
	rig_run(&b.rig, 200);
	CHECK_INT(b.overs, 0);
	rig_run(&b.rig, 3000);
	CHECK_INT(b.overs, 1);
	check_told(&b);
	bye_down(&b);
}

static void a_peer_that_never_stops_talking_is_left_too(void)
{
	struct bye b;

	bye_up(&b, RIG_WS, 200);
	for (int i = 0; i < 100; i++)
		far_says(&b.rig.client, "b*500000");
	rig_run(&b.rig, 2000);
	CHECK_INT(b.overs, 1);
	bye_down(&b);
}

static void a_broken_protocol_does_not_cost_the_last_words(void)
{
	struct bye b;

	bye_up(&b, RIG_WS, FAREWELL_MS);
	rig_run(&b.rig, 200);
	far_says(&b.rig.client, "^4b=x b*3000000");
	rig_run(&b.rig, 300);
	b.rig.client.shuts = true;
	rig_run(&b.rig, 1000);
	CHECK_INT(b.overs, 1);
	check_told(&b);
	CHECK(!b.rig.client.was_reset);
	bye_down(&b);
}

static void who_broke_the_protocol_and_stays_costs_no_time(void)
{
	struct bye b;

	bye_up(&b, RIG_WS, FAREWELL_MS);
	far_says(&b.rig.client, "^4b=x b*3000");
	rig_run(&b.rig, 100);
	rig_run_idle(&b.rig, 600);
	CHECK_INT(b.overs, 0);
	bye_down(&b);
}

static void a_plain_stream_is_only_ended(void)
{
	struct bye b;

	bye_up(&b, RIG_TCP, FAREWELL_MS);
	b.rig.client.shuts = true;
	rig_run(&b.rig, 1000);
	CHECK_INT(b.overs, 1);
	CHECK(b.rig.client.ended);
	CHECK_INT(b.rig.client.got.len, 0);
	bye_down(&b);
}

static void it_may_be_freed_at_any_moment(void)
{
	for (uint64_t ms = 0; ms < 10; ms++) {
		struct bye b;

		bye_up(&b, RIG_WS, 5);
		if (ms > 0)
			rig_run(&b.rig, ms);
		bye_down(&b);
	}
}

TESTS(T(the_words_are_told_and_the_answer_is_awaited),
		T(a_byte_a_call_is_enough),
		T(a_peer_that_says_nothing_is_left_at_the_limit),
		T(a_peer_that_never_stops_talking_is_left_too),
		T(a_broken_protocol_does_not_cost_the_last_words),
		T(who_broke_the_protocol_and_stays_costs_no_time),
		T(a_plain_stream_is_only_ended),
		T(it_may_be_freed_at_any_moment))
