/*
 * A scripted Proxmox host on the test's own loop: plain HTTP on loopback. It
 * answers what the newest rule that fits says, and remembers what it heard.
 */
#ifndef CLUSTER_H
#define CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct loop;
struct pve_conn;

enum { RULES_MAX = 32 };

struct pve_rule {
	const char *ask;  /* "GET /nodes": the request begins so, without
			     /api2/json where it has one */
	const char *head; /* "200 OK" */
	const char *body;
	unsigned times; /* it holds; 0: for ever */
	unsigned late_ms;
};

struct pve_server {
	struct loop *loop;
	int fd;
	uint16_t port;
	struct watch *watch;
	struct pve_conn *conns;
	struct pve_rule rules[RULES_MAX];
	size_t rule_count;
	struct buf heard; /* of each request: head and body, then "\n" */
	unsigned asked;
	bool silent; /* it hears and does not answer */
};

void server_open(struct pve_server *s, struct loop *l);
void server_close(struct pve_server *s); /* may be called twice */
void server_rule(struct pve_server *s, const char *ask, const char *head,
		const char *body);
void server_rule_times(struct pve_server *s, unsigned times, const char *ask,
		const char *head, const char *body);
/* How often a request with these words came. */
unsigned server_count(struct pve_server *s, const char *words);

#endif
