#include "gateway/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/log.h"
#include "gateway/inherit.h"

#define PROGRAM_SELF "/proc/self/exe"
#define PROGRAM_DELETED " (deleted)"

enum {
	ARGUMENTS_MAX = 128 * 1024,
	FAILED = 1,
};

/* Our arguments, as the kernel keeps them. */
static int arguments_read(struct program *p)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	struct buf all;
	size_t count = 0;
	ssize_t n = fd < 0 ? -1 : 1;
	uint8_t *to;

	buf_init(&all, ARGUMENTS_MAX);
	while (n > 0) {
		to = buf_room(&all, 4096);
		n = to ? read(fd, to, 4096) : -1;
		if (n > 0)
			buf_grew(&all, (size_t)n);
	}
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < all.len; i++)
		count += buf_data(&all)[i] == '\0';
	p->argv = calloc(count + 1, sizeof(char *));
	p->arguments = n == 0 && count > 0 ? buf_take_string(&all) : NULL;
	buf_done(&all);
	if (!p->argv || !p->arguments)
		return -EIO;
	for (size_t i = 0, at = 0; i < count; i++) {
		p->argv[i] = p->arguments + at;
		at += strlen(p->argv[i]) + 1;
	}
	return 0;
}

/* Where it stands on disk, also when that file has been replaced since. */
static int program_find(struct program *p)
{
	const size_t mark = strlen(PROGRAM_DELETED);
	ssize_t n = readlink(PROGRAM_SELF, p->path, sizeof(p->path) - 1);

	if (n <= 0)
		return -EIO;
	p->path[n] = '\0';
	if ((size_t)n > mark &&
			strcmp(p->path + n - mark, PROGRAM_DELETED) == 0)
		p->path[(size_t)n - mark] = '\0';
	return 0;
}

int program_read(struct program *p)
{
	int r = program_find(p);

	return r < 0 ? r : arguments_read(p);
}

void program_done(struct program *p)
{
	free(p->argv);
	free(p->arguments);
}

static int variable_set(const char *name, const struct inherit *h)
{
	struct buf text;
	char *value;
	int r;

	buf_init(&text, INHERIT_TEXT_MAX);
	r = inherit_write(h, &text);
	value = r == 0 ? buf_take_string(&text) : NULL;
	if (r == 0 && (!value || setenv(name, value, 1) < 0))
		r = -ENOMEM;
	free(value);
	buf_done(&text);
	return r;
}

void program_become_worker(const struct program *p, struct inherit *h)
{
	if (variable_set(INHERIT_WORKER, h) < 0)
		_exit(FAILED);
	(void)unsetenv("NOTIFY_SOCKET"); /* the supervisor speaks */
	inherit_keep(h, true);
	execv(PROGRAM_SELF, p->argv);
	log_error(NULL, "event=exec_failed detail=%s",
			log_value(strerror(errno)).text);
	_exit(FAILED);
}

int program_become_new(const struct program *p, struct inherit *h)
{
	int r = variable_set(INHERIT_SUPERVISOR, h);

	if (r < 0)
		return r;
	inherit_keep(h, true);
	execv(p->path, p->argv);
	r = -errno;
	inherit_keep(h, false);
	(void)unsetenv(INHERIT_SUPERVISOR);
	return r;
}
