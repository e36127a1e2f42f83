#include "hypervisor/findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void add(struct findings *f, const char *what, enum finding_state state,
		int code, const char *fmt, va_list ap)
		__attribute__((format(printf, 5, 0)));

static void add(struct findings *f, const char *what, enum finding_state state,
		int code, const char *fmt, va_list ap)
{
	char *text;

	if (f->count == FINDINGS_MAX || vasprintf(&text, fmt, ap) < 0)
		return;
	f->items[f->count++] = (struct finding){.what = what,
			.state = state,
			.code = code,
			.text = text};
}

void findings_good(struct findings *f, const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(f, what, FINDING_GOOD, 0, fmt, ap);
	va_end(ap);
}

void findings_note(struct findings *f, const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(f, what, FINDING_NOTE, 0, fmt, ap);
	va_end(ap);
}

void findings_bad(struct findings *f, const char *what, int code,
		const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(f, what, FINDING_BAD, code, fmt, ap);
	va_end(ap);
}

void findings_mend(struct findings *f, const char *fmt, ...)
{
	struct finding *last = f->count ? &f->items[f->count - 1] : NULL;
	char *mend = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (!last || last->mend || vasprintf(&mend, fmt, ap) < 0)
		mend = NULL;
	va_end(ap);
	if (mend)
		last->mend = mend;
}

void findings_done(struct findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free((char *)f->items[i].text);
		free((char *)f->items[i].mend);
	}
	*f = (struct findings){0};
}
