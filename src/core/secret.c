#include "core/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void secret_wipe(void *data, size_t len)
{
	if (data)
		explicit_bzero(data, len);
}

int secret_set(struct secret *s, const void *data, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, len);
	copy[len] = '\0';
	secret_done(s);
	s->data = copy;
	s->len = len;
	return 0;
}

int secret_sets(struct secret *s, const char *text)
{
	return secret_set(s, text, strlen(text));
}

int secret_copy(struct secret *to, const struct secret *from)
{
	if (!from->data) {
		secret_done(to);
		return 0;
	}
	return secret_set(to, from->data, from->len);
}

void secret_done(struct secret *s)
{
	secret_wipe(s->data, s->len);
	free(s->data);
	*s = (struct secret){0};
}

bool secret_equal(const struct secret *s, const void *data, size_t len)
{
	const unsigned char *a = (const unsigned char *)s->data, *b = data;
	unsigned char diff = 0;

	if (!s->data || s->len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		diff |= a[i] ^ b[i];
	return diff == 0;
}
