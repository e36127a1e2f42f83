#include "config/paths.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An environment variable that is set and not empty. */
static const char *set(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int put(char *ret, size_t ret_max, struct err *e, const char *folder,
		const char *rest)
{
	int n = snprintf(ret, ret_max, "%s%s", folder, rest);

	if (n < 0 || (size_t)n >= ret_max)
		return err_set(e, -EMSGSIZE, "the path %s%s is too long",
				folder, rest);
	return 0;
}

/* It must be a folder, ours, and closed to others. */
static int own_folder(const char *path, struct err *e)
{
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_set(e, -errno, "%s cannot be made: %s", path,
				strerror(errno));
	if (lstat(path, &st) < 0)
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return err_set(e, -EPERM,
				"%s is not a folder of this user; remove it",
				path);
	if ((st.st_mode & 077) && chmod(path, 0700) < 0)
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int runtime_folder(char *ret, size_t ret_max, struct err *e)
{
	char user[64];

	(void)snprintf(user, sizeof(user), "/run/user/%u", (unsigned)geteuid());
	if (set("RUNTIME_DIRECTORY"))
		return put(ret, ret_max, e, set("RUNTIME_DIRECTORY"), "");
	if (set("XDG_RUNTIME_DIR"))
		return put(ret, ret_max, e, set("XDG_RUNTIME_DIR"),
				"/glassbridge");
	if (is_folder(user))
		return put(ret, ret_max, e, user, "/glassbridge");
	if (geteuid() == 0 && is_folder("/run"))
		return put(ret, ret_max, e, "/run/glassbridge", "");
	(void)snprintf(user, sizeof(user), "/tmp/glassbridge-%u",
			(unsigned)geteuid());
	return put(ret, ret_max, e, user, "");
}

int paths_control_socket(char *ret, size_t ret_max, int make, struct err *e)
{
	char folder[PATHS_MAX];
	int r = runtime_folder(folder, sizeof(folder), e);

	if (r == 0 && make)
		r = own_folder(folder, e);
	return r < 0 ? r : put(ret, ret_max, e, folder, "/control.sock");
}

/* Every folder on the way; only the last one must be ours alone. */
static int make_way(char *path, struct err *e)
{
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		(void)mkdir(path, 0700);
		*at = '/';
	}
	return own_folder(path, e);
}

int paths_state(char *ret, size_t ret_max, struct err *e)
{
	int r;

	if (set("STATE_DIRECTORY"))
		r = put(ret, ret_max, e, set("STATE_DIRECTORY"), "");
	else if (set("XDG_STATE_HOME"))
		r = put(ret, ret_max, e, set("XDG_STATE_HOME"), "/glassbridge");
	else if (set("HOME"))
		r = put(ret, ret_max, e, set("HOME"),
				"/.local/state/glassbridge");
	else
		r = err_set(e, -ENOENT,
				"no place for state: set HOME or "
				"STATE_DIRECTORY");
	return r < 0 ? r : make_way(ret, e);
}
