#include "core/err.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

static void err_clean(char *text)
{
	size_t len = strlen(text), n;

	for (; len > 0; text += n, len -= n) {
		n = text_utf8(text, len);
		if (text_is_plain(text, len))
			continue;
		n = n ? n : 1;
		memset(text, '?', n);
	}
}

int err_setv(struct err *e, int code, const char *fmt, va_list ap)
{
	if (!e)
		return code;
	e->code = code;
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	err_clean(e->text);
	return code;
}

int(err_set)(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	code = err_setv(e, code, fmt, ap);
	va_end(ap);
	return code;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX], new[ERR_TEXT_MAX];
	va_list ap;

	if (!e)
		return 0;
	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	(void)vsnprintf(new, sizeof(new), fmt, ap);
	va_end(ap);
	return err_set(e, e->code, "%s: %s", new, old);
}
