#include "gateway/doors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "core/loop.h"

enum {
	ACCEPTS_A_TURN = 64,
	ACCEPT_PAUSE_MS = 200, /* while descriptors are short */
};

struct door {
	struct doors *all;
	const struct listener *listener;
	struct watch *watch;
};

struct doors {
	struct door items[LISTENERS_MAX];
	size_t count;
	struct timer *timer; /* they are shut until it fires */
	doors_fn *fn;
	void *arg;
};

static void doors_set(struct doors *d, int events)
{
	for (size_t i = 0; i < d->count; i++)
		(void)watch_set(d->items[i].watch, events);
}

void doors_open(struct doors *d)
{
	doors_set(d, LOOP_READ);
}

static void doors_again(void *arg)
{
	doors_open(arg);
}

static bool is_short(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	       error == ENOBUFS;
}

/* The control socket is for this user and for root. */
static bool peer_is_us(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static void door_knock(void *arg, int events)
{
	const struct door *d = arg;
	const struct listener *l = d->listener;
	struct doors *all = d->all;

	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(l->fd, NULL, NULL,
				SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && is_short(errno)) {
			log_error(NULL, "event=accept_paused detail=%s",
					log_value(strerror(errno)).text);
			doors_set(all, 0);
			timer_set(all->timer, ACCEPT_PAUSE_MS);
			return;
		}
		if (fd < 0 && errno == EAGAIN)
			return;
		if (fd < 0)
			continue; /* that one has gone already */
		if (l->role == FRONT_CONTROL && !peer_is_us(fd))
			close(fd);
		else
			all->fn(all->arg, fd, l);
	}
}

int doors_new(struct doors **ret_doors, struct loop *control,
		const struct listeners *l, doors_fn *fn, void *arg)
{
	struct doors *d = calloc(1, sizeof(*d));
	int r = d ? timer_new(&d->timer, control, doors_again, d) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < l->count; i++) {
		d->items[i].all = d;
		d->items[i].listener = &l->items[i];
		r = watch_new(&d->items[i].watch, control, l->items[i].fd,
				door_knock, &d->items[i]);
		if (r == 0)
			d->count++;
	}
	if (r < 0) {
		doors_free(d);
		return r;
	}
	d->fn = fn;
	d->arg = arg;
	*ret_doors = d;
	return 0;
}

void doors_free(struct doors *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		watch_free(d->items[i].watch);
	timer_free(d->timer);
	free(d);
}
