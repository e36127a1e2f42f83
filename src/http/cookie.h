/*
 * Cookies: find one in a request, write one into a response. Ours are always
 * HttpOnly, SameSite=Strict and for the whole host; over TLS they are Secure
 * and carry the __Host- prefix, so that no other host or plain page of the
 * same name can plant one.
 */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum {
	COOKIE_NAME_MAX = 64, /* with the prefix */
	COOKIE_VALUE_MAX = 1024,
	COOKIE_SESSION = -1, /* max_age: gone with the browser */
	COOKIE_DELETE = 0,
};

/* The full name of our cookie `base`, "__Host-" before it over TLS. */
const char *cookie_name(char ret[COOKIE_NAME_MAX], const char *base, bool tls);

/*
 * The value of the cookie called `name`, inside `header` (which may be NULL):
 * the start, and its length. NULL where it is absent, malformed, too long, or
 * there twice (then somebody planted one). Other cookies are not judged.
 */
const char *cookie_find(const char *header, const char *name, size_t *ret_len);

/* Add a "Set-Cookie: ...\r\n" line for the cookie `base`. -EINVAL where base
 * or value hold what a cookie may not, -EMSGSIZE, -ENOMEM. */
int cookie_write(struct buf *out, const char *base, const char *value,
		size_t value_len, long max_age, bool tls);

#endif
