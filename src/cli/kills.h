/*
 * Asked to end while a command lends something out (a terminal, a port, a
 * file): SIGTERM, SIGHUP and SIGINT are heard instead of ending the program.
 */
#ifndef CLI_KILLS_H
#define CLI_KILLS_H

struct loop;
struct loop_signal;

enum { KILLS = 3 };

struct kills {
	struct loop_signal *heard[KILLS];
};

/* 0 or -errno; those that are heard then are still to be let go of. */
int kills_hear(struct kills *k, struct loop *l,
		void (*fn)(void *arg, int signum), void *arg);
void kills_done(struct kills *k); /* takes an empty one */

#endif
