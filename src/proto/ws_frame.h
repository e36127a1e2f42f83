/*
 * The frames of WebSocket (RFC 6455 section 5), as functions of bytes: parse
 * and write a header, mask, read and write what a Close says, compute the
 * accept key. What spans frames (fragments, who closed first) is the layer's.
 */
#ifndef PROTO_WS_FRAME_H
#define PROTO_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ws_opcode {
	WS_OP_MORE = 0x0, /* continuation */
	WS_OP_TEXT = 0x1,
	WS_OP_BINARY = 0x2,
	WS_OP_CLOSE = 0x8,
	WS_OP_PING = 0x9,
	WS_OP_PONG = 0xa,
};

enum {
	WS_HEADER_MAX = 14,   /* 2, 8 of length, 4 of key */
	WS_CONTROL_MAX = 125, /* payload of a Close, ping, pong */
	WS_REASON_MAX = 123,  /* the same less the close code */
	WS_MASK_LEN = 4,
	WS_ACCEPT_LEN = 28, /* base64 of a SHA-1 */
};

struct ws_header {
	uint64_t len; /* of the payload */
	enum ws_opcode opcode;
	bool fin;
	bool masked;
	uint8_t key[WS_MASK_LEN]; /* zeros where not masked */
};

static inline bool ws_is_control(enum ws_opcode op)
{
	return (op & 0x8) != 0;
}

/*
 * Parse the header that data begins with. `masked`: the sender must mask (it
 * is a client), else it must not.
 *   > 0       bytes used, *ret is filled
 *   0         need more
 *   -EPROTO   RSV bits, unknown opcode, wrong masking, a length that is not
 *             in its shortest form or has its top bit set, a control frame
 *             that is a fragment or long; told as early as it can be known
 *   -EMSGSIZE well-formed, but longer than len_max
 */
int ws_header_parse(const uint8_t *data, size_t len, bool masked,
		uint64_t len_max, struct ws_header *ret);

/* Bytes that ws_header_write() needs. */
size_t ws_header_size(uint64_t len, bool masked);

/* Write the header so that it ends right before `end`, where the payload
 * begins; answers its size, at most WS_HEADER_MAX. */
size_t ws_header_write(uint8_t *end, const struct ws_header *h);

/*
 * Mask or unmask (it is the same). `at` is how far into the payload src is.
 * dst is src, or lies before it (the two may overlap: the payload is shifted
 * in the same pass), or is elsewhere.
 */
void ws_mask(uint8_t *dst, const uint8_t *src, size_t len,
		const uint8_t key[WS_MASK_LEN], uint64_t at);

/* May this code stand in a Close frame (RFC 6455 section 7.4)? 1005, 1006 and
 * 1015 never do; 1012 to 1014 are registered since. */
bool ws_close_code_is_valid(unsigned code);

/*
 * What a Close says. No payload: code 0. A zero byte ends the reason.
 *   -EPROTO one byte only, or a code that may not be sent
 *   -EILSEQ the reason is not UTF-8
 */
int ws_close_parse(const uint8_t *data, size_t len, uint16_t *ret_code,
		char ret_reason[WS_REASON_MAX + 1]);

/* The payload of a Close; a long reason is cut between characters. A code that
 * may not be sent makes an empty one. Answers its length. */
size_t ws_close_write(
		uint16_t code, const char *reason, uint8_t ret[WS_CONTROL_MAX]);

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key. 0 or -EIO. */
int ws_accept_key(const char *key, char ret[WS_ACCEPT_LEN + 1]);

#endif
