/* Host and Origin headers, "origin\0host", against a list. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/origin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct origin_list l = {0};
	char *text = calloc(1, len + 2);
	const char *host = text;
	struct origin o;

	assert(text && origin_list_add(&l, "https://gate:8443", NULL) == 0);
	if (len > 0)
		memcpy(text, data, len);
	host += strlen(text) < len ? strlen(text) + 1 : 0;
	if (origin_parse(text, &o) == 0)
		assert(o.host[0] && o.port && !strpbrk(o.host, "/@ \r\n"));
	if (host_parse(host, &o) == 0)
		assert(o.host[0] && !strpbrk(o.host, "/@ \r\n"));
	/* the only host there is, so nobody speaks from another port */
	if (host_allowed(&l, host))
		assert(strlen(host) == 9);
	if (origin_allowed(&l, text, host))
		assert(strlen(text) == 17 || strlen(text) == 16);
	(void)origin_list_add(&l, text, NULL);
	origin_list_done(&l);
	free(text);
	return 0;
}
