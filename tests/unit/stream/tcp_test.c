#include "stream/tcp.h"

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

#include "stream/stream.h"
#include "test.h"

static int listen_loopback(struct sockaddr_in *ret_at)
{
	socklen_t len = sizeof(*ret_at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret_at = (struct sockaddr_in){.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	CHECK(fd >= 0);
	CHECK(bind(fd, (struct sockaddr *)ret_at, sizeof(*ret_at)) == 0);
	CHECK(listen(fd, 8) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)ret_at, &len) == 0);
	return fd;
}

static int shake(struct stream *s, struct err *e)
{
	for (int turn = 0; turn < 100; turn++) {
		struct pollfd p = {.fd = stream_fd(s), .events = POLLOUT};
		int r = stream_handshake(s, e);

		if (r != -EAGAIN)
			return r;
		CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_WRITE);
		CHECK(poll(&p, 1, 1000) == 1);
	}
	return -ETIMEDOUT;
}

static void wait_readable(const struct stream *s)
{
	struct pollfd p = {.fd = stream_fd(s), .events = POLLIN};

	CHECK(poll(&p, 1, 1000) == 1);
}

static int option(const struct stream *s, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	CHECK(getsockopt(stream_fd(s), level, name, &value, &len) == 0);
	return value;
}

/* A connected pair over loopback, each end one of ours. */
static void connect_pair(struct stream **ret_a, struct stream **ret_b)
{
	struct sockaddr_in at;
	int listener = listen_loopback(&at);
	struct err e = {0};

	*ret_a = *ret_b = NULL;
	CHECK_INT(tcp_connect_wrap(ret_a, (struct sockaddr *)&at, sizeof(at),
				  &e),
			0);
	CHECK_INT(shake(*ret_a, &e), 0);
	CHECK_INT(fd_wrap(ret_b, accept(listener, NULL, NULL)), 0);
	close(listener);
}

static void bytes_pass_both_ways_and_each_end_is_told(void)
{
	struct stream *a, *b;
	uint8_t data[16] = "hello";

	connect_pair(&a, &b);
	CHECK_INT(stream_read(b, data + 8, 8), -EAGAIN);
	CHECK_INT(stream_write(a, data, 5), 5);
	wait_readable(b);
	CHECK_INT(stream_read(b, data + 8, 8), 5);
	CHECK_MEM(data + 8, "hello", 5);
	CHECK_INT(stream_shutdown(a), 0);
	wait_readable(b);
	CHECK_INT(stream_read(b, data, 8), 0);
	CHECK_INT(stream_read(b, data, 8), 0);
	/* half a goodbye: the other way still flows */
	CHECK_INT(stream_write(b, data, 3), 3);
	wait_readable(a);
	CHECK_INT(stream_read(a, data, 8), 3);
	stream_free(a);
	stream_free(b);
}

static void both_ends_are_tuned_alike(void)
{
	struct stream *s[2];

	connect_pair(&s[0], &s[1]);
	for (int i = 0; i < 2; i++) {
		int fd = stream_fd(s[i]);

		CHECK(option(s[i], IPPROTO_TCP, TCP_NODELAY) == 1);
		CHECK(option(s[i], SOL_SOCKET, SO_KEEPALIVE) == 1);
		CHECK_INT(option(s[i], IPPROTO_TCP, TCP_KEEPIDLE), 60);
		CHECK_INT(option(s[i], IPPROTO_TCP, TCP_NOTSENT_LOWAT),
				TCP_UNSENT_MAX);
		CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
		CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		CHECK_INT(stream_bare_fd(s[i], STREAM_READ), fd);
		CHECK_INT(stream_bare_fd(s[i], STREAM_WRITE), fd);
		stream_free(s[i]);
	}
}

