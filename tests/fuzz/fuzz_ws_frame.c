/*
 * A header parses the same from every prefix, is written back as the same
 * bytes, and unmasking twice changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/ws_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static void header(const uint8_t *data, size_t len, bool masked)
{
	uint8_t room[WS_HEADER_MAX];
	struct ws_header h;
	int r = ws_header_parse(data, len, masked, UINT64_C(1) << 40, &h);

	expect(r <= WS_HEADER_MAX && r <= (int)len);
	for (int cut = 0; r > 0 && cut < r; cut++)
		expect(ws_header_parse(data, (size_t)cut, masked,
				       UINT64_C(1) << 40, &h) == 0);
	if (r <= 0)
		return;
	expect(ws_header_write(room + WS_HEADER_MAX, &h) == (size_t)r);
	expect(memcmp(room + WS_HEADER_MAX - r, data, (size_t)r) == 0);
}

static void masks(const uint8_t *data, size_t len)
{
	uint8_t copy[512];

	if (len < 6 || len - 6 > sizeof(copy))
		return;
	memcpy(copy, data + 6, len - 6);
	ws_mask(copy, copy, len - 6, data, data[4]);
	ws_mask(copy, copy, len - 6, data, data[4]);
	expect(memcmp(copy, data + 6, len - 6) == 0);
}

static void close_payload(const uint8_t *data, size_t len)
{
	char reason[WS_REASON_MAX + 1];
	uint8_t says[WS_CONTROL_MAX];
	uint16_t code = 0;
	size_t said;

	if (ws_close_parse(data, len, &code, reason) < 0)
		return;
	said = ws_close_write(code, reason, says);
	expect(said <= len && memcmp(says, data, said) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	header(data, len, false);
	header(data, len, true);
	masks(data, len);
	close_payload(data, len);
	return 0;
}
