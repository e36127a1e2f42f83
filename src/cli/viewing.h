/*
 * The time that a viewer's file is of use: from before it is written until its
 * viewer has ended, nobody needs it any more, or we are asked to end. However
 * that comes about, the file goes with it.
 */
#ifndef CLI_VIEWING_H
#define CLI_VIEWING_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/kills.h"
#include "cli/viewer.h"

struct showing;
struct target;
struct timer;

struct viewing {
	struct target *target;
	struct viewer viewer; /* by viewer_find(), where one is started */
	struct viewer_file file;
	struct showing *showing; /* one was started */
	struct kills kills;
	struct timer *limit;
	bool handed; /* what opens files has handed it on, and ended */
	bool late;   /* the limit has ended it */
	bool over;
	int signum; /* that ended it */
	int code;   /* of the viewer */
};

/* From now on a signal does not end us before the file is gone. `viewer` may
 * have been found before. 0 or an exit code, told. */
int viewing_begin(struct viewing *v, struct target *t);
/* Start the viewer: its end is ours, but for what only hands files on. 0 or an
 * exit code, told. */
int viewing_launch(struct viewing *v);
/* What became of it, as JSON: the guest, the file, where it leads (`port` where
 * it is not 0), who shows it. The exit code. */
int viewing_put(const struct viewing *v, const char *host, unsigned port,
		bool launched);
/* Whatever else ends it: in so long, unless that is said anew; 0: not by time.
 */
void viewing_limit(struct viewing *v, uint64_t ms);
void viewing_end(struct viewing *v);
/* Until it has ended. */
void viewing_wait(struct viewing *v);
/* The exit code by the signal or the viewer's; told, where it failed. */
int viewing_exit(const struct viewing *v);
/* The file goes, and the viewer, if it was we who were asked to end. Takes one
 * that did not begin. */
void viewing_done(struct viewing *v);

#endif
