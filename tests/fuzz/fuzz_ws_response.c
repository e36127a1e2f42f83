/* The head of an answer: the same from the whole as from every prefix. */
#include <stdlib.h>
#include <string.h>

#include "proto/ws_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ws_response a, b;
	int r = ws_response_parse(data, len, &a);

	if (r > (int)len || r > WS_RESPONSE_MAX)
		abort();
	if (r <= 0)
		return 0;
	if (a.status < 100 || a.status > 599 ||
			strlen(a.reason) >= sizeof(a.reason))
		abort();
	if (ws_response_parse(data, (size_t)r - 1, &b) != 0 ||
			ws_response_parse(data, (size_t)r, &b) != r)
		abort();
	return 0;
}
