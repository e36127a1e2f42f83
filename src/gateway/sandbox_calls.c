/* The calls that a worker makes: measured with strace over the tests, plus
 * what other versions of the C library make in their place. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "gateway/sandbox.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* clang-format off */
#define CALL SCMP_SYS

static const int calls[] = {
	/* streams and sockets */
	CALL(accept4), CALL(bind), CALL(close), CALL(connect), CALL(fcntl),
	CALL(getpeername), CALL(getsockname), CALL(getsockopt), CALL(pipe2),
	CALL(read), CALL(recvfrom), CALL(recvmsg), CALL(sendmmsg),
	CALL(sendmsg), CALL(sendto), CALL(setsockopt), CALL(shutdown),
	CALL(splice), CALL(write),
	/* loops; a machine has one of each two */
	CALL(epoll_create1), CALL(epoll_ctl), CALL(epoll_pwait),
	CALL(epoll_wait), CALL(eventfd2),
#ifdef __NR_poll
	CALL(poll),
#else
	CALL(ppoll),
#endif
	/* threads and memory */
	CALL(brk), CALL(exit), CALL(exit_group), CALL(futex), CALL(geteuid),
	CALL(getpid), CALL(madvise), CALL(mremap), CALL(munmap), CALL(rseq),
	CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn),
	CALL(sched_getaffinity), CALL(sched_yield), CALL(set_robust_list),
	CALL(tgkill),
	/* time, chance, limits, the machine's name */
	CALL(clock_gettime), CALL(getrandom), CALL(prlimit64), CALL(uname),
	/* files: names, roots, the configuration, the store */
	CALL(fstat), CALL(ftruncate), CALL(lseek),
	CALL(newfstatat), CALL(openat), CALL(pread64), CALL(pwrite64),
	CALL(unlink),
};
/* clang-format on */

/* Calls that are on the list with some arguments only. */
struct narrow_call {
	int call;
	unsigned argument;
	scmp_datum_t mask, value; /* (argument & mask) == value */
};

static const struct narrow_call narrow_calls[] = {
		{SCMP_SYS(socket), 0, ~0ULL, AF_INET},
		{SCMP_SYS(socket), 0, ~0ULL, AF_INET6},
		{SCMP_SYS(socket), 0, ~0ULL, AF_UNIX},
		{SCMP_SYS(socket), 0, ~0ULL, AF_NETLINK}, /* getaddrinfo */
		{SCMP_SYS(socketpair), 0, ~0ULL, AF_UNIX},
		/* a thread, no process */
		{SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD},
		/* nothing that a terminal could be steered by */
		{SCMP_SYS(ioctl), 1, 0xffffffff, FIONBIO},
		{SCMP_SYS(ioctl), 1, 0xffffffff, FIOCLEX},
		{SCMP_SYS(ioctl), 1, 0xffffffff, FIONREAD},
		{SCMP_SYS(ioctl), 1, 0xffffffff, TIOCOUTQ}, /* unsent bytes */
		/* serial devices: raw, and for us alone */
		{SCMP_SYS(ioctl), 1, 0xffffffff, TCGETS},
		{SCMP_SYS(ioctl), 1, 0xffffffff, TCSETS},
		{SCMP_SYS(ioctl), 1, 0xffffffff, TIOCEXCL},
		{SCMP_SYS(ioctl), 1, 0xffffffff, TIOCNXCL},
		/* memory is written or run, never both; what is loaded later
		 * (modules of the names' service) is mapped as it is */
		{SCMP_SYS(mmap), 2, PROT_WRITE | PROT_EXEC, 0},
		{SCMP_SYS(mmap), 2, PROT_WRITE | PROT_EXEC, PROT_WRITE},
		{SCMP_SYS(mmap), 2, PROT_WRITE | PROT_EXEC, PROT_EXEC},
		{SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum sandbox_mode sandbox_mode(void)
{
	const char *value = getenv("GLASSBRIDGE_SANDBOX");

	if (SANITIZED)
		return SANDBOX_OFF;
	if (value && strcmp(value, "off") == 0)
		return SANDBOX_OFF;
	return value && strcmp(value, "log") == 0 ? SANDBOX_LOG : SANDBOX_ON;
}

static int calls_add(scmp_filter_ctx x)
{
	int r = 0, count = COUNT(calls);

	for (size_t i = 0; r == 0 && i < COUNT(calls); i++)
		r = seccomp_rule_add(x, SCMP_ACT_ALLOW, calls[i], 0);
	for (size_t i = 0; r == 0 && i < COUNT(narrow_calls); i++) {
		const struct narrow_call *n = &narrow_calls[i];

		r = seccomp_rule_add(x, SCMP_ACT_ALLOW, n->call, 1,
				SCMP_CMP(n->argument, SCMP_CMP_MASKED_EQ,
						n->mask, n->value));
		count += i == 0 || narrow_calls[i - 1].call != n->call;
	}
	/* its arguments cannot be looked at; the C library then takes clone */
	if (r == 0)
		r = seccomp_rule_add(
				x, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return r < 0 ? r : count;
}

int sandbox_calls(enum sandbox_mode mode)
{
	scmp_filter_ctx x = seccomp_init(
			mode == SANDBOX_LOG ? SCMP_ACT_LOG
					    : SCMP_ACT_ERRNO(EPERM));
	int r = x ? calls_add(x) : -ENOMEM;
	int count = r;

	if (r >= 0)
		r = seccomp_attr_set(x, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r >= 0) /* a thousand decisions a second: sorted as a tree */
		(void)seccomp_attr_set(x, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r >= 0)
		r = seccomp_load(x);
	if (x)
		seccomp_release(x);
	return r < 0 ? r : count;
}
