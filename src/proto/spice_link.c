#include "proto/spice_link.h"

#include <errno.h>
#include <string.h>

enum {
	MAJOR = 2,
	MINOR = 2,
	LINK_LEN = 18,   /* without capabilities */
	REPLY_LEN = 178, /* the same */
	ERROR_LEN = 4,
	SETS_LEN = 12, /* two counts and the offset */
};

static const uint8_t magic[4] = {'R', 'E', 'D', 'Q'};

/* ---- numbers ------------------------------------------------------------ */

uint32_t spice_u32(const uint8_t data[4])
{
	return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
	       (uint32_t)data[3] << 24;
}

static void put_u32(uint8_t *to, uint32_t n)
{
	for (size_t i = 0; i < 4; i++, n >>= 8)
		to[i] = (uint8_t)n;
}

int spice_u32_write(struct buf *out, uint32_t n)
{
	uint8_t data[4];

	put_u32(data, n);
	return buf_add(out, data, sizeof(data));
}

/* ---- reading ------------------------------------------------------------ */

bool spice_header_begins(const uint8_t *data, size_t len)
{
	return memcmp(data, magic, len < sizeof(magic) ? len : sizeof(magic)) ==
	       0;
}

int spice_header_parse(const uint8_t data[SPICE_HEADER_LEN], size_t *ret_size)
{
	uint32_t size = spice_u32(data + 12);

	if (!spice_header_begins(data, SPICE_HEADER_LEN))
		return -EPROTO;
	if (spice_u32(data + 4) != MAJOR)
		return -EPROTONOSUPPORT;
	if (size > SPICE_BODY_MAX)
		return -EMSGSIZE;
	*ret_size = size;
	return 0;
}

static void caps_read(const uint8_t *data, uint32_t count, struct spice_caps *c)
{
	c->count = count;
	for (uint32_t i = 0; i < count; i++)
		c->words[i] = spice_u32(data + 4 * (size_t)i);
}

/*
 * Two sets of words; `sets` are their counts and the offset (from the start of
 * the body, and not into what stands before `fixed`).
 */
static int caps_parse(const uint8_t *body, size_t len, size_t fixed,
		const uint8_t *sets, struct spice_caps *common,
		struct spice_caps *channel)
{
	uint32_t commons = spice_u32(sets), channels = spice_u32(sets + 4);
	uint32_t offset = spice_u32(sets + 8);
	size_t words;

	if (commons > SPICE_CAPS_MAX || channels > SPICE_CAPS_MAX)
		return -EMSGSIZE;
	words = (size_t)commons + channels;
	if (words > 0 && (offset < fixed || offset > len ||
					 (len - offset) / 4 < words))
		return -EPROTO;
	if (words == 0)
		offset = 0; /* refusals leave it out */
	caps_read(body + offset, commons, common);
	caps_read(body + offset + 4 * (size_t)commons, channels, channel);
	return 0;
}

int spice_link_parse(const uint8_t *data, size_t len, struct spice_link *ret)
{
	struct spice_link l = {0};
	int r;

	if (len < LINK_LEN)
		return -EPROTO;
	l.connection_id = spice_u32(data);
	l.channel_type = data[4];
	l.channel_id = data[5];
	r = caps_parse(data, len, LINK_LEN, data + LINK_LEN - SETS_LEN,
			&l.common, &l.channel);
	if (r == 0)
		*ret = l;
	return r;
}

int spice_reply_parse(const uint8_t *data, size_t len, struct spice_reply *ret)
{
	struct spice_reply reply = {0};
	int r = 0;

	if (len < ERROR_LEN)
		return -EPROTO;
	reply.error = spice_u32(data);
	if (reply.error == SPICE_OK && len < REPLY_LEN)
		return -EPROTO;
	if (reply.error == SPICE_OK) {
		memcpy(reply.key, data + ERROR_LEN, SPICE_KEY_LEN);
		r = caps_parse(data, len, REPLY_LEN,
				data + REPLY_LEN - SETS_LEN, &reply.common,
				&reply.channel);
	}
	if (r == 0)
		*ret = reply;
	return r;
}

/* ---- writing ------------------------------------------------------------ */

static size_t caps_len(const struct spice_caps *common,
		const struct spice_caps *channel)
{
	return 4 * ((size_t)common->count + channel->count);
}

