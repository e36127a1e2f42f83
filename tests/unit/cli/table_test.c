#include "cli/table.h"

#include <stdlib.h>

#include "test.h"

static const char *const heads[] = {"NAME", "B", NULL};

static char *printed(const struct table *t)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	table_print(t, to);
	CHECK_INT(fclose(to), 0);
	return text;
}

static void columns_are_as_wide_as_their_widest_cell(void)
{
	static const char *const rows[][2] = {{"\xc3\xa9t\xc3\xa9", "x"},
			{"longer", NULL}, {"", "z"}};
	struct table t;
	char *text;

	table_init(&t, heads);
	for (int i = 0; i < 3; i++)
		CHECK_INT(table_add(&t, rows[i]), 0);
	text = printed(&t);
	CHECK_STR(text, "NAME    B\n"
			"\xc3\xa9t\xc3\xa9     x\n"
			"longer  -\n"
			"-       z\n");
	free(text);
	table_done(&t);
}

static void a_cell_cannot_steer_the_terminal(void)
{
	static const char *const row[] = {"\033]0;x\a", "a\nb\xff"};
	struct table t;
	char *text;

	table_init(&t, heads);
	CHECK_INT(table_add(&t, row), 0);
	text = printed(&t);
	CHECK_STR(text, "NAME    B\n"
			"?]0;x?  a?b?\n");
	free(text);
	table_done(&t);
}

static void many_rows_are_kept_in_order(void)
{
	struct table t;
	char *text, cell[16];

	table_init(&t, heads);
	for (int i = 0; i < 100; i++) {
		const char *const row[] = {cell, "y"};

		(void)snprintf(cell, sizeof(cell), "%d", i);
		CHECK_INT(table_add(&t, row), 0);
	}
	text = printed(&t);
	CHECK_HAS(text, "\n98    y\n99    y\n");
	free(text);
	table_done(&t);
}

static void a_row_too_wide_is_cut_and_says_so(void)
{
	static const char *const rows[][2] = {{"abc", "fits"},
			{"\xc3\xa9t\xc3\xa9", "too wide"}, {"abcdefghi", "x"}};
	struct table t;
	char *text;

	table_init(&t, heads);
	for (int i = 0; i < 2; i++)
		CHECK_INT(table_add(&t, rows[i]), 0);
	t.width = 10;
	text = printed(&t);
	CHECK_STR(text, "NAME  B\n"
			"abc   fits\n"
			"\xc3\xa9t\xc3\xa9   too\u2026\n");
	free(text);
	CHECK_INT(table_add(&t, rows[2]), 0);
	t.width = 8;
	text = printed(&t);
	CHECK_STR(text, "NAME\n"
			"abc\n"
			"\xc3\xa9t\xc3\xa9\n"
			"abcdefg\u2026\n");
	free(text);
	table_done(&t);
}

static void what_a_row_is_called_by_is_cut_last(void)
{
	static const char *const wide[] = {"ID", "NAME", "STATUS", NULL};
	static const char *const row[] = {
			"lab/a-long-name", "a-long-name", "running"};
	struct table t;
	char *text;

	table_init(&t, wide);
	CHECK_INT(table_add(&t, row), 0);
	t.width = 35;
	text = printed(&t);
	CHECK_STR(text, "ID               NAME       STATUS\n"
			"lab/a-long-name  a-long-n\u2026  running\n");
	free(text);
	table_done(&t);
}

static void a_file_is_as_wide_as_it_has_to_be(void)
{
	struct table t;
	FILE *to = tmpfile();

	table_init(&t, heads);
	CHECK(to);
	table_fit(&t, to);
	CHECK_INT(t.width, 0);
	CHECK_INT(fclose(to), 0);
	table_done(&t);
}

TESTS(T(columns_are_as_wide_as_their_widest_cell),
		T(a_cell_cannot_steer_the_terminal),
		T(many_rows_are_kept_in_order),
		T(a_row_too_wide_is_cut_and_says_so),
		T(what_a_row_is_called_by_is_cut_last),
		T(a_file_is_as_wide_as_it_has_to_be))
