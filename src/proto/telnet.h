/*
 * Telnet's client end (RFC 854, options by RFC 855) as a codec between a
 * terminal's bytes and the wire's. Every byte value goes both ways: IAC is
 * doubled, and while a side is not BINARY (RFC 856) its CR goes as CR NUL.
 *
 *	we do, when asked	BINARY, SGA (RFC 858), NAWS (RFC 1073)
 *	the peer may		BINARY, SGA, ECHO (RFC 857)
 *
 * Anything else is declined. An answer is given only to a change, so that two
 * ends never answer each other for ever. Contents of subnegotiations and other
 * commands are passed over, whatever their length.
 */
#ifndef PROTO_TELNET_H
#define PROTO_TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum { TELNET_OPTIONS = 4 };

enum telnet_place {
	TELNET_DATA,
	TELNET_CR, /* after one, while the peer is not BINARY */
	TELNET_IAC,
	TELNET_OPTION, /* after WILL, WONT, DO or DONT */
	TELNET_SUB,
	TELNET_SUB_IAC,
};

enum telnet_side { TELNET_NO, TELNET_ASKED, TELNET_YES };

struct telnet {
	enum telnet_place place;
	uint8_t verb; /* whose option byte is next */
	uint8_t us[TELNET_OPTIONS], him[TELNET_OPTIONS]; /* telnet_side */
	uint16_t cols, rows;                             /* 0: not known yet */
};

/* Begins with our offers in `out`. 0, -ENOMEM, -EMSGSIZE as of buf_add(). */
int telnet_init(struct telnet *t, struct buf *out);

/*
 * `len` bytes of the wire become what the terminal said: moved together from
 * data[0] on, *ret_len of them. Answers are added to `out`. 0, or what
 * buf_add() says: a peer that negotiates without reading the answers.
 */
int telnet_decode(struct telnet *t, uint8_t *data, size_t len, struct buf *out,
		size_t *ret_len);

/* Bytes for the terminal, added to `out` as the wire wants them: at most
 * twice as many. As buf_add(), then maybe a part of them was added. */
int telnet_encode(const struct telnet *t, const uint8_t *data, size_t len,
		struct buf *out);

/* The terminal's size: told now, or as soon as the peer wants to know it. */
int telnet_resize(struct telnet *t, uint16_t cols, uint16_t rows,
		struct buf *out);

#endif
