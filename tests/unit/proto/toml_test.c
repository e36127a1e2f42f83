#include "proto/toml.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static struct toml *parse(const char *text)
{
	struct toml *root = NULL;
	struct err e = {0};

	if (toml_parse(text, strlen(text), &root, &e) < 0)
		fail_msg("'%s' was refused: %s", text, e.text);
	return root;
}

static void refused(const char *text, const char *sentence)
{
	struct toml *root = NULL;
	struct err e = {0};

	CHECK_INT(toml_parse(text, strlen(text), &root, &e), -EINVAL);
	CHECK(root == NULL);
	CHECK_STR(e.text, sentence);
}

static void a_table_keeps_the_order_of_its_keys(void)
{
	struct toml *root = parse("z = 1\n[m]\n[a.b]\n[k]\n");
	const char *const keys[] = {"z", "m", "a", "k"};

	CHECK_INT(toml_count(root), 4);
	for (size_t i = 0; i < 4; i++)
		CHECK_STR(toml_key(toml_at(root, i), NULL), keys[i]);
	CHECK(toml_at(root, 4) == NULL);
	CHECK(toml_get(root, "none") == NULL);
	CHECK(toml_get(toml_get(root, "z"), "none") == NULL);
	toml_free(root);
}

static void a_getter_answers_only_its_own_type(void)
{
	struct toml *root = parse("s = 's'\ni = 7\nf = 1.5\nb = true\n"
				  "t = 07:32:00.25\na = [1, 2]\n");
	const struct toml *s = toml_get(root, "s"), *i = toml_get(root, "i");
	struct toml_time time = {0};
	const char *text = NULL;
	int64_t whole = 0;
	double real = 0;
	bool truth = false;
	size_t len = 0;

	CHECK(toml_string(s, &text, &len) && len == 1 && text[0] == 's');
	CHECK(!toml_string(i, &text, &len) && !toml_string(NULL, &text, &len));
	CHECK(toml_integer(i, &whole) && whole == 7);
	CHECK(!toml_integer(s, &whole) && !toml_integer(NULL, &whole));
	CHECK(toml_float(toml_get(root, "f"), &real) && real == 1.5);
	CHECK(!toml_float(i, &real));
	CHECK(toml_bool(toml_get(root, "b"), &truth) && truth);
	CHECK(!toml_bool(i, &truth));
	CHECK(toml_time(toml_get(root, "t"), &time));
	CHECK_INT(time.minute, 32);
	CHECK_INT(time.nanosecond, 250000000);
	CHECK(!toml_time(i, &time));
	CHECK_INT(toml_count(toml_get(root, "a")), 2);
	CHECK_INT(toml_count(i), 0);
	CHECK_STR(toml_type_text(toml_type(i)), "a whole number");
	toml_free(root);
}

static void every_node_knows_where_it_stands(void)
{
	struct toml *root =
			parse("\n  key =  [1,\n    'zwei']\n"
			      "\"h\xc3\xa4\" = '\xc3\xa4' # x\n[t.u]\nv = 1\n");
	const struct toml *key = toml_get(root, "key");
	const struct toml *u = toml_get(toml_get(root, "t"), "u");

	CHECK_INT(toml_key_place(key).line, 2);
	CHECK_INT(toml_key_place(key).column, 3);
	CHECK_INT(toml_place(key).line, 2);
	CHECK_INT(toml_place(key).column, 10);
	CHECK_INT(toml_place(toml_at(key, 1)).line, 3);
	CHECK_INT(toml_place(toml_at(key, 1)).column, 5);
	/* characters, not bytes */
	CHECK_INT(toml_place(toml_get(root, "h\xc3\xa4")).column, 8);
	CHECK_INT(toml_place(u).line, 5);
	CHECK_INT(toml_place(u).column, 4);
	CHECK_INT(toml_key_place(toml_get(u, "v")).line, 6);
	toml_free(root);
}

