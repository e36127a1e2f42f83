#include "bridge/forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/desk.h"
#include "bridge/door.h"
#include "bridge/forward_internal.h"
#include "core/log.h"
#include "proto/address.h"

enum { ANY_PORT_TRIES = 8 };

static const char *const here[] = {"127.0.0.1", "::1"};

/* ---- letting in -----------------------------------------------------------
 */

/* Refusals are told once a second at most: a stranger may make many. */
static void forward_refuse(struct forward *f, int fd, enum end_word word)
{
	uint64_t now = loop_now_ms(f->set->o.loop);

	(void)close(fd);
	f->set->counts.total++;
	f->set->counts.ends[word]++;
	f->untold++;
	if (f->told_ms && now - f->told_ms < 1000)
		return;
	log_warn(NULL,
			"event=forward_refused guest=%s listen=%s word=%s "
			"refused=%llu",
			log_value(f->guest).text, f->text, end_info(word)->word,
			(unsigned long long)f->untold);
	f->told_ms = now;
	f->untold = 0;
}

static bool forwards_full(const struct forwards *s)
{
	return s->o.live_max > 0 && s->live >= s->o.live_max;
}

static void on_client(void *arg, int fd)
{
	struct forward *f = arg;

	if (f->loop_by_ms > loop_now_ms(f->set->o.loop))
		forward_refuse(f, fd, END_BACKEND_FAILED);
	else if (f->live >= f->limits.connections || forwards_full(f->set))
		forward_refuse(f, fd, END_LIMIT);
	else
		link_start(f, fd);
}

/* ---- ways that lead back --------------------------------------------------
 */

static bool is_any(const char *host)
{
	return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

/* Listened on at this port: here, or at every address of this machine. */
static bool forward_has(const struct forward *f, const char *host, bool local,
		uint16_t port)
{
	const bool any_name = strcmp(host, "localhost") == 0;

	for (size_t i = 0; f->port == port && i < f->door_count; i++)
		if (strcmp(f->hosts[i], host) == 0 ||
				(local && (any_name || is_any(f->hosts[i]))))
			return true;
	return false;
}

bool forwards_own(const struct forwards *s, const char *host, uint16_t port)
{
	const struct address a = {.host = (char *)host, .port = port};
	bool local = address_is_local(&a);

	for (const struct forward *f = s->first; f; f = f->next)
		if (forward_has(f, host, local, port))
			return true;
	return false;
}

static bool name_of(
		int (*get)(int, struct sockaddr *restrict, socklen_t *restrict),
		int fd, char host[INET6_ADDRSTRLEN], uint16_t *ret_port)
{
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof(a);
	const void *raw = &((struct sockaddr_in *)&a)->sin_addr;

	if (get(fd, (struct sockaddr *)&a, &len) < 0 ||
			(a.ss_family != AF_INET && a.ss_family != AF_INET6))
		return false;
	if (a.ss_family == AF_INET6)
		raw = &((struct sockaddr_in6 *)&a)->sin6_addr;
	/* the port is at the same place in both */
	*ret_port = ntohs(((struct sockaddr_in *)&a)->sin_port);
	return inet_ntop(a.ss_family, raw, host, INET6_ADDRSTRLEN) != NULL;
}

bool forwards_own_peer(const struct forwards *s, int fd)
{
	char ours[INET6_ADDRSTRLEN], theirs[INET6_ADDRSTRLEN];
	uint16_t our_port, their_port;

	if (!name_of(getsockname, fd, ours, &our_port) ||
			!name_of(getpeername, fd, theirs, &their_port))
		return false;
	for (const struct forward *f = s->first; f; f = f->next) {
		/* from an address of this machine to the same one */
		bool local = strcmp(ours, theirs) == 0;

		if (forward_has(f, theirs, local, their_port))
			return true;
	}
	return false;
}

/* ---- opening --------------------------------------------------------------
 */

/* What its doors have counted stays counted. */
static void forward_shut(struct forward *f)
{
	struct forward_counts *c = &f->set->counts;

	for (size_t i = 0; i < f->door_count; i++) {
		c->total += door_refused(f->doors[i]);
		c->ends[END_NOT_PERMITTED] += door_refused(f->doors[i]);
		door_close(f->doors[i]);
	}
	f->door_count = 0;
}

void forward_free(struct forward *f)
{
	forward_shut(f);
	while (f->links)
		link_free(f->links);
	desk_free(f->desk);
	if (f->prev)
		f->prev->next = f->next;
	else if (f->set->first == f)
		f->set->first = f->next;
	if (f->next)
		f->next->prev = f->prev;
	free(f);
}

void forward_left(struct forward *f)
{
	if (f->closing && f->live == 0)
		forward_free(f);
}

static bool is_missing(int r)
{
	return r == -EADDRNOTAVAIL || r == -EAFNOSUPPORT;
}

/* Sources give the same socket again: two forwards would share it. */
static bool forwards_listen(
		const struct forwards *s, const char *host, uint16_t port)
{
	for (const struct forward *f = s->first; f; f = f->next)
		for (size_t i = 0; f->port == port && i < f->door_count; i++)
			if (strcmp(f->hosts[i], host) == 0)
				return true;
	return false;
}

/* One more address; all of a forward have the same port. */
static int forward_listen(
		struct forward *f, const char *host, bool quiet, struct err *e)
{
	char name[GUEST_ID_MAX + LINK_PORT_MAX + 1], port[LINK_PORT_MAX];
	const struct door_options o = {.loop = f->set->o.loop,
			.host = host,
			.port = f->port,
			.same_user = f->set->o.same_user || f->set->o.login,
			.source = f->set->o.source,
			.name = name,
			.quiet = quiet};
	int r;

	if (f->port && forwards_listen(f->set, host, f->port))
		return err_set(e, -EADDRINUSE,
				"port %u is taken by another forward of ours",
				f->port);
	link_port(f, port);
	(void)snprintf(name, sizeof(name), "%s:%s", f->guest, port);
	r = door_open(&f->doors[f->door_count], &o, on_client, f, e);
	if (r < 0)
		return r;
	f->port = door_port(f->doors[f->door_count]);
	(void)snprintf(f->hosts[f->door_count], sizeof(f->hosts[0]), "%s",
			host);
	if (f->door_count++ == 0)
		(void)snprintf(f->text, sizeof(f->text),
				strchr(host, ':') ? "[%s]:%u" : "%s:%u", host,
				f->port);
	return 0;
}

static int forward_listen_each(struct forward *f,
		const struct forward_options *o, struct err *e)
{
	const bool usual = o->host_count == 0;
	const char *const *hosts = usual ? here : o->hosts;
	size_t count = usual ? 2 : o->host_count;
	int r = 0;

	if (count > FORWARD_HOSTS_MAX)
		return err_set(e, -E2BIG, "more than %d addresses",
				FORWARD_HOSTS_MAX);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = forward_listen(f, hosts[i], o->quiet, e);
		if (usual && i > 0 && is_missing(r))
			r = 0; /* a machine without IPv6 */
	}
	return r;
}

