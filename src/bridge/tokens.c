#include "bridge/tokens.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "proto/address.h"

enum { READ_STEP = 16 * 1024, LINE_MAX_LEN = 1024 };

struct tokens {
	char *path;
	bool again;
	struct buf text;
};

/* ---- reading --------------------------------------------------------------
 */

static int read_all(int fd, struct buf *to)
{
	for (;;) {
		uint8_t *room = buf_room(to, READ_STEP);
		ssize_t n;

		if (!room)
			return -EMSGSIZE;
		n = read(fd, room, READ_STEP);
		if (n < 0)
			return -errno;
		if (n == 0)
			return buf_adds(to,
					"\n"); /* the last line may lack it */
		buf_grew(to, (size_t)n);
	}
}

/* Only files: of a folder within a folder nothing is said. */
static int read_file(int at, const char *name, struct buf *to)
{
	int fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r = fd < 0 ? -errno : 0;

	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == 0 && S_ISREG(st.st_mode))
		r = read_all(fd, to);
	if (fd >= 0)
		(void)close(fd);
	return r;
}

static int read_folder(DIR *folder, struct buf *to)
{
	const struct dirent *d;
	int r = 0, count = 0;

	while (r == 0 && (d = readdir(folder)) != NULL)
		if (d->d_name[0] == '.')
			continue;
		else if (++count > TOKENS_FILES_MAX)
			r = -E2BIG;
		else
			r = read_file(dirfd(folder), d->d_name, to);
	return r;
}

static int tokens_read(struct tokens *t, struct err *e)
{
	DIR *folder = opendir(t->path);
	int r;

	buf_done(&t->text);
	if (folder) {
		r = read_folder(folder, &t->text);
		(void)closedir(folder);
	} else {
		r = errno == ENOTDIR ? read_file(AT_FDCWD, t->path, &t->text)
				     : -errno;
	}
	if (r < 0)
		return err_set(e, r, "token source %s: %s", t->path,
				r == -EMSGSIZE ? "more than 1 MiB"
				: r == -E2BIG  ? "more than 1024 files"
					       : strerrordesc_np(-r));
	return 0;
}

int tokens_open(struct tokens **ret_tokens, const char *path, bool again,
		struct err *e)
{
	struct tokens *t = calloc(1, sizeof(*t));
	int r;

	if (t)
		t->path = strdup(path);
	if (!t || !t->path) {
		free(t);
		return err_set(e, -ENOMEM, "no memory");
	}
	t->again = again;
	buf_init(&t->text, TOKENS_MAX + READ_STEP);
	r = tokens_read(t, e);
	if (r < 0)
		tokens_free(t);
	else
		*ret_tokens = t;
	return r;
}

void tokens_free(struct tokens *t)
{
	if (!t)
		return;
	buf_done(&t->text);
	free(t->path);
	free(t);
}

/* ---- finding --------------------------------------------------------------
 */

static int target_of(const char *text, struct address *ret, struct err *e)
{
	static const char theirs[] = "unix_socket:";
	char ours[LINE_MAX_LEN] = "unix:";

	if (strncmp(text, theirs, strlen(theirs)) != 0)
		return address_parse(text, NULL, 0, ret, e);
	(void)strncat(ours, text + strlen(theirs),
			sizeof(ours) - strlen(ours) - 1);
	return address_parse(ours, NULL, 0, ret, e);
}

/* Cut blanks off both ends. */
static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* "name: host:port": the name ends at a colon with a blank behind it. */
static char *split(char *line)
{
	for (char *at = strchr(line, ':'); at; at = strchr(at + 1, ':'))
		if (at[1] == ' ' || at[1] == '\t') {
			*at = '\0';
			return trim(at + 1);
		}
	return NULL;
}

static char *value_of(char *line, const char *token)
{
	char *value;

	line = trim(line);
	value = *line == '#' ? NULL : split(line);
	/* ": host:port" has no name, so it is nobody's either */
	return value && *line && strcmp(line, token) == 0 ? value : NULL;
}

int tokens_find(struct tokens *t, const char *token, struct address *ret_to,
		struct err *e)
{
	const char *at, *end;
	int r = t->again ? tokens_read(t, e) : 0;

	if (r < 0)
		return r;
	at = (const char *)buf_data(&t->text);
	end = at + t->text.len;
	while (at && at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = stop ? (size_t)(stop - at) : (size_t)(end - at);
		char line[LINE_MAX_LEN];

		if (len < sizeof(line) && !memchr(at, '\0', len)) {
			char *value;

			memcpy(line, at, len);
			line[len] = '\0';
			value = value_of(line, token);
			if (value)
				return target_of(value, ret_to, e);
		}
		at += len + 1;
	}
	return err_set(e, -ENOENT, "there is no such token");
}
