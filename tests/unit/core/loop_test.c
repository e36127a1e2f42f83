#include "core/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/chunk.h"
#include "test.h"

/* Every test has a loop, two ends of a wire, and a limit. */
static struct loop *loop;
static struct timer *limit;
static int wire[2];
static int count;
static char trail[64];

static void too_late(void *arg)
{
	fail_msg("the loop waits for ever (count %d, trail %s)", count, trail);
}

static void begin(void)
{
	count = 0;
	trail[0] = '\0';
	CHECK_INT(loop_new(&loop), 0);
	CHECK_INT(timer_new(&limit, loop, too_late, NULL), 0);
	timer_set(limit, 5000);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wire), 0);
}

static void end(void)
{
	timer_free(limit);
	loop_free(loop);
	for (int i = 0; i < 2; i++)
		if (wire[i] >= 0)
			CHECK_INT(close(wire[i]), 0);
}

static void note(const char *what)
{
	CHECK(strlen(trail) + strlen(what) < sizeof(trail));
	strcat(trail, what);
}

static void stop(void *arg)
{
	loop_stop(loop);
}

/* Let the loop turn for so long. */
static void turn_for(uint64_t ms)
{
	struct timer *t;

	CHECK_INT(timer_new(&t, loop, stop, NULL), 0);
	timer_set(t, ms);
	CHECK_INT(loop_run(loop), 0);
	timer_free(t);
}

/* ---- a descriptor ------------------------------------------------------ */

static struct watch *watch;
static int seen;

static void see_and_stop(void *arg, int events)
{
	count++;
	seen = events;
	loop_stop(loop);
}

static void see(void *arg, int events)
{
	count++;
	seen = events;
}

static void a_watch_tells_what_it_was_armed_for_and_nothing_else(void)
{
	begin();
	CHECK_INT(watch_new(&watch, loop, wire[0], see, NULL), 0);
	CHECK_INT(write(wire[1], "x", 1), 1);
	turn_for(20);
	CHECK_INT(count, 0); /* starts disarmed */
	watch_free(watch);

	CHECK_INT(watch_new(&watch, loop, wire[0], see_and_stop, NULL), 0);
	CHECK_INT(watch_set(watch, LOOP_WRITE), 0);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(seen, LOOP_WRITE);
	CHECK_INT(watch_set(watch, LOOP_READ), 0);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(seen, LOOP_READ);
	CHECK_INT(watch_set(watch, LOOP_READ | LOOP_WRITE), 0);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(seen, LOOP_READ | LOOP_WRITE);
	watch_free(watch);
	end();
}

static void a_disarmed_watch_is_silent_and_can_be_armed_again(void)
{
	begin();
	CHECK_INT(watch_new(&watch, loop, wire[0], see, NULL), 0);
	CHECK_INT(watch_set(watch, LOOP_READ | LOOP_WRITE), 0);
	CHECK_INT(watch_set(watch, LOOP_READ), 0);
	turn_for(20);
	CHECK_INT(count, 0);
	CHECK_INT(write(wire[1], "x", 1), 1);
	CHECK_INT(watch_set(watch, 0), 0);
	turn_for(20);
	CHECK_INT(count, 0);
	CHECK_INT(watch_set(watch, LOOP_READ), 0);
	turn_for(20);
	CHECK(count > 0 && seen == LOOP_READ); /* told until it is read */
	watch_free(watch);
	end();
}

static void the_end_of_the_peer_is_a_hangup_that_can_be_read(void)
{
	char c;

	begin();
	CHECK_INT(watch_new(&watch, loop, wire[0], see_and_stop, NULL), 0);
	CHECK_INT(watch_set(watch, LOOP_READ), 0);
	CHECK_INT(close(wire[1]), 0);
	wire[1] = -1;
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(seen, LOOP_READ | LOOP_HANGUP);
	CHECK_INT(read(wire[0], &c, 1), 0);
	watch_free(watch);
	end();
}

