/*
 * A framer over what an RFB viewer sends after ClientInit (RFC 6143 section
 * 7.5 and the extensions of TigerVNC, QEMU and noVNC). It knows the length of
 * every message from a table, so it sees where messages begin and end and
 * what they are, however the bytes are cut. It never assembles a message and
 * holds a few bytes of state only.
 *
 * To watch (idle limits, a safe place to put a message in between):
 *
 *	rfb_client_init(&c, 0);
 *	rfb_client_see(&c, data, n);
 *	... c.inputs changed: somebody is there
 *	... rfb_client_between(&c): here another message may be put in
 *
 * To filter (view-only, no clipboard):
 *
 *	rfb_client_init(&c, RFB_DROP_INPUT);
 *	held = rfb_client_held(&c);
 *	n = read(data + held, room - held);
 *	n = rfb_client_filter(&c, data, n);     data[0 .. n) may go on
 *
 * Behind a filter every pointer event is a plain one (8 buttons less the
 * mark of ExtendedMouseButtons), so that viewer, filter and server can never
 * disagree about where it ends.
 *
 * The length of a message of unknown type is unknown, so at the first one the
 * framer is lost, for good: `c.lost`. Who only watches switches the watching
 * off; who filters must end the stream with -EPROTO, since whatever follows
 * could be anything (the filter lets nothing more through by itself).
 */
#ifndef PROTO_RFB_CLIENT_H
#define PROTO_RFB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a message is, and so which drop takes it away. */
enum {
	/* keys (also QEMU's), pointer, cut text, SetDesktopSize, xvp (power),
	 * gii devices */
	RFB_DROP_INPUT = 1,
	RFB_DROP_CLIPBOARD = 2, /* cut text only */
};

enum { RFB_CLIENT_HEAD_MAX = 9 };

struct rfb_kind;

struct rfb_client {
	uint64_t inputs;  /* messages of RFB_DROP_INPUT's kinds begun */
	uint64_t updates; /* FramebufferUpdateRequests begun */
	uint64_t dropped; /* messages that the filter took away */
	bool lost;        /* an unknown message type was seen */

	/* the framer's own */
	unsigned drop;
	const struct rfb_kind *kind; /* the message at hand; NULL: between */
	uint8_t head[RFB_CLIENT_HEAD_MAX];
	uint8_t head_len;
	uint32_t left;     /* bytes of the message after its head */
	bool dropping;     /* the message at hand */
	bool holding;      /* its first byte waits for the second */
	bool wide_pointer; /* the viewer asked for ExtendedMouseButtons */
	uint32_t encoding; /* the last four bytes of a SetEncodings */
};

/* `drop`: RFB_DROP_ bits; 0 only watches. */
void rfb_client_init(struct rfb_client *c, unsigned drop);

void rfb_client_see(struct rfb_client *c, const uint8_t *data, size_t len);

/* Is the last byte seen the last of its message? Not when lost. */
bool rfb_client_between(const struct rfb_client *c);

/*
 * Bytes (0 or 1) held back from the last filter call: QEMU's messages tell
 * by their second byte whether they are keys.
 */
size_t rfb_client_held(const struct rfb_client *c);

/*
 * `len` new bytes stand at data + rfb_client_held(). What may pass is moved
 * together from data[0] on; the answer is how much that is (0 .. held + len).
 */
size_t rfb_client_filter(struct rfb_client *c, uint8_t *data, size_t len);

#endif
