#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/terminal.h"
#include "proto/asciicast.h"
#include "proto/json.h"

enum {
	US = 1000000,
	EVENTS_MAX = 4 * 1000 * 1000,
	TEXT_MAX = 512 * 1024 * 1024, /* what all of it says */
	SKIP_US = 5 * US,             /* an arrow key */
	SPEED_MAX = 64,
};

struct play_values {
	const char *speed, *idle;
};

#define AT(member) offsetof(struct play_values, member)
static const struct option_rule options[] = {
		{"speed", 's', OPTION_TEXT, AT(speed), "FACTOR",
				"2 is twice as fast, 0.5 half", NULL},
		{"idle-limit", 'i', OPTION_TEXT, AT(idle), "SECONDS",
				"wait no longer than this for what comes next",
				NULL},
		{0},
};
#undef AT

static int play(struct app *a, const void *values, int argc, char **argv);

const struct command play_command = {
		.name = "play",
		.arguments = "FILE",
		.summary = "Play a recording of a terminal",
		.help = "Space stops and goes on, the arrow keys go 5 seconds "
			"back and forth, + and -\n"
			"change the speed, q ends it. Recordings are "
			"asciicast files, version 2.\n",
		.options = options,
		.values_size = sizeof(struct play_values),
		.arguments_min = 1,
		.arguments_max = 1,
		.run = play,
};

/* ---- the recording ----------------------------------------------------------
 */

/* When it says what: from there to where the next one begins. */
struct moment {
	uint64_t at_us;
	size_t begins;
};

struct cast {
	struct cast_header header;
	struct moment *moments;
	size_t count, room;
	char *text; /* of all moments */
	size_t len, text_room;
};

static void cast_done(struct cast *c)
{
	free(c->moments);
	free(c->text);
}

static const char *cast_says(const struct cast *c, size_t i, size_t *ret_len)
{
	size_t from = c->moments[i].begins;

	*ret_len = (i + 1 < c->count ? c->moments[i + 1].begins : c->len) -
		   from;
	return c->text + from;
}

/* Room for one more moment that says so much. */
static int cast_grow(struct cast *c, size_t len)
{
	size_t room = c->room ? 2 * c->room : 1024;
	struct moment *moments;
	char *text;

	if (c->count == EVENTS_MAX || len > TEXT_MAX - c->len)
		return -E2BIG;
	if (c->count == c->room) {
		moments = reallocarray(c->moments, room, sizeof(*moments));
		if (!moments)
			return -ENOMEM;
		c->moments = moments;
		c->room = room;
	}
	if (len <= c->text_room - c->len)
		return 0;
	room = 2 * (c->len + len);
	text = realloc(c->text, room);
	if (!text)
		return -ENOMEM;
	c->text = text;
	c->text_room = room;
	return 0;
}

/* Times go up; a line that goes back stands where it is. */
static int cast_add(struct cast *c, const struct cast_event *event)
{
	size_t len = strlen(event->text);
	int r = cast_grow(c, len);
	uint64_t at_us = event->at_us;

	if (r < 0)
		return r;
	if (c->count > 0 && at_us < c->moments[c->count - 1].at_us)
		at_us = c->moments[c->count - 1].at_us;
	c->moments[c->count++] = (struct moment){at_us, c->len};
	if (len > 0)
		memcpy(c->text + c->len, event->text, len);
	c->len += len;
	return 0;
}

static int cast_line(struct cast *c, const char *line, size_t len,
		size_t number, struct err *e)
{
	struct cast_event event;
	int r;

	if (number == 1)
		return cast_read_header(line, len, &c->header, e);
	if (len == 0)
		return 0;
	r = cast_read_event(line, len, &event, e);
	if (r == -ENOMSG)
		return 0;
	if (r < 0)
		return err_prefix(e, "line %zu", number);
	if (event.kind == CAST_OUTPUT)
		r = cast_add(c, &event);
	json_free(event.tree);
	return r < 0 ? err_set(e, r, "it is too long") : 0;
}

