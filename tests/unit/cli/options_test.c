#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

struct values {
	bool wide, all;
	const char *output, *filter;
	struct option_list tags;
};

static const char *const outputs[] = {"table", "json", NULL};

#define AT(member) offsetof(struct values, member)
static const struct option_rule rules[] = {
		{"wide", 'w', OPTION_FLAG, AT(wide), NULL, "more", NULL},
		{"all", 'a', OPTION_FLAG, AT(all), NULL, "all", NULL},
		{"output", 'o', OPTION_WORD, AT(output), "FORMAT", "how",
				outputs},
		{"filter", 0, OPTION_TEXT, AT(filter), "TEXT", "which", NULL},
		{0},
};
static const struct option_rule more[] = {
		{"tag", 't', OPTION_LIST, AT(tags), "TAG", "tags", NULL},
		{0},
};
#undef AT

static struct values values;
static struct err e;
static char *argv[32];

/* The words of `line`; "" is an empty word. */
static int read_words(const char *line, bool first_ends)
{
	static char text[512];
	const struct option_set sets[] = {{rules, &values}, {more, &values}};
	int argc = 0;

	values = (struct values){0};
	CHECK(strlen(line) < sizeof(text));
	strcpy(text, line);
	for (char *at = strtok(text, " "); at; at = strtok(NULL, " "))
		argv[argc++] = at;
	return options_read(sets, 2, first_ends, argc, argv, &e);
}

static void every_spelling_is_read(void)
{
	static const char *const spelled[] = {"-o json", "-ojson",
			"--output json", "--output=json", "-wo json",
			"-waojson"};

	for (size_t i = 0; i < sizeof(spelled) / sizeof(spelled[0]); i++) {
		CHECK_INT(read_words(spelled[i], false), 0);
		CHECK_STR(values.output, "json");
	}
	CHECK(values.wide && values.all);
	CHECK_INT(read_words("--filter=", false), 0);
	CHECK_STR(values.filter, "");
	CHECK_INT(read_words("--filter=a=b", false), 0);
	CHECK_STR(values.filter, "a=b");
}

static void arguments_move_to_the_front_in_order(void)
{
	CHECK_INT(read_words("web1 -w - lab/x --tag a -t b", false), 3);
	CHECK_STR(argv[0], "web1");
	CHECK_STR(argv[1], "-");
	CHECK_STR(argv[2], "lab/x");
	CHECK_INT(values.tags.count, 2);
	CHECK_STR(values.tags.items[0], "a");
	CHECK_STR(values.tags.items[1], "b");
}

static void two_dashes_end_the_options(void)
{
	CHECK_INT(read_words("-w -- -a --output", false), 2);
	CHECK(values.wide && !values.all);
	CHECK_STR(argv[0], "-a");
	CHECK_STR(argv[1], "--output");
}

static void the_first_argument_ends_them_where_asked(void)
{
	CHECK_INT(read_words("-w ls -a --no-such", true), 3);
	CHECK(values.wide && !values.all);
	CHECK_STR(argv[0], "ls");
	CHECK_STR(argv[1], "-a");
}

static void what_is_wrong_is_named(void)
{
	CHECK_INT(read_words("--fliter x", false), -EINVAL);
	CHECK_HAS(e.text, "did you mean '--filter'?");
	CHECK_INT(read_words("--tga=x", false), -EINVAL);
	CHECK_HAS(e.text, "'--tga'; did you mean '--tag'?");
	CHECK_INT(read_words("--entirely-else", false), -EINVAL);
	CHECK_HAS(e.text, "there is no option '--entirely-else'");
	CHECK_INT(read_words("-wx", false), -EINVAL);
	CHECK_HAS(e.text, "'-x'");
	CHECK_INT(read_words("--wide=yes", false), -EINVAL);
	CHECK_HAS(e.text, "--wide takes no value");
	CHECK_INT(read_words("--filter", false), -EINVAL);
	CHECK_HAS(e.text, "--filter takes a value: TEXT");
	CHECK_INT(read_words("-o yaml", false), -EINVAL);
	CHECK_HAS(e.text, "--output takes one of table, json, not 'yaml'");
}

static void a_list_has_a_limit(void)
{
	CHECK_INT(read_words("-ta -ta -ta -ta -ta -ta -ta -ta -ta -ta -ta -ta "
			     "-ta -ta -ta -ta",
				  false),
			0);
	CHECK_INT(values.tags.count, OPTION_LIST_MAX);
	CHECK_INT(read_words("-ta -ta -ta -ta -ta -ta -ta -ta -ta -ta -ta -ta "
			     "-ta -ta -ta -ta -ta",
				  false),
			-EINVAL);
}

static void an_endless_name_is_no_trouble(void)
{
	char word[400] = "--";
	char *const one[] = {word};
	const struct option_set set = {rules, &values};

	memset(word + 2, 'x', sizeof(word) - 3);
	CHECK_INT(options_read(&set, 1, false, 1, (char **)one, &e), -EINVAL);
}

TESTS(T(every_spelling_is_read), T(arguments_move_to_the_front_in_order),
		T(two_dashes_end_the_options),
		T(the_first_argument_ends_them_where_asked),
		T(what_is_wrong_is_named), T(a_list_has_a_limit),
		T(an_endless_name_is_no_trouble))
