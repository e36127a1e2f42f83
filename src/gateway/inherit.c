#include "gateway/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "proto/address.h"
#include "proto/url.h"

#define INHERIT_VERSION "1"

enum { FIELDS_MAX = 6, FD_FIRST = 3 };

static const char *const role_names[] = {
		[FRONT_WEB] = "web",
		[FRONT_CONTROL] = "control",
		[FRONT_OPS] = "ops",
};

enum { ROLES = sizeof(role_names) / sizeof(role_names[0]) };

/* ---- writing ------------------------------------------------------------ */

static int write_listener(const struct listener *l, struct buf *to)
{
	char host[3 * sizeof(l->host)], text[3 * sizeof(l->text)];
	int r = url_encode(l->host, strlen(l->host), host, sizeof(host));

	if (r >= 0)
		r = url_encode(l->text, strlen(l->text), text, sizeof(text));
	if (r < 0)
		return r;
	return buf_addf(to, ";listen=%d,%s,%s%s,%u,%s,%s", l->fd,
			role_names[l->role], l->tls ? "t" : "",
			l->local ? "l" : "", (unsigned)l->port, host, text);
}

static int write_port(const struct inherit_port *p, struct buf *to)
{
	char name[3 * sizeof(p->name)];
	int r = url_encode(p->name, strlen(p->name), name, sizeof(name));

	return r < 0 ? r : buf_addf(to, ";port=%d,%s", p->fd, name);
}

int inherit_write(const struct inherit *h, struct buf *to)
{
	int r = buf_adds(to, INHERIT_VERSION);

	if (r == 0 && h->line >= 0)
		r = buf_addf(to, ";line=%d", h->line);
	for (size_t i = 0; r == 0 && i < h->worker_count; i++)
		r = buf_addf(to, ";worker=%ld,%d,%s", (long)h->workers[i].pid,
				h->workers[i].line,
				h->workers[i].retiring ? "retiring"
						       : "serving");
	for (size_t i = 0; r == 0 && i < h->listeners.count; i++)
		r = write_listener(&h->listeners.items[i], to);
	for (size_t i = 0; r == 0 && i < h->port_count; i++)
		r = write_port(&h->ports[i], to);
	return r;
}

/* ---- reading ------------------------------------------------------------ */

/* A decimal number up to INT_MAX, and nothing else. */
static bool read_number(const char *text, long *ret)
{
	long n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (*text - '0');
		if (n > INT_MAX)
			return false;
	}
	*ret = n;
	return true;
}

static bool has_fd(const struct inherit *h, int fd)
{
	bool has = h->line == fd;

	for (size_t i = 0; i < h->listeners.count; i++)
		has |= h->listeners.items[i].fd == fd;
	for (size_t i = 0; i < h->worker_count; i++)
		has |= h->workers[i].line == fd;
	for (size_t i = 0; i < h->port_count; i++)
		has |= h->ports[i].fd == fd;
	return has;
}

static bool read_fd(const struct inherit *h, const char *text, int *ret)
{
	long fd;

	if (!read_number(text, &fd) || fd < FD_FIRST || has_fd(h, (int)fd))
		return false;
	*ret = (int)fd;
	return true;
}

static bool read_role(const char *name, enum front_role *ret)
{
	for (size_t i = 0; i < ROLES; i++)
		if (strcmp(name, role_names[i]) == 0) {
			*ret = (enum front_role)i;
			return true;
		}
	return false;
}

static bool read_flags(const char *flags, struct listener *l)
{
	for (; *flags; flags++) {
		if (*flags != 't' && *flags != 'l')
			return false;
		l->tls |= *flags == 't';
		l->local |= *flags == 'l';
	}
	return true;
}

static bool read_listener(struct inherit *h, char *const *f, size_t count)
{
	struct listener l = {0};

	if (count != 6 || h->listeners.count == LISTENERS_MAX ||
			!read_fd(h, f[0], &l.fd) || !read_role(f[1], &l.role) ||
			!read_flags(f[2], &l) ||
			!address_port(f[3], strlen(f[3]), true, &l.port) ||
			url_decode(f[4], strlen(f[4]), l.host, sizeof(l.host)) <
					0 ||
			url_decode(f[5], strlen(f[5]), l.text, sizeof(l.text)) <
					0)
		return false;
	h->listeners.items[h->listeners.count++] = l;
	return true;
}

