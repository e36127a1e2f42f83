#include "cli/table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

/* Nothing is written behind the last cell of a row. */
static void put_row(const struct table *t, FILE *to, const char *const *cells,
		const size_t *widths)
{
	for (size_t i = 0; i < t->columns; i++) {
		put_clean(to, cells[i]);
		if (i + 1 < t->columns)
			(void)fprintf(to, "%*s",
					(int)(widths[i] - width_of(cells[i])) +
							GAP,
					"");
	}
	(void)fputc('\n', to);
}

void table_print(const struct table *t, FILE *to)
{
	size_t widths[TABLE_COLUMNS_MAX];
	bool bold = may_paint(to);

	for (size_t i = 0; i < t->columns; i++)
		widths[i] = column_width(t, i);
	if (bold)
		(void)fputs("\033[1m", to);
	put_row(t, to, t->heads, widths);
	if (bold)
		(void)fputs("\033[0m", to);
	for (size_t row = 0; row < t->rows; row++)
		put_row(t, to, (const char *const *)t->cells + row * t->columns,
				widths);
}

void table_done(struct table *t)
{
	free_cells(t->cells, t->rows * t->columns);
	free(t->cells);
	*t = (struct table){0};
}
