/*
 * Files: the configuration itself, and secrets that stand in files of their
 * own or in systemd's folder of credentials.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/keys.h"

char *path_resolve(const struct reader *r, const char *path)
{
	const char *home = getenv("HOME");
	const char *slash = r->file ? strrchr(r->file, '/') : NULL;
	char *full = NULL;

	if (strncmp(path, "~/", 2) == 0 && home && *home) {
		if (asprintf(&full, "%s%s", home, path + 1) < 0)
			return NULL;
		return full;
	}
	if (path[0] == '/' || !slash)
		return strdup(path);
	if (asprintf(&full, "%.*s/%s", (int)(slash - r->file), r->file, path) <
			0)
		return NULL;
	return full;
}

static int check_kind(
		int fd, const char *path, unsigned *ret_mode, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(e, -EISDIR, "%s is a folder, not a file", path);
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)) /* null is fine */
		return err_set(e, -EINVAL, "%s is not a file", path);
	*ret_mode = S_ISREG(st.st_mode) ? st.st_mode & 07777 : 0;
	return 0;
}

static int read_all(int fd, const char *path, size_t max, char *data,
		size_t *ret_len, struct err *e)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = read(fd, data + len, max + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, -errno, "%s cannot be read: %s", path,
					strerror(errno));
		len += (size_t)n;
		if (len > max)
			return err_set(e, -EMSGSIZE,
					"%s is larger than %zu bytes", path,
					max);
		if (n == 0)
			break;
	}
	data[len] = '\0';
	*ret_len = len;
	return 0;
}

int file_read(const char *path, size_t max, char **ret_data, size_t *ret_len,
		unsigned *ret_mode, struct err *e)
{
	/* A pipe must not hold us up before we know that it is one. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *data = NULL;
	int r;

	if (fd < 0)
		return err_set(e, -errno, "%s cannot be read: %s", path,
				strerror(errno));
	r = check_kind(fd, path, ret_mode, e);
	if (r == 0) {
		data = malloc(max + 1);
		r = data ? read_all(fd, path, max, data, ret_len, e)
			 : err_set(e, -ENOMEM, "out of memory");
	}
	(void)close(fd);
	if (r >= 0) {
		*ret_data = data;
	} else if (data) {
		secret_wipe(data, max + 1);
		free(data);
	}
	return r;
}

static int read_secret(const char *path, struct secret *ret, unsigned *ret_mode,
		struct err *e)
{
	size_t len = 0;
	char *data;
	int r = file_read(path, CONFIG_SECRET_MAX, &data, &len, ret_mode, e);

	if (r < 0)
		return r;
	if (len > 0 && data[len - 1] == '\n')
		len--;
	if (len > 0 && data[len - 1] == '\r')
		len--;
	if (len == 0)
		r = err_set(e, -EINVAL, "%s is empty", path);
	else if (memchr(data, '\0', len))
		r = err_set(e, -EINVAL, "%s holds a zero byte", path);
	else if (secret_set(ret, data, len) < 0)
		r = err_set(e, -ENOMEM, "out of memory");
	secret_wipe(data, CONFIG_SECRET_MAX + 1);
	free(data);
	return r;
}

int secret_from_file(struct reader *r, const char *path, struct secret *ret,
		struct err *e)
{
	char *full = path_resolve(r, path);
	unsigned mode = 0;
	int code;

	if (!full)
		return err_set(e, -ENOMEM, "out of memory");
	code = read_secret(full, ret, &mode, e);
	if (code == 0 && texts_add(&r->c->files, full) < 0)
		code = err_set(e, -ENOMEM, "out of memory");
	if (code == 0 && (mode & 077))
		code = texts_addf(&r->c->warnings,
				"%s holds a secret and others can read it "
				"(mode "
				"%04o); chmod 600 it",
				full, mode);
	free(full);
	return code;
}

int secret_from_credential(struct reader *r, const char *section,
		const char *name, struct secret *ret, struct err *e)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	unsigned mode;
	char *path;
	int code;

	if (!folder || !*folder || strchr(section, '/'))
		return -ENOENT;
	if (asprintf(&path, "%s/%s.%s", folder, section, name) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	code = access(path, F_OK) < 0 ? -ENOENT
				      : read_secret(path, ret, &mode, e);
	free(path);
	return code;
}
