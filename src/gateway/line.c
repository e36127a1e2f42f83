#include "gateway/line.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for one descriptor, aligned as the kernel wants it. */
union line_control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

int line_new(int ret_ends[2])
{
	return socketpair(AF_UNIX,
			       SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			       ret_ends) < 0
			       ? -errno
			       : 0;
}

/* On the wire: kind and value, then the text without its end. */
enum { HEAD = offsetof(struct line_message, text) };

int line_tell(int line, enum line_kind kind, int32_t value, const char *text,
		int fd)
{
	struct line_message m = {.kind = kind, .value = value};
	size_t len = strnlen(text, sizeof(m.text) - 1);
	struct iovec io = {&m, HEAD + len};
	union line_control control = {0};
	struct msghdr h = {.msg_iov = &io, .msg_iovlen = 1};

	memcpy(m.text, text, len);
	if (fd >= 0) {
		h.msg_control = &control;
		h.msg_controllen = sizeof(control);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	}
	return sendmsg(line, &h, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int line_send(int line, enum line_kind kind, int32_t value, int fd)
{
	return line_tell(line, kind, value, "", fd);
}

static int fd_of(struct msghdr *h)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
			c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

int line_receive(int line, struct line_message *ret, int *ret_fd)
{
	struct line_message m = {0};
	struct iovec io = {&m, sizeof(m) - 1}; /* a NUL behind the text */
	union line_control control = {0};
	/* not its padding, where a second descriptor would fit: what we do not
	 * take out would stay open for ever */
	struct msghdr h = {.msg_iov = &io,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = CMSG_LEN(sizeof(int))};
	ssize_t n;
	int fd;

	do
		n = recvmsg(line, &h, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	fd = fd_of(&h);
	if (n < HEAD || (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		if (fd >= 0)
			close(fd);
		return n == 0 ? 0 : -EPROTO;
	}
	*ret = m;
	*ret_fd = fd;
	return 1;
}
