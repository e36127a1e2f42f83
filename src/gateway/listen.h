/*
 * Listeners: opened by whoever starts the gateway (before it gives up its
 * rights), used by the control loop of the worker.
 */
#ifndef GATEWAY_LISTEN_H
#define GATEWAY_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "gateway/front.h"

struct address;
struct config;
struct sockaddr;

enum { LISTENERS_MAX = 32, LISTENER_TEXT_MAX = 600, LISTEN_BACKLOG = 1024 };

struct listener {
	int fd;
	enum front_role role;
	bool tls;       /* beyond loopback, or with a certificate */
	bool local;     /* loopback or a Unix socket */
	char host[256]; /* as configured; "" for a Unix socket */
	uint16_t port;  /* the one it got */
	char text[LISTENER_TEXT_MAX]; /* "127.0.0.1:8443", for messages */
};

struct listeners {
	struct listener items[LISTENERS_MAX];
	size_t count;
};

/*
 * Those of the configuration, the control socket unless control_path is NULL.
 * A busy port is -EADDRINUSE and names who holds it, where /proc tells. On
 * failure none is open.
 */
int listeners_open(struct listeners *l, const struct config *c,
		const char *control_path, struct err *e);
/* One socket that listens there. 0 or -errno. */
int listen_at(const struct sockaddr *a, unsigned len, int *ret_fd);
/* Closes them; with `files_too`, for the last one that has them open, the
 * files of Unix sockets go as well. May be called again. */
void listeners_close(struct listeners *l, bool files_too);

/*
 * The addresses at which the listener can be reached from elsewhere: for
 * 0.0.0.0 and :: those of the machine's interfaces. Up to `max` texts
 * ("192.0.2.7", "[2001:db8::7]"); how many.
 */
size_t listener_hosts(const struct listener *l, char ret[][64], size_t max);

#endif
