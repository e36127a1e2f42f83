#include "bridge/vv_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/crypto.h"
#include "core/file.h"

enum { RANDOM_LEN = 12 };

static int own_name(char ret[VV_PATH_MAX])
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	char random[RANDOM_LEN + 1];
	int n;

	if (!folder || *folder != '/')
		folder = getenv("TMPDIR");
	if (!folder || *folder != '/')
		folder = "/tmp";
	crypto_random_text(random, RANDOM_LEN);
	random[RANDOM_LEN] = '\0';
	n = snprintf(ret, VV_PATH_MAX, "%s/glassbridge-%s.vv", folder, random);
	return n < 0 || n >= VV_PATH_MAX ? -ENAMETOOLONG : 0;
}

static int name_it(const char *where, const char *name, char ret[VV_PATH_MAX])
{
	struct stat st;
	bool folder;
	int n;

	if (!where)
		return own_name(ret);
	folder = stat(where, &st) == 0 && S_ISDIR(st.st_mode);
	n = snprintf(ret, VV_PATH_MAX, "%s%s%s", where, folder ? "/" : "",
			folder ? name : "");
	return n < 0 || n >= VV_PATH_MAX ? -ENAMETOOLONG : 0;
}

int vv_file_write(const struct buf *content, const char *where,
		const char *name, char ret_path[VV_PATH_MAX], struct err *e)
{
	int fd, r = name_it(where, name, ret_path);

	if (r < 0)
		return err_set(e, r, "the name of the file is too long");
	fd = open(ret_path,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	if (fd < 0 && errno == EEXIST)
		return err_set(e, -EEXIST,
				"%s is there already, and is not overwritten",
				ret_path);
	if (fd < 0)
		return err_set(e, -errno, "%s: %s", ret_path, strerror(errno));
	r = file_write(fd, buf_data(content), content->len);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		return 0;
	(void)unlink(ret_path);
	return err_set(e, r, "%s: %s", ret_path, strerrordesc_np(-r));
}

int vv_file_nameless(const struct buf *content, struct err *e)
{
	int fd = memfd_create("viewer", MFD_CLOEXEC);
	int r = fd < 0 ? -errno
		       : file_write(fd, buf_data(content), content->len);

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return err_set(e, r, "the viewer's file: %s", strerrordesc_np(-r));
}
