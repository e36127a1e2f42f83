/*
 * WebSocket (RFC 6455) for a relay: messages are a byte stream, fragments are
 * streamed on and never assembled, control frames are answered or become
 * notes. Our own frames are binary, whole, and as large as one write (at most
 * WS_FRAME_MAX); the client side masks.
 *
 * Up: NOTE_CLOSE (the peer's Close; then read answers 0), NOTE_PONG,
 * NOTE_TEXT (only where ws_options.text is set; else text is payload).
 * Down: NOTE_CLOSE chooses code and reason of our Close, which
 * stream_shutdown() sends; NOTE_PING sends a ping.
 *
 * What breaks RFC 6455 (RSV bits, non-minimal length, wrong masking, unknown
 * opcode, fragmented or long control frame, bad continuation, invalid close
 * code or UTF-8 in a close reason) ends reads with -EPROTO after a Close 1002
 * (1007 for UTF-8) was queued; a length past WS_LENGTH_MAX with -EMSGSIZE
 * after Close 1009. The descriptor's end without a Close is end of file.
 *
 * Shutdown answers 0 when our Close has gone; reads go on until the peer's.
 * Called again after that, a server's ends the layer below too; a client's
 * leaves that to the server. Where a short write left a frame unfinished,
 * shutdown breaks the connection off: a Close within it would be payload.
 */
#ifndef STREAM_WS_H
#define STREAM_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/secret.h"

struct stream;

enum {
	WS_FRAME_MAX = 64 * 1024,
	WS_TEXT_MAX = 4096,          /* a text note; longer is 1009 */
	WS_KEY_LEN = 24,             /* Sec-WebSocket-Key: base64 of 16 bytes */
	WS_HANDSHAKE_MAX = 8 * 1024, /* the peer's response head */
};
#define WS_LENGTH_MAX (UINT64_C(1) << 40) /* of one frame */

struct ws_server_options {
	char key[WS_KEY_LEN + 1]; /* the client's Sec-WebSocket-Key, checked */
	const char *protocol;     /* answered subprotocol; NULL: none */
	const char *headers;      /* more response lines, each with CRLF */
	const void *early;        /* bytes that came with the head; copied */
	size_t early_len;
	bool text; /* text messages become NOTE_TEXT */
};

/* The HTTP server has read and judged the request; this answers 101 (as its
 * handshake) and frames from there on. */
int ws_accept_wrap(struct stream **s, const struct ws_server_options *o,
		struct err *e);

struct ws_client_options {
	char *host;     /* Host header */
	char *path;     /* request target, percent-encoded by the caller */
	char *protocol; /* offered subprotocol; NULL: none */
	/* "Authorization: ..." or "Cookie: ...", no line end; may be empty */
	struct secret credential;
	bool mask_zero; /* mask with zeros: pveproxy takes it, cheaper */
};

int ws_client_options_copy(struct ws_client_options *to,
		const struct ws_client_options *from);
void ws_client_options_done(struct ws_client_options *o);

/*
 * Asks for the upgrade as its handshake. Refused: -EACCES (401, 403),
 * -ENOENT (404), -ECONNREFUSED (other statuses); the sentence carries status
 * and reason phrase. A wrong Sec-WebSocket-Accept or malformed head: -EPROTO.
 */
int ws_connect_wrap(struct stream **s, const struct ws_client_options *o,
		struct err *e);

#endif