static void an_error_names_line_and_column(void)
{
	refused("a = 1\nb = \n",
			"line 2, column 5: a value is expected, not the end of "
			"the line");
	refused("a 1\n", "line 1, column 3: '=' is expected behind the key, "
			 "not '1'");
	refused("a = 1\na = 2\n", "line 2, column 1: 'a' is there already: a "
				  "whole number from line 1 on");
	refused("[a]\n[a]\n", "line 2, column 2: 'a' is there already: a "
			      "table from line 1 on");
	refused("a = 'x\n", "line 1, column 7: the string is not closed "
			    "before the end of the line");
	refused("a = \"\\q\"\n",
			"line 1, column 6: unknown escape: a '\\' is followed "
			"by 'q' (write '\\\\' for a backslash)");
	refused("a = \"\\ud800\"", "line 1, column 8: U+D800 is not a "
				   "character");
	refused("a = \"\\u12\"", "line 1, column 8: \\u needs 4 hexadecimal "
				 "digits");
	refused("a = yes\n", "line 1, column 5: 'yes': not a value (a text "
			     "needs quotes)");
	refused("a = 012\n", "line 1, column 5: '012': a number must not "
			     "begin with a zero");
	refused("a = 1__2\n", "line 1, column 5: '1__2': an underscore must "
			      "stand between digits");
	refused("a = 9223372036854775808\n",
			"line 1, column 5: '9223372036854775808': the number "
			"does not fit in 64 bits");
	refused("a = 2023-02-29\n", "line 1, column 5: '2023-02-29': not a "
				    "date (as 1979-05-27)");
	refused("a = 1 b = 2\n", "line 1, column 7: 'b' stands behind a "
				 "value; one to a line");
	refused("a = [1 2]", "line 1, column 8: ']' is expected at the end of "
			     "the array, not '2'");
	refused("# \x01\n", "line 1, column 3: the byte 0x01 must not stand "
			    "in a comment");
	refused("a = 1\n\xc3\xa4\xff", "line 2, column 2: the file is not "
				       "UTF-8");
	refused("= 1", "line 1, column 1: a key is expected, not '='");
	refused("\"\"\"a\"\"\" = 1",
			"line 1, column 1: a key must stand on one line");
}

static void the_widest_numbers_are_read(void)
{
	struct toml *root = parse("a = 9223372036854775807\n"
				  "b = -9223372036854775808\n"
				  "c = 0x7fff_ffff_ffff_ffff\n");
	int64_t n = 0;

	CHECK(toml_integer(toml_get(root, "a"), &n) && n == INT64_MAX);
	CHECK(toml_integer(toml_get(root, "b"), &n) && n == INT64_MIN);
	CHECK(toml_integer(toml_get(root, "c"), &n) && n == INT64_MAX);
	toml_free(root);
}

static void a_point_is_a_point_in_every_locale(void)
{
	struct toml *root;
	double real = 0;

	(void)setlocale(LC_ALL, "de_DE.UTF-8"); /* where it is installed */
	root = parse("a = 1.5\n");
	CHECK(toml_float(toml_get(root, "a"), &real) && real == 1.5);
	(void)setlocale(LC_ALL, "C");
	toml_free(root);
}

/* `open` n times, then `close` n times. */
static int parse_nested(const char *head, const char *open, const char *close,
		size_t n, struct err *e)
{
	char *text = calloc(1, strlen(head) + n * 8 + 16);
	struct toml *root = NULL;
	int r;

	CHECK(text != NULL);
	strcpy(text, head);
	for (size_t i = 0; i < n; i++)
		strcat(text, open);
	strcat(text, *close ? "" : "z=1");
	for (size_t i = 0; i < n; i++)
		strcat(text, close);
	r = toml_parse(text, strlen(text), &root, e);
	toml_free(root);
	free(text);
	return r;
}