/* The last line of a recording that was cut is left out. */
static int cast_read(struct cast *c, FILE *from, struct err *e)
{
	char *line = malloc(CAST_LINE_MAX + 2);
	size_t number = 0;
	int r = line ? 0 : err_set(e, -ENOMEM, "no memory");

	while (r == 0 && fgets(line, CAST_LINE_MAX + 2, from)) {
		size_t len = strlen(line); /* a NUL is in no JSON */
		bool whole = len > 0 && line[len - 1] == '\n';

		if (len > CAST_LINE_MAX)
			r = err_set(e, -EMSGSIZE, "line %zu is too long",
					number + 1);
		else
			r = cast_line(c, line, len - whole, ++number, e);
		if (r == -EINVAL && !whole && number > 1)
			r = 0;
	}
	free(line);
	if (r == 0 && ferror(from))
		r = err_set(e, -errno, "%s", strerror(errno));
	if (r == 0 && number == 0)
		r = err_set(e, -EINVAL, "it is empty");
	return r;
}

/* ---- the player
 * ---------------------------------------------------------------
 */

struct player {
	const struct cast *cast;
	struct terminal terminal;
	double speed;
	uint64_t idle_us; /* 0: as it was */
	size_t next;      /* moment */
	uint64_t at_us;   /* where in the recording */
	bool stopped, over;
	sigset_t usual; /* signals that are blocked, but for ours */
};

static volatile sig_atomic_t killed; /* by this signal */

static void on_kill(int signum)
{
	killed = signum;
}

/* As poll(); here, and nowhere else, it is noticed that we are killed. */
static int wait_for(const struct player *p, struct pollfd *fd, int ms)
{
	const struct timespec limit = {
			.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	return ppoll(fd, 1, ms < 0 ? NULL : &limit, &p->usual);
}

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * US + (uint64_t)t.tv_nsec / 1000;
}

static void put(const struct player *p, const char *text, size_t len)
{
	struct pollfd fd = {.fd = p->terminal.fd, .events = POLLOUT};

	while (len > 0 && !killed) {
		ssize_t n = write(fd.fd, text, len);

		if (n > 0) {
			text += n;
			len -= (size_t)n;
		} else if (errno != EAGAIN && errno != EINTR) {
			return;
		} else {
			(void)wait_for(p, &fd, 1000);
		}
	}
}

static void show_next(struct player *p)
{
	size_t len;
	const char *text = cast_says(p->cast, p->next, &len);

	p->at_us = p->cast->moments[p->next++].at_us;
	put(p, text, len);
}

/* To a time: back is from the beginning, onto an empty screen. */
static void seek(struct player *p, uint64_t to_us)
{
	static const char afresh[] = "\033c\033[?1049h\033[2J\033[H";

	if (to_us < p->at_us) {
		put(p, afresh, sizeof(afresh) - 1);
		p->next = 0;
	}
	while (p->next < p->cast->count &&
			p->cast->moments[p->next].at_us <= to_us)
		show_next(p);
	p->at_us = to_us;
}

static void press(struct player *p, const char *keys)
{
	if (*keys == 'q' || *keys == 3 || *keys == 4) {
		p->over = true;
	} else if (*keys == ' ') {
		p->stopped = !p->stopped;
	} else if (*keys == '+' || *keys == '=') {
		p->speed = p->speed * 2 > SPEED_MAX ? SPEED_MAX : p->speed * 2;
	} else if (*keys == '-') {
		p->speed = p->speed / 2 < 1.0 / SPEED_MAX ? 1.0 / SPEED_MAX
							  : p->speed / 2;
	} else if (strcmp(keys, "\033[C") == 0) {
		seek(p, p->at_us + SKIP_US);
	} else if (strcmp(keys, "\033[D") == 0) {
		seek(p, p->at_us > SKIP_US ? p->at_us - SKIP_US : 0);
	}
}

/* Wait so long, or until a key was pressed. */
static bool wait_for_key(struct player *p, int ms)
{
	struct pollfd fd = {.fd = p->terminal.fd, .events = POLLIN};
	char keys[16];
	ssize_t n;

	if (wait_for(p, &fd, ms) <= 0) {
		p->over = killed;
		return p->over;
	}
	n = read(fd.fd, keys, sizeof(keys) - 1);
	if (n <= 0) {
		p->over = n == 0 || (errno != EAGAIN && errno != EINTR);
		return true;
	}
	keys[n] = '\0';
	press(p, keys);
	return true;
}