/* A loopback pair whose far end is gone with unread bytes: a reset. */
static void reset_wire(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	socklen_t len = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), far;

	CHECK_INT(bind(l, (struct sockaddr *)&a, len), 0);
	CHECK_INT(listen(l, 1), 0);
	CHECK_INT(getsockname(l, (struct sockaddr *)&a, &len), 0);
	CHECK_INT(close(wire[0]), 0);
	wire[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_INT(connect(wire[0], (struct sockaddr *)&a, len), 0);
	far = accept(l, NULL, NULL);
	CHECK(far >= 0);
	CHECK_INT(setsockopt(far, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	CHECK_INT(close(far), 0);
	CHECK_INT(close(l), 0);
}

static void a_reset_is_told_to_writers_and_reading_says_what_it_is(void)
{
	char c;

	begin();
	reset_wire();
	CHECK_INT(watch_new(&watch, loop, wire[0], see_and_stop, NULL), 0);
	CHECK_INT(watch_set(watch, LOOP_WRITE), 0);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(seen, LOOP_READ | LOOP_WRITE | LOOP_HANGUP);
	CHECK_INT(loop_run(loop), 0); /* still armed, still told */
	CHECK_INT(count, 2);
	CHECK(read(wire[0], &c, 1) < 0 && errno == ECONNRESET);
	watch_free(watch);
	end();
}

static void a_reset_is_not_told_to_the_disarmed(void)
{
	begin();
	reset_wire();
	CHECK_INT(watch_new(&watch, loop, wire[0], see, NULL), 0);
	CHECK_INT(watch_set(watch, LOOP_READ), 0);
	CHECK_INT(watch_set(watch, 0), 0);
	turn_for(20);
	CHECK_INT(count, 0);
	watch_free(watch);
	end();
}

static void free_watch(void *arg, int events)
{
	count++;
	watch_free(watch);
	CHECK_INT(close(wire[0]), 0); /* right after is early enough */
	wire[0] = -1;
}

static void a_watch_may_be_freed_inside_its_own_callback(void)
{
	begin();
	CHECK_INT(watch_new(&watch, loop, wire[0], free_watch, NULL), 0);
	CHECK_INT(watch_set(watch, LOOP_WRITE), 0);
	turn_for(20);
	CHECK_INT(count, 1);
	end();
}

static struct watch *both[2];

static void free_both(void *arg, int events)
{
	count++;
	watch_free(both[0]);
	watch_free(both[1]);
}

static void a_freed_watch_is_silent_though_its_event_is_there(void)
{
	begin();
	for (int i = 0; i < 2; i++) {
		CHECK_INT(watch_new(&both[i], loop, wire[i], free_both, NULL),
				0);
		CHECK_INT(watch_set(both[i], LOOP_WRITE), 0);
	}
	turn_for(20);
	CHECK_INT(count, 1);
	end();
}

static void the_number_of_a_closed_descriptor_can_be_watched_again(void)
{
	int fd;

	begin();
	for (int i = 0; i < 3; i++) {
		CHECK_INT(watch_new(&watch, loop, wire[0], see_and_stop, NULL),
				0);
		CHECK_INT(watch_set(watch, LOOP_WRITE), 0);
		CHECK_INT(loop_run(loop), 0);
		CHECK_INT(watch_set(watch, LOOP_READ), 0);
		watch_free(watch);
		fd = dup(wire[1]);
		CHECK_INT(dup3(fd, wire[0], O_CLOEXEC), wire[0]);
		CHECK_INT(close(fd), 0);
	}
	CHECK_INT(count, 3);
	end();
}

static void what_cannot_be_waited_for_is_refused(void)
{
	char name[] = "/tmp/loop_test.XXXXXX";
	int fd = mkstemp(name);

	begin();
	CHECK(fd >= 0 && unlink(name) == 0);
	CHECK_INT(watch_new(&watch, loop, fd, see, NULL), -EPERM);
	CHECK_INT(watch_new(&watch, loop, -1, see, NULL), -EBADF);
	CHECK_INT(close(fd), 0);
	watch_free(NULL);
	end();
}

/* ---- time -------------------------------------------------------------- */

static struct timer *timer;

static uint64_t clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void a_timer_is_never_early_however_long_the_turn_was(void)
{
	struct timespec busy = {.tv_nsec = 60 * 1000000};
	uint64_t from;

	begin();
	CHECK_INT(timer_new(&timer, loop, stop, NULL), 0);
	(void)nanosleep(&busy, NULL); /* the loop's clock stands still */
	from = clock_ms();
	timer_set(timer, 40);
	CHECK_INT(loop_run(loop), 0);
	CHECK(clock_ms() - from >= 39);
	CHECK(loop_now_ms(loop) >= from + 39);
	timer_free(timer);
	end();
}

static void count_timer(void *arg)
{
	count++;
}

static void a_timer_set_again_moves_and_a_stopped_one_is_silent(void)
{
	begin();
	CHECK_INT(timer_new(&timer, loop, count_timer, NULL), 0);
	timer_set(timer, 5);
	timer_set(timer, 10000);
	turn_for(30);
	CHECK_INT(count, 0);
	timer_set(timer, 5);
	turn_for(30);
	CHECK_INT(count, 1); /* once */
	timer_set(timer, 5);
	timer_stop(timer);
	timer_stop(timer);
	turn_for(20);
	CHECK_INT(count, 1);
	timer_set(timer, UINT64_MAX);
	turn_for(10);
	CHECK_INT(count, 1);
	timer_free(timer);
	timer_free(NULL);
	end();
}

static void again_at_once(void *arg)
{
	if (++count == 100)
		timer_free(timer);
	else
		timer_set(timer, 0);
}

static void a_timer_of_nothing_does_not_starve_the_wire(void)
{
	begin();
	CHECK_INT(timer_new(&timer, loop, again_at_once, NULL), 0);
	CHECK_INT(watch_new(&watch, loop, wire[0], see_and_stop, NULL), 0);
	CHECK_INT(watch_set(watch, LOOP_WRITE), 0);
	timer_set(timer, 0);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(seen, LOOP_WRITE);
	watch_free(watch);
	count = 90; /* and it may be freed inside its callback */
	turn_for(60);
	CHECK_INT(count, 100);
	end();
}

struct counter {
	struct tick tick;
	struct defer defer;
	const char *name;
	struct counter *victim; /* freed by us */
	int again;
};

static struct counter *counter_new(const char *name)
{
	struct counter *c = calloc(1, sizeof(*c));

	CHECK(c != NULL);
	c->name = name;
	return c;
}

static void tick_note(struct tick *t, uint64_t now_ms)
{
	struct counter *c = (struct counter *)t;

	CHECK_INT(now_ms, loop_now_ms(loop));
	note(c->name);
	if (c->victim) {
		tick_remove(loop, &c->victim->tick);
		free(c->victim);
	}
}

static void tick_again(struct tick *t, uint64_t now_ms)
{
	note("again ");
	tick_remove(loop, t);
	tick_add(loop, t);
}

/* a frees c (not yet run), b itself, d the one before it (already run). */
static void a_tick_may_remove_any_tick_also_its_own(void)
{
	struct counter *a = counter_new("a "), *b = counter_new("b "),
		       *c = counter_new("c "), *d = counter_new("d "),
		       *e = counter_new("e ");

	begin();
	a->victim = c;
	b->victim = b;
	d->victim = a;
	a->tick.fn = b->tick.fn = c->tick.fn = d->tick.fn = tick_note;
	e->tick.fn = tick_again; /* adding itself does not run it twice */
	tick_add(loop, &a->tick);
	tick_add(loop, &a->tick);
	tick_add(loop, &b->tick);
	tick_add(loop, &c->tick);
	tick_add(loop, &d->tick);
	tick_add(loop, &e->tick);
	turn_for(1200);
	CHECK_STR(trail, "a b d again ");
	tick_remove(loop, &d->tick);
	tick_remove(loop, &d->tick);
	tick_remove(loop, &e->tick);
	free(d);
	free(e);
	end();
}

/* ---- later ------------------------------------------------------------- */

static void defer_note(struct defer *d)
{
	struct counter *c = (struct counter *)((char *)d -
					       offsetof(struct counter, defer));

	note(c->name);
	if (c->again-- > 0)
		defer_add(loop, d);
	if (c->victim) {
		defer_remove(loop, &c->victim->defer);
		free(c->victim);
	}
}

static void a_defer_runs_once_and_not_inside_the_call(void)
{
	struct counter a = {.name = "a", .defer.fn = defer_note};

	begin();
	defer_add(loop, &a.defer);
	defer_add(loop, &a.defer);
	CHECK_STR(trail, "");
	turn_for(20);
	CHECK_STR(trail, "a");
	defer_add(loop, &a.defer);
	defer_remove(loop, &a.defer);
	defer_remove(loop, &a.defer);
	turn_for(20);
	CHECK_STR(trail, "a");
	end();
}

static void note_wire(void *arg, int events)
{
	note("w");
	watch_set(watch, 0);
}

static void arm_wire(struct defer *d)
{
	note("a");
	watch_set(watch, LOOP_WRITE);
}

static void a_defer_that_adds_itself_lets_the_wire_go_first(void)
{
	struct counter a = {.name = "d", .defer.fn = defer_note, .again = 3};
	struct counter b = {.defer.fn = arm_wire};

	begin();
	CHECK_INT(watch_new(&watch, loop, wire[0], note_wire, NULL), 0);
	defer_add(loop, &b.defer);
	defer_add(loop, &a.defer);
	turn_for(20);
	CHECK_STR(trail, "adwddd");
	watch_free(watch);
	end();
}

static void a_defer_may_free_itself_and_others(void)
{
	struct counter *a = counter_new("a"), *b = counter_new("b");

	begin();
	a->victim = b;
	a->defer.fn = b->defer.fn = defer_note;
	defer_add(loop, &a->defer);
	defer_add(loop, &b->defer);
	turn_for(10);
	CHECK_STR(trail, "a");
	a->victim = a;
	defer_add(loop, &a->defer);
	turn_for(10);
	CHECK_STR(trail, "aa");
	end();
}

enum { POSTS = 20000 };

static void expect_next(void *arg)
{
	CHECK_INT((int)(intptr_t)arg, count);
	if (++count == POSTS)
		loop_stop(loop);
}

static void *post_all(void *arg)
{
	for (intptr_t i = 0; i < POSTS; i++)
		if (loop_post(loop, expect_next, (void *)i) != 0)
			abort();
	return NULL;
}

static void posts_of_another_thread_arrive_in_order_and_all(void)
{
	pthread_t thread;

	begin();
	CHECK_INT(pthread_create(&thread, NULL, post_all, NULL), 0);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(count, POSTS);
	CHECK_INT(pthread_join(thread, NULL), 0);
	end();
}

static void try_again(void *arg)
{
	note("p");
	if (count++ == 0)
		CHECK_INT(loop_post(loop, try_again, NULL), 0);
}

static void what_was_posted_runs_even_when_the_loop_is_freed(void)
{
	begin();
	CHECK_INT(loop_post(loop, try_again, NULL), 0);
	CHECK_STR(trail, "");
	end();
	CHECK_STR(trail, "pp");
}

static pthread_t worked_on;

static void work(void *arg)
{
	worked_on = pthread_self();
	*(int *)arg += 1;
}

static void work_done(void *arg)
{
	CHECK(!pthread_equal(worked_on, pthread_self()));
	*(int *)arg += 10;
	loop_stop(loop);
}

static void work_runs_elsewhere_and_is_told_here(void)
{
	int n = 0;

	begin();
	CHECK_INT(loop_work(loop, work, work_done, &n), 0);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(n, 11);
	CHECK_INT(loop_work(loop, work, work_done, &n), 0);
	end(); /* waits for it */
	CHECK_INT(n, 22);
}

/* ---- names ------------------------------------------------------------- */

static struct resolve *query;
static int answer;
static struct resolved found;
static char why[ERR_TEXT_MAX];

static void answered(
		void *arg, int r, const struct resolved *f, const struct err *e)
{
	count++;
	answer = r;
	found = *f;
	memcpy(why, e->text, sizeof(why));
	resolve_cancel(query); /* an owner that tidies up: no harm */
	loop_stop(loop);
}

static void look_up(const char *host)
{
	int before = count;

	CHECK_INT(resolve_start(&query, loop, host, 8006, answered, NULL), 0);
	CHECK_INT(count, before); /* never inside the call */
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(count, before + 1);
}

static const char *address(size_t i)
{
	static char text[INET6_ADDRSTRLEN];
	const struct sockaddr_in *a = (void *)&found.addr[i];
	const struct sockaddr_in6 *a6 = (void *)&found.addr[i];
	bool v6 = a->sin_family == AF_INET6;

	CHECK_INT(ntohs(v6 ? a6->sin6_port : a->sin_port), 8006);
	CHECK_INT(found.len[i], v6 ? sizeof(*a6) : sizeof(*a));
	return inet_ntop(a->sin_family,
			v6 ? (void *)&a6->sin6_addr : (void *)&a->sin_addr,
			text, sizeof(text));
}

static void a_literal_is_its_own_answer(void)
{
	begin();
	look_up("192.0.2.7");
	CHECK_INT(answer, 0);
	CHECK_INT(found.count, 1);
	CHECK_STR(address(0), "192.0.2.7");
	look_up("2001:db8::7");
	CHECK_INT(found.count, 1);
	CHECK_STR(address(0), "2001:db8::7");
	end();
}

static void a_name_is_looked_up(void)
{
	begin();
	look_up("localhost");
	CHECK_INT(answer, 0);
	CHECK(found.count >= 1 && found.count <= RESOLVE_MAX);
	CHECK(!strcmp(address(0), "127.0.0.1") || !strcmp(address(0), "::1"));
	end();
}

static void a_bad_name_is_told_with_its_sentence(void)
{
	char longest[2000];

	begin();
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	look_up("");
	CHECK_INT(answer, -ENOENT);
	CHECK_HAS(why, "no host is called ''");
	look_up(longest);
	CHECK(answer < 0);
	look_up("dead:beef");
	CHECK_INT(answer, -ENOENT);
	look_up("\xff\xfe");
	CHECK(answer < 0);
	end();
}

static void a_cancelled_query_is_never_answered(void)
{
	begin();
	for (int i = 0; i < 8; i++) { /* more than the pool has threads */
		CHECK_INT(resolve_start(&query, loop,
					  i % 2 ? "localhost" : "::1", 1,
					  answered, NULL),
				0);
		resolve_cancel(query);
	}
	turn_for(30);
	CHECK_INT(count, 0);
	CHECK_INT(resolve_start(&query, loop, "localhost", 1, answered, NULL),
			0);
	resolve_cancel(query);
	resolve_cancel(NULL);
	end();
	CHECK_INT(count, 0);
}

/* ---- signals and children ---------------------------------------------- */

static struct loop_signal *sig;

static void caught(void *arg, int signum)
{
	count++;
	seen = signum;
	loop_signal_free(sig);
	loop_stop(loop);
}

static void a_signal_is_told_on_the_loop(void)
{
	begin();
	CHECK_INT(loop_signal_new(&sig, loop, SIGUSR1, caught, NULL), 0);
	CHECK_INT(kill(getpid(), SIGUSR1), 0);
	CHECK_INT(count, 0);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(count, 1);
	CHECK_INT(seen, SIGUSR1);
	CHECK_INT(loop_signal_new(&sig, loop, SIGKILL, caught, NULL), -EINVAL);
	loop_signal_free(NULL);
	end();
}

static struct child *child;
static int64_t child_status;
static int child_signal;

static void exited(void *arg, int64_t status, int signum)
{
	count++;
	child_status = status;
	child_signal = signum;
	if (arg)
		child_free(child);
	loop_stop(loop);
}

static int spawn(const char *script, bool detached, void *arg)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
	char *env[] = {(char *)"WORD=hello", NULL};
	int fds[] = {-1, wire[1], -1};
	struct child_options o = {
			.file = "/bin/sh",
			.argv = argv,
			.env = env,
			.fds = fds,
			.fd_count = 3,
			.detached = detached,
	};

	return child_new(&child, loop, &o, exited, arg, NULL);
}

static void a_child_has_its_descriptors_its_environment_and_an_end(void)
{
	char said[32] = "";

	begin();
	CHECK_INT(spawn("echo $WORD; exit 3", false, NULL), 0);
	CHECK(child_pid(child) > 0);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(child_status, 3);
	CHECK_INT(child_signal, 0);
	CHECK_INT(read(wire[0], said, sizeof(said)), 6);
	CHECK_STR(said, "hello\n");
	CHECK_INT(child_kill(child, SIGTERM), -ESRCH);
	child_free(child);
	child_free(NULL);
	end();
}

static void a_child_can_be_killed_and_freed_in_its_callback(void)
{
	begin();
	CHECK_INT(spawn("exec sleep 60", false, &count), 0);
	CHECK_INT(child_kill(child, SIGKILL), 0);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(child_signal, SIGKILL);
	CHECK_INT(count, 1);
	end();
}

static void a_forgotten_child_lives_on_and_leaves_no_zombie(void)
{
	char c;

	begin();
	CHECK_INT(spawn("read x; echo y", true, NULL), 0);
	CHECK(getsid(child_pid(child)) == child_pid(child));
	child_free(child);
	CHECK_INT(close(wire[1]), 0);
	wire[1] = -1;
	turn_for(300);
	CHECK_INT(count, 0);
	CHECK_INT(read(wire[0], &c, 1), 1); /* it was not killed */
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	end();
}

static void a_loop_may_go_before_a_forgotten_child(void)
{
	pid_t pid;

	begin();
	CHECK_INT(spawn("exec sleep 60", false, NULL), 0);
	pid = child_pid(child);
	child_free(child);
	end();
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
}

static void what_cannot_be_started_is_told_with_its_sentence(void)
{
	char *argv[] = {(char *)"x", NULL};
	struct child_options o = {.file = "/no/such/program", .argv = argv};
	struct err e = {0};

	begin();
	CHECK_INT(child_new(&child, loop, &o, exited, NULL, &e), -ENOENT);
	CHECK_HAS(e.text, "'/no/such/program' cannot be started: No such");
	o.fd_count = 17;
	CHECK_INT(child_new(&child, loop, &o, exited, NULL, &e), -EINVAL);
	turn_for(10);
	CHECK_INT(count, 0);
	end();
}

/* ---- the loop ---------------------------------------------------------- */

static void a_loop_without_anything_to_do_still_waits(void)
{
	begin();
	timer_stop(limit);
	CHECK_INT(loop_post(loop, stop, NULL), 0);
	CHECK_INT(loop_run(loop), 0);
	loop_stop(loop);
	CHECK_INT(loop_run(loop), 0); /* asked before: at once */
	CHECK(loop_chunks(loop) != NULL);
	chunk_give(loop_chunks(loop), chunk_take(loop_chunks(loop)));
	end();
	loop_free(NULL);
}

TESTS(T(a_watch_tells_what_it_was_armed_for_and_nothing_else),
		T(a_disarmed_watch_is_silent_and_can_be_armed_again),
		T(the_end_of_the_peer_is_a_hangup_that_can_be_read),
		T(a_reset_is_told_to_writers_and_reading_says_what_it_is),
		T(a_reset_is_not_told_to_the_disarmed),
		T(a_watch_may_be_freed_inside_its_own_callback),
		T(a_freed_watch_is_silent_though_its_event_is_there),
		T(the_number_of_a_closed_descriptor_can_be_watched_again),
		T(what_cannot_be_waited_for_is_refused),
		T(a_timer_is_never_early_however_long_the_turn_was),
		T(a_timer_set_again_moves_and_a_stopped_one_is_silent),
		T(a_timer_of_nothing_does_not_starve_the_wire),
		T(a_tick_may_remove_any_tick_also_its_own),
		T(a_defer_runs_once_and_not_inside_the_call),
		T(a_defer_that_adds_itself_lets_the_wire_go_first),
		T(a_defer_may_free_itself_and_others),
		T(posts_of_another_thread_arrive_in_order_and_all),
		T(what_was_posted_runs_even_when_the_loop_is_freed),
		T(work_runs_elsewhere_and_is_told_here),
		T(a_literal_is_its_own_answer), T(a_name_is_looked_up),
		T(a_bad_name_is_told_with_its_sentence),
		T(a_cancelled_query_is_never_answered),
		T(a_signal_is_told_on_the_loop),
		T(a_child_has_its_descriptors_its_environment_and_an_end),
		T(a_child_can_be_killed_and_freed_in_its_callback),
		T(a_forgotten_child_lives_on_and_leaves_no_zombie),
		T(a_loop_may_go_before_a_forgotten_child),
		T(what_cannot_be_started_is_told_with_its_sentence),
		T(a_loop_without_anything_to_do_still_waits))
