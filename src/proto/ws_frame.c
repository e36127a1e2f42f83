#include "proto/ws_frame.h"

#include <errno.h>
#include <string.h>

#include "core/crypto.h"
#include "core/utf8.h"

enum {
	BIT_FIN = 0x80,
	BITS_RSV = 0x70,
	BITS_OPCODE = 0x0f,
	BIT_MASK = 0x80,
	BITS_LEN = 0x7f,
	LEN_16 = 126,
	LEN_64 = 127,
	MASK_STEP = 64,
};

/* Four of these are a step of masking; the compiler knows the registers. */
typedef uint64_t wide __attribute__((vector_size(16)));

static uint64_t read_be(const uint8_t *data, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | data[i];
	return value;
}

static void write_be(uint8_t *to, uint64_t value, size_t len)
{
	for (size_t i = len; i-- > 0; value >>= 8)
		to[i] = (uint8_t)value;
}

static int first_byte(uint8_t c, struct ws_header *h)
{
	uint8_t op = c & BITS_OPCODE;

	if (c & BITS_RSV || (op > WS_OP_BINARY && op < WS_OP_CLOSE) ||
			op > WS_OP_PONG)
		return -EPROTO;
	h->opcode = (enum ws_opcode)op;
	h->fin = (c & BIT_FIN) != 0;
	return ws_is_control(h->opcode) && !h->fin ? -EPROTO : 0;
}

static int second_byte(uint8_t c, bool masked, struct ws_header *h)
{
	h->masked = (c & BIT_MASK) != 0;
	h->len = c & BITS_LEN;
	if (h->masked != masked)
		return -EPROTO;
	if (ws_is_control(h->opcode) && h->len > WS_CONTROL_MAX)
		return -EPROTO;
	return 0;
}

static size_t long_len_size(uint64_t len7)
{
	return len7 == LEN_16 ? 2 : len7 == LEN_64 ? 8 : 0;
}

/* A length must be in its shortest form, and below 2^63. */
static int long_len(const uint8_t *data, size_t size, struct ws_header *h)
{
	h->len = read_be(data, size);
	if (h->len < (size == 2 ? LEN_16 : UINT64_C(0x10000)) || h->len >> 63)
		return -EPROTO;
	return 0;
}

int ws_header_parse(const uint8_t *data, size_t len, bool masked,
		uint64_t len_max, struct ws_header *ret)
{
	struct ws_header h = {0};
	size_t used = 2, more;
	int r;

	if (len < 1)
		return 0;
	r = first_byte(data[0], &h);
	if (r < 0 || len < 2)
		return r;
	r = second_byte(data[1], masked, &h);
	if (r < 0)
		return r;
	more = long_len_size(h.len);
	if (len < used + more)
		return 0;
	r = more ? long_len(data + used, more, &h) : 0;
	if (r < 0)
		return r;
	if (h.len > len_max)
		return -EMSGSIZE;
	used += more;
	if (h.masked) {
		if (len < used + WS_MASK_LEN)
			return 0;
		memcpy(h.key, data + used, WS_MASK_LEN);
		used += WS_MASK_LEN;
	}
	*ret = h;
	return (int)used;
}

size_t ws_header_size(uint64_t len, bool masked)
{
	size_t size = len < LEN_16 ? 2 : len <= 0xffff ? 4 : 10;

	return masked ? size + WS_MASK_LEN : size;
}

size_t ws_header_write(uint8_t *end, const struct ws_header *h)
{
	size_t size = ws_header_size(h->len, h->masked);
	uint8_t *to = end - size;
	uint8_t len7 = h->len < LEN_16    ? (uint8_t)h->len
		       : h->len <= 0xffff ? LEN_16
					  : LEN_64;

	to[0] = (uint8_t)((h->fin ? BIT_FIN : 0) | h->opcode);
	to[1] = (uint8_t)((h->masked ? BIT_MASK : 0) | len7);
	write_be(to + 2, h->len, long_len_size(len7));
	if (h->masked)
		memcpy(end - WS_MASK_LEN, h->key, WS_MASK_LEN);
	return size;
}

/* Loaded whole before any of it is stored, so dst may overlap from below. */
static void mask_block(uint8_t *dst, const uint8_t *src, wide key)
{
	wide a, b, c, d;

	memcpy(&a, src, 16);
	memcpy(&b, src + 16, 16);
	memcpy(&c, src + 32, 16);
	memcpy(&d, src + 48, 16);
	a ^= key;
	b ^= key;
	c ^= key;
	d ^= key;
	memcpy(dst, &a, 16);
	memcpy(dst + 16, &b, 16);
	memcpy(dst + 32, &c, 16);
	memcpy(dst + 48, &d, 16);
}

void ws_mask(uint8_t *dst, const uint8_t *src, size_t len,
		const uint8_t key[WS_MASK_LEN], uint64_t at)
{
	static const uint8_t no_key[WS_MASK_LEN];
	uint8_t turned[sizeof(wide)];
	wide key16;

	for (size_t i = 0; i < sizeof(turned); i++)
		turned[i] = key[(at + i) % WS_MASK_LEN];
	if (memcmp(key, no_key, WS_MASK_LEN) == 0) {
		if (dst != src)
			memmove(dst, src, len);
		return;
	}
	memcpy(&key16, turned, sizeof(key16));
	for (; len >= MASK_STEP; len -= MASK_STEP) {
		mask_block(dst, src, key16);
		dst += MASK_STEP;
		src += MASK_STEP;
	}
	for (size_t i = 0; i < len; i++)
		dst[i] = src[i] ^ turned[i % sizeof(turned)];
}

bool ws_close_code_is_valid(unsigned code)
{
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

int ws_close_parse(const uint8_t *data, size_t len, uint16_t *ret_code,
		char ret_reason[WS_REASON_MAX + 1])
{
	unsigned code = len >= 2 ? (unsigned)read_be(data, 2) : 0;

	if (len == 1 || len > WS_CONTROL_MAX)
		return -EPROTO;
	if (len > 0 && !ws_close_code_is_valid(code))
		return -EPROTO;
	len = len > 0 ? len - 2 : 0;
	if (len > 0 && !utf8_is_valid(data + 2, len))
		return -EILSEQ;
	if (len > 0)
		memcpy(ret_reason, data + 2, len);
	ret_reason[len] = '\0';
	*ret_code = (uint16_t)code;
	return 0;
}

size_t ws_close_write(
		uint16_t code, const char *reason, uint8_t ret[WS_CONTROL_MAX])
{
	size_t len;

	if (!ws_close_code_is_valid(code))
		return 0;
	len = utf8_cut(reason, strlen(reason), WS_REASON_MAX);
	if (!utf8_is_valid(reason, len))
		len = 0; /* the code matters more than broken words */
	write_be(ret, code, 2);
	memcpy(ret + 2, reason, len);
	return len + 2;
}

int ws_accept_key(const char *key, char ret[WS_ACCEPT_LEN + 1])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	uint8_t text[128], digest[SHA1_LEN];
	size_t len = strlen(key);
	int r;

	if (len > sizeof(text) - sizeof(guid))
		return -EIO;
	memcpy(text, key, len);
	memcpy(text + len, guid, sizeof(guid) - 1);
	r = crypto_sha1(text, len + sizeof(guid) - 1, digest);
	if (r == 0)
		crypto_base64(digest, sizeof(digest), ret);
	return r;
}
