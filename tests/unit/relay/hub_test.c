/* One line, several readers. */
#include "relay/hub.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/chunk.h"
#include "rig.h"
#include "stream/stream.h"

enum { READERS = 18, KIB = 1024, MIB = 1024 * KIB };

/* A reader, and what it was told. */
struct ear {
	struct stream *stream; /* NULL: it has left */
	struct buf got;
	bool deaf;   /* it reads nothing */
	ssize_t end; /* 1: none yet */
};

struct desk {
	struct loop *loop;
	struct hub *hub;
	struct far far; /* of the line */
	struct ear ear[READERS];
	struct timer *look, *late;
	int changes;
};

static void ear_listen(struct ear *e)
{
	uint8_t room[STREAM_HEAD + 4096], *data = room + STREAM_HEAD;
	ssize_t n = 1;

	while (e->stream && !e->deaf && n > 0) {
		n = stream_read(e->stream, data, 4096);
		if (n > 0)
			CHECK(buf_add(&e->got, data, (size_t)n) == 0);
		else if (n != -EAGAIN)
			e->end = n;
	}
}

static void far_listen(struct far *f)
{
	uint8_t data[4096];
	ssize_t n;

	while (f->say.len > 0) {
		n = send(f->fd, buf_data(&f->say), f->say.len,
				MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			break;
		buf_eat(&f->say, (size_t)n);
	}
	while ((n = recv(f->fd, data, sizeof(data), MSG_DONTWAIT)) > 0)
		CHECK(buf_add(&f->got, data, (size_t)n) == 0);
	f->ended |= n == 0;
}

static void desk_look(void *arg)
{
	struct desk *d = arg;

	if (d->far.fd >= 0)
		far_listen(&d->far);
	for (int i = 0; i < READERS; i++)
		ear_listen(&d->ear[i]);
	timer_set(d->look, 1);
}

static void desk_late(void *arg)
{
	loop_stop(arg);
}

static void desk_run(struct desk *d, uint64_t ms)
{
	timer_set(d->look, 1);
	timer_set(d->late, ms);
	CHECK(loop_run(d->loop) == 0);
}

/* Until the line has said all and this one has heard so much. */
static void desk_tells(struct desk *d, int who, size_t len)
{
	for (int i = 0; i < 2000 && d->ear[who].got.len < len; i++)
		desk_run(d, 10);
	CHECK_INT(d->ear[who].got.len, len);
}

static void desk_hears(struct desk *d, const char *text)
{
	for (int i = 0; i < 500 && d->far.got.len < strlen(text); i++)
		desk_run(d, 10);
	CHECK_INT(d->far.got.len, strlen(text));
	CHECK_MEM(buf_data(&d->far.got), text, strlen(text));
	buf_eat(&d->far.got, d->far.got.len);
}

static void desk_changes(void *arg)
{
	((struct desk *)arg)->changes++;
}

static void desk_up(struct desk *d, int kind)
{
	struct stream *line;
	int fd[2];

	*d = (struct desk){0};
	CHECK(loop_new(&d->loop) == 0);
	CHECK(timer_new(&d->look, d->loop, desk_look, d) == 0);
	CHECK(timer_new(&d->late, d->loop, desk_late, d->loop) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	d->far.fd = fd[0];
	buf_init(&d->far.say, 16 * MIB);
	buf_init(&d->far.got, 16 * MIB);
	for (int i = 0; i < READERS; i++)
		buf_init(&d->ear[i].got, 16 * MIB);
	line = rig_stream(fd[1], kind, false);
	if (kind & RIG_NOTES)
		rig_says_notes(&line);
	CHECK(hub_new(&d->hub, d->loop, line, desk_changes, d) == 0);
}

static void desk_down(struct desk *d)
{
	for (int i = 0; i < READERS; i++) {
		stream_free(d->ear[i].stream);
		buf_done(&d->ear[i].got);
	}
	hub_free(d->hub);
	if (d->far.fd >= 0)
		close(d->far.fd);
	buf_done(&d->far.say);
	buf_done(&d->far.got);
	CHECK_INT(loop_chunks(d->loop)->taken, 0);
	timer_free(d->look);
	timer_free(d->late);
	loop_free(d->loop);
}

static void joins(struct desk *d, int who, bool writes)
{
	d->ear[who].end = 1;
	CHECK_INT(hub_join(d->hub, writes, &d->ear[who].stream), 0);
}

static void leaves(struct desk *d, int who)
{
	stream_free(d->ear[who].stream);
	d->ear[who].stream = NULL;
}

static void types(struct desk *d, int who, const char *text)
{
	uint8_t room[STREAM_HEAD + 64], *data = room + STREAM_HEAD;
	size_t len = strlen(text);

	memcpy(data, text, len);
	CHECK_INT(stream_write(d->ear[who].stream, data, len), len);
	desk_run(d, 10);
}

/* ---- what the line says ---------------------------------------------------
 */

static void all_hear(int kind, size_t len)
{
	struct desk d;

	desk_up(&d, kind);
	joins(&d, 0, true);
	joins(&d, 1, false);
	joins(&d, 2, true);
	pattern_add(&d.far.say, len);
	for (int i = 0; i < 3; i++)
		desk_tells(&d, i, len);
	for (int i = 0; i < 3; i++)
		CHECK(is_pattern(&d.ear[i].got, len));
	desk_down(&d);
}

static void every_reader_hears_every_byte(void)
{
	all_hear(0, 60 * KIB);
}

static void every_reader_hears_a_line_that_comes_a_byte_at_a_time(void)
{
	all_hear(RIG_CHOP, 5000);
}

static void who_joins_is_told_the_last_64_kib_exactly(void)
{
	struct desk d;
	struct buf tail;

	desk_up(&d, 0);
	joins(&d, 0, true);
	pattern_add(&d.far.say, 200001);
	desk_tells(&d, 0, 200001);
	joins(&d, 1, true);
	desk_tells(&d, 1, HUB_RING);
	CHECK_MEM(buf_data(&d.ear[1].got),
			buf_data(&d.ear[0].got) + 200001 - HUB_RING, HUB_RING);
	/* and then the same as the others */
	buf_init(&tail, 64);
	CHECK(buf_adds(&d.far.say, "and on") == 0);
	desk_tells(&d, 1, HUB_RING + 6);
	CHECK_MEM(buf_data(&d.ear[1].got) + HUB_RING, "and on", 6);
	desk_tells(&d, 0, 200001 + 6);
	buf_done(&tail);
	desk_down(&d);
}

static void who_joins_early_is_told_all_there_was(void)
{
	struct desk d;

	desk_up(&d, 0);
	CHECK(buf_adds(&d.far.say, "login: ") == 0); /* with nobody there */
	desk_run(&d, 30);
	joins(&d, 0, true);
	desk_tells(&d, 0, 7);
	joins(&d, 1, false);
	desk_tells(&d, 1, 7);
	CHECK_MEM(buf_data(&d.ear[1].got), "login: ", 7);
	desk_down(&d);
}

static void a_slow_reader_is_dropped_and_the_others_are_not(void)
{
	struct desk d;

	desk_up(&d, 0);
	joins(&d, 0, true);
	joins(&d, 1, true);
	joins(&d, 2, false);
	d.ear[1].deaf = true;
	pattern_add(&d.far.say, 4 * MIB);
	desk_tells(&d, 0, 4 * MIB);
	CHECK(is_pattern(&d.ear[0].got, 4 * MIB));
	desk_tells(&d, 2, 4 * MIB);
	CHECK(is_pattern(&d.ear[2].got, 4 * MIB));
	d.ear[1].deaf = false;
	desk_run(&d, 30);
	CHECK_INT(d.ear[1].end, HUB_SLOW);
	CHECK(d.ear[1].got.len < 4 * MIB);
	CHECK(is_pattern(&d.ear[1].got, d.ear[1].got.len)); /* no gap */
	leaves(&d, 1);
	desk_run(&d, 10);
	CHECK_INT(hub_readers(d.hub), 2);
	desk_down(&d);
}

static void one_reader_alone_slows_the_line(void)
{
	struct desk d;

	desk_up(&d, 0);
	joins(&d, 0, true);
	d.ear[0].deaf = true;
	pattern_add(&d.far.say, 8 * MIB);
	desk_run(&d, 100);
	CHECK(d.far.say.len > 6 * MIB); /* it waits */
	d.ear[0].deaf = false;
	desk_tells(&d, 0, 8 * MIB);
	CHECK(is_pattern(&d.ear[0].got, 8 * MIB));
	desk_down(&d);
}

/* ---- who types ------------------------------------------------------------
 */

static void one_types_at_a_time(int kind)
{
	struct desk d;

	desk_up(&d, kind);
	joins(&d, 0, true);
	joins(&d, 1, true);
	types(&d, 0, "ls");
	desk_hears(&d, "ls");
	types(&d, 1, "rm"); /* into another's turn */
	types(&d, 0, "\r");
	desk_hears(&d, "\r");
	desk_run(&d, HUB_TURN_MS / 2);
	types(&d, 1, "-rf");
	desk_run(&d, HUB_TURN_MS / 2 + 50);
	types(&d, 1, "id"); /* its burst has ended, and so has the turn */
	desk_hears(&d, "id");
	types(&d, 0, "too late");
	types(&d, 1, "\r");
	desk_hears(&d, "\r");
	desk_down(&d);
}

static void another_types_after_the_typists_silence(void)
{
	one_types_at_a_time(0);
}

static void turns_are_kept_where_the_line_takes_a_byte_at_a_time(void)
{
	one_types_at_a_time(RIG_CHOP);
}

static void the_end_of_a_burst_that_began_too_early_is_dropped(void)
{
	struct desk d;

	desk_up(&d, 0);
	joins(&d, 0, true);
	joins(&d, 1, true);
	types(&d, 0, "a");
	desk_hears(&d, "a");
	for (int i = 0; i < (HUB_TURN_MS + 200) / 100; i++) {
		types(&d, 1, "paste");
		desk_run(&d, 90);
	}
	CHECK_INT(d.far.got.len, 0);
	desk_run(&d, HUB_BURST_MS + 50);
	types(&d, 1, "b");
	desk_hears(&d, "b");
	desk_down(&d);
}

static void who_may_only_look_types_nothing(void)
{
	struct desk d;
	const struct note size = {
			.kind = NOTE_RESIZE, .resize = {.cols = 9, .rows = 9}};

	desk_up(&d, RIG_NOTES);
	joins(&d, 0, false);
	joins(&d, 1, true);
	types(&d, 0, "no");
	CHECK_INT(stream_tell(d.ear[0].stream, &size), 0);
	types(&d, 1, "yes");
	desk_hears(&d, "yes");
	desk_run(&d, HUB_TURN_MS + 50);
	types(&d, 0, "no");
	types(&d, 1, "!");
	desk_hears(&d, "!");
	desk_down(&d);
}

static void sizes(struct desk *d, int who, uint16_t cols, uint16_t rows)
{
	const struct note size = {.kind = NOTE_RESIZE,
			.resize = {.cols = cols, .rows = rows}};

	CHECK_INT(stream_tell(d->ear[who].stream, &size), 0);
	desk_run(d, 20);
}

static void the_size_is_the_typists(void)
{
	struct desk d;

	desk_up(&d, RIG_NOTES);
	joins(&d, 0, true);
	joins(&d, 1, true);
	sizes(&d, 0, 80, 24); /* nobody has typed */
	desk_hears(&d, "[80x24]");
	types(&d, 0, "a");
	desk_hears(&d, "[80x24]a");
	sizes(&d, 1, 132, 43);
	sizes(&d, 0, 81, 25);
	desk_hears(&d, "[81x25]");
	desk_run(&d, HUB_TURN_MS + 50);
	types(&d, 1, "b");
	desk_hears(&d, "[132x43]b");
	desk_down(&d);
}

static void a_terminal_answers_nothing_that_it_was_replayed(void)
{
	struct desk d;

	desk_up(&d, 0);
	joins(&d, 0, true);
	CHECK(buf_adds(&d.far.say, "\x1b[6n") == 0);
	desk_tells(&d, 0, 4);
	types(&d, 0, "\x1b[1;1R"); /* it was asked */
	desk_hears(&d, "\x1b[1;1R");
	desk_run(&d, HUB_TURN_MS + 50);
	joins(&d, 1, true);
	types(&d, 1, "\x1b[1;1R");
	types(&d, 1, "\x1b[?1;2c\x1b[0n");
	types(&d, 1, "\x1b[A");
	desk_hears(&d, "\x1b[A");
	types(&d, 1, "\x1b[2;2R"); /* of its own turn */
	desk_hears(&d, "\x1b[2;2R");
	desk_down(&d);
}

static void the_last_words_of_who_leaves_are_typed(void)
{
	struct desk d;

	desk_up(&d, RIG_CHOP);
	joins(&d, 0, true);
	types(&d, 0, "poweroff");
	leaves(&d, 0);
	desk_hears(&d, "poweroff");
	desk_run(&d, 10);
	CHECK_INT(hub_readers(d.hub), 0);
	CHECK(d.changes > 0);
	desk_down(&d);
}

static void what_a_stuck_line_does_not_take_waits(void)
{
	struct desk d;
	size_t len = 0;
	uint8_t room[STREAM_HEAD + 4096];
	ssize_t n = 1;

	desk_up(&d, 0);
	joins(&d, 0, true);
	joins(&d, 1, true);
	close(d.far.fd); /* not looked at: a line of the test's own */
	d.far.fd = -1;
	desk_run(&d, 10);
	CHECK(hub_ended(d.hub));
	while (n > 0 && len < 16 * MIB) {
		n = stream_write(d.ear[0].stream, room + STREAM_HEAD, 4096);
		len += n > 0 ? (size_t)n : 0;
	}
	CHECK(len < 1 * MIB); /* bounded, be nobody there to take it */
	desk_down(&d);
}

/* ---- ends -----------------------------------------------------------------
 */

static void the_end_of_the_line_is_everybodys_after_its_last_byte(void)
{
	struct desk d;
	struct stream *late;

	desk_up(&d, RIG_CHOP);
	joins(&d, 0, true);
	joins(&d, 1, false);
	d.ear[1].deaf = true;
	CHECK(buf_adds(&d.far.say, "Power down.") == 0);
	desk_tells(&d, 0, 11);
	close(d.far.fd);
	d.far.fd = -1;
	desk_run(&d, 30);
	CHECK_INT(d.ear[0].end, 0);
	CHECK(hub_ended(d.hub));
	CHECK_INT(hub_join(d.hub, true, &late), -ENOTCONN);
	d.ear[1].deaf = false;
	desk_run(&d, 30);
	CHECK_INT(d.ear[1].got.len, 11);
	CHECK_INT(d.ear[1].end, 0);
	leaves(&d, 0);
	leaves(&d, 1);
	desk_run(&d, 10);
	CHECK_INT(hub_readers(d.hub), 0);
	desk_down(&d);
}

static void the_failure_of_the_line_is_everybodys(void)
{
	struct linger now = {.l_onoff = 1};
	struct desk d;
	int fd[2];

	desk_up(&d, 0);
	hub_free(d.hub);
	rig_pair(fd); /* TCP knows resets */
	CHECK(hub_new(&d.hub, d.loop, rig_stream(fd[0], 0, false), desk_changes,
			      &d) == 0);
	joins(&d, 0, true);
	joins(&d, 1, false);
	desk_run(&d, 10);
	CHECK(setsockopt(fd[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	close(fd[1]);
	desk_run(&d, 30);
	CHECK_INT(d.ear[0].end, -ECONNRESET);
	CHECK_INT(d.ear[1].end, -ECONNRESET);
	desk_down(&d);
}

static void a_hub_that_goes_first_ends_its_readers(void)
{
	struct desk d;

	desk_up(&d, 0);
	joins(&d, 0, true);
	types(&d, 0, "x");
	hub_free(d.hub);
	d.hub = NULL;
	desk_run(&d, 10);
	CHECK_INT(d.ear[0].end, 0);
	desk_down(&d);
}

static void there_is_a_ceiling_of_readers(void)
{
	struct stream *s;
	struct desk d;

	desk_up(&d, 0);
	for (int i = 0; i < HUB_READERS_MAX; i++)
		joins(&d, i, true);
	CHECK_INT(hub_join(d.hub, true, &s), -EDQUOT);
	leaves(&d, 3);
	desk_run(&d, 10);
	joins(&d, 3, true);
	desk_down(&d);
}

static void a_silent_line_costs_nothing(void)
{
	struct desk d;
	clock_t before;

	desk_up(&d, 0);
	joins(&d, 0, true);
	joins(&d, 1, true);
	d.ear[1].deaf = true;
	CHECK(buf_adds(&d.far.say, "hello") == 0);
	desk_tells(&d, 0, 5);
	timer_stop(d.look);
	timer_set(d.late, 500);
	before = clock();
	CHECK(loop_run(d.loop) == 0);
	CHECK((clock() - before) * 1000 / CLOCKS_PER_SEC < 100);
	CHECK_INT(loop_chunks(d.loop)->taken, 0);
	desk_down(&d);
}

TESTS(T(every_reader_hears_every_byte),
		T(every_reader_hears_a_line_that_comes_a_byte_at_a_time),
		T(who_joins_is_told_the_last_64_kib_exactly),
		T(who_joins_early_is_told_all_there_was),
		T(a_slow_reader_is_dropped_and_the_others_are_not),
		T(one_reader_alone_slows_the_line),
		T(another_types_after_the_typists_silence),
		T(turns_are_kept_where_the_line_takes_a_byte_at_a_time),
		T(the_end_of_a_burst_that_began_too_early_is_dropped),
		T(who_may_only_look_types_nothing), T(the_size_is_the_typists),
		T(a_terminal_answers_nothing_that_it_was_replayed),
		T(the_last_words_of_who_leaves_are_typed),
		T(what_a_stuck_line_does_not_take_waits),
		T(the_end_of_the_line_is_everybodys_after_its_last_byte),
		T(the_failure_of_the_line_is_everybodys),
		T(a_hub_that_goes_first_ends_its_readers),
		T(there_is_a_ceiling_of_readers),
		T(a_silent_line_costs_nothing))
