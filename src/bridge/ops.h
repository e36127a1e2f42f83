/*
 * What a forward tells its operator by HTTP: GET /healthz, and GET /metrics in
 * the text form of Prometheus.
 */
#ifndef BRIDGE_OPS_H
#define BRIDGE_OPS_H

#include <stdint.h>

#include "bridge/forward.h"

struct buf;
struct ops;

enum { OPS_CONNECTIONS = 16, OPS_TEXT_MAX = 64 * 1024 };

/* Errors as door_open(). `forwards` is borrowed. */
int ops_open(struct ops **ret_ops, struct loop *l, const char *host,
		uint16_t port, const struct forwards *forwards, struct err *e);
uint16_t ops_port(const struct ops *o);
void ops_close(struct ops *o); /* takes NULL */

/* The metrics as text. 0, -EMSGSIZE, -ENOMEM. */
int ops_metrics(struct buf *to, const struct forward_counts *c);

#endif
