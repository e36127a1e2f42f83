#include "cli/viewer.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/plain_env.h"
#include "cli/say.h"
#include "config/config.h"
#include "core/buf.h"
#include "core/loop.h"
#include "core/secret.h"

struct showing {
	struct child *child;
	viewer_fn *fn;
	void *arg;
};

/* In PATH, or as it stands where it has a slash. */
static bool find_in_path(const char *name, char ret[VIEWER_PATH_MAX])
{
	const char *path = getenv("PATH");
	int n;

	if (strchr(name, '/')) {
		n = snprintf(ret, VIEWER_PATH_MAX, "%s", name);
		return n < VIEWER_PATH_MAX && access(ret, X_OK) == 0;
	}
	for (path = path ? path : "/usr/bin:/bin"; *path;) {
		size_t len = strcspn(path, ":");

		n = snprintf(ret, VIEWER_PATH_MAX, "%.*s/%s", (int)len, path,
				name);
		if (len > 0 && n < VIEWER_PATH_MAX && access(ret, X_OK) == 0)
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

int viewer_find(struct viewer *v, const char *named,
		const struct config_viewer *c, struct err *e)
{
	static const char *const openers[] = {"xdg-open", "open"};

	*v = (struct viewer){.config = c};
	if (!named)
		named = c->command;
	if (named)
		return find_in_path(named, v->file)
				       ? 0
				       : err_set(e, -ENOENT,
							 "there is no viewer "
							 "'%s'",
							 named);
	if (find_in_path("remote-viewer", v->file))
		return 0;
	v->opener = true;
	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++)
		if (find_in_path(openers[i], v->file))
			return 0;
	return err_set(e, -ENOENT,
			"there is no viewer here; install virt-viewer, or see "
			"`glassbridge help web`");
}

/* ---- the file ------------------------------------------------------------ */

static int make(struct viewer_file *f, const struct buf *content,
		const struct viewer_file_wish *w, struct err *e)
{
	int r;

	if (!w->nameless) {
		r = vv_file_write(content, w->where, w->name, f->path, e);
		if (r < 0)
			f->path[0] = '\0';
		return r;
	}
	r = vv_file_nameless(content, e);
	if (r < 0)
		return r;
	f->fd = r;
	return 0;
}

int viewer_file_make(struct viewer_file *f, struct buf *content,
		const struct viewer_file_wish *w)
{
	struct err e;
	int r;

	f->path[0] = '\0';
	f->fd = -1;
	r = make(f, content, w, &e);
	if (content->len > 0)
		secret_wipe(buf_data(content), content->len);
	buf_done(content);
	if (r == 0)
		return 0;
	return say_err(r == -EEXIST ? EXIT_SAFETY : EXIT_FAILED, &e);
}

void viewer_file_done(struct viewer_file *f)
{
	if (*f->path)
		(void)unlink(f->path);
	if (f->fd >= 0)
		(void)close(f->fd);
	f->path[0] = '\0';
	f->fd = -1;
}

/* ---- the program --------------------------------------------------------- */

static void on_exit_of_viewer(void *arg, int64_t status, int signum)
{
	enum { KILLED = 128 };
	struct showing *s = arg;

	s->fn(s->arg, signum ? KILLED + signum : (int)status);
}

static int spawn(struct showing *s, const struct viewer *v, struct loop *l,
		const char **argv, int input, struct err *e)
{
	char **env = plain_env();
	const int fds[] = {input, STDERR_FILENO, STDERR_FILENO};
	const struct child_options o = {.file = v->file,
			.argv = (char *const *)(uintptr_t)argv,
			.env = env,
			.fds = fds,
			.fd_count = 3};
	int r = env ? child_new(&s->child, l, &o, on_exit_of_viewer, s, e)
		    : err_set(e, -ENOMEM, "no memory");

	free(env);
	return r;
}

int viewer_start(struct showing **ret_showing, const struct viewer *v,
		struct loop *l, const struct viewer_file *f, viewer_fn *fn,
		void *arg, struct err *e)
{
	const char *argv[VIEWER_OPTIONS_MAX + 3];
	struct showing *s;
	size_t n = 0;
	int r;

	if (v->opener && !*f->path)
		return err_set(e, -ENOTSUP,
				"%s reads no standard input; name a viewer "
				"with --viewer",
				v->file);
	s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, -ENOMEM, "no memory");
	argv[n++] = v->file;
	for (size_t i = 0; !v->opener && i < v->config->options.count &&
			   n <= VIEWER_OPTIONS_MAX;
			i++)
		argv[n++] = v->config->options.items[i];
	argv[n++] = *f->path ? f->path : "-";
	argv[n] = NULL;
	s->fn = fn;
	s->arg = arg;
	r = spawn(s, v, l, argv, f->fd, e);
	if (r < 0) {
		free(s);
		return err_prefix(e, "%s", v->file);
	}
	*ret_showing = s;
	return 0;
}

void viewer_stop(struct showing *s)
{
	if (s)
		(void)child_kill(s->child, SIGTERM);
	viewer_forget(s);
}

void viewer_forget(struct showing *s)
{
	if (!s)
		return;
	child_free(s->child);
	free(s);
}
