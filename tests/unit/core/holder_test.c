#include "core/holder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

struct pair {
	int listener, peer, own;
	uint16_t port;
};

/* Connected over loopback, by `user` where that is not ourselves. */
static void pair_open(struct pair *p, int family)
{
	struct sockaddr_storage a = {.ss_family = (sa_family_t)family};
	socklen_t len = sizeof(a);

	if (family == AF_INET6)
		((struct sockaddr_in6 *)&a)->sin6_addr = in6addr_loopback;
	else
		((struct sockaddr_in *)&a)->sin_addr.s_addr =
				htonl(INADDR_LOOPBACK);
	p->listener = socket(family, SOCK_STREAM, 0);
	CHECK_INT(bind(p->listener, (struct sockaddr *)&a, len), 0);
	CHECK_INT(listen(p->listener, 4), 0);
	CHECK_INT(getsockname(p->listener, (struct sockaddr *)&a, &len), 0);
	p->port = ntohs(((struct sockaddr_in *)&a)->sin_port);
	p->peer = socket(family, SOCK_STREAM, 0);
	CHECK_INT(connect(p->peer, (struct sockaddr *)&a, len), 0);
	p->own = accept(p->listener, NULL, NULL);
	CHECK(p->own >= 0);
}

static void pair_close(struct pair *p)
{
	(void)close(p->listener);
	(void)close(p->peer);
	(void)close(p->own);
}

static void the_other_end_is_of_its_user(void)
{
	static const int families[] = {AF_INET, AF_INET6};
	uid_t user = (uid_t)-1;
	struct pair p;

	for (size_t i = 0; i < 2; i++) {
		pair_open(&p, families[i]);
		CHECK_INT(holder_of_peer(p.own, &user), 0);
		CHECK_INT(user, geteuid());
		pair_close(&p);
	}
}

static void another_users_socket_is_theirs(void)
{
	enum { NOBODY = 65534 };
	uid_t user = 0;
	struct pair p;

	if (geteuid() != 0)
		return;
	CHECK_INT(seteuid(NOBODY), 0);
	pair_open(&p, AF_INET);
	CHECK_INT(seteuid(0), 0);
	CHECK_INT(holder_of_peer(p.own, &user), 0);
	CHECK_INT(user, NOBODY);
	pair_close(&p);
}

/* Or whoever connects, writes and closes would be root in the kernel's table.
 */
static void a_socket_that_was_closed_is_nobodys(void)
{
	uid_t user = 0;
	struct pair p;

	pair_open(&p, AF_INET);
	CHECK_INT(write(p.peer, "x", 1), 1);
	(void)close(p.peer);
	p.peer = -1;
	CHECK_INT(holder_of_peer(p.own, &user), -ENOENT);
	pair_close(&p);
}

/* As Java's viewers connect. */
static void ipv4_by_a_socket_of_ipv6_has_its_user(void)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6};
	uid_t user = (uid_t)-1;
	struct pair p;

	pair_open(&p, AF_INET);
	(void)close(p.peer);
	(void)close(p.own);
	a.sin6_port = htons(p.port);
	CHECK_INT(inet_pton(AF_INET6, "::ffff:127.0.0.1", &a.sin6_addr), 1);
	p.peer = socket(AF_INET6, SOCK_STREAM, 0);
	CHECK_INT(connect(p.peer, (struct sockaddr *)&a, sizeof(a)), 0);
	p.own = accept(p.listener, NULL, NULL);
	CHECK_INT(holder_of_peer(p.own, &user), 0);
	CHECK_INT(user, geteuid());
	pair_close(&p);
}

static void what_is_no_tcp_has_no_holder(void)
{
	int two[2];
	uid_t user;

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, two), 0);
	CHECK_INT(holder_of_peer(two[0], &user), -ENOENT);
	(void)close(two[0]);
	(void)close(two[1]);
}

static void who_listens_on_a_port_is_named(void)
{
	char name[64] = "";
	struct pair p;

	pair_open(&p, AF_INET);
	CHECK_INT(holder_of_port(p.port, name, sizeof(name)), 0);
	CHECK(strstr(name, "(process "));
	pair_close(&p);
}

TESTS(T(the_other_end_is_of_its_user), T(another_users_socket_is_theirs),
		T(a_socket_that_was_closed_is_nobodys),
		T(ipv4_by_a_socket_of_ipv6_has_its_user),
		T(what_is_no_tcp_has_no_holder),
		T(who_listens_on_a_port_is_named))
