/*
 * What a process of the gateway hands to the one that it starts: descriptors,
 * and an environment variable that says what they are. The supervisor hands
 * its listeners and a line to each worker, and, where it starts itself anew
 * for an upgrade, its listeners and the workers that live.
 *
 *	1;line=9;listen=4,web,tl,8443,127.0.0.1,127.0.0.1%3A8443
 *	1;worker=712,8,serving;worker=698,11,retiring;port=13,;listen=...
 *
 * The two ends may be of different versions of the program: the first field
 * is the version of this text.
 */
#ifndef GATEWAY_INHERIT_H
#define GATEWAY_INHERIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"
#include "gateway/listen.h"

struct buf;

#define INHERIT_WORKER "GLASSBRIDGE_WORKER"
#define INHERIT_SUPERVISOR "GLASSBRIDGE_SUPERVISOR"

enum {
	INHERIT_WORKERS_MAX = 16,
	INHERIT_PORTS_MAX = 2048,
	INHERIT_NAME_MAX = 128,
	INHERIT_TEXT_MAX = 124 * 1024, /* execve takes 128 KiB a text */
};

struct inherit_worker {
	pid_t pid;
	int line;
	bool retiring; /* else it serves */
};

/* What a forward listens on (gateway/ports.h). */
struct inherit_port {
	int fd;
	char name[INHERIT_NAME_MAX]; /* of who asked for any port; "" */
};

struct inherit {
	struct listeners listeners;
	int line; /* a worker's, to its supervisor; -1: none */
	struct inherit_worker workers[INHERIT_WORKERS_MAX];
	size_t worker_count;
	struct inherit_port ports[INHERIT_PORTS_MAX];
	size_t port_count;
};

/* Write it down; 0, -EMSGSIZE, -ENOMEM. */
int inherit_write(const struct inherit *h, struct buf *to);

/* Read it. 0 or -EINVAL (*ret is untouched). Nothing is asked of the
 * descriptors, but none stands there twice and none is below 3. */
int inherit_parse(const char *text, struct inherit *ret, struct err *e);

/*
 * Take what the variable tells, and the variable out of the environment: the
 * descriptors are there, are what they should be, and end with this program.
 * -ENOENT: it is not set.
 */
int inherit_take(const char *variable, struct inherit *ret, struct err *e);

/* Whether the descriptors outlive an exec. */
void inherit_keep(const struct inherit *h, bool keep);

#endif
