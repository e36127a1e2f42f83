#include "cli/forward_stdio.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop.h"

enum { COPY_MAX = 64 * 1024 };

/* Held by its owner, by each thread, and by the post that follows the writing
 * one: the reading thread may outlive them all. The last one frees it. */
struct stdio {
	struct loop *loop;
	int fd;
	pthread_t reads, writes;
	_Atomic int holders;
	struct post post;
	void (*fn)(void *arg); /* NULL: nobody wants to know */
	void *arg;
};

static void stdio_ref(struct stdio *s)
{
	(void)atomic_fetch_add(&s->holders, 1);
}

static void stdio_unref(struct stdio *s)
{
	if (atomic_fetch_sub(&s->holders, 1) > 1)
		return;
	(void)close(s->fd);
	free(s);
}

/* To the end of `from`, or until nobody takes it. */
static void copy(int from, int to)
{
	char *bytes = malloc(COPY_MAX);
	ssize_t n = bytes ? 1 : 0, sent;

	while (n > 0) {
		n = read(from, bytes, COPY_MAX);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		for (ssize_t at = 0; at < n; at += sent) {
			sent = write(to, bytes + at, (size_t)(n - at));
			if (sent < 0 && errno == EINTR)
				sent = 0;
			if (sent < 0) {
				n = -1;
				break;
			}
		}
	}
	free(bytes);
}

static void *reads(void *arg)
{
	struct stdio *s = arg;

	copy(STDIN_FILENO, s->fd);
	(void)shutdown(s->fd, SHUT_WR);
	stdio_unref(s);
	return NULL;
}

static void on_written(void *arg)
{
	struct stdio *s = arg;

	if (s->fn)
		s->fn(s->arg);
	stdio_unref(s);
}

static void *writes(void *arg)
{
	struct stdio *s = arg;

	copy(s->fd, STDOUT_FILENO);
	(void)shutdown(s->fd, SHUT_RD); /* nobody takes more of it */
	if (loop_post_own(s->loop, &s->post, on_written, s) < 0)
		stdio_unref(s);
	return NULL;
}

static int stdio_start(struct stdio *s)
{
	int r;

	stdio_ref(s);
	r = -pthread_create(&s->writes, NULL, writes, s);
	if (r < 0) {
		stdio_unref(s);
		return r;
	}
	stdio_ref(s);
	r = -pthread_create(&s->reads, NULL, reads, s);
	if (r < 0) { /* the other one ends by itself */
		stdio_unref(s);
		(void)shutdown(s->fd, SHUT_RDWR);
		(void)pthread_join(s->writes, NULL);
		return r;
	}
	(void)pthread_detach(s->reads);
	return 0;
}

int stdio_open(struct stdio **ret_stdio, struct loop *l, int *ret_fd,
		void (*fn)(void *arg), void *arg)
{
	struct stdio *s = calloc(1, sizeof(*s));
	int pair[2], r;

	if (!s)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		r = -errno;
		free(s);
		return r;
	}
	s->loop = l;
	s->fd = pair[0];
	s->fn = fn;
	s->arg = arg;
	atomic_init(&s->holders, 1);
	r = stdio_start(s);
	if (r < 0) {
		s->fn = NULL;
		stdio_unref(s);
		(void)close(pair[1]);
		return r;
	}
	*ret_fd = pair[1];
	*ret_stdio = s;
	return 0;
}

void stdio_leave(struct stdio *s)
{
	if (!s)
		return;
	(void)pthread_join(s->writes, NULL);
	s->fn = NULL;
	stdio_unref(s);
}
