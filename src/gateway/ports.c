#include "gateway/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config.h"
#include "core/holder.h"
#include "core/log.h"
#include "gateway/inherit.h"
#include "gateway/line.h"
#include "gateway/listen.h"
#include "proto/address.h"

/* An open one. */
struct port {
	int fd;
	char host[INET6_ADDRSTRLEN];
	uint16_t port;
	char name[INHERIT_NAME_MAX]; /* "": it was asked for by its number */
	pid_t who;                   /* asked for it last */
};

/* One that there may be; port 0: any that is not privileged. */
struct port_rule {
	char host[INET6_ADDRSTRLEN];
	uint16_t port;
};

struct ports {
	struct port items[INHERIT_PORTS_MAX];
	size_t count;
	struct port_rule *rules;
	size_t rule_count;
	bool stale; /* another configuration may stand */
	ports_read_fn *read;
	void *arg;
};

/* What a worker asks for. */
struct wish {
	uint16_t port;
	const char *host, *name;
	bool why;
};

/* ---- what there may be --------------------------------------------------- */

static void rule_add(struct ports *p, const char *host, uint16_t port)
{
	struct port_rule *more = reallocarray(
			p->rules, p->rule_count + 1, sizeof(*more));

	if (!more)
		return; /* then there is one less */
	p->rules = more;
	more += p->rule_count++;
	more->port = port;
	(void)snprintf(more->host, sizeof(more->host), "%s", host);
}

static void rules_of(struct ports *p, const struct config *c)
{
	p->rule_count = 0;
	for (size_t i = 0; i < c->forward_count; i++) {
		const struct config_forward *f = &c->forwards[i];
		uint16_t port = f->all ? 0 : (uint16_t)f->port;

		for (size_t k = 0; k < f->listen.count; k++)
			rule_add(p, f->listen.items[k], port);
		if (f->listen.count > 0)
			continue;
		rule_add(p, "127.0.0.1", port);
		rule_add(p, "::1", port);
	}
}

/* A file with a mistake leaves the old rules in force, as with a worker. */
static void rules_read(struct ports *p)
{
	struct config *c;
	struct err e;

	if (!p->stale)
		return;
	p->stale = false;
	if (p->read(p->arg, &c, &e) < 0) {
		log_error(NULL, "event=ports_unread detail=%s",
				log_value(e.text).text);
		return;
	}
	rules_of(p, c);
	config_free(c);
}

static bool rule_allows(const struct port_rule *r, const struct wish *w)
{
	if (strcmp(r->host, w->host) != 0)
		return false;
	if (r->port == 0)
		return w->port == 0 || w->port >= PORTS_PRIVILEGED;
	return r->port == w->port;
}

static int may_open(struct ports *p, const struct wish *w, struct err *e)
{
	rules_read(p);
	for (size_t i = 0; i < p->rule_count; i++)
		if (rule_allows(&p->rules[i], w))
			return 0;
	if (w->port > 0 && w->port < PORTS_PRIVILEGED)
		return err_set(e, -EACCES,
				"port %u is privileged: only a forward that "
				"names it may have it",
				w->port);
	return err_set(e, -EPERM,
			"the configuration has no forward on %s port %u",
			w->host, w->port);
}

/* ---- opening ------------------------------------------------------------- */

static int open_failed(const struct wish *w, int r, struct err *e)
{
	char holder[64];

	if (r == -EADDRINUSE && w->why &&
			holder_of_port(w->port, holder, sizeof(holder)) == 0)
		return err_set(e, r, "port %u is taken by %s", w->port, holder);
	return err_set(e, r, "cannot listen on %s port %u: %s", w->host,
			w->port, strerrordesc_np(-r));
}

/* The port that a socket has: where IPv6 has it, IPv4 has it, too. */
static uint16_t port_of(int fd)
{
	struct sockaddr_in6 a = {0};
	socklen_t len = sizeof(a);

	return getsockname(fd, (struct sockaddr *)&a, &len) < 0
			       ? 0
			       : ntohs(a.sin6_port);
}

