/*
 * A table for people: columns as wide as their widest cell, a head in bold
 * where that may be. Cells are texts from anywhere: controls become '?'.
 * Where they are too wide for a terminal, the widest cells are cut, which an
 * ellipsis shows; what goes into a file or a pipe is whole.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stddef.h>
#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 10 };

struct table {
	const char *const *heads; /* borrowed, NULL at the end */
	size_t columns;
	char **cells; /* row by row */
	size_t rows, room;
	size_t width; /* rows are cut to it; 0: never */
};

void table_init(struct table *t, const char *const *heads);
/* One cell a column, copied; NULL is "-". 0 or -ENOMEM. */
int table_add(struct table *t, const char *const *cells);
/* Cut rows as wide as the terminal that `to` is, if it is one. */
void table_fit(struct table *t, FILE *to);
void table_print(const struct table *t, FILE *to);
/* On standard output, cut to fit; where there are no rows, `none` is said
 * instead. */
void table_show(struct table *t, const char *none);
void table_done(struct table *t);

#endif
