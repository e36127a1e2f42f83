/*
 * Where a console asks for its dial plan: the hypervisor of its guest answers,
 * through the gate of what is opened one at a time; a session that brought its
 * plan along gets that one. On the control loop.
 */
#ifndef SESSION_PLANNER_H
#define SESSION_PLANNER_H

#include "core/err.h"
#include "session/ends.h"

struct console;
struct hypervisor;
struct loop;
struct planner;
struct session;
struct warm;

/* The hypervisor of a session's guest, and its id there (valid as long as the
 * grant); NULL: *ret_word and e say why there is none. */
typedef struct hypervisor *planner_find_fn(void *arg, const struct session *s,
		const char **ret_rest, enum end_word *ret_word, struct err *e);

/* warm: borrowed; NULL: every connection is a cold one. */
int planner_new(struct planner **ret_planner, struct loop *control,
		struct warm *warm, planner_find_fn *find, void *arg);
void planner_free(struct planner *p); /* all sessions have ended; takes NULL */

/* A console_plan_fn, with a planner. */
void planner_plan(void *planner, struct session *s, struct console *c);

#endif
