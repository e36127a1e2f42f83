/*
 * Older workers whose consoles live on after a hand-over. The worker that
 * serves asks them by lines of text over a socket that the supervisor gave to
 * both; each answers with one line of JSON. Control loop only.
 */
#ifndef GATEWAY_SIBLINGS_H
#define GATEWAY_SIBLINGS_H

#include <stddef.h>

struct buf;
struct json;
struct loop;
struct siblings;

enum {
	SIBLINGS_MAX = 16,
	SIBLINGS_ANSWER_MS = 1000,
	SIBLINGS_ANSWER_MAX = 8 * 1024 * 1024,
	SIBLINGS_QUESTION_MAX = 256,
};

int siblings_new(struct siblings **ret_peers, struct loop *control);
void siblings_free(struct siblings *
				p); /* takes NULL; open questions are dropped */

/* ---- to ask ---- */

/* An older worker behind this socket (taken). */
void siblings_add(struct siblings *p, int fd);

/* What came within SIBLINGS_ANSWER_MS; valid during the call. */
typedef void siblings_fn(
		void *arg, const struct json *const *answers, size_t count);

/*
 * Ask all of them ("list", "end ID"; no newline). Answered once, later.
 * -ENOENT where there is nobody to ask, -ENOMEM: then fn is not called.
 */
int siblings_ask(struct siblings *p, const char *question, siblings_fn *fn,
		void *arg);

/* ---- to be asked ---- */

/* Write the answer, JSON without a newline, into `to`. */
typedef void siblings_answer_fn(
		void *arg, const char *question, struct buf *to);

/* Answer a younger worker behind this socket (taken). */
void siblings_host(struct siblings *p, int fd, siblings_answer_fn *answer,
		void *arg);

#endif
