#include "core/err.h"

#include <stdio.h>
#include <string.h>

static void err_clean(char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			*text = '?';
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

int err_set(struct err *e, int code, const char *fmt, ...)
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
