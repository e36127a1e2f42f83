/*
 * The line between the supervisor and a worker: a pair of sequenced-packet
 * sockets, a message each packet. Its end tells each that the other has gone.
 */
#ifndef GATEWAY_LINE_H
#define GATEWAY_LINE_H

#include <stdint.h>

enum line_kind {
	/* a worker says */
	LINE_READY = 1, /* it serves */
	LINE_RELOADED,  /* value: 0, or a negative errno: the old one stands */
	/* the supervisor says */
	LINE_RELOAD, /* read the configuration again */
	LINE_DRAIN,  /* end all, within `value` ms; 0: at once */
	LINE_RETIRE, /* accept no more, live until the last console has gone */
	LINE_HOST,   /* with a descriptor: a younger worker will ask on it */
	LINE_ASK,    /* with a descriptor: ask the older worker behind it */
};

struct line_message {
	uint32_t kind; /* enum line_kind */
	int32_t value;
};

/* Both ends close with an exec. 0 or -errno. */
int line_new(int ret_ends[2]);

/* `fd`, a descriptor to send along, stays the caller's; -1: none. */
int line_send(int line, enum line_kind kind, int32_t value, int fd);

/*
 * 1       *ret is a message; *ret_fd what came along, the caller's, or -1
 * 0       the other end has gone
 * -EAGAIN there is none now
 * -errno  the line is broken
 */
int line_receive(int line, struct line_message *ret, int *ret_fd);

#endif
