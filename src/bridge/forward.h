/*
 * Forwards: TCP listeners of this machine, each of which leads to a port of a
 * guest. Each client gets a way of its own, asked for afresh when it comes
 * (hypervisor_reach()), so that a guest that was made again is found where it
 * is now. Bytes are carried as they are, half-closes too; what the guest asks
 * (a password) is the client's to answer.
 *
 *	client > planning > dialling > streaming > over(word)
 *
 * Planning and dialling together take connect_ms at most. A way that leads
 * back to a forward of this process is refused. Each connection is a line of
 * the log when it is over: who, where to, how much, and how it ended.
 *
 * An open connection holds two descriptors.
 */
#ifndef BRIDGE_FORWARD_H
#define BRIDGE_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/histogram.h"
#include "hypervisor/hypervisor.h"
#include "session/ends.h"

struct door_source;
struct forward;
struct forwards;
struct loop;

enum {
	FORWARD_CONNECT_MS = 10000,
	FORWARD_CONNECTIONS = 100,
	FORWARD_HOSTS_MAX = 4, /* addresses that one forward listens on */
	FORWARD_TEXT_MAX = 64,
};

/* The hypervisor of "profile/rest", and the rest; NULL: there is none. */
typedef struct hypervisor *forward_find_fn(
		void *arg, const char *guest, const char **ret_rest);

/* All of a process on one loop; what they have in common. */
struct forwards_options {
	struct loop *loop;
	forward_find_fn *find;
	void *arg;
	uint32_t connect_ms;  /* 0: FORWARD_CONNECT_MS */
	uint32_t idle_ms;     /* without input; 0: no limit */
	unsigned connections; /* at a time for each forward; 0: as above */
	size_t live_max;      /* at a time for all of them; 0: no limit */
	bool same_user;       /* as in bridge/door.h */
	bool login;           /* log in to screens; for the same user only */
	const struct door_source *source; /* as in bridge/door.h; borrowed */
	unsigned ids; /* connections are numbered from here on */
};

int forwards_new(struct forwards **ret_set, const struct forwards_options *o);
/* Other limits, from the next connection on: its loop and find stay. */
void forwards_limit(struct forwards *s, const struct forwards_options *o);
/* At once and without a word to anybody. The loop still runs; the hypervisors
 * owe it no answer, or have gone before. Takes NULL. */
void forwards_free(struct forwards *s);
/* Nobody is let in any more. */
void forwards_shut(struct forwards *s);
/* End all connections, with this word; they are over within 2 s. */
void forwards_end(struct forwards *s, enum end_word word);
/* As its find() answers. */
struct hypervisor *forwards_find(
		struct forwards *s, const char *guest, const char **ret_rest);
/* How many connections live. */
size_t forwards_live(const struct forwards *s);

/* Of one forward; 0: as of all. */
struct forward_limits {
	uint32_t connect_ms, idle_ms;
	unsigned connections;
};

struct forward_options {
	const char *const *hosts; /* addresses; none: 127.0.0.1 and, where the
				     machine has it, ::1 */
	size_t host_count;
	uint16_t port;       /* 0: any that is free */
	const char *guest;   /* "boxes/agent-7" */
	const char *what;    /* "gui": what people call it; "" */
	uint16_t guest_port; /* 0: its console of this kind */
	enum console_kind kind;
	struct forward_limits limits;
	bool quiet; /* nobody asks who holds a busy port */
};

/* Texts are copied. As door_open(); nothing is listened on then. */
int forward_open(struct forward **ret_forward, struct forwards *s,
		const struct forward_options *o, struct err *e);
/* Other limits of its own, from the next connection on. */
void forward_limit(struct forward *f, const struct forward_limits *l);
/* The listener at once; its connections end with this word, within 2 s. */
void forward_close(struct forward *f, enum end_word word);
uint16_t forward_port(const struct forward *f);
/* "127.0.0.1:3162": the first of its addresses. */
const char *forward_text(const struct forward *f);

/* One connection without a listener; the descriptor is taken. `over` is told
 * how it ended, unless forwards_free() came first; it may free nothing. */
typedef void forward_over_fn(void *arg, enum end_word word, const char *detail);
int forward_one(struct forwards *s, const struct forward_options *o, int fd,
		forward_over_fn *over, void *arg, struct err *e);

/* ---- who is connected -----------------------------------------------------
 */

/* One connection; the texts are valid during the call only. */
struct forward_connection {
	const char *id;     /* "f3a" */
	const char *guest;  /* "boxes/agent-7" */
	const char *port;   /* "5901", or its console's kind */
	const char *listen; /* "127.0.0.1:3162" */
	const char *from;   /* "127.0.0.1:40404" */
	const char *state;  /* "dialling" "streaming" "draining" */
	uint64_t age_ms;    /* since it came */
	uint64_t up, down;  /* bytes */
};

typedef void forward_each_fn(void *arg, const struct forward_connection *c);
void forwards_each(const struct forwards *s, forward_each_fn *fn, void *arg);

/* End the one of this id, or none: is there one? */
bool forwards_end_one(struct forwards *s, const char *id, enum end_word word);

/* ---- what is counted ------------------------------------------------------
 */

struct forward_counts {
	size_t forwards, active;
	uint64_t total;    /* connections, refused ones too */
	uint64_t up, down; /* bytes; those of live connections, too */
	uint64_t ends[END_WORDS];
	struct histogram connects;
};

void forwards_count(const struct forwards *s, struct forward_counts *ret);

/* Did this word come of something that went wrong? */
bool forward_word_is_error(enum end_word word);

#endif