static uint8_t *header_write(uint8_t *to, size_t size)
{
	memcpy(to, magic, sizeof(magic));
	put_u32(to + 4, MAJOR);
	put_u32(to + 8, MINOR);
	put_u32(to + 12, (uint32_t)size);
	return to + SPICE_HEADER_LEN;
}

static void caps_write(uint8_t *to, const struct spice_caps *c)
{
	for (uint32_t i = 0; i < c->count; i++)
		put_u32(to + 4 * (size_t)i, c->words[i]);
}

/* Counts, offset, and the words right behind them. */
static void sets_write(uint8_t *to, size_t offset,
		const struct spice_caps *common,
		const struct spice_caps *channel)
{
	put_u32(to, common->count);
	put_u32(to + 4, channel->count);
	put_u32(to + 8, (uint32_t)offset);
	caps_write(to + SETS_LEN, common);
	caps_write(to + SETS_LEN + 4 * (size_t)common->count, channel);
}

int spice_link_write(struct buf *out, const struct spice_link *l)
{
	size_t size = LINK_LEN + caps_len(&l->common, &l->channel);
	uint8_t data[SPICE_HEADER_LEN + LINK_LEN + 8 * SPICE_CAPS_MAX];
	uint8_t *body = header_write(data, size);

	put_u32(body, l->connection_id);
	body[4] = l->channel_type;
	body[5] = l->channel_id;
	sets_write(body + LINK_LEN - SETS_LEN, LINK_LEN, &l->common,
			&l->channel);
	return buf_add(out, data, SPICE_HEADER_LEN + size);
}

int spice_reply_write(struct buf *out, const struct spice_reply *r)
{
	size_t size = REPLY_LEN + caps_len(&r->common, &r->channel);
	uint8_t data[SPICE_HEADER_LEN + REPLY_LEN + 8 * SPICE_CAPS_MAX];
	uint8_t *body = header_write(data, size);

	put_u32(body, r->error);
	memcpy(body + ERROR_LEN, r->key, SPICE_KEY_LEN);
	sets_write(body + REPLY_LEN - SETS_LEN, REPLY_LEN, &r->common,
			&r->channel);
	return buf_add(out, data, SPICE_HEADER_LEN + size);
}

/* ---- capabilities, errors ----------------------------------------------- */

void spice_caps_own_login(struct spice_caps *common)
{
	if (common->count == 0) {
		common->count = 1;
		common->words[0] = 0;
	}
	common->words[0] &= ~(uint32_t)SPICE_CAP_AUTH_SASL;
	common->words[0] |= SPICE_CAP_AUTH_SELECTION | SPICE_CAP_AUTH_SPICE;
}

bool spice_caps_has(const struct spice_caps *c, uint32_t bit)
{
	return c->count > 0 && (c->words[0] & bit);
}

static const struct {
	const char *text;
	int r;
} errors[] = {
		[SPICE_OK] = {"no error", 0},
		[SPICE_ERROR] = {"an error", -ECONNREFUSED},
		[SPICE_INVALID_MAGIC] = {"invalid magic", -ECONNREFUSED},
		[SPICE_INVALID_DATA] = {"invalid data", -ECONNREFUSED},
		[SPICE_VERSION_MISMATCH] = {"another version", -ECONNREFUSED},
		[SPICE_NEED_SECURED] = {"it wants TLS", -ECONNREFUSED},
		[SPICE_NEED_UNSECURED] = {"it wants no TLS", -ECONNREFUSED},
		[SPICE_PERMISSION_DENIED] = {"permission denied", -EACCES},
		[SPICE_BAD_CONNECTION_ID] = {"no such session", -ENOENT},
		[SPICE_CHANNEL_NOT_AVAILABLE] = {"no such channel", -ENODEV},
};

enum { ERRORS = sizeof(errors) / sizeof(*errors) };

int spice_errno(uint32_t error)
{
	return error < ERRORS ? errors[error].r : -ECONNREFUSED;
}

enum spice_error spice_error_for(int r)
{
	for (int i = SPICE_PERMISSION_DENIED; i < ERRORS; i++)
		if (errors[i].r == r)
			return (enum spice_error)i;
	return r == 0 ? SPICE_OK : SPICE_ERROR;
}

const char *spice_error_text(uint32_t error)
{
	return error < ERRORS ? errors[error].text : "an unknown error";
}
