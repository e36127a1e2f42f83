/*
 * How each SPICE channel begins, on a connection of its own (spice-protocol,
 * spice/protocol.h). All numbers are little-endian.
 *
 *	viewer  header, link      which channel, of which session, what it can
 *	guest   header, reply     an error, or a public key and what it can
 *	viewer  mechanism (4)     only where both can select one
 *	viewer  ticket (128)      password and NUL, sealed with that key
 *	guest   result (4)        an error, or SPICE_OK and the channel begins
 *
 * The header is the magic, two numbers of the version and the size of what
 * follows. Capabilities are words of bits, the common ones first; where they
 * begin is told by an offset, which a stranger may choose as he likes.
 */
#ifndef PROTO_SPICE_LINK_H
#define PROTO_SPICE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum {
	SPICE_HEADER_LEN = 16,
	SPICE_BODY_MAX = 4096, /* of a link or a reply, after the header */
	SPICE_CAPS_MAX = 16,   /* words of one set; one is what is in use */
	SPICE_KEY_LEN = 162,
	SPICE_MECHANISM_LEN = 4,
	SPICE_TICKET_LEN = 128,
	SPICE_RESULT_LEN = 4,
	SPICE_PASSWORD_MAX = 60,
};

enum spice_channel {
	SPICE_MAIN = 1,
	SPICE_DISPLAY,
	SPICE_INPUTS,
	SPICE_CURSOR,
	SPICE_PLAYBACK,
	SPICE_RECORD,
	SPICE_TUNNEL,
	SPICE_SMARTCARD,
	SPICE_USBREDIR,
	SPICE_PORT,
	SPICE_WEBDAV,
};

enum spice_error {
	SPICE_OK,
	SPICE_ERROR,
	SPICE_INVALID_MAGIC,
	SPICE_INVALID_DATA,
	SPICE_VERSION_MISMATCH,
	SPICE_NEED_SECURED,
	SPICE_NEED_UNSECURED,
	SPICE_PERMISSION_DENIED,
	SPICE_BAD_CONNECTION_ID,
	SPICE_CHANNEL_NOT_AVAILABLE,
};

enum { /* bits of the first common word */
	SPICE_CAP_AUTH_SELECTION = 1 << 0,
	SPICE_CAP_AUTH_SPICE = 1 << 1,
	SPICE_CAP_AUTH_SASL = 1 << 2,
	SPICE_CAP_MINI_HEADER = 1 << 3,
};

enum { SPICE_MECHANISM_SPICE = 1 };

struct spice_caps {
	uint32_t count;
	uint32_t words[SPICE_CAPS_MAX];
};

struct spice_link {
	uint32_t connection_id; /* of the session; 0: main, which begins one */
	uint8_t channel_type;
	uint8_t channel_id;
	struct spice_caps common, channel;
};

struct spice_reply {
	uint32_t error; /* else nothing below has a meaning */
	uint8_t key[SPICE_KEY_LEN];
	struct spice_caps common, channel;
};

/*
 * The size of what follows: 0, -EPROTO (not the magic), -EPROTONOSUPPORT
 * (another major version), -EMSGSIZE (more than SPICE_BODY_MAX).
 */
int spice_header_parse(const uint8_t data[SPICE_HEADER_LEN], size_t *ret_size);

/* Could these be the first bytes of a header? */
bool spice_header_begins(const uint8_t *data, size_t len);

/* What follows a header, whole. 0, -EPROTO where sizes and offsets do not fit
 * together, -EMSGSIZE for more than SPICE_CAPS_MAX words. */
int spice_link_parse(const uint8_t *data, size_t len, struct spice_link *ret);
/* A refusal may be as short as its error. */
int spice_reply_parse(const uint8_t *data, size_t len, struct spice_reply *ret);

/* With the header before them. 0 or -errno; then nothing was added. */
int spice_link_write(struct buf *out, const struct spice_link *l);
int spice_reply_write(struct buf *out, const struct spice_reply *r);

uint32_t spice_u32(const uint8_t data[4]);
int spice_u32_write(struct buf *out, uint32_t n);

/*
 * How one logs in is settled on each side for itself, the rest is between
 * viewer and guest: the authentication bits of the first common word become
 * ours (select one; it is the password).
 */
void spice_caps_own_login(struct spice_caps *common);
bool spice_caps_has(const struct spice_caps *c, uint32_t bit);

/*
 * An error of the guest as errno and back, so that a viewer can be told what
 * happened on the far side in its own protocol; the errors about how one
 * connects (secured or not, the magic, the version) concern one side only.
 *   PERMISSION_DENIED -EACCES  BAD_CONNECTION_ID -ENOENT
 *   CHANNEL_NOT_AVAILABLE -ENODEV  others -ECONNREFUSED, and back ERROR
 */
int spice_errno(uint32_t error);
enum spice_error spice_error_for(int r);
/* "permission denied"; never NULL. */
const char *spice_error_text(uint32_t error);

#endif
