/* A CONNECT request: the same from the whole as from every prefix, and a host
 * that could stand in a log. */
#include <stdlib.h>

#include "proto/connect_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void expect(int truth)
{
	if (!truth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct connect_request a, b;
	int r = connect_request_parse(data, len, &a);

	expect(r <= (int)len && r <= HTTP_HEAD_MAX);
	if (r <= 0)
		return 0;
	expect(a.port > 0 && a.minor >= 0 && a.minor <= 1);
	expect(a.host.len > 0 && a.host.len <= CONNECT_HOST_MAX);
	for (size_t i = 0; i < a.host.len; i++)
		expect(a.host.at[i] > ' ' && a.host.at[i] < 0x7f);
	expect(connect_request_parse(data, (size_t)r - 1, &b) == 0);
	expect(connect_request_parse(data, (size_t)r, &b) == r);
	return 0;
}
