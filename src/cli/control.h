/*
 * Asking the gateway that runs on this machine: the API, by its control
 * socket. One question at a time, and it waits for the answer.
 */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include <stddef.h>

#include "core/err.h"

struct buf;
struct json;

struct control_answer {
	unsigned status;
	struct json *body; /* NULL where there is none */
};

/*
 * body: JSON, or NULL. 0: there is an answer, of whatever status, to be freed.
 * -ENOTCONN: no gateway of this user runs here; others: e says what failed.
 */
int control_call(const char *method, const char *path, const struct buf *body,
		struct control_answer *ret, struct err *e);
void control_done(struct control_answer *a);

/* A refusal: say what the gateway said and what to do; the exit code. */
int control_refused(const struct control_answer *a);

/* Both for a command: an answer of 2xx, or the exit code, told. */
int control_ask(const char *method, const char *path, const struct buf *body,
		struct control_answer *ret);

#endif
