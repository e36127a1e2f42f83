#include "proto/rfb.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/text.h"

/* ---- version ------------------------------------------------------------ */

/* 'd' is a digit. */
static const char version_form[] = "RFB ddd.ddd\n";

static bool version_char_fits(char form, uint8_t c)
{
	return form == 'd' ? c >= '0' && c <= '9' : c == (uint8_t)form;
}

static int three_digits(const uint8_t *d)
{
	return (d[0] - '0') * 100 + (d[1] - '0') * 10 + (d[2] - '0');
}

int rfb_version_parse(
		const uint8_t *data, size_t len, enum rfb_version *ret_version)
{
	int major, minor;

	for (size_t i = 0; i < len && i < RFB_VERSION_LEN; i++)
		if (!version_char_fits(version_form[i], data[i]))
			return -EPROTO;
	if (len < RFB_VERSION_LEN)
		return 0;
	major = three_digits(data + 4);
	minor = three_digits(data + 8);
	if (major < 3 || major > 5 || (major == 3 && minor < 3))
		return -EPROTO;

	/* 3.4 to 3.6 are 3.3 under other names: the handshake of 3.7 is new */
	*ret_version = major > 3 || minor >= 8 ? RFB_3_8
		       : minor == 7            ? RFB_3_7
					       : RFB_3_3;
	return RFB_VERSION_LEN;
}

void rfb_version_write(enum rfb_version v, uint8_t ret[RFB_VERSION_LEN])
{
	memcpy(ret, "RFB 003.00x\n", RFB_VERSION_LEN);
	ret[10] = (uint8_t)('0' + v);
}

/* ---- numbers, reasons --------------------------------------------------- */

uint32_t rfb_u32(const uint8_t data[4])
{
	return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 |
	       (uint32_t)data[2] << 8 | data[3];
}

int rfb_u32_write(struct buf *out, uint32_t n)
{
	const uint8_t data[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16),
			(uint8_t)(n >> 8), (uint8_t)n};

	return buf_add(out, data, sizeof(data));
}

int rfb_reason_write(struct buf *out, const char *reason)
{
	size_t len = strnlen(reason, RFB_REASON_MAX);
	int r = rfb_u32_write(out, (uint32_t)len);

	return r < 0 ? r : buf_add(out, reason, len);
}

/* ---- a stranger's text -------------------------------------------------- */

static size_t blanks_off(const uint8_t *data, size_t len)
{
	while (len > 0 && memchr(" \r\n\t", data[len - 1], 5))
		len--; /* 5: a NUL at the end goes too */
	return len;
}

void rfb_text_clean(const uint8_t *data, size_t len, char ret[RFB_CLEAN_MAX])
{
	size_t out = 0;

	len = blanks_off(data, len);
	for (size_t i = 0; i < len;) {
		size_t n = text_utf8(data + i, len - i);
		bool plain = text_is_plain(data + i, len - i);
		size_t shown = plain ? n : 1;

		if (out + shown >= RFB_CLEAN_MAX)
			break;
		memcpy(ret + out, plain ? (const char *)data + i : "?", shown);
		out += shown;
		i += n ? n : 1;
	}
	ret[out] = '\0';
}

const char *rfb_other_protocol(const uint8_t *data, size_t len)
{
	static const struct {
		const char *first, *name;
	} known[] = {
			{"HTTP/", "HTTP"},
			{"SSH-", "SSH"},
			{"REDQ", "SPICE"},
			{"\x15\x03", "TLS"},
			{"\x16\x03", "TLS"},
			{"\xff\xfd", "telnet"},
			{"\xff\xfb", "telnet"},
			{"220", "FTP or mail"},
			{"{\"QMP\"", "QEMU's monitor (QMP)"},
			{"RFB 000.000", "the protocol of an UltraVNC repeater"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t n = strlen(known[i].first);

		if (len >= n && memcmp(data, known[i].first, n) == 0)
			return known[i].name;
	}
	return NULL;
}

/* ---- ServerInit --------------------------------------------------------- */

int rfb_server_init_len(const uint8_t head[RFB_SERVER_INIT_LEN],
		size_t name_max, size_t *ret_len)
{
	/* width (2), height (2), pixel format (16), length of the name */
	uint32_t name_len = rfb_u32(head + 20);

	if (name_len > name_max)
		return -EMSGSIZE;
	*ret_len = RFB_SERVER_INIT_LEN + (size_t)name_len;
	return 0;
}
