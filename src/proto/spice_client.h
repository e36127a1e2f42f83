/*
 * How a SPICE viewer's messages begin (spice-protocol, spice/protocol.h), once
 * its link stands. All numbers are little-endian:
 *
 *	mini header  type (2), size (4)
 *	else         serial (8), type (2), size (4), sub_list (4)
 */
#ifndef PROTO_SPICE_CLIENT_H
#define PROTO_SPICE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum {
	SPICE_MINI_LEN = 6,
	SPICE_HEAD_LEN = 18,
	SPICE_MESSAGE_MAX = 1024 * 1024, /* on a main channel: a few KiB */
};

enum { /* from the viewer; of the main channel, then of a display */
	SPICE_MAIN_AGENT_START = 106,
	SPICE_MAIN_AGENT_DATA = 107,
	SPICE_MAIN_AGENT_TOKEN = 108,

	SPICE_DISPLAY_INIT = 101,
};

struct spice_message {
	uint16_t type;
	uint32_t size; /* of what follows the header */
};

/* 0; -EMSGSIZE for more than SPICE_MESSAGE_MAX; -EPROTO for a message within a
 * message, which no viewer sends. */
int spice_message_parse(
		const uint8_t *head, bool mini, struct spice_message *ret);

/* Is it for the guest's agent? Of a main channel. */
bool spice_message_is_agents(const struct spice_message *m);

/* The first message of a display: no cache, no dictionary. 0 or -errno. */
int spice_display_init_write(struct buf *out, bool mini);

#endif
