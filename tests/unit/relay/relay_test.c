#include "relay/relay.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop.h"
#include "stream/tcp.h"
#include "test.h"

/* A relay between two socket pairs; the test holds the far ends. */
struct rig {
	struct loop *loop;
	struct relay *relay;
	struct relay_counts counts;
	int client, backend;
	struct relay_end end;
	int farewells, overs;
};

static void rig_farewell(
		void *arg, const struct relay_end *end, struct note *ret_close)
{
	struct rig *g = arg;

	g->farewells++;
	ret_close->close.code = 1011;
}

static void rig_over(void *arg, const struct relay_end *end)
{
	struct rig *g = arg;

	g->end = *end;
	g->overs++;
	relay_free(g->relay);
	g->relay = NULL;
	loop_stop(g->loop);
}

static const struct relay_events rig_events = {
		.farewell = rig_farewell,
		.over = rig_over,
};

static struct stream *rig_side(int *ret_far)
{
	struct stream *s = NULL;
	int fd[2];
	struct err e;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	CHECK(fd_wrap(&s, fd[0]) == 0);
	CHECK(stream_handshake(s, &e) == 0);
	*ret_far = fd[1];
	return s;
}

static void rig_up(struct rig *g, const struct relay_options *o)
{
	struct stream *c, *b;

	*g = (struct rig){0};
	CHECK(loop_new(&g->loop) == 0);
	c = rig_side(&g->client);
	b = rig_side(&g->backend);
	CHECK(relay_new(&g->relay, g->loop, c, b, o, &g->counts, &rig_events,
			      g) == 0);
}

static void rig_down(struct rig *g)
{
	relay_free(g->relay);
	close(g->client);
	close(g->backend);
	loop_free(g->loop);
}

static void rig_timeout(void *arg)
{
	loop_stop(arg);
}

/* Let it run until it is over, or for `ms`. */
static void rig_run(struct rig *g, uint64_t ms)
{
	struct timer *t;

	CHECK(timer_new(&t, g->loop, rig_timeout, g->loop) == 0);
	timer_set(t, ms);
	CHECK(loop_run(g->loop) == 0);
	timer_free(t);
}

static void what_a_side_sent_before_it_closed_arrives(void)
{
	struct relay_options o = {0};
	char got[64] = "";
	struct rig g;

	rig_up(&g, &o);
	CHECK(write(g.backend, "last words", 10) == 10);
	close(g.backend);
	g.backend = -1;
	rig_run(&g, 100);
	CHECK_INT(read(g.client, got, sizeof(got)), 10);
	CHECK_STR(got, "last words");
	CHECK_INT(read(g.client, got, sizeof(got)), 0);
	close(g.client);
	g.client = -1;
	rig_run(&g, 3000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.farewells, 1);
	CHECK_INT(g.end.side, RELAY_BACKEND);
	CHECK_INT(g.end.r, 0);
	CHECK_INT(g.counts.down.bytes, 10);
	rig_down(&g);
}

static void half_a_goodbye_leaves_the_other_way_open(void)
{
	struct relay_options o = {0};
	char got[64] = "";
	struct rig g;

	rig_up(&g, &o);
	CHECK(write(g.client, "ask", 3) == 3);
	CHECK(shutdown(g.client, SHUT_WR) == 0);
	rig_run(&g, 50);
	CHECK_INT(read(g.backend, got, sizeof(got)), 3);
	CHECK_INT(read(g.backend, got, sizeof(got)), 0);
	CHECK(write(g.backend, "answer", 6) == 6);
	rig_run(&g, 50);
	CHECK_INT(read(g.client, got, sizeof(got)), 6);
	CHECK_INT(g.overs, 0);
	close(g.backend);
	g.backend = -1;
	rig_run(&g, 3000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_CLIENT);
	rig_down(&g);
}

static void a_reader_without_progress_ends_the_relay(void)
{
	struct relay_options o = {.progress_ms = 1000};
	static char big[1 << 20];
	struct rig g;

	rig_up(&g, &o);
	while (send(g.backend, big, sizeof(big), MSG_DONTWAIT) > 0)
		rig_run(&g, 20); /* until both kernels are full */
	rig_run(&g, 8000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_CLIENT);
	CHECK_INT(g.end.r, -ETIMEDOUT);
	rig_down(&g);
}

static void silence_without_input_ends_it_where_a_limit_is_set(void)
{
	struct relay_options o = {.idle_ms = 1000};
	struct rig g;

	rig_up(&g, &o);
	CHECK(write(g.backend, "x", 1) == 1); /* output is no input */
	rig_run(&g, 8000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.r, -ETIME);
	rig_down(&g);
}

static void an_end_from_outside_is_over_within_the_linger(void)
{
	struct relay_options o = {0};
	char got[8];
	struct rig g;

	rig_up(&g, &o);
	rig_run(&g, 20);
	relay_end(g.relay);
	CHECK_INT(g.overs, 0); /* never from inside the call */
	rig_run(&g, 5000);
	CHECK_INT(g.overs, 1);
	CHECK_INT(g.end.side, RELAY_OWNER);
	CHECK_INT(read(g.client, got, 1), 0);
	rig_down(&g);
}

TESTS(T(what_a_side_sent_before_it_closed_arrives),
		T(half_a_goodbye_leaves_the_other_way_open),
		T(a_reader_without_progress_ends_the_relay),
		T(silence_without_input_ends_it_where_a_limit_is_set),
		T(an_end_from_outside_is_over_within_the_linger))
