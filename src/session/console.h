/*
 * The wires of a session, on one data loop: the client's stream, the dial to
 * the guest, and the relay between. It reports to the control loop by message
 * and asks it for the dial plan only when the client has arrived and spoken.
 * A SPICE session has a console for each of its channels (session/wires.h);
 * what is said here of the session, only the first one's does to it.
 *
 *	greeting > planning > dialling > answering > streaming
 *	     \_________\_________\___________\_________> leaving > over
 *
 * The consoles of a shared line (session.shared) are dialled once for all of
 * them, by the hubs of their loop (relay/hubs.h).
 *
 * lingering, before over: a SPICE display that its viewer left without a word
 * must not be closed at once (stream/spice.h).
 *
 * A dial that fails with tickets made for it (dial_plan.minted) goes back to
 * planning, once: a login race or a dead host may not meet the next one.
 *
 * leaving: the client is told how it ended (by its protocol and by a Close),
 * and its own goodbye is waited for (relay/farewell).
 *
 * The notes of a terminal's page (session/notes.h) are passed on while it
 * streams; those that are not understood are logged once and dropped.
 *
 * A console lives until the control loop has taken note of its end, so that
 * messages between the two never meet a freed one.
 */
#ifndef SESSION_CONSOLE_H
#define SESSION_CONSOLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session/session.h"

struct console;
struct crypto_rsa;
struct dial_plan;
struct hubs;
struct loop;
struct secret;
struct spice_link;
struct stream;
struct wire;

enum {
	CONSOLE_GREET_MS = 10000, /* for the viewer's half of the greeting */
	CONSOLE_PLAN_MS = 30000,  /* for the hypervisor to answer with a plan */
};

/*
 * Called on the control loop: find the plan for the session's guest and answer
 * with console_planned(), once, then or later. Called a second time for the
 * second try; s->pass is left when the dial has ended.
 */
typedef void console_plan_fn(void *arg, struct session *s, struct console *c);

struct console_setup {
	struct loop *loop;    /* the data loop: the caller's thread */
	struct loop *control; /* may be the same */
	struct session *session;
	struct wire *wire;     /* that joins the session; NULL: its first */
	struct stream *client; /* taken; its handshake need not be done */
	console_plan_fn *plan;
	void *plan_arg;
	struct hubs *hubs; /* borrowed, of the loop; NULL: no line is shared */
	struct relay_options relay;
	uint32_t greet_ms, plan_ms;         /* 0: the above */
	const struct crypto_rsa *spice_key; /* borrowed; NULL: no SPICE */
	const struct secret
			*password; /* borrowed; of a VNC viewer; NULL: none */
	bool plain;                /* no greeting: bytes as they come */
	_Atomic size_t *load;      /* one less when it is over; may be NULL */
};

/* On the data loop. It reports everything by message, also that it could not
 * begin; 0, -ENOMEM, or -ENOTSUP for a grant that nothing here can enforce
 * (then the stream was freed and nothing is reported). */
int console_start(const struct console_setup *setup);

/* On the control loop, from console_plan_fn until the answer: what a SPICE
 * viewer asks for (NULL: it is none), is it the session's first wire, and when
 * was the plan given that came to nothing (0: there was none). */
const struct spice_link *console_link(const struct console *c);
bool console_is_first(const struct console *c);
uint64_t console_planned_ms(const struct console *c);

/*
 * The answer to console_plan_fn; on the control loop. r = 0: *plan is taken
 * (left empty). Else `word` and e say why there is none.
 */
void console_planned(struct console *c, int r, struct dial_plan *plan,
		enum end_word word, const struct err *e);

/* A session whose client had gone before there was a console: its end, told
 * from a data loop, once. */
void console_never_was(
		struct loop *control, struct session *s, enum end_word word);

/* End it with this word, as soon as there is something to end; from the control
 * loop. The first word counts. */
void session_stop(struct session *s, enum end_word word);
/* One wire of it; again is nothing. From the control loop. */
void console_stop(struct console *c, enum end_word word);

#endif
