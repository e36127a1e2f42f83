#include "stream/tcp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "stream/layer.h"

enum { KEEP_IDLE_S = 60, KEEP_INTERVAL_S = 10, KEEP_COUNT = 6 };

/* What both kinds share; the ops tell a socket from another descriptor. */
struct tcp {
	struct stream stream;
	int fd;
	int refused; /* connect() failed at once: the handshake says so */
	char *peer;  /* while connecting, for the sentence of a failure */
};

static ssize_t tcp_recv(struct stream *s, uint8_t *data, size_t len)
{
	const struct tcp *t = (const struct tcp *)s;
	ssize_t n;

	if (len == 0) /* the kernel's 0 would look like the end */
		return -EAGAIN;
	do
		n = recv(t->fd, data, len, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t tcp_send(struct stream *s, uint8_t *data, size_t len)
{
	const struct tcp *t = (const struct tcp *)s;
	ssize_t n;

	do
		n = send(t->fd, data, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t plain_read(struct stream *s, uint8_t *data, size_t len)
{
	const struct tcp *t = (const struct tcp *)s;
	ssize_t n;

	if (len == 0)
		return -EAGAIN;
	do
		n = read(t->fd, data, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t plain_write(struct stream *s, uint8_t *data, size_t len)
{
	const struct tcp *t = (const struct tcp *)s;
	ssize_t n;

	do
		n = write(t->fd, data, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int tcp_shutdown(struct stream *s)
{
	const struct tcp *t = (const struct tcp *)s;

	/* the peer may have reset meanwhile: then nobody waits for our FIN */
	if (shutdown(t->fd, SHUT_WR) < 0 && errno != ENOTCONN)
		return -errno;
	return 0;
}

static int tcp_failed(const struct tcp *t, int r, struct err *e)
{
	return err_set(e, r, "cannot connect to %s: %s",
			t->peer ? t->peer : "the peer", strerrordesc_np(-r));
}

static int tcp_handshake(struct stream *s, struct err *e)
{
	struct tcp *t = (struct tcp *)s;
	struct pollfd p = {.fd = t->fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int fault = 0, n;

	if (t->refused)
		return tcp_failed(t, t->refused, e);
	/* SO_ERROR is 0 while connecting as well: ask whether that is over */
	do
		n = poll(&p, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return -EAGAIN;
	if (n < 0 || getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &fault, &len) < 0)
		fault = errno;
	if (fault)
		return tcp_failed(t, -fault, e);
	free(t->peer); /* thousands of idle connections need it no more */
	t->peer = NULL;
	return 0;
}

static int tcp_want(const struct stream *s, enum stream_op op)
{
	(void)s;
	return op == STREAM_HANDSHAKE ? WANT_WRITE : 0;
}

static int tcp_fd(const struct stream *s)
{
	return ((const struct tcp *)s)->fd;
}

static bool tcp_bare(const struct stream *s, enum stream_op op)
{
	(void)s;
	(void)op;
	return true;
}

static void tcp_free(struct stream *s)
{
	struct tcp *t = (struct tcp *)s;

	close(t->fd);
	free(t->peer);
	free(t);
}

static const struct stream_ops tcp_ops = {
		.name = "tcp",
		.handshake = tcp_handshake,
		.read = tcp_recv,
		.write = tcp_send,
		.shutdown = tcp_shutdown,
		.want = tcp_want,
		.fd = tcp_fd,
		.bare = tcp_bare,
		.free = tcp_free,
};

static const struct stream_ops plain_ops = {
		.name = "fd",
		.read = plain_read,
		.write = plain_write,
		.fd = tcp_fd,
		.bare = tcp_bare,
		.free = tcp_free,
};

static void tcp_tune_one(int fd, int level, int name, int value)
{
	/* comfort, not need: a kernel without it still carries bytes */
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

static void tcp_tune(int fd)
{
	tcp_tune_one(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	tcp_tune_one(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	tcp_tune_one(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S);
	tcp_tune_one(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S);
	tcp_tune_one(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT);
	tcp_tune_one(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, TCP_UNSENT_MAX);
}

static int tcp_push(struct stream **s, int fd, const struct stream_ops *ops,
		struct tcp **ret_tcp)
{
	struct tcp *t = calloc(1, sizeof(*t));

	assert(!*s); /* a bottom layer */
	if (!t) {
		close(fd);
		return -ENOMEM;
	}
	t->fd = fd;
	layer_push(s, &t->stream, ops);
	*ret_tcp = t;
	return 0;
}

static int start_connect(struct stream **s, const struct sockaddr *to,
		socklen_t to_len, struct err *e)
{
	int fd = socket(to->sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char peer[ADDRESS_TEXT_MAX];
	struct tcp *t;

	if (fd < 0)
		return err_set(e, -errno, "cannot make a socket: %s",
				strerrordesc_np(errno));
	if (to->sa_family != AF_UNIX)
		tcp_tune(fd);
	if (tcp_push(s, fd, &tcp_ops, &t) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	address_text(to, to_len, peer);
	t->peer = strdup(peer);
	/* EINTR: the connection goes on being made, as with EINPROGRESS */
	if (connect(fd, to, to_len) < 0 && errno != EINPROGRESS &&
			errno != EINTR)
		/* a Unix socket's "full backlog": no event would ever tell
		 * us when to try again */
		t->refused = errno == EAGAIN ? -EBUSY : -errno;
	return 0;
}

int tcp_connect_wrap(struct stream **s, const struct sockaddr *to,
		socklen_t to_len, struct err *e)
{
	return start_connect(s, to, to_len, e);
}

int unix_connect_wrap(struct stream **s, const char *path, struct err *e)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(to.sun_path))
		return err_set(e, -EINVAL,
				"'%s' is no path of a Unix socket: it needs 1 "
				"to %zu bytes",
				path, sizeof(to.sun_path) - 1);
	memcpy(to.sun_path, path, len);
	return start_connect(s, (const struct sockaddr *)&to, sizeof(to), e);
}

static int fd_prepare(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
			fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return 0;
}

int fd_wrap(struct stream **s, int fd)
{
	const struct stream_ops *ops = &tcp_ops;
	int r = fd_prepare(fd), domain;
	socklen_t len = sizeof(domain);
	struct tcp *t;

	if (r < 0) {
		close(fd);
		return r;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0)
		ops = &plain_ops; /* a pipe, a terminal */
	else if (domain == AF_INET || domain == AF_INET6)
		tcp_tune(fd);
	r = tcp_push(s, fd, ops, &t);
	if (r == 0)
		t->stream.ready = true; /* connected before it came here */
	return r;
}

static void text_in4(const struct in_addr *a, uint16_t port, char *ret)
{
	char text[INET_ADDRSTRLEN] = "?";

	(void)inet_ntop(AF_INET, a, text, sizeof(text));
	(void)snprintf(ret, ADDRESS_TEXT_MAX, "%s:%u", text, port);
}

static void text_in6(const struct sockaddr_in6 *a, char *ret)
{
	char text[INET6_ADDRSTRLEN] = "?";
	uint16_t port = ntohs(a->sin6_port);
	struct in_addr four;

	/* what came through a dual-stack listener reads as what it is */
	if (IN6_IS_ADDR_V4MAPPED(&a->sin6_addr)) {
		memcpy(&four, a->sin6_addr.s6_addr + 12, sizeof(four));
		text_in4(&four, port, ret);
		return;
	}
	(void)inet_ntop(AF_INET6, &a->sin6_addr, text, sizeof(text));
	if (a->sin6_scope_id)
		(void)snprintf(ret, ADDRESS_TEXT_MAX, "[%s%%%u]:%u", text,
				a->sin6_scope_id, port);
	else
		(void)snprintf(ret, ADDRESS_TEXT_MAX, "[%s]:%u", text, port);
}

static void text_unix(const struct sockaddr_un *a, socklen_t len, char *ret)
{
	size_t base = offsetof(struct sockaddr_un, sun_path);
	size_t path_len = len > base ? len - base : 0;
	const char *path = a->sun_path;
	const char *mark = "";

	if (path_len > 0 && !*path) { /* Linux's abstract names */
		mark = "@";
		path++;
		path_len--;
	}
	(void)snprintf(ret, ADDRESS_TEXT_MAX, "unix:%s%.*s", mark,
			(int)path_len, path);
}

void address_text(const struct sockaddr *a, socklen_t len,
		char ret[ADDRESS_TEXT_MAX])
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)a;

	if (len >= sizeof(*in4) && a->sa_family == AF_INET)
		text_in4(&in4->sin_addr, ntohs(in4->sin_port), ret);
	else if (len >= sizeof(struct sockaddr_in6) && a->sa_family == AF_INET6)
		text_in6((const struct sockaddr_in6 *)a, ret);
	else if (len >= sizeof(a->sa_family) && a->sa_family == AF_UNIX)
		text_unix((const struct sockaddr_un *)a, len, ret);
	else
		(void)snprintf(ret, ADDRESS_TEXT_MAX, "unknown");
}