/* A port that is free at the first address may be somebody's at the next:
 * where any will do, another one is tried. A source has one for each name. */
static int forward_listen_all(struct forward *f,
		const struct forward_options *o, struct err *e)
{
	const bool any = o->port == 0 && !f->set->o.source;
	int r = forward_listen_each(f, o, e);

	for (int i = 1; i < ANY_PORT_TRIES && any && r == -EADDRINUSE; i++) {
		forward_shut(f);
		f->port = 0;
		r = forward_listen_each(f, o, e);
	}
	return r;
}

static int forward_desk(struct forward *f, struct err *e)
{
	struct desk_options o = {.loop = f->set->o.loop, .guest = f->guest};
	int r;

	o.hypervisor = f->set->o.find(f->set->o.arg, f->guest, &o.id);
	if (!o.hypervisor)
		return err_set(e, -ENOENT, "there is no profile of '%s'",
				f->guest);
	r = desk_new(&f->desk, &o);
	return r < 0 ? err_set(e, r, "no memory") : 0;
}

void forward_limit(struct forward *f, const struct forward_limits *l)
{
	const struct forwards_options *all = &f->set->o;

	f->limits.connect_ms = l->connect_ms ? l->connect_ms : all->connect_ms;
	f->limits.idle_ms = l->idle_ms ? l->idle_ms : all->idle_ms;
	f->limits.connections =
			l->connections ? l->connections : all->connections;
}

static int forward_new(struct forward **ret, struct forwards *s,
		const struct forward_options *o, struct err *e)
{
	struct forward *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return err_set(e, -ENOMEM, "no memory");
	f->set = s;
	f->port = o->port;
	f->guest_port = o->guest_port;
	f->kind = o->kind;
	forward_limit(f, &o->limits);
	(void)snprintf(f->guest, sizeof(f->guest), "%s", o->guest);
	(void)snprintf(f->what, sizeof(f->what), "%s", o->what ? o->what : "");
	r = s->o.login && !f->guest_port ? forward_desk(f, e) : 0;
	if (r < 0) {
		free(f);
		return r;
	}
	f->next = s->first;
	if (f->next)
		f->next->prev = f;
	s->first = f;
	*ret = f;
	return 0;
}

int forward_open(struct forward **ret_forward, struct forwards *s,
		const struct forward_options *o, struct err *e)
{
	struct forward *f;
	int r = forward_new(&f, s, o, e);

	if (r < 0)
		return r;
	r = forward_listen_all(f, o, e);
	if (r < 0)
		forward_free(f);
	else
		*ret_forward = f;
	return r;
}

