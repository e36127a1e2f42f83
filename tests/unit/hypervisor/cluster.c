#include "cluster.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop.h"
#include "test.h"

struct pve_conn {
	struct pve_conn *next;
	struct pve_server *server;
	int fd;
	struct watch *watch;
	struct timer *late;
	const struct pve_rule *rule;
	char data[16384];
	size_t len;
};

static void conn_free(struct pve_conn *c)
{
	struct pve_conn **at = &c->server->conns;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	watch_free(c->watch);
	timer_free(c->late);
	(void)close(c->fd);
	free(c);
}

static void conn_answer(struct pve_conn *c)
{
	const struct pve_rule *r = c->rule;
	char text[8192];
	int len = snprintf(text, sizeof(text),
			"HTTP/1.1 %s\r\nContent-Length: %zu\r\n"
			"Connection: close\r\nConnection: Keep-Alive\r\n\r\n%s",
			r->head, strlen(r->body), r->body);

	CHECK(len < (int)sizeof(text));
	(void)send(c->fd, text, (size_t)len, MSG_NOSIGNAL);
	conn_free(c);
}

static void on_late(void *arg)
{
	conn_answer(arg);
}

static struct pve_rule *rule_for(struct pve_server *s, const char *text)
{
	const char *at = strstr(text, "/api2/json");
	char line[256];

	(void)snprintf(line, sizeof(line), "%.*s%s",
			(int)strcspn(text, " ") + 1, text,
			at ? at + 10 : strchr(text, ' ') + 1);
	for (size_t i = s->rule_count; i-- > 0;) {
		struct pve_rule *r = &s->rules[i];

		if (!r->ask || strncmp(line, r->ask, strlen(r->ask)) != 0)
			continue;
		if (r->times > 0 && --r->times == 0)
			r->ask = NULL; /* used up */
		return r;
	}
	fail_msg("nothing is said to '%.80s'", line);
	return NULL;
}

static void conn_asked(struct pve_conn *c)
{
	struct pve_server *s = c->server;

	s->asked++;
	CHECK_INT(buf_add(&s->heard, c->data, c->len), 0);
	CHECK_INT(buf_adds(&s->heard, "\n"), 0);
	c->len = 0;
	if (s->silent)
		return;
	c->rule = rule_for(s, c->data);
	if (c->rule->late_ms == 0) {
		conn_answer(c);
		return;
	}
	CHECK_INT(timer_new(&c->late, s->loop, on_late, c), 0);
	timer_set(c->late, c->rule->late_ms);
}

static void on_conn(void *arg, int events)
{
	struct pve_conn *c = arg;
	const char *end, *length;
	ssize_t n = recv(c->fd, c->data + c->len, sizeof(c->data) - 1 - c->len,
			MSG_DONTWAIT);

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			conn_free(c);
		return;
	}
	c->len += (size_t)n;
	c->data[c->len] = '\0';
	end = strstr(c->data, "\r\n\r\n");
	length = strstr(c->data, "Content-Length: ");
	if (!end)
		return;
	if (length && strlen(end + 4) < strtoul(length + 16, NULL, 10))
		return;
	conn_asked(c);
}

static void on_accept(void *arg, int events)
{
	struct pve_server *s = arg;
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
	struct pve_conn *c;

	if (fd < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->server = s;
	c->fd = fd;
	c->next = s->conns;
	s->conns = c;
	CHECK_INT(watch_new(&c->watch, s->loop, fd, on_conn, c), 0);
	CHECK_INT(watch_set(c->watch, LOOP_READ), 0);
}

void server_open(struct pve_server *s, struct loop *l)
{
	struct sockaddr_in a = {
			.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(a);

	*s = (struct pve_server){.loop = l};
	buf_init(&s->heard, 1024 * 1024);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(s->fd >= 0);
	CHECK_INT(bind(s->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CHECK_INT(listen(s->fd, 64), 0);
	CHECK_INT(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
	s->port = ntohs(a.sin_port);
	CHECK_INT(watch_new(&s->watch, l, s->fd, on_accept, s), 0);
	CHECK_INT(watch_set(s->watch, LOOP_READ), 0);
}

void server_close(struct pve_server *s)
{
	while (s->conns)
		conn_free(s->conns);
	watch_free(s->watch);
	s->watch = NULL;
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
	buf_done(&s->heard);
}

void server_rule_times(struct pve_server *s, unsigned times, const char *ask,
		const char *head, const char *body)
{
	CHECK(s->rule_count < RULES_MAX);
	s->rules[s->rule_count++] = (struct pve_rule){
			.ask = ask, .head = head, .body = body, .times = times};
}

void server_rule(struct pve_server *s, const char *ask, const char *head,
		const char *body)
{
	server_rule_times(s, 0, ask, head, body);
}

unsigned server_count(struct pve_server *s, const char *words)
{
	unsigned count = 0;
	const char *at;

	CHECK_INT(buf_add(&s->heard, "", 1), 0);
	s->heard.len--;
	for (at = (const char *)buf_data(&s->heard); (at = strstr(at, words));
			at++)
		count++;
	return count;
}
