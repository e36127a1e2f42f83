/*
 * The answer to a WebSocket upgrade: read strictly (proto/http_head.h; what
 * decides may stand only once), and kept as the few facts that matter.
 */
#ifndef PROTO_WS_RESPONSE_H
#define PROTO_WS_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/http_head.h"

enum {
	WS_RESPONSE_MAX = HTTP_HEAD_MAX,
	WS_RESPONSE_VALUE_MAX = 128,
};

struct ws_response {
	int status;                           /* 100 to 599 */
	char reason[HTTP_REASON_MAX];         /* cut; may hold any byte but 0 */
	bool upgrade;                         /* Upgrade: websocket */
	bool connection;                      /* Connection: ... upgrade ... */
	bool extensions;                      /* any were answered */
	char accept[WS_RESPONSE_VALUE_MAX];   /* "": none */
	char protocol[WS_RESPONSE_VALUE_MAX]; /* "": none */
};

/*
 * > 0       bytes of the head; what follows are frames
 * 0         need more
 * -EPROTO   this is not such an answer
 * -EMSGSIZE no end after WS_RESPONSE_MAX bytes
 */
int ws_response_parse(const uint8_t *data, size_t len, struct ws_response *ret);

#endif
