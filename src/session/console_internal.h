/* Between the two halves of a console: console.c is on the data loop of its
 * wires, console_control.c on the control loop. They meet in messages only. */
#ifndef SESSION_CONSOLE_INTERNAL_H
#define SESSION_CONSOLE_INTERNAL_H

#include "core/loop.h"
#include "session/console.h"
#include "session/greeting.h"
#include "stream/dial.h"

enum console_state {
	CONSOLE_GREETING,
	CONSOLE_PLANNING,
	CONSOLE_DIALLING,
	CONSOLE_ANSWERING,
	CONSOLE_STREAMING,
	CONSOLE_LEAVING,
	CONSOLE_LINGERING, /* the guest's wire is kept for a moment */
	CONSOLE_OVER,
};

/* The answer under way to a console that asked for its plan. */
struct planned {
	struct console *console;
	struct post post;
	int r;
	struct dial_plan plan;
	enum end_word word;
	struct err e;
};

/* What must be told is told by messages that the console itself holds, so that
 * it never fails for lack of memory. */
struct console {
	struct console_setup setup; /* .client is ours until the relay's */
	enum console_state state;
	struct watch *watch; /* of the client, while there is no relay */
	struct timer *timer;
	struct dial *dial;      /* or */
	struct hub_wait *wait;  /* for a line that is shared */
	struct stream *backend; /* between dial and relay */
	struct relay *relay;
	struct stream *guest; /* the backend, also while it is the relay's */
	struct farewell *farewell;
	struct planned *planned; /* asked for; the control loop's */
	/* fixed once they were reported: the control loop reads them */
	enum end_word word;
	char detail[ERR_TEXT_MAX];
	bool inner; /* the detail tells addresses */
	bool said_goodbye;
	bool babbles;   /* a note was not understood; logged once */
	bool spoken;    /* the viewer has, its half of the greeting */
	bool may_retry; /* the dial's tickets were made for it */
	bool retried;
	struct greeting greeting;
	/* the control loop's */
	bool stop_asked;
	enum end_word stop_word;
	uint64_t planned_ms;
	/* to the control loop, each once */
	struct post known, asks, streams, drains, ends;
	/* from it */
	struct post stop, release;
};

/* The state of its session is the first one's business. */
static inline bool console_joins(const struct console *c)
{
	return c->setup.wire != NULL;
}

/* ---- console_control.c, called on the data loop: each once, but asks --------
 */

void console_tell_known(struct console *c);
void console_tell_asks(struct console *c);
void console_tell_streams(struct console *c);
void console_tell_drains(struct console *c);
void console_tell_ends(struct console *c);

/* ---- console.c, run on the data loop by messages
 * -----------------------------
 */

void console_is_planned(void *planned); /* a struct planned, taken */
void console_is_stopped(void *console);
void console_released(void *console); /* the last message */

#endif
