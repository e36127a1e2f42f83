#include "bridge/vnc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge/door.h"
#include "core/crypto.h"
#include "core/loop.h"
#include "session/session.h"
#include "stream/tcp.h"

/* A connection; a viewer's, once it has said the password. */
struct caller {
	struct vnc_bridge *bridge; /* NULL: this place is free */
	bool viewer;
};

struct vnc_bridge {
	struct desk *desk;
	struct door *door;
	struct secret password;
	struct caller callers[VNC_BRIDGE_VIEWERS_MAX];
	size_t viewers;
	enum end_word word;
	char detail[ERR_TEXT_MAX];
	vnc_bridge_fn *fn;
	void *arg;
};

static void on_arrived(void *arg)
{
	struct caller *c = arg;

	c->viewer = true;
	c->bridge->viewers++;
	c->bridge->fn(c->bridge->arg);
}

static void on_end(void *arg, const struct session *s)
{
	struct caller *c = arg;
	struct vnc_bridge *b = c->bridge;

	c->bridge = NULL;
	if (!c->viewer)
		return;
	b->viewers--;
	b->word = s->word;
	(void)snprintf(b->detail, sizeof(b->detail), "%s", s->detail);
	b->fn(b->arg);
}

static struct caller *free_place(struct vnc_bridge *b)
{
	for (size_t i = 0; i < VNC_BRIDGE_VIEWERS_MAX; i++)
		if (!b->callers[i].bridge)
			return &b->callers[i];
	return NULL;
}

static void on_caller(void *arg, int fd)
{
	struct vnc_bridge *b = arg;
	struct caller *caller = free_place(b);
	struct desk_console c = {
			.kind = CONSOLE_VNC,
			.password = &b->password,
			.arrived = on_arrived,
			.end = on_end,
			.arg = caller,
	};
	struct session *s;

	if (!caller) {
		(void)close(fd);
		return;
	}
	*caller = (struct caller){.bridge = b};
	if (fd_wrap(&c.client, fd) < 0 || desk_open(b->desk, &c, &s) < 0)
		caller->bridge = NULL;
}

int vnc_bridge_open(struct vnc_bridge **ret_bridge,
		const struct vnc_bridge_options *o, vnc_bridge_fn *fn,
		void *arg, struct err *e)
{
	const struct door_options door = {
			.loop = o->desk.loop,
			.host = o->host ? o->host : "127.0.0.1",
			.port = o->port,
			.same_user = o->same_user,
	};
	struct vnc_bridge *b = calloc(1, sizeof(*b));
	char password[VNC_BRIDGE_PASSWORD_LEN + 1];
	int r = -ENOMEM;

	(void)err_set(e, r, "no memory");
	if (b) {
		b->fn = fn;
		b->arg = arg;
		b->word = END_WORDS;
		crypto_random_text(password, VNC_BRIDGE_PASSWORD_LEN);
		r = secret_sets(&b->password, password);
		secret_wipe(password, sizeof(password));
	}
	if (r == 0)
		r = desk_new(&b->desk, &o->desk);
	if (r == 0)
		r = door_open(&b->door, &door, on_caller, b, e);
	if (r < 0)
		vnc_bridge_close(b);
	else
		*ret_bridge = b;
	return r;
}

void vnc_bridge_close(struct vnc_bridge *b)
{
	if (!b)
		return;
	door_close(b->door);
	desk_free(b->desk);
	secret_done(&b->password);
	free(b);
}

uint16_t vnc_bridge_port(const struct vnc_bridge *b)
{
	return door_port(b->door);
}

const struct secret *vnc_bridge_password(const struct vnc_bridge *b)
{
	return &b->password;
}

size_t vnc_bridge_viewers(const struct vnc_bridge *b)
{
	return b->viewers;
}

enum end_word vnc_bridge_end(
		const struct vnc_bridge *b, const char **ret_detail)
{
	*ret_detail = b->detail;
	return b->word;
}
