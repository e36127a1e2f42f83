#include "http/cookie.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"

/* RFC 6265 4.1.1: cookie-octet */
static bool value_char(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' &&
	       c != '\\';
}

static bool name_char(unsigned char c)
{
	return c > 0x20 && c < 0x7f && !strchr("()<>@,;:\\\"/[]?={}", c);
}

static bool is_value(const char *value, size_t len)
{
	if (len > COOKIE_VALUE_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!value_char((unsigned char)value[i]))
			return false;
	return true;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!name_char((unsigned char)name[i]))
			return false;
	return len > 0 && len < COOKIE_NAME_MAX - strlen("__Host-");
}

const char *cookie_name(char ret[COOKIE_NAME_MAX], const char *base, bool tls)
{
	(void)snprintf(ret, COOKIE_NAME_MAX, "%s%s", tls ? "__Host-" : "",
			base);
	return ret;
}

static size_t trim(const char *text, size_t len)
{
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	return len;
}

const char *cookie_find(const char *header, const char *name, size_t *ret_len)
{
	size_t name_len = strlen(name), value_len = 0;
	const char *found = NULL;

	for (const char *p = header; p && *p;) {
		size_t len;

		p += strspn(p, " \t;");
		len = strcspn(p, ";");
		if (len > name_len && p[name_len] == '=' &&
				strncmp(p, name, name_len) == 0) {
			if (found)
				return NULL;
			found = p + name_len + 1;
			value_len = trim(found, len - name_len - 1);
		}
		p += len;
	}
	if (!found || !is_value(found, value_len))
		return NULL;
	*ret_len = value_len;
	return found;
}

int cookie_write(struct buf *out, const char *base, const char *value,
		size_t value_len, long max_age, bool tls)
{
	char name[COOKIE_NAME_MAX], age[48] = "";

	if (!is_name(base) || !is_value(value, value_len))
		return -EINVAL;
	if (max_age >= 0)
		(void)snprintf(age, sizeof(age), "; Max-Age=%ld", max_age);
	return buf_addf(out,
			"Set-Cookie: %s=%.*s; Path=/; HttpOnly; "
			"SameSite=Strict%s%s\r\n",
			cookie_name(name, base, tls), (int)value_len, value,
			age, tls ? "; Secure" : "");
}