static int port_open(const struct wish *w, int *ret_fd, struct err *e)
{
	struct sockaddr_in v4 = {
			.sin_family = AF_INET, .sin_port = htons(w->port)};
	struct sockaddr_in6 v6 = {
			.sin6_family = AF_INET6, .sin6_port = htons(w->port)};
	int r = -EINVAL;

	if (inet_pton(AF_INET, w->host, &v4.sin_addr) == 1)
		r = listen_at((struct sockaddr *)&v4, sizeof(v4), ret_fd);
	else if (inet_pton(AF_INET6, w->host, &v6.sin6_addr) == 1)
		r = listen_at((struct sockaddr *)&v6, sizeof(v6), ret_fd);
	return r < 0 ? open_failed(w, r, e) : 0;
}

static struct port *port_find(struct ports *p, const struct wish *w)
{
	for (size_t i = 0; i < p->count; i++) {
		struct port *o = &p->items[i];

		if (strcmp(o->host, w->host) != 0)
			continue;
		if (w->port ? o->port == w->port
			    : *o->name && strcmp(o->name, w->name) == 0)
			return o;
	}
	return NULL;
}

static int port_add(struct ports *p, const struct wish *w, struct port **ret,
		struct err *e)
{
	struct port *o = &p->items[p->count];
	int r = may_open(p, w, e);

	if (r < 0)
		return r;
	if (p->count == INHERIT_PORTS_MAX)
		return err_set(e, -EMFILE, "more than %d listeners of forwards",
				INHERIT_PORTS_MAX);
	*o = (struct port){0};
	r = port_open(w, &o->fd, e);
	if (r < 0)
		return r;
	o->port = port_of(o->fd);
	(void)snprintf(o->host, sizeof(o->host), "%s", w->host);
	if (w->port == 0)
		(void)snprintf(o->name, sizeof(o->name), "%s", w->name);
	p->count++;
	*ret = o;
	return 0;
}

/* "3162 127.0.0.1 1 boxes/agent-7:5901" */
static int wish_read(char *text, struct wish *ret, struct err *e)
{
	const char *port = strsep(&text, " "), *host = strsep(&text, " ");
	const char *why = strsep(&text, " ");

	if (!text || strlen(host) >= INET6_ADDRSTRLEN ||
			strlen(text) >= INHERIT_NAME_MAX ||
			!address_port(port, strlen(port), true, &ret->port))
		return err_set(e, -EPROTO, "this is no wish for a port");
	ret->host = host;
	ret->why = strcmp(why, "1") == 0;
	ret->name = text;
	return 0;
}

void ports_answer(struct ports *p, pid_t who, const char *text, int fd)
{
	char copy[LINE_TEXT_MAX];
	struct port *o = NULL;
	struct wish w;
	struct err e;
	int r;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	r = wish_read(copy, &w, &e);
	if (r == 0)
		o = port_find(p, &w);
	if (r == 0 && !o)
		r = port_add(p, &w, &o, &e);
	if (r < 0) {
		(void)line_tell(fd, LINE_PORT_IS, r, e.text, -1);
		return;
	}
	o->who = who;
	(void)line_send(fd, LINE_PORT_IS, 0, o->fd);
}

/* ---- closing ------------------------------------------------------------- */

static void port_close(struct ports *p, size_t at)
{
	close(p->items[at].fd);
	p->items[at] = p->items[--p->count];
}

void ports_drop(struct ports *p, pid_t who, const char *text)
{
	const char *host = strchr(text, ' ');
	unsigned long port = strtoul(text, NULL, 10);

	for (size_t i = 0; host && i < p->count; i++)
		if (p->items[i].port == port &&
				strcmp(p->items[i].host, host + 1) == 0) {
			/* else it is what the next worker goes on with */
			if (p->items[i].who == who)
				port_close(p, i);
			return;
		}
}

void ports_again(struct ports *p)
{
	p->stale = true;
}

void ports_chosen(struct ports *p, pid_t who)
{
	for (size_t i = p->count; i > 0; i--)
		if (p->items[i - 1].who != who)
			port_close(p, i - 1);
}

void ports_pass(struct ports *p, pid_t from, pid_t to)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].who == from)
			p->items[i].who = to;
}

