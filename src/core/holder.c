#include "core/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TCP_LISTEN_STATE = 0x0a };

/* The inode of the socket that listens on this port, out of one table. */
static unsigned long inode_in(const char *table, uint16_t port)
{
	unsigned long inode = 0;
	char line[512];
	FILE *f = fopen(table, "re");

	while (f && !inode && fgets(line, sizeof(line), f)) {
		unsigned local_port, state;
		unsigned long found;

		/* sl local rem st queues timer retransmits uid timeout inode;
		 * the kernel wrote it: NOLINTNEXTLINE(cert-err34-c) */
		if (sscanf(line,
				    " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x "
				    "%x %*x:%*x %*x:%*x %*x %*d %*d %lu",
				    &local_port, &state, &found) == 3 &&
				local_port == port && state == TCP_LISTEN_STATE)
			inode = found;
	}
	if (f)
		(void)fclose(f);
	return inode;
}

static int process_has(const char *pid, const char *socket_name)
{
	char path[600], link[64];
	int has = 0;
	struct dirent *d;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !has && (d = readdir(dir))) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid,
				d->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		has = strcmp(link, socket_name) == 0;
	}
	if (dir)
		(void)closedir(dir);
	return has;
}

static void process_name(const char *pid, char *ret, size_t ret_max)
{
	char path[300], name[32] = "?";
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = '\0';
	if (f)
		(void)fclose(f);
	(void)snprintf(ret, ret_max, "%s (process %s)", name, pid);
}

int holder_of_port(uint16_t port, char *ret, size_t ret_max)
{
	unsigned long inode = inode_in("/proc/net/tcp", port);
	char socket_name[64];
	int r = -ENOENT;
	struct dirent *d;
	DIR *dir;

	if (!inode)
		inode = inode_in("/proc/net/tcp6", port);
	if (!inode)
		return -ENOENT;
	(void)snprintf(socket_name, sizeof(socket_name), "socket:[%lu]", inode);
	dir = opendir("/proc");
	while (dir && r < 0 && (d = readdir(dir))) {
		if (!isdigit((unsigned char)d->d_name[0]) ||
				!process_has(d->d_name, socket_name))
			continue;
		process_name(d->d_name, ret, ret_max);
		r = 0;
	}
	if (dir)
		(void)closedir(dir);
	return r;
}

/* ---- the other end ----------------------------------------------------------
 */

enum { ADDRESS_HEX_MAX = 64 };

/* As the kernel's tables write it: "0100007F:1F90". */
static int write_address(const struct sockaddr_storage *a,
		char ret[ADDRESS_HEX_MAX], const char **ret_table)
{
	const struct sockaddr_in *v4 = (const void *)a;
	const struct sockaddr_in6 *v6 = (const void *)a;
	uint32_t words[4];

	if (a->ss_family == AF_INET) {
		*ret_table = "/proc/net/tcp";
		(void)snprintf(ret, ADDRESS_HEX_MAX, "%08X:%04X",
				v4->sin_addr.s_addr, ntohs(v4->sin_port));
	} else if (a->ss_family == AF_INET6) {
		*ret_table = "/proc/net/tcp6";
		memcpy(words, &v6->sin6_addr, sizeof(words));
		(void)snprintf(ret, ADDRESS_HEX_MAX, "%08X%08X%08X%08X:%04X",
				words[0], words[1], words[2], words[3],
				ntohs(v6->sin6_port));
	} else {
		return -ENOENT;
	}
	return 0;
}

/* Whose the socket with these two addresses is, out of one table. One that its
 * process has closed has no inode, and the user that stands there is root. */
static int user_in(const char *table, const char *theirs, const char *ours,
		uid_t *ret_user)
{
	FILE *f = fopen(table, "re");
	int r = -ENOENT;
	char line[512];

	while (f && r < 0 && fgets(line, sizeof(line), f)) {
		char local[ADDRESS_HEX_MAX], remote[ADDRESS_HEX_MAX];
		unsigned long inode;
		unsigned user;

		/* the kernel wrote it: NOLINTNEXTLINE(cert-err34-c) */
		if (sscanf(line,
				    " %*d: %63s %63s %*x %*x:%*x %*x:%*x %*x "
				    "%u %*d %lu",
				    local, remote, &user, &inode) != 4 ||
				strcmp(local, theirs) != 0 ||
				strcmp(remote, ours) != 0 || inode == 0)
			continue;
		*ret_user = user;
		r = 0;
	}
	if (f)
		(void)fclose(f);
	return r;
}

int holder_of_peer(int fd, uid_t *ret_user)
{
	static const char mapped[] = "0000000000000000FFFF0000";
	struct sockaddr_storage peer = {0}, own = {0};
	socklen_t peer_len = sizeof(peer), own_len = sizeof(own);
	char theirs[ADDRESS_HEX_MAX], ours[ADDRESS_HEX_MAX];
	char theirs6[2 * ADDRESS_HEX_MAX], ours6[2 * ADDRESS_HEX_MAX];
	const char *table;
	int r;

	if (getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0 ||
			getsockname(fd, (struct sockaddr *)&own, &own_len) <
					0 ||
			write_address(&peer, theirs, &table) < 0 ||
			write_address(&own, ours, &table) < 0)
		return -ENOENT;
	r = user_in(table, theirs, ours, ret_user);
	if (r == 0 || own.ss_family != AF_INET)
		return r;
	/* it may have come to our IPv4 by a socket of IPv6, as Java's do */
	(void)snprintf(theirs6, sizeof(theirs6), "%s%s", mapped, theirs);
	(void)snprintf(ours6, sizeof(ours6), "%s%s", mapped, ours);
	return user_in("/proc/net/tcp6", theirs6, ours6, ret_user);
}
