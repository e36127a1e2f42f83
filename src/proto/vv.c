#include "proto/vv.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>

#include "core/buf.h"

int vv_begin(struct buf *to, const char *type)
{
	return buf_addf(to, "[virt-viewer]\ntype=%s\n", type);
}

static bool key_ok(const char *key)
{
	const char *c = key;

	while (isalnum((unsigned char)*c) || *c == '-' || *c == '_')
		c++;
	return c > key && !*c;
}

static bool value_ok(const char *value)
{
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return true;
}

int vv_add(struct buf *to, const char *key, const char *value, struct err *e)
{
	int r;

	if (!key_ok(key))
		return err_set(e, -EINVAL,
				"a key of the viewer's file is none");
	if (!value_ok(value))
		return err_set(e, -EINVAL,
				"the viewer's file cannot hold this %s: there "
				"is a control character in it",
				key);
	r = buf_addf(to, "%s=%s\n", key, value);
	return r < 0 ? err_set(e, r, "the viewer's file is too long") : 0;
}
