#include "cli/forward_args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/address.h"

/* What stands before the next colon, or behind an opening bracket before the
 * closing one. The rest, or NULL: there is no colon. */
static const char *cut(const char *text, char *ret, size_t ret_max)
{
	const char *from = text, *end;

	if (*text == '[') {
		from++;
		end = strchr(text, ']');
		if (!end || end[1] != ':')
			return NULL;
		text = end + 1;
	} else {
		end = text = strchr(text, ':');
	}
	if (!end || (size_t)(end - from) >= ret_max)
		return NULL;
	(void)snprintf(ret, ret_max, "%.*s", (int)(end - from), from);
	return text + 1;
}

static bool is_digits(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* "22", "vnc": of a guest whose name may have colons, too. */
static int read_guest_port(
		const char *text, struct forward_arg *a, struct err *e)
{
	if (console_kind_from(text, &a->kind) == 0) {
		a->has_kind = true;
		return 0;
	}
	if (address_port(text, strlen(text), false, &a->guest_port))
		return 0;
	return err_set(e, -EINVAL,
			"'%s' is no port of a guest: 1 to 65535, vnc, serial "
			"or spice",
			text);
}

int forward_arg_read_guest(
		const char *text, struct forward_arg *ret, struct err *e)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	struct forward_arg a = *ret;
	int r = colon ? read_guest_port(colon + 1, &a, e) : 0;

	if (r < 0)
		return r;
	if (len == 0 || len > FORWARD_ARG_MAX)
		return err_set(e, -EINVAL, "'%s' names no guest", text);
	(void)snprintf(a.guest, sizeof(a.guest), "%.*s", (int)len, text);
	*ret = a;
	return 0;
}

int forward_arg_read(const char *text, struct forward_arg *ret, struct err *e)
{
	struct forward_arg a = {0};
	char first[FORWARD_ARG_MAX + 1] = "";
	const char *rest = cut(text, first, sizeof(first));
	int r;

	if (rest && !is_digits(first)) {
		(void)snprintf(a.host, sizeof(a.host), "%s", first);
		rest = cut(rest, first, sizeof(first));
	}
	if (!rest)
		return err_set(e, -EINVAL,
				"'%s' should be [ADDRESS:]PORT:GUEST"
				"[:GUESTPORT]",
				text);
	if (!address_port(first, strlen(first), true, &a.port))
		return err_set(e, -EINVAL,
				"'%s' is no port to listen on: 1 to 65535, or "
				"0 for any",
				first);
	r = forward_arg_read_guest(rest, &a, e);
	if (r == 0)
		*ret = a;
	return r;
}
