/* The shared lines of a loop: who dials, who joins, when they close. */
#include "relay/hubs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/loop.h"
#include "relay/hub.h"
#include "stream/stream.h"
#include "test.h"

enum { WAITS = 3 };

/* Who joined, and what came of it. */
struct guest_of_line {
	struct hub_wait *wait;
	struct stream *stream;
	int r, answers;
	char why[ERR_TEXT_MAX];
};

static struct {
	struct loop *loop;
	struct hubs *hubs;
	char path[64];
	int listener, far;
	struct guest_of_line at[WAITS];
} rig;

static void stop(void *arg)
{
	loop_stop(arg);
}

static void run_ms(uint64_t ms)
{
	struct timer *t;

	CHECK(timer_new(&t, rig.loop, stop, rig.loop) == 0);
	timer_set(t, ms);
	CHECK(loop_run(rig.loop) == 0);
	timer_free(t);
}

static void up(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	memset(&rig, 0, sizeof(rig));
	rig.far = -1;
	(void)snprintf(rig.path, sizeof(rig.path), "/tmp/hubs_test.%d",
			(int)getpid());
	memcpy(a.sun_path, rig.path, strlen(rig.path) + 1);
	rig.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CHECK(bind(rig.listener, (struct sockaddr *)&a, sizeof(a)) == 0);
	CHECK(listen(rig.listener, 4) == 0);
	CHECK(loop_new(&rig.loop) == 0);
	CHECK(hubs_new(&rig.hubs, rig.loop) == 0);
}

static void down(void)
{
	for (int i = 0; i < WAITS; i++) {
		hub_wait_free(rig.at[i].wait);
		stream_free(rig.at[i].stream);
	}
	hubs_free(rig.hubs);
	loop_free(rig.loop);
	if (rig.far >= 0)
		close(rig.far);
	close(rig.listener);
	(void)unlink(rig.path);
}

static void answered(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	struct guest_of_line *at = arg;

	at->wait = NULL;
	at->stream = s;
	at->r = r;
	at->answers++;
	(void)snprintf(at->why, sizeof(at->why), "%s", r < 0 ? e->text : "");
}

static void joins(int who, const char *name)
{
	struct dial_plan plan = {0};

	CHECK(dial_plan_unix(&plan, rig.path) == 0);
	CHECK_INT(hubs_join(rig.hubs, &rig.at[who].wait, name, &plan, true,
				  answered, &rig.at[who]),
			0);
	CHECK_INT(plan.count, 0);
}

static void leaves(int who)
{
	stream_free(rig.at[who].stream);
	rig.at[who] = (struct guest_of_line){0};
}

static int accepted(void)
{
	return accept(rig.listener, NULL, NULL);
}

static void says(const char *text)
{
	CHECK_INT(send(rig.far, text, strlen(text), 0), strlen(text));
	run_ms(10);
}

static void heard(int who, const char *text)
{
	uint8_t room[STREAM_HEAD + 256], *data = room + STREAM_HEAD;
	ssize_t n = stream_read(rig.at[who].stream, data, 256);

	CHECK_INT(n, strlen(text));
	CHECK_MEM(data, text, strlen(text));
}

static void a_line_is_dialled_once_for_all(void)
{
	up();
	joins(0, "a");
	joins(1, "a"); /* while it is on its way */
	CHECK_INT(rig.at[0].answers, 0);
	run_ms(10);
	CHECK_INT(rig.at[0].r, 0);
	CHECK_INT(rig.at[1].r, 0);
	joins(2, "a"); /* once it is open */
	CHECK_INT(rig.at[2].answers, 0);
	rig.far = accepted();
	CHECK(rig.far >= 0);
	says("hi");
	CHECK_INT(rig.at[2].answers, 1);
	CHECK_INT(accepted(), -1);
	for (int i = 0; i < 3; i++)
		heard(i, "hi");
	down();
}

static void lines_of_other_names_are_their_own(void)
{
	up();
	joins(0, "a");
	joins(1, "b");
	run_ms(10);
	rig.far = accepted();
	CHECK(rig.far >= 0);
	close(rig.far);
	rig.far = accepted();
	CHECK(rig.far >= 0);
	down();
}

