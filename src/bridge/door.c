#include "bridge/door.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/holder.h"
#include "core/loop.h"

struct door {
	struct door_options o;
	char host[INET6_ADDRSTRLEN]; /* a source wants it again at the end */
	struct watch *watch;
	struct timer *rest; /* without descriptors, for a moment */
	int fd;
	uint16_t port;
	size_t refused;
	door_fn *fn;
	void *arg;
};

enum { REST_MS = 200, TURNS_MAX = 16 };

static bool door_lets_in(const struct door *d, int fd)
{
	uid_t user;

	return !d->o.same_user ||
	       (holder_of_peer(fd, &user) == 0 && user == geteuid());
}

static void door_ready(void *arg, int events)
{
	struct door *d = arg;

	for (int turn = 0; turn < TURNS_MAX; turn++) {
		int fd = accept4(d->fd, NULL, NULL,
				SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE ||
					      errno == ENOBUFS ||
					      errno == ENOMEM)) {
			(void)watch_set(d->watch, 0);
			timer_set(d->rest, REST_MS);
		}
		if (fd < 0)
			return;
		if (door_lets_in(d, fd)) {
			d->fn(d->arg, fd);
		} else {
			d->refused++;
			(void)close(fd);
		}
	}
}

static void door_rested(void *arg)
{
	struct door *d = arg;

	(void)watch_set(d->watch, LOOP_READ);
}

/* ---- opening --------------------------------------------------------------
 */

static int door_fail(const struct door *d, int r, struct err *e)
{
	char holder[64];

	if (r == -EADDRINUSE && !d->o.quiet &&
			holder_of_port(d->o.port, holder, sizeof(holder)) == 0)
		return err_set(e, r, "port %u is taken by %s", d->o.port,
				holder);
	return err_set(e, r, "cannot listen on %s port %u: %s", d->o.host,
			d->o.port, strerrordesc_np(-r));
}

/* The port that it has: where IPv6 has it, IPv4 has it, too. */
static int door_learn(struct door *d)
{
	struct sockaddr_in6 got = {0};
	socklen_t len = sizeof(got);

	if (getsockname(d->fd, (struct sockaddr *)&got, &len) < 0)
		return -errno;
	d->port = ntohs(got.sin6_port);
	return 0;
}

static int door_bind(struct door *d, const struct addrinfo *a)
{
	int yes = 1;

	d->fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);
	if (d->fd < 0)
		return -errno;
	(void)setsockopt(d->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (a->ai_family == AF_INET6)
		(void)setsockopt(d->fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes,
				sizeof(yes));
	if (bind(d->fd, a->ai_addr, a->ai_addrlen) < 0 ||
			listen(d->fd, DOOR_BACKLOG) < 0)
		return -errno;
	return door_learn(d);
}

static int door_ask(struct door *d, struct err *e)
{
	const struct door_source *s = d->o.source;
	int r = s->open(s->arg, d->o.host, d->o.port, d->o.name, !d->o.quiet,
			&d->fd, e);

	if (r < 0)
		return r;
	r = door_learn(d);
	return r < 0 ? door_fail(d, r, e) : 0;
}

static int door_listen(struct door *d, struct err *e)
{
	const struct addrinfo want = {.ai_socktype = SOCK_STREAM,
			.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV |
				    AI_PASSIVE};
	struct addrinfo *a;
	char port[8];
	int r;

	(void)snprintf(port, sizeof(port), "%u", d->o.port);
	if (getaddrinfo(d->o.host, port, &want, &a) != 0)
		return err_set(e, -EINVAL, "'%s' is no address to listen on",
				d->o.host);
	r = door_bind(d, a);
	freeaddrinfo(a);
	return r < 0 ? door_fail(d, r, e) : 0;
}

static int door_watch(struct door *d, struct err *e)
{
	int r = watch_new(&d->watch, d->o.loop, d->fd, door_ready, d);
	if (r == 0)
		r = timer_new(&d->rest, d->o.loop, door_rested, d);
	if (r == 0)
		r = watch_set(d->watch, LOOP_READ);
	return r < 0 ? err_set(e, r, "%s", strerrordesc_np(-r)) : 0;
}

int door_open(struct door **ret_door, const struct door_options *o, door_fn *fn,
		void *arg, struct err *e)
{
	struct door *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return err_set(e, -ENOMEM, "no memory");
	d->o = *o;
	(void)snprintf(d->host, sizeof(d->host), "%s", o->host);
	d->fn = fn;
	d->arg = arg;
	d->fd = -1;
	r = o->source ? door_ask(d, e) : door_listen(d, e);
	if (r == 0)
		r = door_watch(d, e);
	if (r < 0)
		door_close(d);
	else
		*ret_door = d;
	return r;
}

uint16_t door_port(const struct door *d)
{
	return d->port;
}

size_t door_refused(const struct door *d)
{
	return d->refused;
}

void door_close(struct door *d)
{
	if (!d)
		return;
	timer_free(d->rest);
	watch_free(d->watch);
	if (d->fd >= 0)
		(void)close(d->fd);
	if (d->fd >= 0 && d->o.source)
		d->o.source->close(d->o.source->arg, d->host, d->port);
	free(d);
}
