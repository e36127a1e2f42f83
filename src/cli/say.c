#include "cli/say.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/text.h"

void put_clean(FILE *to, const char *text)
{
	size_t len = strlen(text), n;

	for (; len > 0; text += n, len -= n) {
		n = text_utf8(text, len);
		if (text_is_plain(text, len)) {
			(void)fwrite(text, 1, n, to);
			continue;
		}
		n = n ? n : 1;
		(void)fputc('?', to);
	}
}

static void say_clean(const char *text)
{
	(void)fputs("glassbridge: ", stderr);
	put_clean(stderr, text);
	(void)fputc('\n', stderr);
}

void say(const char *fmt, ...)
{
	struct err line; /* which knows how to clean what it is told */
	va_list ap;

	va_start(ap, fmt);
	(void)err_setv(&line, 0, fmt, ap);
	va_end(ap);
	say_clean(line.text);
}

int say_err(int code, const struct err *e)
{
	say_clean(e->text);
	return code;
}

int say_fail(int code, const char *fmt, ...)
{
	struct err line;
	va_list ap;

	va_start(ap, fmt);
	(void)err_setv(&line, 0, fmt, ap);
	va_end(ap);
	return say_err(code, &line);
}

bool may_paint(FILE *to)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(to)) && !(no && *no) && term &&
	       strcmp(term, "dumb") != 0;
}
