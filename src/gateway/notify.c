#include "gateway/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* "/run/..." or, with '@' for its zero byte, an abstract name. 0: neither. */
static socklen_t notify_address(const char *path, struct sockaddr_un *ret)
{
	size_t len = strlen(path);

	if ((path[0] != '/' && path[0] != '@') || len < 2 ||
			len >= sizeof(ret->sun_path))
		return 0;
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret->sun_path, path, len);
	if (path[0] == '@')
		ret->sun_path[0] = '\0';
	/* an abstract name is counted, a path ends with its zero byte */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
			   (path[0] == '/'));
}

void notify(const char *fmt, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to;
	socklen_t to_len = path ? notify_address(path, &to) : 0;
	char text[512];
	va_list ap;
	int len, fd;

	if (to_len == 0)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len <= 0 || (size_t)len >= sizeof(text))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT,
			(struct sockaddr *)&to, to_len);
	close(fd);
}

void notify_reloading(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	notify("RELOADING=1\nMONOTONIC_USEC=%lld",
			(long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
}
