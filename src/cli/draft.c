#include "cli/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/say.h"
#include "core/file.h"
#include "core/secret.h"

static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
enum { ENDS = sizeof(ends) / sizeof(*ends) };

/* What an interrupt takes away. */
static struct draft *volatile current;

/* ---- folders --------------------------------------------------------------
 */

/* The ones we made that are empty; safe in a signal's handler. */
static void remove_folders(const struct draft *d)
{
	char part[PATH_MAX];
	size_t len = strlen(d->path);

	if (d->made == 0)
		return;
	memcpy(part, d->path, len + 1);
	for (; len > d->made; len--) {
		if (part[len] != '/')
			continue;
		part[len] = '\0';
		if (rmdir(part) < 0)
			return;
	}
}

/* Folders on the way are made, the user's alone. */
static int make_folders(struct draft *d)
{
	char part[PATH_MAX];

	for (const char *at = d->path + 1; (at = strchr(at, '/')); at++) {
		size_t len = (size_t)(at - d->path);

		(void)snprintf(part, sizeof(part), "%.*s", (int)len, d->path);
		if (mkdir(part, 0700) == 0) {
			d->made = d->made ? d->made : len - 1;
			continue;
		}
		if (errno != EEXIST && errno != EROFS && errno != EACCES)
			return say_fail(EXIT_FAILED, "cannot make %s: %s", part,
					strerrordesc_np(errno));
	}
	return 0;
}

/* The nearest folder that is there may be written. */
static int check_folder(const char *path)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	(void)snprintf(part, sizeof(part), "%s", path);
	do {
		while (len > 0 && part[len] != '/')
			len--;
		part[len ? len : 1] = '\0';
		if (!strchr(part, '/'))
			(void)snprintf(part, sizeof(part), ".");
		if (access(part, W_OK | X_OK) == 0)
			return 0;
	} while (errno == ENOENT && len-- > 0);
	return say_fail(EXIT_FAILED, "cannot write into %s: %s", part,
			strerrordesc_np(errno));
}

/* ---- interrupts -----------------------------------------------------------
 */

static void on_end(int signum)
{
	struct draft *d = current;

	if (d) {
		(void)unlink(d->name);
		remove_folders(d);
	}
	(void)raise(signum); /* by its usual way, when this returns */
}

static void listen_to_ends(struct draft *d)
{
	struct sigaction a = {
			.sa_handler = on_end, .sa_flags = (int)(SA_RESETHAND)};

	current = d;
	for (size_t i = 0; i < ENDS; i++)
		(void)sigaction(ends[i], &a, NULL);
}

static void forget(void)
{
	for (size_t i = 0; current && i < ENDS; i++)
		(void)signal(ends[i], SIG_DFL);
	current = NULL;
}

/* ---- the draft ------------------------------------------------------------
 */

int draft_place(struct draft *d, const char *path)
{
	*d = (struct draft){0};
	if (snprintf(d->path, sizeof(d->path), "%s", path) >=
			(int)sizeof(d->path) - 8)
		return say_fail(EXIT_USAGE, "the path of the file is too long");
	return check_folder(d->path);
}

/* mkostemp() follows no link and makes it 0600. */
int draft_write(struct draft *d, const void *data, size_t len)
{
	int fd, r, code;

	if (d->name[0])
		(void)unlink(d->name);
	code = make_folders(d);
	if (code != 0)
		return code;
	memcpy(d->name, d->path, strlen(d->path) + 1);
	memcpy(d->name + strlen(d->path), ".XXXXXX", sizeof(".XXXXXX"));
	listen_to_ends(d);
	fd = mkostemp(d->name, O_CLOEXEC);
	r = fd < 0 ? -errno : file_write(fd, data, len);
	if (r == 0 && fsync(fd) < 0 && errno != EINVAL)
		r = -errno;
	if (fd < 0)
		d->name[0] = '\0';
	else if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		return 0;
	draft_drop(d);
	return say_fail(EXIT_FAILED, "cannot write %s: %s", d->path,
			strerrordesc_np(-r));
}

int draft_keep(struct draft *d)
{
	if (rename(d->name, d->path) < 0)
		return say_fail(EXIT_FAILED, "cannot write %s: %s", d->path,
				strerrordesc_np(errno));
	forget();
	d->name[0] = '\0';
	d->made = 0;
	return 0;
}

void draft_drop(struct draft *d)
{
	if (d->name[0])
		(void)unlink(d->name);
	remove_folders(d);
	forget();
	d->name[0] = '\0';
	d->made = 0;
}

void draft_rename(const struct draft *d, struct err *e)
{
	char *at = d->name[0] ? strstr(e->text, d->name) : NULL;
	size_t more = strlen(".XXXXXX");

	if (!at)
		return;
	at += strlen(d->path);
	memmove(at, at + more, strlen(at + more) + 1);
}

int draft_read(const char *path, size_t max, char **ret, size_t *ret_len)
{
	char *data = malloc(max);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t len = 0;
	ssize_t n = fd < 0 ? -1 : 1;

	while (data && n > 0 && len < max) {
		n = read(fd, data + len, max - len);
		len += n > 0 ? (size_t)n : 0;
	}
	n = !data ? -ENOMEM : n < 0 ? -errno : len == max ? -EFBIG : 0;
	if (fd >= 0)
		(void)close(fd);
	if (n == 0) {
		*ret = data;
		*ret_len = len;
		return 0;
	}
	if (data)
		secret_wipe(data, len);
	free(data);
	return say_fail(EXIT_CONFIG, "cannot read %s: %s", path,
			strerrordesc_np((int)-n));
}
