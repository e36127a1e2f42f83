/* Whatever the bytes: what was encoded decodes to itself, a URL that was read
 * is read again from its own text, and no answer leaves its room. */
#include <stdlib.h>
#include <string.h>

#include "proto/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void encode_and_back(const uint8_t *data, size_t len)
{
	size_t room = len * 3 + 1;
	char *coded = malloc(room), *plain = malloc(len + 1);
	int n;

	if (!coded || !plain)
		abort();
	n = url_encode(data, len, coded, room);
	if (n < 0 || strlen(coded) != (size_t)n)
		abort();
	n = url_decode(coded, (size_t)n, plain, len + 1);
	if (memchr(data, 0, len) ? n != -22
				 : n != (int)len || memcmp(plain, data, len))
		abort();
	free(coded);
	free(plain);
}

static void parse_and_back(const char *text)
{
	struct url u = {0}, v = {0};
	char again[URL_MAX + 64];

	if (url_parse(text, &u, NULL) < 0)
		return;
	if (url_format(&u, again, sizeof(again)) < 0 ||
			url_parse(again, &v, NULL) < 0)
		abort();
	if (strcmp(u.host, v.host) || strcmp(u.path, v.path) ||
			u.port != v.port || strcmp(u.scheme, v.scheme))
		abort();
	url_done(&u);
	url_done(&v);
}

static void ask(const char *data, size_t len)
{
	struct url_target t;
	char small[8];
	int n;

	(void)url_decode(data, len, small, sizeof(small));
	if (url_target(data, len, &t) < 0)
		return;
	if (t.path_len + (t.query ? 1 + t.query_len : 0) != len)
		abort();
	n = url_query_get(
			t.query, t.query_len, "payload", small, sizeof(small));
	if (n >= 0 && strlen(small) != (size_t)n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *exact = malloc(len + 1), *text = strndup((const char *)data, len);

	if (!exact || !text)
		abort();
	memcpy(exact, data, len);
	if (len > 0)
		encode_and_back(data, len);
	parse_and_back(text);
	ask(exact, len);
	free(exact);
	free(text);
	return 0;
}
