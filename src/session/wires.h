/*
 * The wires of a session. Most have one. A SPICE viewer opens a connection for
 * each channel: the first is its main channel and is the session, the others
 * join it by the same code, for SESSION_JOIN_MS. The end of the first ends the
 * others; the session has ended when all of them are gone.
 *
 * All of it on the control loop.
 */
#ifndef SESSION_WIRES_H
#define SESSION_WIRES_H

#include <stdint.h>

#include "core/loop.h"
#include "session/session.h"

struct console;

/* One that joined; the session's, from session_join() until wire_over(). */
struct wire {
	struct wire *next, *prev;
	struct session *session;
	struct console *console; /* while it lives: set by its report */
	struct post never;
};

/* Its first wire came with the code of this hash: for a while others may. */
void session_opens(struct session *s, const char *code_hash, uint64_t now_ms);

/* One more wire with the code of this hash: END_WORDS and the wire, or why
 * not. */
enum end_word session_join(struct session *s, const char *code_hash,
		uint64_t now_ms, struct wire **ret_wire);

/* Its console lives. */
void wire_known(struct wire *w, struct console *c);
/* It is gone. */
void wire_over(struct wire *w);
/* One whose client had gone before there was a console: told from a data
 * loop, once. */
void wire_never_was(struct loop *control, struct wire *w);

/* Tell all that joined to end; with the session's own word. */
void session_stop_wires(struct session *s, enum end_word word);
/* The first is gone: the session ends with the last of them. */
void session_first_over(struct session *s);

#endif
