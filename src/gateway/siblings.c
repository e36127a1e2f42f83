#include "gateway/siblings.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/loop.h"
#include "proto/json.h"

enum { READ_SOME = 64 * 1024, READ_TURNS = 16 };

/* A socket to another worker: we ask behind it, or are asked. */
struct sibling {
	struct siblings *all;
	struct sibling *next;
	int fd;
	struct watch *watch;
	struct buf in, out;
	siblings_answer_fn *answer; /* NULL: we ask */
	void *arg;
};

/* A question that is open. */
struct ask {
	struct siblings *all;
	struct ask *next;
	unsigned number;
	size_t waits, count;
	struct json *answers[SIBLINGS_MAX];
	struct timer *timer;
	siblings_fn *fn;
	void *arg;
};

struct siblings {
	struct loop *loop;
	struct sibling *siblings;
	struct ask *asks;
	unsigned last;
};

/* ---- questions ----------------------------------------------------------- */

static void ask_free(struct ask *a)
{
	struct ask **at = &a->all->asks;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	timer_free(a->timer);
	for (size_t i = 0; i < a->count; i++)
		json_free(a->answers[i]);
	free(a);
}

static void ask_over(void *arg)
{
	struct ask *a = arg;

	a->fn(a->arg, (const struct json *const *)a->answers, a->count);
	ask_free(a);
}

/* "12 {...}": of a question that is no longer open, or no JSON, it is lost. */
static void ask_answered(struct siblings *p, const char *line, size_t len)
{
	char *end;
	unsigned number = (unsigned)strtoul(line, &end, 10);
	struct ask *a = p->asks;
	struct err e;

	while (a && a->number != number)
		a = a->next;
	if (!a || *end != ' ' || a->count == SIBLINGS_MAX)
		return;
	end++;
	if (json_parse(end, len - (size_t)(end - line), &a->answers[a->count],
			    &e) == 0)
		a->count++;
	if (--a->waits == 0)
		timer_set(a->timer, 0); /* in a turn of its own */
}

/* ---- the socket ---------------------------------------------------------- */

static void sibling_free(struct sibling *c)
{
	struct sibling **at = &c->all->siblings;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	watch_free(c->watch);
	close(c->fd);
	buf_done(&c->in);
	buf_done(&c->out);
	free(c);
}

/* False where the other end has gone. */
static bool sibling_flush(struct sibling *c)
{
	while (c->out.len > 0) {
		ssize_t n = send(c->fd, buf_data(&c->out), c->out.len,
				MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		buf_eat(&c->out, (size_t)n);
	}
	return true;
}

/* One line: "12 list", or its answer. The newline is a zero byte by now. */
static void sibling_line(struct sibling *c, const char *line, size_t len)
{
	const char *question = strchr(line, ' ');
	struct buf answer;

	if (!c->answer) {
		ask_answered(c->all, line, len);
		return;
	}
	if (!question)
		return;
	buf_init(&answer, SIBLINGS_ANSWER_MAX);
	c->answer(c->arg, question + 1, &answer);
	/* one that does not fit is left out whole; the asker's limit ends it */
	if (buf_addf(&c->out, "%.*s ", (int)(question - line), line) == 0)
		(void)buf_add(&c->out, buf_data(&answer), answer.len);
	(void)buf_add(&c->out, "\n", 1);
	buf_done(&answer);
}

static void sibling_lines(struct sibling *c)
{
	char *line, *end;

	while (c->in.len > 0 && c->out.len == 0 &&
			(line = (char *)buf_data(&c->in)) &&
			(end = memchr(line, '\n', c->in.len))) {
		*end = '\0';
		sibling_line(c, line, (size_t)(end - line));
		buf_eat(&c->in, (size_t)(end - line) + 1);
		(void)sibling_flush(c);
	}
}

/* > 0, 0 at the end, -EAGAIN, -errno. */
static ssize_t sibling_fill(struct sibling *c)
{
	size_t room = c->in.max - c->in.len;
	uint8_t *to;
	ssize_t n;

	room = room < READ_SOME ? room : READ_SOME;
	to = room > 0 ? buf_room(&c->in, room) : NULL;
	if (!to)
		return -EMSGSIZE;
	n = recv(c->fd, to, room, MSG_DONTWAIT);
	if (n > 0)
		buf_grew(&c->in, (size_t)n);
	return n < 0 ? -errno : n;
}

static void sibling_ready(void *arg, int events)
{
	struct sibling *c = arg;
	bool there = sibling_flush(c);
	ssize_t n = 1;

	for (int turn = 0; there && n > 0 && turn < READ_TURNS; turn++) {
		sibling_lines(c);
		if (c->answer && c->out.len > 0)
			break; /* who does not read is not heard */
		n = sibling_fill(c);
		there = n > 0 || n == -EAGAIN || n == -EINTR;
	}
	if (!there)
		sibling_free(c);
	else if (c->out.len == 0)
		(void)watch_set(c->watch, LOOP_READ);
	else
		(void)watch_set(c->watch, c->answer ? LOOP_WRITE
						    : LOOP_READ | LOOP_WRITE);
}

static struct sibling *sibling_new(struct siblings *p, int fd)
{
	struct sibling *c = calloc(1, sizeof(*c));

	if (!c || watch_new(&c->watch, p->loop, fd, sibling_ready, c) < 0) {
		free(c);
		close(fd);
		return NULL;
	}
	c->all = p;
	c->fd = fd;
	c->next = p->siblings;
	p->siblings = c;
	(void)watch_set(c->watch, LOOP_READ);
	return c;
}

/* ---- for the owner ------------------------------------------------------- */

void siblings_add(struct siblings *p, int fd)
{
	struct sibling *c = sibling_new(p, fd);

	if (!c)
		return;
	/* an answer, with its number and newline */
	buf_init(&c->in, SIBLINGS_ANSWER_MAX + 32);
	buf_init(&c->out, SIBLINGS_QUESTION_MAX);
}

void siblings_host(struct siblings *p, int fd, siblings_answer_fn *answer,
		void *arg)
{
	struct sibling *c = sibling_new(p, fd);

	if (!c)
		return;
	c->answer = answer;
	c->arg = arg;
	buf_init(&c->in, SIBLINGS_QUESTION_MAX);
	buf_init(&c->out, SIBLINGS_ANSWER_MAX + 32);
}

int siblings_ask(struct siblings *p, const char *question, siblings_fn *fn,
		void *arg)
{
	struct ask *a = calloc(1, sizeof(*a));

	if (!a || timer_new(&a->timer, p->loop, ask_over, a) < 0) {
		free(a);
		return -ENOMEM;
	}
	a->all = p;
	a->number = ++p->last;
	a->fn = fn;
	a->arg = arg;
	a->next = p->asks;
	p->asks = a;
	for (struct sibling *c = p->siblings; c && a->waits < SIBLINGS_MAX;
			c = c->next)
		if (!c->answer && buf_addf(&c->out, "%u %s\n", a->number,
						  question) == 0) {
			a->waits++;
			(void)watch_set(c->watch, LOOP_READ | LOOP_WRITE);
		}
	if (a->waits == 0) {
		ask_free(a);
		return -ENOENT;
	}
	timer_set(a->timer, SIBLINGS_ANSWER_MS);
	return 0;
}

int siblings_new(struct siblings **ret_peers, struct loop *control)
{
	struct siblings *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->loop = control;
	*ret_peers = p;
	return 0;
}

void siblings_free(struct siblings *p)
{
	if (!p)
		return;
	while (p->siblings)
		sibling_free(p->siblings);
	while (p->asks)
		ask_free(p->asks);
	free(p);
}
