/*
 * The request of a native SPICE viewer to our CONNECT listener:
 *
 *	CONNECT <host>:<port> HTTP/1.0
 *	Host: <host>:<port>
 *
 * The host is opaque: a ticket of ours, colons and all; the last colon begins
 * the port. No name is looked up and no port is dialled by these words.
 */
#ifndef PROTO_CONNECT_REQUEST_H
#define PROTO_CONNECT_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "proto/http_head.h"

enum { CONNECT_HOST_MAX = 1024 };

struct connect_request {
	struct piece host; /* borrowed from the request; '!' to '~' only */
	uint16_t port;
	int minor; /* of HTTP/1.x, for the answer */
};

/*
 * > 0       bytes of the head; what follows belongs to the tunnel
 * 0         need more
 * -EPROTO   this is not such a request: another method or version, no port, no
 *           Host in HTTP/1.1, or a Host that is not the same
 * -EMSGSIZE no end after HTTP_HEAD_MAX bytes, or a host past CONNECT_HOST_MAX
 */
int connect_request_parse(
		const uint8_t *data, size_t len, struct connect_request *ret);

#endif
