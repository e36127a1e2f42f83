/*
 * The clock of a unit test: a turn of the loop takes TURN_NS of it however
 * long it takes, and where the loop would sleep it jumps to the end of that
 * sleep. So a limit of seconds is shown in milliseconds, and a loaded machine
 * changes nothing.
 *
 * These are the calls by which libuv sleeps and looks at the clock; a program
 * that defines them is asked before the C library. A program of one thread:
 * others would not be waited for. Before each jump the wire is watched for a
 * SPEED-th of the sleep, for what the kernel does in its own time (a delayed
 * acknowledgement, a window that is asked for again).
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SPEED = 50, TURN_NS = 10000 };

static int64_t now_ns;

static int64_t ns_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static struct timespec of_ns(int64_t ns)
{
	return (struct timespec){ns / 1000000000, ns % 1000000000};
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	if ((id != CLOCK_MONOTONIC && id != CLOCK_MONOTONIC_COARSE) ||
			now_ns == 0) {
		int r = (int)syscall(SYS_clock_gettime, id, ret);

		if (r < 0 || (id != CLOCK_MONOTONIC &&
					     id != CLOCK_MONOTONIC_COARSE))
			return r;
		now_ns = ns_of(ret);
	}
	*ret = of_ns(now_ns);
	return 0;
}

int epoll_pwait(int fd, struct epoll_event *events, int max, int timeout,
		const sigset_t *mask)
{
	struct timespec real = of_ns((int64_t)timeout * 1000000 / SPEED);
	int n = (int)syscall(SYS_epoll_pwait2, fd, events, max,
			timeout < 0 ? NULL : &real, mask, _NSIG / 8);

	now_ns += n == 0 && timeout > 0 ? (int64_t)timeout * 1000000 : TURN_NS;
	return n;
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	return epoll_pwait(fd, events, max, timeout, NULL);
}
