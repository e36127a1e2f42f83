/*
 * What a client of Proxmox's termproxy says; what it hears is the terminal's
 * output as it is.
 *
 *	user:ticket\n       once; the answer is OK, or the end
 *	0:<n>:<n bytes>     input; n counts bytes
 *	1:<cols>:<rows>:    the terminal's size
 *	2                   a keep-alive that nothing asks for: not sent
 *
 * A header has to reach it in one piece (in one WebSocket frame), else it is
 * lost; data may be cut anywhere.
 */
#ifndef PROTO_TERM_H
#define PROTO_TERM_H

#include <stddef.h>
#include <stdint.h>

enum {
	TERM_LOGIN_MAX = 4096,      /* of the first line */
	TERM_OK_LEN = 2,            /* "OK" */
	TERM_INPUT_MAX = 64 * 1024, /* of one message; so its header is */
	TERM_HEAD_MAX = 8,          /* "0:65536:" at most */
	TERM_RESIZE_MAX = 14,       /* "1:65535:65535:" */
};

/* Write the header of `len` (1 to TERM_INPUT_MAX) bytes of input so that it
 * ends right before `data`. Its length. */
size_t term_input_head(uint8_t *data, size_t len);

/* The length of the message; there is no NUL. */
size_t term_resize_write(
		uint16_t cols, uint16_t rows, uint8_t ret[TERM_RESIZE_MAX]);

#endif
