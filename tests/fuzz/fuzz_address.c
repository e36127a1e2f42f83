/* Whatever the bytes: an address that was read is read again from its own
 * text, and means the same. */
#include <stdlib.h>
#include <string.h>

#include "proto/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void again(const struct address *a)
{
	char text[ADDRESS_HOST_MAX + ADDRESS_PATH_MAX];
	struct address b = {0};

	if (address_format(a, text, sizeof(text)) < 0 ||
			address_parse(text, NULL, 0, &b, NULL) < 0)
		abort();
	if (a->port != b.port || !a->host != !b.host ||
			(a->host && strcmp(a->host, b.host) != 0) ||
			(a->path && strcmp(a->path, b.path) != 0) ||
			address_is_local(a) != address_is_local(&b))
		abort();
	address_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = strndup((const char *)data, len);
	struct address a = {0};
	struct err e = {0};

	if (!text)
		return 0;
	for (int i = 0; i < 4; i++) {
		if (address_parse(text, i & 1 ? "127.0.0.1" : NULL,
				    i & 2 ? 8006 : 0, &a, &e) == 0)
			again(&a);
		else if (a.host || a.path || !e.text[0])
			abort();
		address_done(&a);
	}
	free(text);
	return 0;
}
