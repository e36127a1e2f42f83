/*
 * The inside of the ws layer, shared by its files: ws.c (the layer),
 * ws_read.c, ws_write.c, ws_control.c, ws_handshake.c.
 *
 * A frame of the peer is never held: its payload goes to the reader as it
 * comes. What the layer keeps between two calls is at most a cut header, the
 * payload of one control frame, one pong that waits, and a short text note;
 * each has memory only while it exists, so an idle layer is this struct.
 */
#ifndef STREAM_WS_LAYER_H
#define STREAM_WS_LAYER_H

#include "core/utf8.h"
#include "proto/ws_frame.h"
#include "stream/layer.h"
#include "stream/ws.h"

struct ws_hello; /* the client's handshake, until it is done */

struct ws_control { /* payload of a ping, pong or Close */
	uint8_t len;
	uint8_t data[WS_CONTROL_MAX];
};

struct ws_text { /* a text note under way */
	struct utf8 utf8;
	size_t len;
	char data[WS_TEXT_MAX];
};

struct ws {
	struct stream stream;
	struct ws_hello *hello;

	/* ---- reading ---- */
	struct buf raw;   /* wire bytes not looked at: early, or a cut header */
	uint64_t in_left; /* payload of the frame under way still to come */
	struct ws_control *in_control; /* a control frame cut by the wire */
	struct ws_text *in_text;
	int in_error; /* what every further read answers */
	uint8_t in_key[WS_MASK_LEN];
	uint8_t in_opcode; /* of the frame under way; of the message, if data */
	uint8_t in_at;     /* where in the key the next byte stands */
	uint8_t in_header; /* size of the last header: the next one's guess */
	bool in_frame : 1; /* its header was read, its end was not */
	bool in_fin : 1;
	bool in_message : 1; /* a message was begun and not ended */
	bool in_note : 1;    /* ... and is a text note */
	bool in_ready : 1;   /* raw can be parsed without the wire */
	bool in_again : 1;   /* a read gave up its turn, not for the wire */
	bool in_end : 1;     /* a Close or the wire's end was read */

	/* ---- writing ---- */
	bool client : 1; /* we mask, the peer does not */
	bool mask_zero : 1;
	bool notes : 1;     /* text messages are notes */
	bool ping_due : 1;  /* asked for, waits for the frame's end */
	bool ping_out : 1;  /* sent, not answered */
	bool close_set : 1; /* code and reason were chosen */
	bool close_due : 1; /* to be sent as soon as the frame ends */
	bool close_out : 1; /* nothing may follow it */
	uint8_t out_key[WS_MASK_LEN];
	uint8_t out_at;
	uint16_t close_code;
	uint32_t frame_left; /* payload owed to the frame that was begun */
	char *close_reason;  /* owned; NULL: none */
	struct ws_control *pong;
	uint64_t ping_ms; /* when the last ping went, and its payload */
	struct buf out;   /* a control frame or a header not sent yet */
};

enum { WS_PING_LEN = 8 };

static inline struct ws *ws_of(struct stream *s)
{
	return (struct ws *)s;
}

/* ws_read.c */
ssize_t ws_read(struct stream *s, uint8_t *data, size_t len);

/*
 * ws_control.c: what is not payload. 0, or the -errno that ends reading; what
 * is to be said about it is queued.
 */
int ws_control_heard(struct ws *w, enum ws_opcode op, const uint8_t *data,
		size_t len);
int ws_text_heard(struct ws *w, const uint8_t *data, size_t len);
int ws_text_ended(struct ws *w);
/* The peer broke the protocol: queue this Close; answers `error`. */
int ws_fail(struct ws *w, uint16_t code, int error);
/* What our Close will say. Without memory the reason is lost: the code
 * matters more. */
void ws_choose_close(struct ws *w, uint16_t code, const char *reason);
uint64_t ws_now_ms(void);

/* ws_write.c */
ssize_t ws_write(struct stream *s, uint8_t *data, size_t len);
int ws_flush(struct stream *s);
int ws_shutdown(struct stream *s);

/* ws_handshake.c */
int ws_handshake(struct stream *s, struct err *e);
int ws_handshake_want(const struct ws *w);
int ws_accept_start(
		struct ws *w, const struct ws_server_options *o, struct err *e);
int ws_connect_start(
		struct ws *w, const struct ws_client_options *o, struct err *e);
void ws_hello_free(struct ws_hello *h);

#endif
