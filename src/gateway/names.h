/*
 * The names by which a gateway is reached, as its listeners and public_url
 * have it: for its Host and Origin checks, its links and its certificate.
 */
#ifndef GATEWAY_NAMES_H
#define GATEWAY_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/listen.h"

struct config_gateway;
struct tls_context;

enum { NAMES_MAX = 64 };

struct names {
	char origins[NAMES_MAX][LISTENER_TEXT_MAX]; /* "http://host:port" */
	size_t count;
};

/* Every origin under which a listener may rightly be asked for. */
void names_of(struct names *n, const struct listeners *all);

/* public_url where there is one, else the first origin; "" without any. */
void names_base(const struct names *n, const struct config_gateway *g,
		char *ret, size_t ret_max);

/*
 * The certificate: the configured one, or one made here for all these names
 * and kept in the state's folder. *ret_tls stays NULL where no listener wants
 * TLS.
 */
int names_tls(const struct listeners *all, const struct config_gateway *g,
		struct tls_context **ret_tls, bool *ret_self_made,
		struct err *e);

#endif
