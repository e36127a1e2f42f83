#include "cli/checks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/output.h"
#include "cli/say.h"
#include "core/buf.h"
#include "core/err.h"
#include "proto/json.h"

struct check {
	char *about, *what, *text, *mend;
	enum finding_state state;
};

enum { INDENT = 5, WIDTH_MIN = 40, WORD_MAX = 1024, LINE_MAX_LEN = 4096 };

static const struct {
	const char *word, *mark, *begin;
} states[] = {
		[FINDING_GOOD] = {"ok", "\u2713", "\033[32m"},
		[FINDING_NOTE] = {"note", "!", "\033[33m"},
		[FINDING_BAD] = {"bad", "\u2717", "\033[31m"},
};

/* From what stops everything to what a second try may mend. */
static const int ranks[] = {EXIT_USAGE, EXIT_CONFIG, EXIT_SAFETY, EXIT_REFUSED,
		EXIT_FAILED, EXIT_NOT_FOUND, EXIT_BUSY, EXIT_OK};

void checks_init(struct checks *c, bool json)
{
	*c = (struct checks){.json = json};
}

void checks_worse(struct checks *c, int exit_code)
{
	size_t i = 0;

	while (ranks[i] != exit_code && ranks[i] != c->worst)
		i++;
	c->worst = ranks[i];
}

/* Columns of the terminal; 0: it is none, and lines are as long as they are. */
static size_t width_of(FILE *to)
{
	struct winsize size;

	if (!isatty(fileno(to)) || ioctl(fileno(to), TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col < WIDTH_MIN ? 0 : size.ws_col;
}

/* Characters, as far as columns go: what follows a first byte has none. */
static size_t columns(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* Broken between words, the rest under the first line's text. */
static void put_wrapped(const char *text, size_t at, size_t width)
{
	char word[WORD_MAX];

	while (*text) {
		size_t len = strcspn(text, " "), wide = columns(text, len);

		(void)snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (width && at > INDENT && at + 1 + wide > width) {
			(void)printf("\n%*s", INDENT, "");
			at = INDENT;
		} else if (at > INDENT) {
			(void)putchar(' ');
			at++;
		}
		put_clean(stdout, word);
		at += wide;
		text += len + strspn(text + len, " ");
	}
	(void)putchar('\n');
}

static void print(const char *about, const struct finding *f)
{
	bool paint = may_paint(stdout);
	char line[LINE_MAX_LEN];

	(void)snprintf(line, sizeof(line), "%s: %s: %s", about, f->what,
			f->text);
	if (paint)
		(void)printf("%s%s\033[0m   ", states[f->state].begin,
				states[f->state].mark);
	else
		(void)printf("%-4s", states[f->state].word);
	(void)putchar(' ');
	put_wrapped(line, INDENT, width_of(stdout));
	if (f->mend) {
		(void)fputs("       ", stdout);
		put_clean(stdout, f->mend);
		(void)putchar('\n');
	}
	(void)fflush(stdout);
}

static void keep(struct checks *c, const char *about, const struct finding *f)
{
	size_t room = c->room ? 2 * c->room : 64;
	struct check *items = c->items;

	if (c->count == c->room) {
		items = reallocarray(c->items, room, sizeof(*items));
		if (!items)
			return;
		c->items = items;
		c->room = room;
	}
	items[c->count++] = (struct check){
			.about = strdup(about),
			.what = strdup(f->what),
			.text = strdup(f->text),
			.mend = f->mend ? strdup(f->mend) : NULL,
			.state = f->state,
	};
}

void checks_add(struct checks *c, const char *about, const struct finding *f)
{
	c->good += f->state == FINDING_GOOD;
	c->notes += f->state == FINDING_NOTE;
	c->bad += f->state == FINDING_BAD;
	if (f->state == FINDING_BAD && f->code < 0)
		checks_worse(c, exit_of(f->code));
	if (c->json)
		keep(c, about, f);
	else
		print(about, f);
}

static void add(struct checks *c, const char *about, struct finding *f,
		const char *fmt, va_list ap)
		__attribute__((format(printf, 4, 0)));

static void add(struct checks *c, const char *about, struct finding *f,
		const char *fmt, va_list ap)
{
	struct err text;

	(void)err_setv(&text, 0, fmt, ap);
	f->text = text.text;
	checks_add(c, about, f); /* copies what it keeps */
	f->text = NULL;
}

void checks_good(struct checks *c, const char *about, const char *what,
		const char *fmt, ...)
{
	struct finding f = {.what = what, .state = FINDING_GOOD};
	va_list ap;

	va_start(ap, fmt);
	add(c, about, &f, fmt, ap);
	va_end(ap);
}

void checks_note(struct checks *c, const char *about, const char *what,
		const char *mend, const char *fmt, ...)
{
	struct finding f = {.what = what, .state = FINDING_NOTE, .mend = mend};
	va_list ap;

	va_start(ap, fmt);
	add(c, about, &f, fmt, ap);
	va_end(ap);
}

void checks_bad(struct checks *c, const char *about, const char *what, int code,
		const char *mend, const char *fmt, ...)
{
	struct finding f = {.what = what,
			.state = FINDING_BAD,
			.code = code,
			.mend = mend};
	va_list ap;

	va_start(ap, fmt);
	add(c, about, &f, fmt, ap);
	va_end(ap);
}

static int put_list(const struct checks *c)
{
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_array(&o, "checks");
	for (size_t i = 0; i < c->count; i++) {
		const struct check *one = &c->items[i];

		json_out_object_begin(&o);
		json_out_put_text(&o, "about", one->about);
		json_out_put_text(&o, "check", one->what);
		json_out_put_text(&o, "state", states[one->state].word);
		json_out_put_text(&o, "text", one->text);
		json_out_put_text(&o, "mend", one->mend);
		json_out_object_end(&o);
	}
	json_out_array_end(&o);
	json_out_put_int(&o, "exit_code", c->worst);
	json_out_object_end(&o);
	return output_end(&o, &b);
}

int checks_end(struct checks *c)
{
	if (c->json)
		return put_list(c) == 0 ? c->worst : EXIT_FAILED;
	(void)printf("%zu well, %zu to know, %zu wrong\n", c->good, c->notes,
			c->bad);
	return c->worst;
}

void checks_done(struct checks *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->items[i].about);
		free(c->items[i].what);
		free(c->items[i].text);
		free(c->items[i].mend);
	}
	free(c->items);
	*c = (struct checks){0};
}
