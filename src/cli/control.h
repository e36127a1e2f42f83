/*
 * Asking the gateway that runs on this machine: the API, by its control
 * socket. One question at a time, and it waits for the answer.
 */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

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

/* The process of the gateway that answers; 0: none. *ret_service: it is the
 * machine's own, and not one that a person has started. */
pid_t control_pid(bool *ret_service);

/* A refusal: say what the gateway said and what to do; the exit code. */
int control_refused(const struct control_answer *a);

/* Both for a command: an answer of 2xx, or the exit code, told. */
int control_ask(const char *method, const char *path, const struct buf *body,
		struct control_answer *ret);

#endif
