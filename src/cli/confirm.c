#include "cli/confirm.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/say.h"

int confirm(bool yes, const char *fmt, ...)
{
	char what[512], answer[16] = "";
	va_list ap;

	if (yes)
		return EXIT_OK;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return say_fail(EXIT_SAFETY,
				"nobody is here to be asked; --yes means: %s",
				what);
	put_clean(stderr, what);
	(void)fputs("? [y/N] ", stderr);
	(void)fflush(stderr);
	if (fgets(answer, sizeof(answer), stdin) &&
			(strcasecmp(answer, "y\n") == 0 ||
					strcasecmp(answer, "yes\n") == 0))
		return EXIT_OK;
	return say_fail(EXIT_SAFETY, "nothing was done");
}
