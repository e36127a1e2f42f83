/* A relay whose client (and maybe backend) speaks WebSocket. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "relay/relay.h"
#include "rig.h"

static const struct relay_options usual;

enum { MIB = 1024 * 1024 };

static void check_close(const struct far *f, unsigned code, const char *reason)
{
	struct heard_ws h;

	far_heard(f, &h);
	CHECK_INT(h.code, code);
	CHECK_STR(h.reason, reason);
	buf_done(&h.payload);
}

static void check_payload(const struct far *f, size_t len)
{
	struct heard_ws h;

	far_heard(f, &h);
	CHECK(is_pattern(&h.payload, len));
	buf_done(&h.payload);
}

static void all_the_backend_said_comes_before_the_close(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &usual);
	pattern_add(&g.backend.say, 24 * MIB);
	g.backend.shuts = true;
	g.client.reads = 128 * 1024;
	rig_run(&g, 20000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_BACKEND);
	CHECK_INT(g.end.r, 0);
	check_payload(&g.client, 24 * MIB);
	check_close(&g.client, 1011, "so it is");
	CHECK(!g.client.was_reset);
	rig_down(&g);
}

/* It reads for longer than the linger, and says things meanwhile. */
static void a_very_slow_client_gets_all_of_it_too(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &(struct relay_options){.linger_ms = 1000});
	pattern_add(&g.backend.say, MIB);
	g.backend.shuts = true;
	g.client.reads = 0;
	rig_run(&g, 1200);
	g.client.reads = 400;
	rig_run(&g, 1200);
	far_says(&g.client, "b=key");
	rig_run(&g, 20000);
	CHECK_INT(g.overs, 1);
	check_payload(&g.client, MIB);
	check_close(&g.client, 1011, "so it is");
	rig_down(&g);
}

static void what_the_client_says_until_its_close_arrives(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &usual);
	g.backend.shuts = true; /* at once */
	rig_run(&g, 300);
	check_close(&g.client, 1011, "so it is");
	far_says(&g.client, "b=last b=words c1000");
	rig_run(&g, 1000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.backend.got.len, 9);
	CHECK(g.backend.ended && !g.backend.was_reset);
	rig_down(&g);
}

static void a_client_that_never_answers_a_close_is_left(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &usual);
	far_close(&g.backend);
	rig_run(&g, 5000);
	CHECK_INT(g.overs, 1);
	check_close(&g.client, 1011, "so it is");
	rig_down(&g);
}

static void a_close_by_the_client_is_the_backends_end_and_is_answered(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &usual);
	far_says(&g.client, "b=typed c1001=bye");
	rig_run(&g, 1000); /* the backend stays open */
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_CLIENT);
	CHECK_INT(g.end.r, 0);
	CHECK_INT(g.end.close.close.code, 1001);
	CHECK_STR(g.end.close.close.reason, "bye");
	CHECK_INT(g.backend.got.len, 5);
	CHECK(g.backend.ended);
	CHECK(!g.backend.was_reset);
	check_close(&g.client, 1001, "");
	CHECK(g.client.ended && !g.client.was_reset);
	rig_down(&g);
}

static void a_client_without_a_goodbye_is_the_backends_end(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &usual);
	far_says(&g.client, "b=typed");
	g.client.shuts = true;
	rig_run(&g, 1000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_CLIENT);
	CHECK_INT(g.end.close.close.code, 0);
	CHECK_INT(g.backend.got.len, 5);
	CHECK(g.backend.ended);
	rig_down(&g);
}

static void who_broke_the_protocol_and_stays_costs_no_time(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &usual);
	far_says(&g.client, "b=x ^4b=x b*3000");
	rig_run(&g, 100);
	CHECK_INT(g.farewells, 1);
	rig_run_idle(&g, 600);
	CHECK_INT(g.overs, 0); /* it has RELAY_LINGER_MS to go */
	rig_down(&g);
}

static void a_broken_protocol_is_told_with_its_code(void)
{
	static const struct {
		const char *frames;
		unsigned code;
	} cases[] = {{"b=ok ^4b=rsv b*3000000", 1002}, {"b=ok !b=bare", 1002},
			{"b=ok m=more *500000", 1002}, {"b=ok c%03e8ff", 1007},
			{"b=ok t*5000", 1009}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rig g;

		rig_up(&g, RIG_WS, &usual);
		far_says(&g.client, cases[i].frames);
		rig_run(&g, 300);
		g.client.shuts = true;
		rig_run(&g, 3000);
		CHECK_INT(g.overs, 1);
		CHECK_INT(g.end.side, RELAY_CLIENT);
		CHECK_INT(g.end.r, cases[i].code == 1009 ? -EMSGSIZE : -EPROTO);
		check_close(&g.client, cases[i].code, "");
		CHECK_INT(g.backend.got.len, 2);
		CHECK(g.backend.ended);
		rig_down(&g);
	}
}

