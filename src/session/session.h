/*
 * A session is one console of one guest for one user, from the moment its
 * client has arrived with a good code until its end has been told.
 *
 *	requested > authorised > dialling > streaming > draining > ended(word)
 *
 * It never goes back; states may be skipped. The record lives on the control
 * loop, in the registry; its wires are a `struct console` on a data loop, which
 * reports by message. The console may read what is marked fixed, and counts
 * in `counts`; all else is the control loop's.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "hypervisor/hypervisor.h"
#include "relay/relay.h"
#include "session/ends.h"

struct console;
struct registry;

enum session_state {
	SESSION_REQUESTED,
	SESSION_AUTHORISED,
	SESSION_DIALLING,
	SESSION_STREAMING,
	SESSION_DRAINING,
	SESSION_ENDED,
	SESSION_STATES,
};

const char *session_state_name(enum session_state s);

enum {
	SESSION_ID_LEN = 22, /* 128 bits and a little, as text */
	SESSION_USER_MAX = 64,
	SESSION_FROM_MAX = 64,
	RESUME_HASH_LEN = 64,
};

/* What is granted with a code. */
struct grant {
	char id[SESSION_ID_LEN + 1];
	char guest[GUEST_ID_MAX]; /* "profile/rest" */
	enum console_kind kind;
	unsigned rights; /* config_right bits */
	unsigned deny;   /* config_deny bits */
	char user[SESSION_USER_MAX];
	char resume[RESUME_HASH_LEN + 1]; /* SHA-256 of the key, as hex */
	char resumed_from[SESSION_ID_LEN + 1];
};

struct session {
	struct session *next, *prev; /* the registry's */
	struct registry *registry;
	struct grant grant; /* fixed, but for the resume key */
	char brief[5];      /* fixed: the id's beginning, for the log */
	char from[SESSION_FROM_MAX]; /* fixed: the client's address */
	enum session_state state;
	enum end_word word; /* once ended */
	bool said_goodbye;  /* the client left by its own Close */
	char detail[ERR_TEXT_MAX];
	char wire[ERR_TEXT_MAX]; /* the dial plan as text */
	int64_t since;           /* wall clock, seconds */
	uint64_t ended_ms;
	struct console *console; /* while its wires live: set by its reports */
	struct relay_counts counts;
};

/* The one place that changes a state, and logs it. */
void session_set_state(struct session *s, enum session_state next);

/* The end: the word, and a sentence where there is a better one than the
 * word's own (may be NULL). The first word stays. */
void session_set_ended(
		struct session *s, enum end_word word, const char *detail);

#endif