void ports_close(struct ports *p)
{
	while (p->count > 0)
		port_close(p, p->count - 1);
}

/* ---- life ---------------------------------------------------------------- */

void ports_hand(const struct ports *p, struct inherit *to)
{
	to->port_count = p->count;
	for (size_t i = 0; i < p->count; i++) {
		to->ports[i].fd = p->items[i].fd;
		memcpy(to->ports[i].name, p->items[i].name, INHERIT_NAME_MAX);
	}
}

int ports_take(struct ports *p, const struct inherit *from, pid_t who)
{
	struct sockaddr_storage a;
	socklen_t len;

	for (size_t i = 0; i < from->port_count; i++) {
		struct port *o = &p->items[p->count++];

		len = sizeof(a);
		o->fd = from->ports[i].fd;
		o->who = who;
		o->port = port_of(o->fd);
		memcpy(o->name, from->ports[i].name, INHERIT_NAME_MAX);
		if (getsockname(o->fd, (struct sockaddr *)&a, &len) < 0 ||
				getnameinfo((struct sockaddr *)&a, len, o->host,
						sizeof(o->host), NULL, 0,
						NI_NUMERICHOST) != 0)
			return -EINVAL;
	}
	return 0;
}

int ports_new(struct ports **ret_ports, ports_read_fn *read, void *arg)
{
	struct ports *p = calloc(1, sizeof(*p));
	struct rlimit fds;

	if (!p)
		return -ENOMEM;
	if (getrlimit(RLIMIT_NOFILE, &fds) == 0) {
		fds.rlim_cur = fds.rlim_max; /* each is one of ours, too */
		(void)setrlimit(RLIMIT_NOFILE, &fds);
	}
	p->read = read;
	p->arg = arg;
	p->stale = true;
	*ret_ports = p;
	return 0;
}

void ports_free(struct ports *p)
{
	if (!p)
		return;
	ports_close(p);
	free(p->rules);
	free(p);
}

/* ---- the worker's ---------------------------------------------------------
 */

/* Many may go at once, more than the line holds. What was not said would stay
 * open with nobody behind it. */
static int tell_supervisor(
		int line, enum line_kind kind, const char *text, int fd)
{
	struct pollfd wait = {.fd = line, .events = POLLOUT};
	int r = line_tell(line, kind, 0, text, fd);

	while (r == -EAGAIN) {
		int n = poll(&wait, 1, PORTS_ANSWER_MS);

		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		r = line_tell(line, kind, 0, text, fd);
	}
	return r;
}

static int answer_wait(int fd, int *ret_fd, struct err *e)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct line_message m;
	int r;

	do
		r = poll(&wait, 1, PORTS_ANSWER_MS);
	while (r < 0 && errno == EINTR);
	r = line_receive(fd, &m, ret_fd);
	if (r != 1 || m.kind != LINE_PORT_IS)
		return err_set(e, -EIO, "the supervisor does not answer");
	if (m.value < 0)
		return err_set(e, m.value, "%s", m.text);
	return *ret_fd < 0 ? err_set(e, -EMFILE, "no descriptor is left") : 0;
}

int ports_ask(int line, const char *host, uint16_t port, const char *name,
		bool why, int *ret_fd, struct err *e)
{
	char text[LINE_TEXT_MAX];
	int ends[2], fd = -1;
	int r = line_new(ends);

	if (r < 0)
		return err_set(e, r, "%s", strerrordesc_np(-r));
	(void)snprintf(text, sizeof(text), "%u %s %d %.*s", port, host, why,
			INHERIT_NAME_MAX - 1, name);
	r = tell_supervisor(line, LINE_PORT, text, ends[1]);
	close(ends[1]);
	if (r < 0)
		(void)err_set(e, r, "the supervisor does not listen: %s",
				strerrordesc_np(-r));
	else
		r = answer_wait(ends[0], &fd, e);
	close(ends[0]);
	if (r == 0)
		*ret_fd = fd;
	return r;
}

void ports_give_back(int line, const char *host, uint16_t port)
{
	char text[LINE_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "%u %s", port, host);
	(void)tell_supervisor(line, LINE_PORT_DROP, text, -1);
}
