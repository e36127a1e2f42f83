#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

enum { MUCH = 300 * 1000 }; /* more than a pipe holds */

/* Read all of it, in small pieces; is it ours? */
static int read_back(int fd)
{
	size_t sum = 0;
	char piece[777];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0)
		for (ssize_t i = 0; i < n; i++, sum++)
			if (piece[i] != (char)(sum % 251))
				return 1;
	return sum == MUCH ? 0 : 2;
}

static void all_of_it_is_written_however_little_is_taken_at_once(void)
{
	static char data[MUCH];
	int wire[2], status = -1;
	pid_t child;

	for (size_t i = 0; i < MUCH; i++)
		data[i] = (char)(i % 251);
	CHECK_INT(pipe2(wire, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		(void)close(wire[1]);
		_exit(read_back(wire[0]));
	}
	(void)close(wire[0]);
	CHECK_INT(file_write(wire[1], data, MUCH), 0);
	(void)close(wire[1]);
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK_INT(status, 0);
}

static void what_cannot_be_written_is_told(void)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	CHECK_INT(file_write(fd, "x", 1), -ENOSPC);
	CHECK_INT(file_write(fd, NULL, 0), 0);
	(void)close(fd);
	CHECK_INT(file_write(-1, "x", 1), -EBADF);
}

TESTS(T(all_of_it_is_written_however_little_is_taken_at_once),
		T(what_cannot_be_written_is_told))
