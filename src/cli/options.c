#include "cli/options.h"

#include <errno.h>
#include <string.h>

#include "core/near.h"

enum {
	HELP_COLUMN = 28, /* where the help of an option begins */
	SPELLED_MAX = 128,
};

/* A walk along argv. */
struct walk {
	const struct option_set *sets;
	size_t set_count;
	int argc;
	char **argv;
	int at;   /* the next one to look at */
	int kept; /* arguments moved to the front */
	struct err *e;
};

struct found {
	const struct option_rule *rule;
	void *values;
};

static bool found_next(const struct walk *w, struct found *f, size_t *set)
{
	if (f->rule && f->rule[1].name) {
		f->rule++;
		return true;
	}
	while (*set < w->set_count) {
		const struct option_set *s = &w->sets[(*set)++];

		if (!s->rules->name)
			continue;
		*f = (struct found){s->rules, s->values};
		return true;
	}
	return false;
}

static bool find_name(const struct walk *w, const char *name, size_t len,
		struct found *ret)
{
	struct found f = {0};
	size_t set = 0;

	while (found_next(w, &f, &set)) {
		if (strncmp(f.rule->name, name, len) == 0 &&
				f.rule->name[len] == '\0') {
			*ret = f;
			return true;
		}
	}
	return false;
}

static bool find_letter(const struct walk *w, char letter, struct found *ret)
{
	struct found f = {0};
	size_t set = 0;

	while (found_next(w, &f, &set)) {
		if (f.rule->letter == letter) {
			*ret = f;
			return true;
		}
	}
	return false;
}

static int unknown_name(const struct walk *w, const char *name, size_t len)
{
	char typed[SPELLED_MAX];
	struct found f = {0};
	struct near n;
	size_t set = 0;

	(void)snprintf(typed, sizeof(typed), "%.*s",
			(int)(len < sizeof(typed) ? len : sizeof(typed) - 1),
			name);
	near_begin(&n, typed);
	while (found_next(w, &f, &set))
		if (f.rule->type != OPTION_NOT)
			near_try(&n, f.rule->name);
	if (n.nearest)
		return err_set(w->e, -EINVAL,
				"there is no option '--%s'; did you mean "
				"'--%s'?",
				typed, n.nearest);
	return err_set(w->e, -EINVAL, "there is no option '--%s'", typed);
}

/* ---- values ------------------------------------------------------------ */

static int set_word(const struct walk *w, const struct option_rule *rule,
		const char **to, const char *value)
{
	char known[SPELLED_MAX] = "";
	size_t len = 0;

	for (const char *const *word = rule->words; *word; word++) {
		if (strcmp(*word, value) == 0) {
			*to = value;
			return 0;
		}
		if (len < sizeof(known))
			len += (size_t)snprintf(known + len,
					sizeof(known) - len, "%s%s",
					len ? ", " : "", *word);
	}
	return err_set(w->e, -EINVAL, "--%s takes one of %s, not '%s'",
			rule->name, known, value);
}

static int set_value(
		const struct walk *w, const struct found *f, const char *value)
{
	void *to = (char *)f->values + f->rule->at;
	struct option_list *list = to;

	switch (f->rule->type) {
	case OPTION_FLAG:
		*(bool *)to = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)to = value;
		return 0;
	case OPTION_WORD:
		return set_word(w, f->rule, to, value);
	case OPTION_LIST:
	case OPTION_NOT: /* never gets here */
		break;
	}
	if (list->count == OPTION_LIST_MAX)
		return err_set(w->e, -EINVAL,
				"--%s is given more than %d times",
				f->rule->name, OPTION_LIST_MAX);
	list->items[list->count++] = value;
	return 0;
}

/* The value that stands in the next word. */
static int set_from_next(struct walk *w, const struct found *f)
{
	if (w->at == w->argc)
		return err_set(w->e, -EINVAL, "--%s takes a value: %s",
				f->rule->name, f->rule->value);
	return set_value(w, f, w->argv[w->at++]);
}

static int is_not(const struct walk *w, const struct option_rule *rule)
{
	return err_set(w->e, -EINVAL, "--%s is not to be had here: %s",
			rule->name, rule->help);
}

/* ---- words ------------------------------------------------------------- */

static int read_long(struct walk *w, const char *word)
{
	const char *value = strchr(word, '=');
	size_t len = value ? (size_t)(value - word) : strlen(word);
	struct found f;

	if (!find_name(w, word, len, &f))
		return unknown_name(w, word, len);
	if (f.rule->type == OPTION_NOT)
		return is_not(w, f.rule);
	if (f.rule->type == OPTION_FLAG && value)
		return err_set(w->e, -EINVAL, "--%s takes no value",
				f.rule->name);
	if (f.rule->type == OPTION_FLAG || value)
		return set_value(w, &f, value ? value + 1 : NULL);
	return set_from_next(w, &f);
}

/* "-ab" is "-a -b"; the first that takes a value takes the rest. */
static int read_letters(struct walk *w, const char *word)
{
	struct found f;
	int r = 0;

	for (; r == 0 && *word; word++) {
		if (!find_letter(w, *word, &f))
			return err_set(w->e, -EINVAL,
					"there is no option '-%c'", *word);
		if (f.rule->type == OPTION_NOT)
			return is_not(w, f.rule);
		if (f.rule->type == OPTION_FLAG) {
			r = set_value(w, &f, NULL);
			continue;
		}
		return word[1] ? set_value(w, &f, word + 1)
			       : set_from_next(w, &f);
	}
	return r;
}

static void keep(struct walk *w, char *word)
{
	w->argv[w->kept++] = word;
}

int options_read(const struct option_set *sets, size_t set_count,
		bool first_ends, int argc, char **argv, struct err *e)
{
	struct walk w = {sets, set_count, argc, argv, 0, 0, e};
	bool options = true;
	int r = 0;

	while (r == 0 && w.at < argc) {
		char *word = argv[w.at++];

		if (!options || word[0] != '-' || word[1] == '\0') {
			keep(&w, word);
			options = options && !first_ends;
		} else if (strcmp(word, "--") == 0) {
			options = false;
		} else if (word[1] == '-') {
			r = read_long(&w, word + 2);
		} else {
			r = read_letters(&w, word + 1);
		}
	}
	return r < 0 ? r : w.kept;
}

/* ---- help -------------------------------------------------------------- */

void options_help(FILE *to, const struct option_rule *rules)
{
	for (; rules->name; rules++) {
		char letter[8] = "    ", spelled[SPELLED_MAX];

		if (rules->type == OPTION_NOT)
			continue;
		if (rules->letter)
			(void)snprintf(letter, sizeof(letter), "-%c, ",
					rules->letter);
		(void)snprintf(spelled, sizeof(spelled), "  %s--%s%s%s", letter,
				rules->name, rules->value ? " " : "",
				rules->value ? rules->value : "");
		if (strlen(spelled) > HELP_COLUMN - 2)
			(void)fprintf(to, "%s\n%*s%s\n", spelled, HELP_COLUMN,
					"", rules->help);
		else
			(void)fprintf(to, "%-*s%s\n", HELP_COLUMN, spelled,
					rules->help);
	}
}
