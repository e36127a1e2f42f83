#include "gateway/siblings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/loop.h"
#include "proto/json.h"
#include "test.h"

struct scene {
	struct loop *loop;
	struct siblings *young, *old;
	size_t count, elements;
	char text[32];
	size_t asked; /* of the old one */
	size_t big;   /* elements of its answer */
};

static void scene_answers(
		void *arg, const struct json *const *answers, size_t count)
{
	struct scene *s = arg;
	const char *text = count ? json_text(json_at(answers[0], 0)) : NULL;

	s->count = count;
	s->elements = count ? json_count(answers[0]) : 0;
	(void)snprintf(s->text, sizeof(s->text), "%s", text ? text : "");
	loop_stop(s->loop);
}

static void scene_asked(void *arg, const char *question, struct buf *to)
{
	struct scene *s = arg;

	s->asked++;
	CHECK(buf_addf(to, "[\"%s\"", question) == 0);
	for (size_t i = 0; i < s->big; i++)
		CHECK(buf_adds(to, ",\"0123456789012345678901234567\"") == 0);
	CHECK(buf_adds(to, "]") == 0);
}

static void scene_init(struct scene *s)
{
	*s = (struct scene){0};
	CHECK(loop_new(&s->loop) == 0);
	CHECK(siblings_new(&s->young, s->loop) == 0);
	CHECK(siblings_new(&s->old, s->loop) == 0);
}

static void scene_done(struct scene *s)
{
	siblings_free(s->young);
	siblings_free(s->old);
	loop_free(s->loop);
}

static void scene_link(struct scene *s)
{
	int ends[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	siblings_host(s->old, ends[0], scene_asked, s);
	siblings_add(s->young, ends[1]);
}

static void nobody_there_is_said_at_once(void)
{
	struct scene s;

	scene_init(&s);
	CHECK_INT(siblings_ask(s.young, "list", scene_answers, &s), -ENOENT);
	scene_done(&s);
}

static void all_are_asked_and_answer(void)
{
	struct scene s;

	scene_init(&s);
	scene_link(&s);
	scene_link(&s);
	CHECK(siblings_ask(s.young, "end abc", scene_answers, &s) == 0);
	CHECK(loop_run(s.loop) == 0);
	CHECK_INT(s.count, 2);
	CHECK_INT(s.asked, 2);
	CHECK_STR(s.text, "end abc");
	scene_done(&s);
}

static void a_long_answer_arrives_whole(void)
{
	struct scene s;

	scene_init(&s);
	scene_link(&s);
	s.big = 100000; /* 3 MB: many times what the socket holds */
	CHECK(siblings_ask(s.young, "list", scene_answers, &s) == 0);
	CHECK(loop_run(s.loop) == 0);
	CHECK_INT(s.elements, 100001);
	scene_done(&s);
}

static void who_does_not_answer_is_not_waited_for_long(void)
{
	struct scene s;
	int ends[2];

	scene_init(&s);
	scene_link(&s);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	siblings_add(s.young, ends[1]);
	CHECK(siblings_ask(s.young, "list", scene_answers, &s) == 0);
	CHECK(loop_run(s.loop) == 0);
	CHECK_INT(s.count, 1);
	close(ends[0]);
	scene_done(&s);
}

static void nonsense_and_late_answers_are_lost(void)
{
	static const char junk[] = "\n1\nx [1]\n99 [1]\n1 [1\n1 nonsense\n";
	struct scene s;
	int ends[2];

	scene_init(&s);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	siblings_add(s.young, ends[1]);
	CHECK(siblings_ask(s.young, "list", scene_answers, &s) == 0);
	CHECK(write(ends[0], junk, sizeof(junk) - 1) == sizeof(junk) - 1);
	CHECK(loop_run(s.loop) == 0);
	CHECK_INT(s.count, 0);
	close(ends[0]);
	/* it has gone: seen by now or at the next question */
	if (siblings_ask(s.young, "list", scene_answers, &s) == 0)
		CHECK(loop_run(s.loop) == 0);
	CHECK_INT(siblings_ask(s.young, "list", scene_answers, &s), -ENOENT);
	scene_done(&s);
}

TESTS(T(nobody_there_is_said_at_once), T(all_are_asked_and_answer),
		T(a_long_answer_arrives_whole),
		T(who_does_not_answer_is_not_waited_for_long),
		T(nonsense_and_late_answers_are_lost))
