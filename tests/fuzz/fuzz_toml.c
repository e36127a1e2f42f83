/*
 * Whatever the bytes: the reader answers a tree whose every node can be asked,
 * or refuses with a sentence.
 */
#include <stdlib.h>

#include "proto/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static size_t visit(const struct toml *n, unsigned depth)
{
	const char *text;
	struct toml_time t;
	size_t text_len, seen = 1;

	if (depth > TOML_DEPTH_MAX || toml_place(n).line == 0 ||
			toml_key_place(n).column == 0)
		abort();
	if (toml_string(n, &text, &text_len) && text[text_len] != '\0')
		abort();
	if (toml_time(n, &t) && (t.month > 12 || t.second > 60))
		abort();
	for (size_t i = 0; i < toml_count(n); i++) {
		const struct toml *child = toml_at(n, i);

		if ((toml_key(child, NULL) != NULL) !=
				(toml_type(n) == TOML_TABLE))
			abort();
		seen += visit(child, depth + 1);
	}
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct toml *root = NULL;
	struct err e = {0};
	int r = toml_parse(data, len, &root, &e);

	if ((r == 0) != (root != NULL) || (r < 0 && e.code != r))
		abort();
	if (root && visit(root, 0) > len + 1 + len)
		abort();
	toml_free(root);
	return 0;
}
