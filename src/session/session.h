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

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/loop.h"
#include "hypervisor/hypervisor.h"
#include "relay/relay.h"
#include "session/ends.h"
#include "session/gate.h"

struct console;
struct dial_plan;
struct registry;
struct wire;

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
	SESSION_PERSON_LEN = 22,
	SESSION_FROM_MAX = 64,
	RESUME_HASH_LEN = 64,
	SESSION_WIRES_MAX = 32,  /* of one session */
	SESSION_JOIN_MS = 30000, /* others may join the first so long */
	SESSION_HOLD_MS = 2000,  /* a SPICE guest is one viewer's so long */
};

/* What is granted with a code. */
struct grant {
	char id[SESSION_ID_LEN + 1];
	char guest[GUEST_ID_MAX]; /* "profile/rest" */
	enum console_kind kind;
	unsigned rights; /* config_right bits */
	unsigned deny;   /* config_deny bits */
	bool candid;     /* may be told where guests and hypervisors are */
	char user[SESSION_USER_MAX];
	/* with whose account of the hypervisor's own; "": the gateway's */
	char person[SESSION_PERSON_LEN + 1];
	char resume[RESUME_HASH_LEN + 1]; /* SHA-256 of the key, as hex */
	char resumed_from[SESSION_ID_LEN + 1];
	bool take_over; /* SPICE: another viewer of the guest has to go */
};

/* A new session's id. It never begins with a dash: people paste it behind
 * `sessions end`, where that would be an option. */
void session_make_id(char ret[SESSION_ID_LEN + 1]);

struct session {
	struct session *next, *prev; /* the registry's, as the three below */
	struct session *same_id, *same_user; /* of their buckets */
	struct session *ended_next;
	struct registry *registry;
	struct grant grant; /* fixed, but for the resume key */
	char brief[5];      /* fixed: the id's beginning, for the log */
	char from[SESSION_FROM_MAX]; /* fixed: the client's address */
	uint32_t keep_ms;            /* fixed: of relay_options */
	/* its client came with a payload (proto/payload.h): its plan, until it
	 * is dialled (owned); fixed: whether it did, so that Close codes are
	 * those of the guest's WebSocket, and whether it greets by itself */
	struct dial_plan *brought;
	bool payload, plain;
	enum session_state state;
	enum end_word word; /* from draining on */
	bool said_goodbye;  /* the client left by its own Close */
	bool inner;         /* the detail is not for everybody: addresses */
	char detail[ERR_TEXT_MAX];
	char wire[ERR_TEXT_MAX]; /* the dial plan as text, once there is one */
	int64_t since;           /* wall clock, seconds */
	uint64_t dialled_ms;     /* when its guest was asked for; 0: not yet */
	uint64_t ended_ms;
	struct console *console; /* while its first wire lives: its report */
	bool stop_asked;         /* session_stop() was called */
	enum end_word stop_word;
	struct relay_counts counts;
	/* while dialling: the guest is not up yet, and since when; 0: not so.
	 * Its console writes it. */
	_Atomic uint32_t waited_ms;
	struct gate_pass pass;        /* while its console is opened */
	char slot[GUEST_ID_MAX + 16]; /* of the guest: the pass's key */
	/* session/wires.h */
	struct loop *home;  /* fixed: the data loop of all its wires */
	bool shared;        /* fixed: one connection for all who are there */
	struct wire *wires; /* that joined the first */
	size_t wire_count;
	bool first_over;                     /* the first is gone */
	char join_hash[RESUME_HASH_LEN + 1]; /* of the code that opened it */
	uint64_t join_until_ms;
	unsigned refused;  /* channel types (bits) that were: logged once */
	struct post never; /* console_never_was() */
	enum end_word never_word;
};

/* The one place that changes a state, and logs it. */
void session_set_state(struct session *s, enum session_state next);

/* How it ends, known from draining on: the word, and a sentence where there is
 * a better one than the word's own (NULL or "": none). `inner` sentences are
 * for the log and for those with the right `admin`. */
void session_set_word(struct session *s, enum end_word word, const char *detail,
		bool inner);

/* What its client brought along goes by itself, or is forgotten with this. */
void session_forget(struct session *s);

/* The end; by its word, which is set before. */
void session_set_ended(struct session *s);

#endif
