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
	/* a worker says, of the ports of forwards (gateway/ports.h) */
	LINE_PORT,         /* text: the wish; with a socket for the answer */
	LINE_PORT_DROP,    /* text: "PORT HOST": it is needed no more */
	LINE_PORTS_AGAIN,  /* another configuration says which there may be */
	LINE_PORTS_CHOSEN, /* what it has not asked for is needed no more */
	/* the supervisor answers */
	LINE_PORT_IS, /* value: 0, a descriptor comes along; else a negative
			 errno, text: the sentence */
};

enum { LINE_TEXT_MAX = 512 };

struct line_message {
	uint32_t kind; /* enum line_kind */
	int32_t value;
	char text[LINE_TEXT_MAX]; /* "" where there is none */
};

/* Both ends close with an exec. 0 or -errno. */
int line_new(int ret_ends[2]);

/* `fd`, a descriptor to send along, stays the caller's; -1: none. */
int line_send(int line, enum line_kind kind, int32_t value, int fd);

/* The same with a text; what is longer than a text may be is cut. */
int line_tell(int line, enum line_kind kind, int32_t value, const char *text,
		int fd);

/*
 * 1       *ret is a message; *ret_fd what came along, the caller's, or -1
 * 0       the other end has gone
 * -EAGAIN there is none now
 * -errno  the line is broken
 */
int line_receive(int line, struct line_message *ret, int *ret_fd);

#endif