static void a_reset_by_the_backend_is_told_to_the_client(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &usual);
	rig_run(&g, 20);
	far_reset(&g.backend);
	far_says(&g.client, "b=typed");
	rig_run(&g, 300);
	check_close(&g.client, 1011, "so it is");
	far_says(&g.client, "b=more c1000");
	rig_run(&g, 1000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_BACKEND);
	CHECK_INT(g.end.r, -ECONNRESET);
	CHECK(!g.client.was_reset);
	rig_down(&g);
}

static void a_reset_by_the_client_ends_the_backend(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &usual);
	pattern_add(&g.backend.say, 32 * MIB);
	g.client.reads = 1000;
	rig_run(&g, 300);
	far_reset(&g.client);
	g.stop_when_over = true;
	rig_run(&g, 2000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_CLIENT);
	CHECK(g.end.r < 0);
	rig_down(&g);
}

static void a_ping_is_answered_though_no_bytes_flow(void)
{
	struct heard_ws h;
	struct rig g;

	rig_up(&g, RIG_WS, &usual);
	far_says(&g.client, "p=hello");
	rig_run(&g, 300);
	far_heard(&g.client, &h);
	CHECK_INT(h.pongs, 1);
	buf_done(&h.payload);
	rig_down(&g);
}

static unsigned pings_counted(const struct rig *g)
{
	unsigned all = 0;

	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
		all += g->counts.client_pings[i];
	return all;
}

static void each_answer_to_a_ping_is_counted(void)
{
	struct heard_ws h = {0};
	struct rig g;
	char word[2 * 125 + 8] = "o%";
	const uint8_t *ping;

	rig_up(&g, RIG_WS, &(struct relay_options){.ping_ms = 2000});
	far_says(&g.client, "o=x"); /* to nothing that was asked */
	for (int turn = 0; h.pings == 0 && turn < 50; turn++) {
		rig_run(&g, 300);
		far_heard(&g.client, &h);
		buf_done(&h.payload);
	}
	CHECK_INT(h.pings, 1);
	CHECK_INT(pings_counted(&g), 0);
	ping = memmem(buf_data(&g.client.got), g.client.got.len, "\r\n\r\n", 4);
	ping += 4;
	for (size_t i = 0; i < ping[1]; i++)
		(void)snprintf(word + 2 + 2 * i, 3, "%02x", ping[2 + i]);
	far_says(&g.client, word);
	for (int turn = 0; pings_counted(&g) == 0 && turn < 50; turn++)
		rig_run(&g, 50);
	CHECK_INT(pings_counted(&g), 1);
	rig_down(&g);
}

static void a_client_that_answers_no_ping_is_lost(void)
{
	struct heard_ws h;
	struct rig g;

	rig_up(&g, RIG_WS, &(struct relay_options){.ping_ms = 1000});
	rig_run(&g, 9000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_CLIENT);
	CHECK_INT(g.end.r, -EHOSTDOWN);
	far_heard(&g.client, &h);
	CHECK(h.pings >= 1);
	buf_done(&h.payload);
	CHECK(g.backend.ended);
	rig_down(&g);
}

static void a_backend_that_reads_nothing_is_told_to_the_client(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &(struct relay_options){.progress_ms = 1000});
	for (int i = 0; i < 200; i++)
		far_says(&g.client, "b*100000");
	g.backend.reads = 0;
	g.stop_when_over = true;
	rig_run(&g, 8000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_BACKEND);
	CHECK_INT(g.end.r, -ETIMEDOUT);
	check_close(&g.client, 1011, "so it is");
	rig_down(&g);
}

static void an_end_in_the_middle_of_a_frame_comes_after_the_frame(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &usual);
	g.close_code = 4000;
	pattern_add(&g.backend.say, 8 * MIB);
	g.client.reads = 1000;
	rig_run(&g, 300);
	relay_end(g.relay);
	rig_run(&g, 20);
	g.client.reads = SIZE_MAX;
	rig_run(&g, 1000);
	check_close(&g.client, 4000, "so it is");
	far_says(&g.client, "c1000");
	rig_run(&g, 1000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_OWNER);
	rig_down(&g);
}

static void a_note_may_end_the_relay(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &usual);
	g.end_in_note = true;
	far_says(&g.client, "b=typed t={} b=not_this c1000");
	rig_run(&g, 1000);
	CHECK_INT(g.notes, 1);
	CHECK_INT(g.overs, 1);
	CHECK(g.backend.ended);
	rig_down(&g);
}

static void a_close_by_a_ws_backend_reaches_the_client(void)
{
	struct rig g;

	rig_up(&g, RIG_WS_WS, &usual);
	far_says(&g.backend, "b*100000 c1001=going");
	rig_run(&g, 300);
	check_close(&g.client, 1011, "so it is");
	far_says(&g.client, "b=typed c1000");
	rig_run(&g, 1000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_BACKEND);
	CHECK_INT(g.end.close.close.code, 1001);
	check_close(&g.backend, 1001, "");
	rig_down(&g);
}