int forward_one(struct forwards *s, const struct forward_options *o, int fd,
		forward_over_fn *over, void *arg, struct err *e)
{
	struct forward *f;
	int r = forward_new(&f, s, o, e);

	if (r < 0) {
		(void)close(fd);
		return r;
	}
	f->over = over;
	f->arg = arg;
	f->closing = true;
	link_start(f, fd);
	if (f->live > 0)
		return 0;
	forward_free(f);
	return err_set(e, -ENOMEM, "no memory");
}

void forward_close(struct forward *f, enum end_word word)
{
	struct forward_link *next;

	forward_shut(f);
	f->closing = true;
	for (struct forward_link *k = f->links; k; k = next) {
		next = k->next;
		link_stop(k, word);
	}
	forward_left(f);
}

uint16_t forward_port(const struct forward *f)
{
	return f->port;
}

const char *forward_text(const struct forward *f)
{
	return f->text;
}

/* ---- all of them ----------------------------------------------------------
 */

int forwards_new(struct forwards **ret_set, const struct forwards_options *o)
{
	struct forwards *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->o = *o;
	s->ids = o->ids;
	forwards_limit(s, o);
	*ret_set = s;
	return 0;
}

void forwards_limit(struct forwards *s, const struct forwards_options *o)
{
	s->o.connect_ms = o->connect_ms ? o->connect_ms : FORWARD_CONNECT_MS;
	s->o.connections =
			o->connections ? o->connections : FORWARD_CONNECTIONS;
	s->o.idle_ms = o->idle_ms;
	s->o.live_max = o->live_max;
}

void forwards_free(struct forwards *s)
{
	struct forward_ask *next;

	if (!s)
		return;
	while (s->first)
		forward_free(s->first);
	for (struct forward_ask *a = s->asks; a; a = next) {
		next = a->next;
		free(a);
	}
	free(s);
}

void forwards_shut(struct forwards *s)
{
	for (struct forward *f = s->first; f; f = f->next)
		forward_shut(f);
}

void forwards_end(struct forwards *s, enum end_word word)
{
	struct forward_link *next;

	for (struct forward *f = s->first; f; f = f->next) {
		for (struct forward_link *k = f->links; k; k = next) {
			next = k->next;
			link_stop(k, word);
		}
	}
}

struct hypervisor *forwards_find(
		struct forwards *s, const char *guest, const char **ret_rest)
{
	return s->o.find(s->o.arg, guest, ret_rest);
}

size_t forwards_live(const struct forwards *s)
{
	return s->live;
}

/* ---- who is connected -----------------------------------------------------
 */

static const char *const states[] = {
		[LINK_PLANNING] = "dialling",
		[LINK_DIALLING] = "dialling",
		[LINK_STREAMING] = "streaming",
		[LINK_SESSION] = "streaming",
		[LINK_OVER] = "draining",
};

void forwards_each(const struct forwards *s, forward_each_fn *fn, void *arg)
{
	const uint64_t now = loop_now_ms(s->o.loop);
	char port[LINK_PORT_MAX];

	for (const struct forward *f = s->first; f; f = f->next) {
		link_port(f, port);
		for (const struct forward_link *k = f->links; k; k = k->next) {
			const bool ends = k->word != END_WORDS;
			const struct forward_connection c = {
					.id = k->id,
					.guest = f->guest,
					.port = port,
					.listen = f->text,
					.from = k->from,
					.state = states[ends ? LINK_OVER
							     : k->state],
					.age_ms = now - k->begun_ms,
					.up = k->counts->up.bytes,
					.down = k->counts->down.bytes,
			};

			fn(arg, &c);
		}
	}
}

bool forwards_end_one(struct forwards *s, const char *id, enum end_word word)
{
	for (struct forward *f = s->first; f; f = f->next)
		for (struct forward_link *k = f->links; k; k = k->next)
			if (strcmp(k->id, id) == 0) {
				link_stop(k, word);
				return true;
			}
	return false;
}

/* ---- counting -------------------------------------------------------------
 */

void forwards_count(const struct forwards *s, struct forward_counts *ret)
{
	*ret = s->counts;
	for (const struct forward *f = s->first; f; f = f->next) {
		ret->forwards += f->door_count > 0;
		for (size_t i = 0; i < f->door_count; i++) {
			size_t others = door_refused(f->doors[i]);

			ret->total += others;
			ret->ends[END_NOT_PERMITTED] += others;
		}
		for (const struct forward_link *k = f->links; k; k = k->next) {
			ret->active++;
			ret->up += k->counts->up.bytes;
			ret->down += k->counts->down.bytes;
		}
	}
}

bool forward_word_is_error(enum end_word word)
{
	switch (word) {
	case END_CLIENT_CLOSED:
	case END_GUEST_CLOSED:
	case END_GUEST_NOT_RUNNING:
	case END_IDLE:
	case END_SHUTDOWN:
	case END_KILLED:
		return false;
	default:
		return true;
	}
}