/* How long until the next event, in the player's time. */
static int wait_ms(const struct player *p)
{
	uint64_t gap = p->cast->moments[p->next].at_us - p->at_us;
	double ms;

	if (p->stopped)
		return -1;
	if (p->idle_us && gap > p->idle_us)
		gap = p->idle_us;
	ms = (double)gap / 1000 / p->speed;
	return ms > 1000000 ? 1000000 : (int)ms;
}

/* A key came while the next event was waited for: time has passed. */
static void pass(struct player *p, uint64_t since_us)
{
	uint64_t spent = (uint64_t)((double)(now_us() - since_us) * p->speed);
	uint64_t next = p->next < p->cast->count
					? p->cast->moments[p->next].at_us
					: p->at_us;

	if (!p->stopped)
		p->at_us = p->at_us + spent < next ? p->at_us + spent : next;
}

/* Until it is ended by a key: also its end can be gone back from. */
static void play_on(struct player *p)
{
	while (!p->over) {
		uint64_t began = now_us();

		if (p->next == p->cast->count)
			(void)wait_for_key(p, -1);
		else if (p->cast->moments[p->next].at_us <= p->at_us)
			show_next(p);
		else if (wait_for_key(p, wait_ms(p)))
			pass(p, began);
		else
			show_next(p);
	}
}

/* Without a terminal: all of it at once. */
static void pour(const struct cast *c)
{
	(void)fwrite(c->text, 1, c->len, stdout);
}

/* Lend it, and give it back also when we are killed meanwhile. */
static int play_there(struct player *p)
{
	static const int signals[] = {SIGTERM, SIGHUP, SIGINT};
	enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };
	const struct sigaction noted = {.sa_handler = on_kill};
	struct sigaction before[SIGNALS];
	sigset_t kills;
	int r;

	(void)sigemptyset(&kills);
	for (size_t i = 0; i < SIGNALS; i++)
		(void)sigaddset(&kills, signals[i]);
	(void)sigprocmask(SIG_BLOCK, &kills, &p->usual);
	for (size_t i = 0; i < SIGNALS; i++)
		(void)sigaction(signals[i], &noted, &before[i]);
	r = terminal_lend(&p->terminal);
	if (r == 0)
		play_on(p);
	terminal_give_back(&p->terminal);
	for (size_t i = 0; i < SIGNALS; i++)
		(void)sigaction(signals[i], &before[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &p->usual, NULL);
	return r;
}

static int play_cast(const struct cast *c, double speed, double idle)
{
	enum { KILLED = 128 };
	struct player p = {.cast = c,
			.speed = speed,
			.idle_us = (uint64_t)(idle * US)};
	int r = terminal_open(&p.terminal, false);

	if (r < 0) {
		pour(c);
		return EXIT_OK;
	}
	r = play_there(&p);
	terminal_close(&p.terminal);
	if (r < 0)
		return say_fail(EXIT_FAILED, "%s", strerrordesc_np(-r));
	return killed ? KILLED + killed : EXIT_OK;
}

/* A number above `least`; NULL: the default. */
static int number_of(const char *text, double least, double *ret)
{
	char *end;
	double n;

	if (!text)
		return 0;
	n = strtod(text, &end);
	if (end == text || *end || !(n >= least) || n > 1000000)
		return -EINVAL;
	*ret = n;
	return 0;
}

static int play(struct app *a, const void *values, int argc, char **argv)
{
	const struct play_values *v = values;
	double speed = 1, idle = 0;
	struct cast c = {0};
	struct err e;
	FILE *from;
	int r;

	if (number_of(v->speed, 1.0 / SPEED_MAX, &speed) < 0)
		return app_usage(&play_command, "'%s' is no speed", v->speed);
	if (number_of(v->idle, 0, &idle) < 0)
		return app_usage(&play_command, "'%s' is no number of seconds",
				v->idle);
	from = fopen(argv[0], "re");
	if (!from)
		return say_fail(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILED,
				"%s: %s", argv[0], strerror(errno));
	r = cast_read(&c, from, &e);
	(void)fclose(from);
	r = r < 0 ? say_fail(EXIT_FAILED, "%s: %s", argv[0], e.text)
		  : play_cast(&c, speed, idle);
	cast_done(&c);
	return r;
}
