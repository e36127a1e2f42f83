/*
 * The ports of forwards ([[forwards]]). A worker binds none: its sandbox
 * forbids it. It asks its supervisor, which opens a listening socket, keeps
 * it and hands it over. So ports come and go while it runs, also below 1024,
 * and none is without a listener while a worker dies or gives way to another:
 * who knocks meanwhile waits. The supervisor opens only what the configuration
 * names, which it reads itself: who has taken a worker over wins no other.
 *
 *	worker                             supervisor
 *	LINE_PORT, with a socket  ----->   has it, or may it be opened?
 *	                          <-----   LINE_PORT_IS on that socket
 *	LINE_PORT_DROP            ----->   closed, unless another asked since
 *	LINE_PORTS_AGAIN          ----->   the configuration is read again
 *	LINE_PORTS_CHOSEN         ----->   what others have asked for goes
 *
 * A wish is a text: "PORT HOST WHY NAME". WHY is 1 where the holder of a busy
 * port is to be told, else 0. For port 0 (any), NAME gets the same port again.
 */
#ifndef GATEWAY_PORTS_H
#define GATEWAY_PORTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"

struct config;
struct inherit;
struct ports;

enum {
	PORTS_ANSWER_MS = 2000,  /* a worker waits so long */
	PORTS_PRIVILEGED = 1024, /* below, a port must be named */
};

/* ---- the supervisor's ---------------------------------------------------- */

/* Read the configuration: 0 and what is to be freed, or the reason. */
typedef int ports_read_fn(void *arg, struct config **ret_config, struct err *e);

/* It is read when a port is asked for. */
int ports_new(struct ports **ret_ports, ports_read_fn *read, void *arg);
/* Takes NULL; closes all. */
void ports_free(struct ports *p);
void ports_close(struct ports *p);

/* For another image of this program, and there again; those are `who`'s. */
void ports_hand(const struct ports *p, struct inherit *to);
int ports_take(struct ports *p, const struct inherit *from, pid_t who);

/* Answer a wish of this worker on `fd`, which stays the caller's. */
void ports_answer(struct ports *p, pid_t who, const char *wish, int fd);
/* "PORT HOST": it goes, if nobody but this worker has asked for it since. */
void ports_drop(struct ports *p, pid_t who, const char *text);
void ports_again(struct ports *p);
/* What is not this worker's goes. */
void ports_chosen(struct ports *p, pid_t who);
/* A worker has died before it served: what it had is this one's. */
void ports_pass(struct ports *p, pid_t from, pid_t to);

/* ---- the worker's ---------------------------------------------------------
 */

/* Both wait for the supervisor, PORTS_ANSWER_MS at most: not for a loop that
 * others wait for. The descriptor is the caller's. */
int ports_ask(int line, const char *host, uint16_t port, const char *name,
		bool why, int *ret_fd, struct err *e);
void ports_give_back(int line, const char *host, uint16_t port);

#endif