static void a_byte_a_call_is_enough_for_everything(void)
{
	for (int kind = RIG_WS; kind <= RIG_WS_WS; kind++) {
		struct rig g;

		rig_up(&g, kind | RIG_CHOP, &usual);
		if (kind == RIG_WS)
			pattern_add(&g.backend.say, 5000);
		else
			far_says(&g.backend, "b*7000 -b*300 p=x m*9");
		far_says(&g.client, "b*7000 p=hello -b*300 m*9");
		far_says(&g.client, kind == RIG_WS ? "c1000" : "b*70000 c1000");
		g.backend.shuts = kind == RIG_WS;
		rig_run(&g, 30000);
		CHECK_INT(g.overs, 1);
		CHECK(g.client.ended && !g.client.was_reset);
		CHECK(g.backend.ended && !g.backend.was_reset);
		CHECK_INT(g.counts.up.bytes, kind == RIG_WS ? 7309 : 77309);
		rig_down(&g);
	}
}

/* Soon, and nothing else. */
static void check_told(struct rig *g, const char *text)
{
	for (int i = 0; i < 100 && g->backend.got.len < strlen(text); i++)
		rig_run(g, 50);
	CHECK_INT(g->backend.got.len, strlen(text));
	CHECK(memcmp(buf_data(&g->backend.got), text, strlen(text)) == 0);
}

static int tell_size(struct rig *g, uint16_t cols)
{
	return relay_tell(g->relay, RELAY_BACKEND,
			&(struct note){.kind = NOTE_RESIZE,
					.resize = {cols, 24}});
}

static void what_a_side_is_told_reaches_its_wire(void)
{
	for (int chop = 0; chop <= RIG_CHOP; chop += RIG_CHOP) {
		struct rig g;

		rig_up(&g, RIG_WS | RIG_NOTES | chop, &usual);
		CHECK_INT(tell_size(&g, 132), 0);
		check_told(&g, "[132x24]");
		far_says(&g.client, "b=typed");
		check_told(&g, "[132x24]typed");
		CHECK_INT(tell_size(&g, 80), 0);
		check_told(&g, "[132x24]typed[80x24]");
		CHECK_INT(g.counts.up.bytes, 5);
		rig_down(&g);
	}
}

static void a_note_of_the_client_may_be_told_on(void)
{
	for (int chop = 0; chop <= RIG_CHOP; chop += RIG_CHOP) {
		struct rig g;

		rig_up(&g, RIG_WS | RIG_NOTES | chop, &usual);
		g.resize_in_note = true;
		far_says(&g.client, "t=note");
		check_told(&g, "[80x24]");
		CHECK_INT(g.notes, 1);
		rig_down(&g);
	}
}

static void who_understands_no_note_is_told_none(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &usual);
	CHECK_INT(tell_size(&g, 80), -ENOTSUP);
	rig_run(&g, 30);
	far_close(&g.client);
	rig_run(&g, 300);
	if (g.relay)
		CHECK_INT(tell_size(&g, 80), -ENOTCONN);
	rig_down(&g);
}

/* Whatever the client types or hears: it is about what goes to the backend. */
static void a_backend_to_which_nothing_goes_is_kept_awake(void)
{
	struct rig g;

	rig_up(&g, RIG_WS | RIG_NOTES,
			&(struct relay_options){.keep_ms = 1500});
	rig_run(&g, 1000);
	far_says(&g.client, "b=typed");
	rig_run(&g, 1300);
	check_told(&g, "typed");
	rig_run_idle(&g, 3500);
	check_told(&g, "typed[keep][keep]");
	rig_down(&g);
}

static void a_backend_that_knows_no_such_word_is_left_alone(void)
{
	struct rig g;

	rig_up(&g, RIG_WS, &(struct relay_options){.keep_ms = 1});
	rig_run_idle(&g, 2200);
	CHECK_INT(g.backend.got.len, 0);
	CHECK_INT(g.overs, 0);
	rig_down(&g);
}

TESTS(T(all_the_backend_said_comes_before_the_close),
		T(a_very_slow_client_gets_all_of_it_too),
		T(what_the_client_says_until_its_close_arrives),
		T(a_client_that_never_answers_a_close_is_left),
		T(a_close_by_the_client_is_the_backends_end_and_is_answered),
		T(a_client_without_a_goodbye_is_the_backends_end),
		T(a_broken_protocol_is_told_with_its_code),
		T(who_broke_the_protocol_and_stays_costs_no_time),
		T(a_reset_by_the_backend_is_told_to_the_client),
		T(a_reset_by_the_client_ends_the_backend),
		T(a_ping_is_answered_though_no_bytes_flow),
		T(each_answer_to_a_ping_is_counted),
		T(a_client_that_answers_no_ping_is_lost),
		T(a_backend_that_reads_nothing_is_told_to_the_client),
		T(an_end_in_the_middle_of_a_frame_comes_after_the_frame),
		T(a_note_may_end_the_relay),
		T(a_close_by_a_ws_backend_reaches_the_client),
		T(a_byte_a_call_is_enough_for_everything),
		T(what_a_side_is_told_reaches_its_wire),
		T(a_note_of_the_client_may_be_told_on),
		T(who_understands_no_note_is_told_none),
		T(a_backend_to_which_nothing_goes_is_kept_awake),
		T(a_backend_that_knows_no_such_word_is_left_alone))
