/*
 * Forwards under test: a hypervisor that answers as it is told, a guest that
 * listens on a Unix socket, and clients. One at a time.
 */
#ifndef BRIDGE_GUESTHOUSE_H
#define BRIDGE_GUESTHOUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/forward.h"

struct guesthouse {
	struct loop *loop;
	struct forwards *forwards;
	struct timer *timer;
	char folder[64], path[96]; /* where the guest listens */
	int guest;                 /* its listener; -1: it has none */

	/* what the hypervisor answers */
	int r;         /* < 0: this */
	bool silent;   /* nothing, until guesthouse_answers() */
	uint16_t port; /* 0: the guest; else 127.0.0.1 at this port */
	hypervisor_plan_fn *asked;
	void *asked_arg;
	unsigned asks;

	/* the list that it tells */
	const struct guest *guests;
	size_t guest_count;
	hypervisor_list_fn *list;
	void *list_arg;
	unsigned lists;

	/* what over() was told last */
	unsigned overs;
	enum end_word word;
	char detail[256];
};

extern struct guesthouse house;

void guesthouse_begin(const struct forwards_options *limits);
void guesthouse_end(void);

/* A late answer of the hypervisor: what is owed to whoever has asked. */
void guesthouse_answers(void);

/* Counts and keeps what it is told: of forward_one(). */
void guesthouse_over(void *arg, enum end_word word, const char *detail);
/* A connection at a socket pair; the client's end. */
int guesthouse_client(void);
/* A listener at any port of 127.0.0.1. */
struct forward *guesthouse_listen(void);
/* Connect to a port of 127.0.0.1. */
int guesthouse_dial(uint16_t port);
/* The guest's end of the next connection; waits for it. */
int guesthouse_accept(void);

/* Let the loop run for some milliseconds. */
void guesthouse_turn(unsigned ms);
/* Until this is so; fails after 20 s. */
#define guesthouse_until(so)                                      \
	do {                                                      \
		for (int turn_ = 0; !(so); turn_++) {             \
			guesthouse_turn(2);                       \
			if (turn_ > 10000)                        \
				fail_msg("not in 20 s: %s", #so); \
		}                                                 \
	} while (0)

/* Exactly these words come. */
void guesthouse_hears(int fd, const char *words);
/* Then the end, and nothing before it. */
void guesthouse_hears_end(int fd);
void guesthouse_says(int fd, const char *words);

#endif