static bool read_worker(struct inherit *h, char *const *f, size_t count)
{
	struct inherit_worker w = {0};
	long pid;

	if (count != 3 || h->worker_count == INHERIT_WORKERS_MAX ||
			!read_number(f[0], &pid) || pid < 2 ||
			!read_fd(h, f[1], &w.line))
		return false;
	w.pid = (pid_t)pid;
	w.retiring = strcmp(f[2], "retiring") == 0;
	if (!w.retiring && strcmp(f[2], "serving") != 0)
		return false;
	h->workers[h->worker_count++] = w;
	return true;
}

static bool read_port(struct inherit *h, char *const *f, size_t count)
{
	struct inherit_port p = {0};

	if (count != 2 || h->port_count == INHERIT_PORTS_MAX ||
			!read_fd(h, f[0], &p.fd) ||
			url_decode(f[1], strlen(f[1]), p.name, sizeof(p.name)) <
					0)
		return false;
	h->ports[h->port_count++] = p;
	return true;
}

static bool read_entry(struct inherit *h, char *entry)
{
	char *f[FIELDS_MAX + 1], *rest = strchr(entry, '=');
	size_t count = 0;

	if (!rest)
		return false;
	*rest++ = '\0';
	while (rest && count <= FIELDS_MAX)
		f[count++] = strsep(&rest, ",");
	if (strcmp(entry, "listen") == 0)
		return read_listener(h, f, count);
	if (strcmp(entry, "worker") == 0)
		return read_worker(h, f, count);
	if (strcmp(entry, "port") == 0)
		return read_port(h, f, count);
	return strcmp(entry, "line") == 0 && count == 1 && h->line < 0 &&
	       read_fd(h, f[0], &h->line);
}

int inherit_parse(const char *text, struct inherit *ret, struct err *e)
{
	struct inherit *h = calloc(1, sizeof(*h));
	char *copy = strlen(text) <= INHERIT_TEXT_MAX ? strdup(text) : NULL;
	char *rest = copy, *entry;
	int r = 0;

	if (!h || !copy) {
		free(h);
		free(copy);
		return err_set(e, -EINVAL, "too much was handed down");
	}
	h->line = -1;
	if (strcmp(strsep(&rest, ";"), INHERIT_VERSION) != 0)
		r = err_set(e, -EINVAL,
				"what was handed down is of another version; "
				"restart the service");
	while (r == 0 && (entry = strsep(&rest, ";")))
		if (!read_entry(h, entry))
			r = err_set(e, -EINVAL,
					"what was handed down is damaged");
	if (r == 0)
		*ret = *h;
	free(h);
	free(copy);
	return r;
}

/* ---- descriptors -------------------------------------------------------- */

/* Is it a socket, and one that listens where it should? */
static bool fd_is(int fd, bool listens)
{
	socklen_t len = sizeof(int);
	int on = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 &&
	       (on != 0) == listens;
}

static bool inherit_is_there(const struct inherit *h)
{
	bool there = h->line < 0 || fd_is(h->line, false);

	for (size_t i = 0; i < h->worker_count; i++)
		there &= fd_is(h->workers[i].line, false);
	for (size_t i = 0; i < h->listeners.count; i++)
		there &= fd_is(h->listeners.items[i].fd, true);
	for (size_t i = 0; i < h->port_count; i++)
		there &= fd_is(h->ports[i].fd, true);
	return there;
}

int inherit_take(const char *variable, struct inherit *ret, struct err *e)
{
	const char *text = getenv(variable);
	int r;

	if (!text)
		return err_set(e, -ENOENT, "%s is not set", variable);
	r = inherit_parse(text, ret, e);
	(void)unsetenv(variable);
	if (r < 0)
		return r;
	if (!inherit_is_there(ret))
		return err_set(e, -EINVAL,
				"%s names descriptors that are not ours; it "
				"is for the program itself to set",
				variable);
	inherit_keep(ret, false);
	return 0;
}

static void fd_keep(int fd, bool keep)
{
	if (fd >= 0)
		(void)fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

void inherit_keep(const struct inherit *h, bool keep)
{
	fd_keep(h->line, keep);
	for (size_t i = 0; i < h->worker_count; i++)
		fd_keep(h->workers[i].line, keep);
	for (size_t i = 0; i < h->listeners.count; i++)
		fd_keep(h->listeners.items[i].fd, keep);
	for (size_t i = 0; i < h->port_count; i++)
		fd_keep(h->ports[i].fd, keep);
}
