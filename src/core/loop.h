/*
 * The event loop. One loop is one thread; whatever is made on a loop is used
 * and freed on that thread, except loop_post(), which any thread may call.
 * Nothing here waits, and no callback is ever run from inside the call that
 * asked for it. libuv is behind this header and nowhere else.
 *
 * Times are monotonic milliseconds.
 */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "core/err.h"

struct chunk_pool;
struct loop;

/* The version of libuv that runs. */
const char *loop_library(void);

int loop_new(struct loop **ret_loop);
/*
 * Everything on the loop was freed before. Pending closes, work and names (of
 * cancelled queries, too) are waited out; what was posted still runs. Threads
 * that post have ended or know that the loop goes.
 */
void loop_free(struct loop *l);
/* Run until loop_stop(). */
int loop_run(struct loop *l);
/* End loop_run() after the current turn. Own thread; others post it. Asked
 * before, the next loop_run() ends at once. */
void loop_stop(struct loop *l);
/* The time as of this turn. */
uint64_t loop_now_ms(const struct loop *l);
/* Chunks for bytes in flight on this loop. */
struct chunk_pool *loop_chunks(struct loop *l);

/* ---- a descriptor ------------------------------------------------------ */

enum {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
	LOOP_HANGUP = 4, /* the peer says no more: told with LOOP_READ, and
			    where it is asked for (then free the watch, or it
			    is told again and again) */
};

struct watch;
typedef void watch_fn(void *arg, int events);

/*
 * Watch `fd` (borrowed: not closed here; made non-blocking). Starts disarmed.
 * One watch a descriptor. -EPERM for what cannot be waited for (a file). A
 * broken wire is told as everything that can happen: reading says what it is.
 */
int watch_new(struct watch **ret_watch, struct loop *l, int fd, watch_fn *fn,
		void *arg);
/* Arm for `events` (0 disarms). Cheap when nothing changes. */
int watch_set(struct watch *w, int events);
/* Before the descriptor is closed; the callback will not run again. Takes
 * NULL. */
void watch_free(struct watch *w);

/* ---- time -------------------------------------------------------------- */

struct timer;
typedef void timer_fn(void *arg);

int timer_new(struct timer **ret_timer, struct loop *l, timer_fn *fn,
		void *arg);
/* Fire once, `ms` from now and never earlier; setting again moves it. 0 is
 * taken as 1. */
void timer_set(struct timer *t, uint64_t ms);
void timer_stop(struct timer *t);
void timer_free(struct timer *t); /* takes NULL */

/*
 * A tick is run about once a second, for what thousands of sessions need and
 * a timer each would be too dear: progress limits, pings, idle limits.
 * Embedded in its owner; `fn` may remove any tick, also its own.
 */
struct tick {
	struct tick *next, *prev; /* the loop's */
	void (*fn)(struct tick *t, uint64_t now_ms);
};

void tick_add(struct loop *l, struct tick *t);
void tick_remove(struct loop *l, struct tick *t); /* may be called twice */

/* ---- later ------------------------------------------------------------- */

/*
 * Run a function in the next turn, after the wire was looked at. Embedded in
 * its owner; asking again while it is queued changes nothing.
 */
struct defer {
	struct defer *next, *prev; /* the loop's; NULL while not queued */
	void (*fn)(struct defer *d);
};

void defer_add(struct loop *l, struct defer *d);
void defer_remove(struct loop *l, struct defer *d); /* takes an idle one */

/*
 * Run fn(arg) on the loop's thread, from any thread, in the order posted.
 * 0, -ENOMEM, or -ESHUTDOWN when the loop has been freed down already.
 */
int loop_post(struct loop *l, void (*fn)(void *arg), void *arg);

/*
 * The same where it must not fail for lack of memory: `p` is embedded in
 * something that lives until fn runs, which may free it. Not posted again
 * before that. 0 or -ESHUTDOWN.
 */
struct post {
	struct post *next;
	void (*fn)(void *arg);
	void *arg;
	bool owned; /* the loop's: by loop_post() */
};

int loop_post_own(struct loop *l, struct post *p, void (*fn)(void *arg),
		void *arg);

/*
 * Run work(arg) on a helper thread, then done(arg) on the loop's. For what
 * blocks: files, password hashes. It cannot be cancelled: `arg` lives on.
 */
int loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg),
		void *arg);

/* ---- names ------------------------------------------------------------- */

struct resolve;

enum { RESOLVE_MAX = 8 }; /* addresses of one name that are looked at */

struct resolved {
	size_t count;
	socklen_t len[RESOLVE_MAX];
	struct sockaddr_storage addr[RESOLVE_MAX];
};

/* r is 0 or a negative errno with its sentence in `e`: -ENOENT no such name,
 * -EHOSTUNREACH the names' service failed. */
typedef void resolve_fn(void *arg, int r, const struct resolved *found,
		const struct err *e);

/*
 * Look up host (a name, an IPv4 address or a bare IPv6 address) and port.
 * The answer always comes by callback, once, unless cancelled.
 */
int resolve_start(struct resolve **ret_resolve, struct loop *l,
		const char *host, uint16_t port, resolve_fn *fn, void *arg);
/* Takes NULL; inside the answer it changes nothing; not after it. */
void resolve_cancel(struct resolve *q);

/* ---- signals and children ---------------------------------------------- */

struct loop_signal;

int loop_signal_new(struct loop_signal **ret_signal, struct loop *l, int signum,
		void (*fn)(void *arg, int signum), void *arg);
void loop_signal_free(struct loop_signal *s);

struct child;

struct child_options {
	const char *file;  /* looked up in PATH where it has no slash */
	char *const *argv; /* argv[0] included, NULL at the end */
	char *const *env;  /* NULL: ours */
	const int *fds;    /* what the child sees as 0, 1, 2 ...; -1: none */
	size_t fd_count;   /* at most 16 */
	bool detached;     /* a session of its own; outlives us */
};

/* status: exit code; signum: what killed it, or 0. Called once. */
typedef void child_fn(void *arg, int64_t status, int signum);

int child_new(struct child **ret_child, struct loop *l,
		const struct child_options *o, child_fn *fn, void *arg,
		struct err *e);
pid_t child_pid(const struct child *c);
int child_kill(struct child *c, int signum);
/* Forget it (it is not killed); the callback will not run. Takes NULL. */
void child_free(struct child *c);

#endif
