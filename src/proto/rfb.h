/*
 * The words of an RFB greeting (RFC 6143 sections 7.1 to 7.3.1), read and
 * written. Three versions exist: 3.3, 3.7 and 3.8. All numbers are big-endian.
 *
 *	server  version                     "RFB 003.008\n"
 *	client  version
 *	server  3.3: security type (4)      0: reason follows, then the end
 *	        3.7+: count (1), types      count 0: the same
 *	client  3.7+: the type chosen (1)
 *	        VNC authentication: challenge (16) down, response (16) up
 *	server  SecurityResult (4)          not for None before 3.8
 *	        3.8, where it failed: reason
 *	client  ClientInit (1): shared
 *	server  ServerInit
 *
 * A reason is a length (4) and a text that a stranger chose.
 */
#ifndef PROTO_RFB_H
#define PROTO_RFB_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum rfb_version { RFB_3_3 = 3, RFB_3_7 = 7, RFB_3_8 = 8 };

enum {
	RFB_VERSION_LEN = 12,
	RFB_TYPES_MAX = 255,      /* what one byte can count */
	RFB_REASON_MAX = 1024,    /* a failure text is read up to here */
	RFB_CLEAN_MAX = 160,      /* and shown up to here, with its NUL */
	RFB_SERVER_INIT_LEN = 24, /* up to and with the name's length */
};

enum { RFB_SECURITY_INVALID = 0, RFB_SECURITY_NONE = 1, RFB_SECURITY_VNC = 2 };

enum rfb_result { RFB_RESULT_OK, RFB_RESULT_FAILED, RFB_RESULT_TOO_MANY };

/*
 * RFB_VERSION_LEN when the line is a version, 0 when more bytes are needed
 * to know, -EPROTO for anything else. What is below 3.7 speaks 3.3; what is
 * above 3.8 (3.889 of macOS, 4.x and 5.x of RealVNC) understands 3.8.
 */
int rfb_version_parse(
		const uint8_t *data, size_t len, enum rfb_version *ret_version);
void rfb_version_write(enum rfb_version v, uint8_t ret[RFB_VERSION_LEN]);

uint32_t rfb_u32(const uint8_t data[4]);

/* "failed, because": a length and a text cut to RFB_REASON_MAX; 0, -errno. */
int rfb_reason_write(struct buf *out, const char *reason);
int rfb_u32_write(struct buf *out, uint32_t n);

/*
 * A stranger's text made fit for a message: control characters, what turns
 * the writing direction, and bytes that are no UTF-8 become '?', blanks at
 * the end go, and what is too long is cut between two characters.
 */
void rfb_text_clean(const uint8_t *data, size_t len, char ret[RFB_CLEAN_MAX]);

/*
 * What a peer speaks that does not speak RFB: "HTTP", "SSH", ..., or NULL
 * where its first bytes tell nothing.
 */
const char *rfb_other_protocol(const uint8_t *data, size_t len);

/*
 * The whole length of a ServerInit whose first RFB_SERVER_INIT_LEN bytes are
 * given; -EMSGSIZE where the name is longer than name_max.
 */
int rfb_server_init_len(const uint8_t head[RFB_SERVER_INIT_LEN],
		size_t name_max, size_t *ret_len);

#endif
