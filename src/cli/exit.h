/*
 * How the program ends. Scripts rely on these: docs/man/glassbridge.1 has the
 * same table.
 */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,    /* network, guest gone, a limit of the machine */
	EXIT_USAGE = 2,     /* what was typed */
	EXIT_CONFIG = 3,    /* what the configuration says */
	EXIT_REFUSED = 4,   /* not signed in, not permitted */
	EXIT_NOT_FOUND = 5, /* guest, console, session, token */
	EXIT_SAFETY = 6,    /* a safety check of ours said no */
	EXIT_BUSY = 7,      /* somebody else has it, or out of time */
	EXIT_READ_ONLY = 8, /* the profile says so */
};

/* For a negative errno of a room below. */
int exit_of(int r);

#endif