static void a_full_wire_answers_eagain_and_loses_nothing(void)
{
	static uint8_t out[64 * 1024], in[64 * 1024];
	struct stream *a, *b;
	size_t sent = 0, got = 0;
	ssize_t n;

	connect_pair(&a, &b);
	for (;;) {
		for (size_t i = 0; i < sizeof(out); i++)
			out[i] = (uint8_t)((sent + i) % 251);
		n = stream_write(a, out, sizeof(out));
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	CHECK_INT(n, -EAGAIN);
	CHECK_INT(stream_want(a, STREAM_WRITE), WANT_WRITE);
	CHECK_INT(stream_shutdown(a), 0);
	while (wait_readable(b), (n = stream_read(b, in, sizeof(in))) > 0)
		for (ssize_t i = 0; i < n; i++, got++)
			CHECK(in[i] == got % 251);
	CHECK_INT(n, 0);
	CHECK_INT(got, sent);
	stream_free(a);
	stream_free(b);
}

static void writing_to_who_has_gone_is_an_answer_and_no_signal(void)
{
	struct stream *a, *b;
	uint8_t data[4] = "abc";
	ssize_t n = 0;

	connect_pair(&a, &b);
	CHECK_INT(stream_write(b, data, 3), 3);
	stream_free(a); /* unread bytes: the kernel resets */
	for (int turn = 0; turn < 100 && n >= 0; turn++)
		n = stream_write(b, data, 3);
	CHECK(n == -EPIPE || n == -ECONNRESET);
	CHECK_INT(stream_shutdown(b), 0);
	stream_free(b);
}

static void a_port_that_nobody_listens_on_is_refused_by_the_handshake(void)
{
	struct sockaddr_in at;
	int listener = listen_loopback(&at);
	struct stream *s = NULL;
	struct err e = {0};
	uint8_t byte;

	close(listener);
	CHECK_INT(tcp_connect_wrap(&s, (struct sockaddr *)&at, sizeof(at), &e),
			0);
	CHECK_INT(stream_read(s, &byte, 1), -ENOTCONN);
	CHECK_INT(shake(s, &e), -ECONNREFUSED);
	CHECK_HAS(e.text, "cannot connect to 127.0.0.1:");
	CHECK_HAS(e.text, "Connection refused");
	stream_free(s);
}

static void a_unix_socket_is_connected_to_by_its_path(void)
{
	char dir[] = "/tmp/tcp_test.XXXXXX";
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	struct stream *a = NULL, *b = NULL;
	struct err e = {0};
	uint8_t data[8] = "hi";

	CHECK(mkdtemp(dir));
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", dir);
	CHECK_INT(unix_connect_wrap(&a, at.sun_path, &e), 0);
	CHECK_INT(shake(a, &e), -ENOENT);
	CHECK_HAS(e.text, at.sun_path);
	stream_free(a);
	a = NULL;
	CHECK(bind(listener, (struct sockaddr *)&at, sizeof(at)) == 0);
	CHECK(listen(listener, 1) == 0);
	CHECK_INT(unix_connect_wrap(&a, at.sun_path, &e), 0);
	CHECK_INT(shake(a, &e), 0);
	CHECK_INT(fd_wrap(&b, accept(listener, NULL, NULL)), 0);
	CHECK_INT(stream_write(a, data, 2), 2);
	CHECK_INT(stream_read(b, data + 4, 4), 2);
	stream_free(a);
	stream_free(b);
	close(listener);
	(void)unlink(at.sun_path);
	(void)rmdir(dir);
}

static void a_unix_socket_with_a_full_backlog_is_busy(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	char dir[] = "/tmp/tcp_test.XXXXXX";
	struct stream *s[8] = {NULL};
	struct err e = {0};
	int r = 0;

	CHECK(mkdtemp(dir));
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", dir);
	CHECK(bind(listener, (struct sockaddr *)&at, sizeof(at)) == 0);
	CHECK(listen(listener, 0) == 0);
	for (int i = 0; i < 8 && r == 0; i++) {
		CHECK_INT(unix_connect_wrap(&s[i], at.sun_path, &e), 0);
		r = shake(s[i], &e);
	}
	CHECK_INT(r, -EBUSY);
	for (int i = 0; i < 8; i++)
		stream_free(s[i]);
	close(listener);
	(void)unlink(at.sun_path);
	(void)rmdir(dir);
}

static void a_path_too_long_is_refused_with_its_limit(void)
{
	char path[200];
	struct stream *s = NULL;
	struct err e = {0};

	memset(path, 'x', sizeof(path));
	path[199] = '\0';
	CHECK_INT(unix_connect_wrap(&s, path, &e), -EINVAL);
	CHECK_INT(unix_connect_wrap(&s, "", &e), -EINVAL);
	CHECK(!s);
}

static void a_pipe_is_a_stream_too(void)
{
	struct stream *in = NULL, *out = NULL;
	uint8_t data[8] = "abc";
	int fd[2];

	CHECK(pipe(fd) == 0);
	CHECK_INT(fd_wrap(&in, fd[0]), 0);
	CHECK_INT(fd_wrap(&out, fd[1]), 0);
	CHECK_INT(stream_read(in, data, 8), -EAGAIN);
	CHECK_INT(stream_write(out, data, 3), 3);
	CHECK_INT(stream_read(in, data + 3, 4), 3);
	CHECK_INT(stream_shutdown(out), 0);
	stream_free(out);
	CHECK_INT(stream_read(in, data, 8), 0);
	stream_free(in);
}

static void a_bad_descriptor_is_refused(void)
{
	struct stream *s = NULL;

	CHECK_INT(fd_wrap(&s, -1), -EBADF);
	CHECK(!s);
}

static void addresses_read_as_people_write_them(void)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(0xc0000207),
			.sin_port = htons(5901)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
			.sin6_addr = IN6ADDR_LOOPBACK_INIT,
			.sin6_port = htons(8006)};
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
	char text[ADDRESS_TEXT_MAX];

	address_text((struct sockaddr *)&in4, sizeof(in4), text);
	CHECK_STR(text, "192.0.2.7:5901");
	address_text((struct sockaddr *)&in6, sizeof(in6), text);
	CHECK_STR(text, "[::1]:8006");
	memset(&in6.sin6_addr, 0, 16);
	in6.sin6_addr.s6_addr[10] = in6.sin6_addr.s6_addr[11] = 0xff;
	in6.sin6_addr.s6_addr[12] = 192;
	in6.sin6_addr.s6_addr[15] = 7;
	address_text((struct sockaddr *)&in6, sizeof(in6), text);
	CHECK_STR(text, "192.0.0.7:8006");
	address_text((struct sockaddr *)&un, sizeof(un), text);
	CHECK_STR(text, "unix:/run/x");
	address_text((struct sockaddr *)&un, sizeof(un.sun_family), text);
	CHECK_STR(text, "unix:");
	memcpy(un.sun_path, "\0abc", 4);
	address_text((struct sockaddr *)&un, sizeof(un.sun_family) + 4, text);
	CHECK_STR(text, "unix:@abc");
	address_text((struct sockaddr *)&in4, 1, text);
	CHECK_STR(text, "unknown");
}

TESTS(T(bytes_pass_both_ways_and_each_end_is_told),
		T(both_ends_are_tuned_alike),
		T(a_full_wire_answers_eagain_and_loses_nothing),
		T(writing_to_who_has_gone_is_an_answer_and_no_signal),
		T(a_port_that_nobody_listens_on_is_refused_by_the_handshake),
		T(a_unix_socket_is_connected_to_by_its_path),
		T(a_unix_socket_with_a_full_backlog_is_busy),
		T(a_path_too_long_is_refused_with_its_limit),
		T(a_pipe_is_a_stream_too), T(a_bad_descriptor_is_refused),
		T(addresses_read_as_people_write_them))
