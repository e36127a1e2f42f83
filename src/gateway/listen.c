#include "gateway/listen.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/config.h"
#include "core/holder.h"
#include "proto/address.h"

static int listen_failed(const struct listener *l, int error, struct err *e)
{
	char holder[64];

	if (error == EADDRINUSE &&
			holder_of_port(l->port, holder, sizeof(holder)) == 0)
		return err_set(e, -error,
				"%s is taken by %s; end it, or choose another "
				"address with --listen",
				l->text, holder);
	return err_set(e, -error, "cannot listen on %s: %s", l->text,
			strerror(error));
}

int listen_at(const struct sockaddr *a, unsigned len, int *ret_fd)
{
	int on = 1, r;
	int fd = socket(a->sa_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (a->sa_family != AF_UNIX)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->sa_family == AF_INET6)
		(void)setsockopt(
				fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, a, len) == 0 && listen(fd, LISTEN_BACKLOG) == 0) {
		*ret_fd = fd;
		return 0;
	}
	r = -errno;
	close(fd);
	return r;
}

static int listen_socket(struct listener *l, const struct sockaddr *a,
		socklen_t len, struct err *e)
{
	int r = listen_at(a, len, &l->fd);

	return r < 0 ? listen_failed(l, -r, e) : 0;
}

/* The port that a listener on port 0 was given. */
static void listen_learn_port(struct listener *l)
{
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof(a);

	if (getsockname(l->fd, (struct sockaddr *)&a, &len) < 0)
		return;
	if (a.ss_family == AF_INET)
		l->port = ntohs(((struct sockaddr_in *)&a)->sin_port);
	else if (a.ss_family == AF_INET6)
		l->port = ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
}

static void listen_text(struct listener *l)
{
	(void)snprintf(l->text, sizeof(l->text),
			strchr(l->host, ':') ? "[%s]:%u" : "%s:%u", l->host,
			(unsigned)l->port);
}

static int listen_tcp(
		struct listener *l, const struct address *a, struct err *e)
{
	const struct addrinfo hints = {
			.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *found;
	char port[8];
	int r;

	(void)snprintf(l->host, sizeof(l->host), "%s", a->host);
	l->port = a->port;
	listen_text(l);
	(void)snprintf(port, sizeof(port), "%u", (unsigned)a->port);
	r = getaddrinfo(a->host, port, &hints, &found);
	if (r != 0)
		return err_set(e, -ENOENT, "cannot listen on %s: %s", l->text,
				gai_strerror(r));
	r = listen_socket(l, found->ai_addr, found->ai_addrlen, e);
	freeaddrinfo(found);
	if (r < 0)
		return r;
	listen_learn_port(l);
	listen_text(l);
	return 0;
}

/* A file that nobody answers behind is left over from a run that broke off. */
static int listen_unix(struct listener *l, const char *path, struct err *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct stat there;
	int probe, r;

	(void)snprintf(l->text, sizeof(l->text), "unix:%s", path);
	if (strlen(path) >= sizeof(a.sun_path))
		return err_set(e, -EMSGSIZE, "the path %s is too long", path);
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (lstat(path, &there) == 0 && !S_ISSOCK(there.st_mode))
		return err_set(e, -EEXIST,
				"%s is no socket; move it away, or choose "
				"another path",
				path);
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe >= 0) {
		r = connect(probe, (struct sockaddr *)&a, sizeof(a));
		if (r < 0 && errno == EAGAIN) /* it has a queue: it lives */
			r = 0;
		close(probe);
		if (r == 0)
			return err_set(e, -EADDRINUSE,
					"a gateway of this user runs already "
					"(%s answers)",
					path);
	}
	(void)unlink(path);
	r = listen_socket(l, (struct sockaddr *)&a, sizeof(a), e);
	if (r == 0)
		(void)chmod(path, 0600);
	return r;
}

static int listen_add(struct listeners *all, enum front_role role,
		const struct address *a, bool tls, struct err *e)
{
	struct listener *l = &all->items[all->count];
	int r;

	if (all->count == LISTENERS_MAX)
		return err_set(e, -E2BIG, "more than %d addresses to listen on",
				LISTENERS_MAX);
	*l = (struct listener){
			.fd = -1, .role = role, .local = address_is_local(a)};
	l->tls = role == FRONT_WEB && (tls || !l->local);
	r = a->path ? listen_unix(l, a->path, e) : listen_tcp(l, a, e);
	if (r == 0)
		all->count++;
	return r;
}

int listeners_open(struct listeners *l, const struct config *c,
		const char *control_path, struct err *e)
{
	const struct config_gateway *g = &c->gateway;
	struct address control = {.path = (char *)control_path};
	int r = 0;

	*l = (struct listeners){0};
	if (control_path) /* first: it says that another one runs already */
		r = listen_add(l, FRONT_CONTROL, &control, false, e);
	for (size_t i = 0; r == 0 && i < g->listen.count; i++)
		r = listen_add(l, FRONT_WEB, &g->listen.items[i],
				g->tls_cert != NULL, e);
	if (r == 0 && (g->ops_listen.host || g->ops_listen.path))
		r = listen_add(l, FRONT_OPS, &g->ops_listen, false, e);
	if (r < 0)
		listeners_close(l, true);
	return r;
}

void listeners_close(struct listeners *l, bool files_too)
{
	static const char is_file[] = "unix:";

	for (size_t i = 0; i < l->count; i++) {
		const char *text = l->items[i].text;

		close(l->items[i].fd);
		if (files_too && strncmp(text, is_file, strlen(is_file)) == 0)
			(void)unlink(text + strlen(is_file));
	}
	l->count = 0;
}

/* ---- where it can be reached
 * ------------------------------------------------- */

static bool is_any(const char *host, int family)
{
	return strcmp(host, family == AF_INET ? "0.0.0.0" : "::") == 0;
}

/* An interface's address that others can use: up, not loopback, not local to
 * its link. */
static bool interface_counts(const struct ifaddrs *i, int family)
{
	if (!i->ifa_addr || i->ifa_addr->sa_family != family ||
			!(i->ifa_flags & IFF_UP) ||
			(i->ifa_flags & IFF_LOOPBACK))
		return false;
	return family != AF_INET6 ||
	       !IN6_IS_ADDR_LINKLOCAL(&((struct sockaddr_in6 *)i->ifa_addr)
						       ->sin6_addr);
}

static size_t interface_hosts(int family, char ret[][64], size_t max)
{
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in)
					  : sizeof(struct sockaddr_in6);
	struct ifaddrs *all;
	size_t n = 0;
	char text[60];

	if (getifaddrs(&all) < 0)
		return 0;
	for (struct ifaddrs *i = all; i && n < max; i = i->ifa_next) {
		if (!interface_counts(i, family) ||
				getnameinfo(i->ifa_addr, len, text,
						sizeof(text), NULL, 0,
						NI_NUMERICHOST) != 0)
			continue;
		(void)snprintf(ret[n++], 64, family == AF_INET ? "%s" : "[%s]",
				text);
	}
	freeifaddrs(all);
	return n;
}

size_t listener_hosts(const struct listener *l, char ret[][64], size_t max)
{
	if (is_any(l->host, AF_INET))
		return interface_hosts(AF_INET, ret, max);
	if (is_any(l->host, AF_INET6))
		return interface_hosts(AF_INET6, ret, max);
	if (max == 0 || strlen(l->host) > 60)
		return 0;
	(void)snprintf(ret[0], 64, strchr(l->host, ':') ? "[%s]" : "%s",
			l->host);
	return 1;
}