static void a_dial_that_fails_is_told_to_all(void)
{
	up();
	(void)unlink(rig.path);
	joins(0, "a");
	joins(1, "a");
	run_ms(10);
	CHECK_INT(rig.at[0].r, -ENOENT);
	CHECK_INT(rig.at[1].r, -ENOENT);
	CHECK_HAS(rig.at[1].why, "No such file");
	joins(2, "a"); /* and tried again */
	run_ms(10);
	CHECK_INT(rig.at[2].r, -ENOENT);
	down();
}

static void who_leaves_before_the_answer_hears_none(void)
{
	up();
	joins(0, "a");
	hub_wait_free(rig.at[0].wait);
	rig.at[0].wait = NULL;
	joins(0, "a");
	joins(1, "a");
	hub_wait_free(rig.at[0].wait);
	rig.at[0].wait = NULL;
	run_ms(10);
	CHECK_INT(rig.at[0].answers, 0);
	CHECK_INT(rig.at[1].answers, 1);
	joins(2, "a");
	hub_wait_free(rig.at[2].wait); /* it had joined: only not heard so */
	rig.at[2].wait = NULL;
	run_ms(10);
	CHECK_INT(rig.at[2].answers, 0);
	down();
}

static void who_comes_back_soon_finds_the_line_as_it_was(void)
{
	up();
	joins(0, "a");
	run_ms(10);
	rig.far = accepted();
	says("login: ");
	leaves(0);
	run_ms(HUBS_REST_MS / 2);
	says("root");
	joins(1, "a");
	run_ms(HUBS_REST_MS);
	CHECK_INT(accepted(), -1);
	heard(1, "login: root");
	down();
}

static void the_last_who_leaves_closes_the_line(void)
{
	char c;

	up();
	joins(0, "a");
	run_ms(10);
	rig.far = accepted();
	leaves(0);
	run_ms(HUBS_REST_MS + 100);
	CHECK_INT(recv(rig.far, &c, 1, MSG_DONTWAIT), 0);
	/* it is told goodbye: who comes now waits for its own */
	joins(1, "a");
	run_ms(50);
	CHECK_INT(accepted(), -1);
	CHECK_INT(rig.at[1].answers, 0);
	close(rig.far);
	run_ms(50);
	CHECK_INT(rig.at[1].r, 0);
	CHECK_INT(rig.at[1].answers, 1);
	rig.far = accepted();
	CHECK(rig.far >= 0);
	down();
}

static void a_line_that_has_ended_is_dialled_anew(void)
{
	uint8_t room[STREAM_HEAD + 8];

	up();
	joins(0, "a");
	run_ms(10);
	close(accepted());
	run_ms(10);
	CHECK_INT(stream_read(rig.at[0].stream, room + STREAM_HEAD, 8), 0);
	joins(1, "a");
	run_ms(10);
	CHECK_INT(rig.at[1].r, 0);
	rig.far = accepted();
	CHECK(rig.far >= 0);
	says("new");
	heard(1, "new");
	leaves(0);
	run_ms(10);
	says("er");
	heard(1, "er");
	down();
}

static void one_too_many_is_told_so(void)
{
	struct stream *s[HUB_READERS_MAX];

	up();
	for (int i = 0; i < HUB_READERS_MAX; i++) {
		joins(0, "a");
		run_ms(5);
		CHECK_INT(rig.at[0].r, 0);
		s[i] = rig.at[0].stream;
	}
	rig.at[0].stream = NULL;
	joins(1, "a");
	run_ms(5);
	CHECK_INT(rig.at[1].r, -EDQUOT);
	CHECK_HAS(rig.at[1].why, "16 consoles");
	for (int i = 0; i < HUB_READERS_MAX; i++)
		stream_free(s[i]);
	down();
}

TESTS(T(a_line_is_dialled_once_for_all), T(lines_of_other_names_are_their_own),
		T(a_dial_that_fails_is_told_to_all),
		T(who_leaves_before_the_answer_hears_none),
		T(who_comes_back_soon_finds_the_line_as_it_was),
		T(the_last_who_leaves_closes_the_line),
		T(a_line_that_has_ended_is_dialled_anew),
		T(one_too_many_is_told_so))
