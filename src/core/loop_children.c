#include "core/loop_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHILD_FDS_MAX = 16 };

struct loop_signal {
	uv_signal_t uv;
	void (*fn)(void *arg, int signum);
	void *arg;
};

static void signal_on_caught(uv_signal_t *uv, int signum)
{
	struct loop_signal *s = uv->data;

	s->fn(s->arg, signum);
}

int loop_signal_new(struct loop_signal **ret_signal, struct loop *l, int signum,
		void (*fn)(void *arg, int signum), void *arg)
{
	struct loop_signal *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	r = uv_signal_init(&l->uv, &s->uv);
	if (r < 0) {
		free(s);
		return r;
	}
	s->uv.data = s;
	s->fn = fn;
	s->arg = arg;
	r = uv_signal_start(&s->uv, signal_on_caught, signum);
	if (r < 0) {
		loop_signal_free(s);
		return r;
	}
	*ret_signal = s;
	return 0;
}

void loop_signal_free(struct loop_signal *s)
{
	if (s)
		LOOP_CLOSE(&s->uv);
}

struct child {
	uv_process_t uv;
	struct child *next; /* among the forgotten */
	bool exited;
	child_fn *fn; /* NULL: forgotten */
	void *arg;
};

static void child_reaped(struct child *c)
{
	struct loop *l = c->uv.loop->data;
	struct child **at = &l->forgotten;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	LOOP_CLOSE(&c->uv);
}

static void child_on_exit(uv_process_t *uv, int64_t status, int signum)
{
	struct child *c = uv->data;

	c->exited = true;
	if (c->fn)
		c->fn(c->arg, status, signum);
	else
		child_reaped(c);
}

static int child_spawn(
		struct child *c, struct loop *l, const struct child_options *o)
{
	uv_stdio_container_t fds[CHILD_FDS_MAX] = {0};
	uv_process_options_t uo = {
			.exit_cb = child_on_exit,
			.file = o->file,
			.args = (char **)o->argv,
			.env = (char **)o->env,
			.flags = o->detached ? UV_PROCESS_DETACHED : 0,
			.stdio_count = (int)o->fd_count,
			.stdio = fds,
	};

	for (size_t i = 0; i < o->fd_count; i++) {
		fds[i].flags = o->fds[i] < 0 ? UV_IGNORE : UV_INHERIT_FD;
		fds[i].data.fd = o->fds[i];
	}
	return uv_spawn(&l->uv, &c->uv, &uo);
}

int child_new(struct child **ret_child, struct loop *l,
		const struct child_options *o, child_fn *fn, void *arg,
		struct err *e)
{
	struct child *c;
	int r;

	if (o->fd_count > CHILD_FDS_MAX)
		return err_set(e, -EINVAL, "a child takes %d descriptors",
				CHILD_FDS_MAX);
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(e, -ENOMEM, "out of memory");
	c->fn = fn;
	c->arg = arg;
	c->uv.data = c;
	r = child_spawn(c, l, o);
	if (r < 0) {
		LOOP_CLOSE(&c->uv); /* libuv has taken it all the same */
		return err_set(e, r, "'%s' cannot be started: %s", o->file,
				strerror(-r));
	}
	*ret_child = c;
	return 0;
}

pid_t child_pid(const struct child *c)
{
	return c->uv.pid;
}

int child_kill(struct child *c, int signum)
{
	return c->exited ? -ESRCH : uv_process_kill(&c->uv, signum);
}

/* One that runs on stays with the loop, so that it leaves no zombie. */
void child_free(struct child *c)
{
	struct loop *l;

	if (!c)
		return;
	if (c->exited) {
		LOOP_CLOSE(&c->uv);
		return;
	}
	l = c->uv.loop->data;
	c->fn = NULL;
	c->next = l->forgotten;
	l->forgotten = c;
}

void loop_children_close(struct loop *l)
{
	struct child *c;

	while ((c = l->forgotten)) {
		l->forgotten = c->next;
		LOOP_CLOSE(&c->uv);
	}
}
