/*
 * Is somebody there, and who: a server's URL, looked at without giving it any
 * credential.
 */
#ifndef CLI_REACH_H
#define CLI_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "stream/tls.h"

struct loop;
struct url;

enum reach_stage {
	REACH_NAME, /* the name is looked up */
	REACH_TCP,
	REACH_TLS,
	REACH_HTTP,
	REACH_ALL, /* it answers */
};

struct reach {
	enum reach_stage stage; /* that failed */
	struct err why;
	bool has_peer;
	struct tls_peer peer; /* also of one that is not trusted */
	unsigned status;      /* of GET / */
	int64_t skew;         /* its clock before ours, in seconds */
	bool has_clock;
};

/* By this policy where the URL is https. */
void reach_url(struct loop *l, const struct url *u, const struct tls_policy *p,
		struct reach *ret);
/* TCP alone. 0 or -errno, e says why. */
int reach_tcp(struct loop *l, const char *host, uint16_t port, struct err *e);

#endif
