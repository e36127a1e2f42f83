#include "cli/forward_stdio.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop.h"

enum { COPY_MAX = 64 * 1024 };

struct stdio {
	struct loop *loop;
	int fd;
	pthread_t reads, writes;
	struct post post;
	void (*fn)(void *arg);
	void *arg;
};

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
	return NULL;
}

static void on_written(void *arg)
{
	struct stdio *s = arg;

	s->fn(s->arg);
}

static void *writes(void *arg)
{
	struct stdio *s = arg;

	copy(s->fd, STDOUT_FILENO);
	(void)shutdown(s->fd, SHUT_RD); /* nobody takes more of it */
	(void)loop_post_own(s->loop, &s->post, on_written, s);
	return NULL;
}

/* The reading thread's, which may outlive all that knows of it: there is one a
 * program, and it ends with it. */
static struct stdio *kept;

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
	r = -pthread_create(&s->writes, NULL, writes, s);
	if (r == 0) {
		r = -pthread_create(&s->reads, NULL, reads, s);
		if (r < 0) { /* the other one ends by itself */
			(void)shutdown(s->fd, SHUT_RDWR);
			(void)pthread_join(s->writes, NULL);
		}
	}
	if (r < 0) {
		(void)close(pair[0]);
		(void)close(pair[1]);
		free(s);
		return r;
	}
	(void)pthread_detach(s->reads);
	kept = s;
	*ret_fd = pair[1];
	*ret_stdio = s;
	return 0;
}

void stdio_leave(struct stdio *s)
{
	if (s)
		(void)pthread_join(s->writes, NULL);
}
