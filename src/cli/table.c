#include "cli/table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/say.h"
#include "core/text.h"

enum { GAP = 2 };

void table_init(struct table *t, const char *const *heads)
{
	*t = (struct table){.heads = heads};
	while (heads[t->columns])
		t->columns++;
}

static void free_cells(char **cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(cells[i]);
		cells[i] = NULL;
	}
}

static int table_grow(struct table *t)
{
	size_t room = t->room ? 2 * t->room : 32;
	char **cells;

	if (t->rows < t->room)
		return 0;
	cells = reallocarray(t->cells, room * t->columns, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	t->cells = cells;
	t->room = room;
	return 0;
}

int table_add(struct table *t, const char *const *cells)
{
	char **row;

	if (table_grow(t) < 0)
		return -ENOMEM;
	row = t->cells + t->rows * t->columns;
	for (size_t i = 0; i < t->columns; i++) {
		row[i] = strdup(cells[i] && *cells[i] ? cells[i] : "-");
		if (!row[i]) {
			free_cells(row, i);
			return -ENOMEM;
		}
	}
	t->rows++;
	return 0;
}

/* As put_clean() writes it: a character a column, a bad byte too. */
static size_t width_of(const char *text)
{
	size_t len = strlen(text), width = 0, n;

	for (; len > 0; text += n, len -= n, width++) {
		n = text_utf8(text, len);
		n = n ? n : 1;
	}
	return width;
}

static size_t column_width(const struct table *t, size_t column)
{
	size_t width = width_of(t->heads[column]);

	for (size_t row = 0; row < t->rows; row++) {
		size_t w = width_of(t->cells[row * t->columns + column]);

		if (w > width)
			width = w;
	}
	return width;
}

void table_fit(struct table *t, FILE *to)
{
	struct winsize w = {0};

	if (isatty(fileno(to)) && ioctl(fileno(to), TIOCGWINSZ, &w) == 0)
		t->width = w.ws_col;
}

/* The first `width` columns of a text; an ellipsis stands for the rest. */
static void put_cut(FILE *to, const char *text, size_t width)
{
	size_t len = strlen(text), left = len, n;
	char *head;

	for (size_t i = 1; i < width; i++) {
		n = text_utf8(text + len - left, left);
		left -= n ? n : 1;
	}
	head = strndup(text, len - left);
	if (head)
		put_clean(to, head);
	free(head);
	(void)fputs("\u2026", to);
}

/* What is too wide is taken from the widest columns, but never from the first,
 * which is what a row is called by, nor more than leaves a word. */
static void narrow(const struct table *t, size_t *widths)
{
	enum { WORD = 8 };
	size_t total = GAP * (t->columns - 1), widest;

	for (size_t i = 0; i < t->columns; i++)
		total += widths[i];
	for (; t->width && total > t->width; total--) {
		widest = 0;
		for (size_t i = 1; i < t->columns; i++)
			if (widths[i] > WORD &&
					(!widest || widths[i] > widths[widest]))
				widest = i;
		if (!widest)
			break;
		widths[widest]--;
	}
}

/* Nothing is written behind the last cell of a row. */
static void put_row(const struct table *t, FILE *to, const char *const *cells,
		const size_t *widths)
{
	size_t at = 0; /* where the cell begins */

	for (size_t i = 0; i < t->columns; i++) {
		size_t width = width_of(cells[i]), room = widths[i];

		if (t->width && room > t->width - at)
			room = t->width - at;
		if (width > room)
			put_cut(to, cells[i], room);
		else
			put_clean(to, cells[i]);
		at += widths[i] + GAP;
		if (i + 1 == t->columns || (t->width && at >= t->width))
			break;
		width = width > room ? room : width;
		(void)fprintf(to, "%*s", (int)(widths[i] - width) + GAP, "");
	}
	(void)fputc('\n', to);
}

void table_print(const struct table *t, FILE *to)
{
	size_t widths[TABLE_COLUMNS_MAX];
	bool bold = may_paint(to);

	for (size_t i = 0; i < t->columns; i++)
		widths[i] = column_width(t, i);
	narrow(t, widths);
	if (bold)
		(void)fputs("\033[1m", to);
	put_row(t, to, t->heads, widths);
	if (bold)
		(void)fputs("\033[0m", to);
	for (size_t row = 0; row < t->rows; row++)
		put_row(t, to, (const char *const *)t->cells + row * t->columns,
				widths);
}

void table_show(struct table *t, const char *none)
{
	if (t->rows == 0) {
		say("%s", none);
		return;
	}
	table_fit(t, stdout);
	table_print(t, stdout);
}

void table_done(struct table *t)
{
	free_cells(t->cells, t->rows * t->columns);
	free(t->cells);
	*t = (struct table){0};
}
