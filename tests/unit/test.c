#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void test_run(void **state)
{
	test_fn *fn = (test_fn *)(uintptr_t)*state;

	fn();
}

void test_has(const char *text, const char *words, const char *file, int line)
{
	if (strstr(text, words))
		return;
	print_error("'%s' does not hold '%s'\n", text, words);
	_fail(file, line);
}

char *test_file(const char *path, size_t *ret_len)
{
	char full[4096], *data;
	long len;
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s/%s", SOURCE_ROOT, path);
	f = fopen(full, "rb");
	if (!f)
		fail_msg("%s cannot be read", full);
	CHECK(fseek(f, 0, SEEK_END) == 0);
	len = ftell(f);
	CHECK(len >= 0 && fseek(f, 0, SEEK_SET) == 0);
	data = malloc((size_t)len + 1);
	CHECK(data && fread(data, 1, (size_t)len, f) == (size_t)len);
	data[len] = '\0';
	(void)fclose(f);
	if (ret_len)
		*ret_len = (size_t)len;
	return data;
}
