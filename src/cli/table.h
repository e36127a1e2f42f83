/*
 * A table for people: columns as wide as their widest cell, a head in bold
 * where that may be. Cells are texts from anywhere: controls become '?'.
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
};

void table_init(struct table *t, const char *const *heads);
/* One cell a column, copied; NULL is "-". 0 or -ENOMEM. */
int table_add(struct table *t, const char *const *cells);
void table_print(const struct table *t, FILE *to);
void table_done(struct table *t);

#endif
