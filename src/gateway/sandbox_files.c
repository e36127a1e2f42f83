/* Landlock, by its system calls: Debian 12's headers end at its 2nd version,
 * so what came later is named here. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gateway/sandbox.h"

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#define __NR_landlock_restrict_self 446
#endif

enum { RULE_PATH_BENEATH = 1, CREATE_VERSION = 1 };

enum {
	FILE_EXECUTE = 1 << 0,
	FILE_WRITE = 1 << 1,
	FILE_READ = 1 << 2,
	DIR_READ = 1 << 3,
	DIR_REMOVE_DIR = 1 << 4,
	DIR_REMOVE_FILE = 1 << 5,
	DIR_MAKE_CHAR = 1 << 6,
	DIR_MAKE_DIR = 1 << 7,
	DIR_MAKE_REG = 1 << 8,
	DIR_MAKE_SOCK = 1 << 9,
	DIR_MAKE_FIFO = 1 << 10,
	DIR_MAKE_BLOCK = 1 << 11,
	DIR_MAKE_SYM = 1 << 12,
	DIR_REFER = 1 << 13,
	FILE_TRUNCATE = 1 << 14,
	FILE_IOCTL_DEV = 1 << 15,

	NET_BIND_TCP = 1 << 0,
	SCOPE_SIGNAL = 1 << 1,

	MAY_READ = FILE_READ | DIR_READ,
	MAY_WRITE = MAY_READ | FILE_WRITE | FILE_TRUNCATE | DIR_REMOVE_FILE |
		    DIR_MAKE_REG,
	OF_DEVICES = FILE_READ | FILE_WRITE | FILE_IOCTL_DEV,
	OF_FILES = FILE_EXECUTE | FILE_WRITE | FILE_READ | FILE_TRUNCATE |
		   FILE_IOCTL_DEV,
};

struct ruleset {
	uint64_t files, net, scope;
};

struct path_rule {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

/* What this version can forbid: of files all; of the network to bind a port;
 * of other processes to send them signals. Unix sockets are guests. */
static size_t ruleset_for(int version, struct ruleset *ret)
{
	*ret = (struct ruleset){.files = DIR_REFER - 1};
	if (version >= 2)
		ret->files |= DIR_REFER;
	if (version >= 3)
		ret->files |= FILE_TRUNCATE;
	if (version >= 5)
		ret->files |= FILE_IOCTL_DEV;
	if (version >= 4)
		ret->net = NET_BIND_TCP;
	if (version >= 6)
		ret->scope = SCOPE_SIGNAL;
	return version >= 6   ? sizeof(*ret)
	       : version >= 4 ? 2 * sizeof(uint64_t)
			      : sizeof(uint64_t);
}

/* What is not there needs no rule. */
static void allow(int ruleset, const char *path, uint64_t rights)
{
	struct path_rule rule = {.allowed = rights,
			.fd = open(path, O_PATH | O_CLOEXEC)};
	struct stat st;

	if (rule.fd < 0)
		return;
	if (fstat(rule.fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed &= OF_FILES;
	(void)syscall(__NR_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule,
			0);
	close(rule.fd);
}

int sandbox_files_open(const struct sandbox_files *f, int *ret_fd)
{
	long version = syscall(
			__NR_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
	struct ruleset all;
	size_t len;
	int fd;

	if (version < 0)
		return -errno;
	len = ruleset_for((int)version, &all);
	fd = (int)syscall(__NR_landlock_create_ruleset, &all, len, 0);
	if (fd < 0)
		return -errno;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	for (size_t i = 0; i < f->read_count; i++)
		allow(fd, f->read[i], MAY_READ & all.files);
	for (size_t i = 0; i < f->write_count; i++)
		allow(fd, f->write[i], MAY_WRITE & all.files);
	for (size_t i = 0; i < f->device_count; i++)
		allow(fd, f->devices[i], OF_DEVICES & all.files);
	*ret_fd = fd;
	return (int)version;
}

int sandbox_files_enter(int fd)
{
	int r = syscall(__NR_landlock_restrict_self, fd, 0) < 0 ? -errno : 0;

	close(fd);
	return r;
}