static void nesting_has_a_ceiling(void)
{
	struct err e = {0};

	CHECK_INT(parse_nested("a=", "[", "]", TOML_DEPTH_MAX, &e), 0);
	CHECK_INT(parse_nested("a=", "[", "]", TOML_DEPTH_MAX + 1, &e),
			-EMSGSIZE);
	CHECK_STR(e.text, "line 1, column 67: more than 64 tables and arrays "
			  "within each other");
	CHECK_INT(parse_nested("a=", "{b=", "}", 5000, &e), -EMSGSIZE);
	CHECK_INT(parse_nested("", "a.", "", TOML_DEPTH_MAX - 1, &e), 0);
	CHECK_INT(parse_nested("", "a.", "", TOML_DEPTH_MAX, &e), -EMSGSIZE);
	CHECK_INT(parse_nested("", "a.", "", 5000, &e), -EMSGSIZE);
}

static void a_file_has_a_ceiling(void)
{
	char *text = malloc(TOML_SIZE_MAX + 1);
	struct toml *root = NULL;
	struct err e = {0};

	CHECK(text != NULL);
	memset(text, '\n', TOML_SIZE_MAX + 1);
	CHECK_INT(toml_parse(text, TOML_SIZE_MAX + 1, &root, &e), -EMSGSIZE);
	CHECK_STR(e.text, "the file is larger than 1048576 bytes");
	CHECK_INT(toml_parse(text, TOML_SIZE_MAX, &root, &e), 0);
	toml_free(root);
	free(text);
}

static void a_large_table_finds_all_its_keys(void)
{
	size_t len = 0, max = 20000 * 16;
	char *text = malloc(max), key[16];
	struct toml *root = NULL;
	int64_t n = 0;

	CHECK(text != NULL);
	for (int i = 0; i < 20000; i++)
		len += (size_t)snprintf(
				text + len, max - len, "k%d=%d\n", i, i);
	CHECK_INT(toml_parse(text, len, &root, NULL), 0);
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		CHECK(toml_integer(toml_get(root, key), &n) && n == i);
	}
	CHECK(toml_get(root, "k20000") == NULL);
	toml_free(root);
	free(text);
}

static void a_file_cut_anywhere_is_read_or_refused(void)
{
	static const char text[] =
			"a.b = [1, {c = 'x'}, 2.5]\n[[t]]\n\"k\" = "
			"\"\"\"\\u00e4\r\n\\\n x\"\"\"\nd = 1979-05-27 "
			"07:32:00.5+01:00\n[t.s]\nz = 0x_\n";

	for (size_t len = 0; len < sizeof(text); len++) {
		struct toml *root = NULL;
		char *copy = malloc(len + 1); /* so that a reader past the end
						 is seen */
		CHECK(copy != NULL);
		memcpy(copy, text, len);
		(void)toml_parse(copy, len, &root, NULL);
		toml_free(root);
		free(copy);
	}
}

static void a_byte_order_mark_is_no_part_of_the_first_line(void)
{
	struct toml *root = parse("\xef\xbb\xbfkey = 1\n");

	CHECK_INT(toml_key_place(toml_get(root, "key")).column, 1);
	toml_free(root);
}

static void nothing_is_an_empty_table(void)
{
	struct toml *root = NULL;

	CHECK_INT(toml_parse(NULL, 0, &root, NULL), 0);
	CHECK_INT(toml_count(root), 0);
	CHECK(toml_key(root, NULL) == NULL);
	toml_free(root);
	toml_free(NULL);
}

TESTS(T(a_table_keeps_the_order_of_its_keys),
		T(a_getter_answers_only_its_own_type),
		T(every_node_knows_where_it_stands),
		T(an_error_names_line_and_column),
		T(the_widest_numbers_are_read),
		T(a_point_is_a_point_in_every_locale), T(nesting_has_a_ceiling),
		T(a_file_has_a_ceiling), T(a_large_table_finds_all_its_keys),
		T(a_file_cut_anywhere_is_read_or_refused),
		T(a_byte_order_mark_is_no_part_of_the_first_line),
		T(nothing_is_an_empty_table))
