#include "stream/socket.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* the kernel's struct, not libc's: the latter ends before bytes_acked */
#include <linux/tcp.h>

static int tcp_taken(int fd, uint64_t *ret_taken)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return -errno;
	if (len < offsetof(struct tcp_info, tcpi_bytes_acked) + 8)
		return -ENOTSUP;
	*ret_taken = info.tcpi_bytes_acked;
	return 0;
}

int socket_taken(int fd, uint64_t *ret_taken)
{
	int left;

	if (tcp_taken(fd, ret_taken) == 0)
		return 0;
	if (ioctl(fd, SIOCOUTQ, &left) < 0)
		return -errno;
	*ret_taken = (uint64_t)left;
	return 0;
}

int socket_unsent(int fd)
{
	int left;

	return ioctl(fd, SIOCOUTQ, &left) < 0 ? 0 : left;
}

ssize_t socket_discard(int fd)
{
	uint8_t waste[16 * 1024];
	ssize_t n = recv(fd, waste, sizeof(waste), MSG_DONTWAIT);

	return n < 0 ? -errno : n;
}
