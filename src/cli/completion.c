/*
 * Completion of shells, written out of the tables of commands and options.
 * Names of guests are asked for when they are completed; they are strangers'
 * texts, which no shell may take for anything but a word.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/app.h"
#include "cli/commands.h"

static int completion(struct app *a, const void *values, int argc, char **argv);

const struct command completion_command = {
		.name = "completion",
		.arguments = "bash | zsh | fish",
		.summary = "Print what completes commands in a shell",
		.help = "  bash   eval \"$(glassbridge completion bash)\"\n"
			"  zsh    eval \"$(glassbridge completion zsh)\"\n"
			"  fish   glassbridge completion fish | source\n",
		.arguments_min = 1,
		.arguments_max = 1,
		.run = completion,
};

/* ---- what a command takes --------------------------------------------------
 */

static bool takes_guest(const struct command *c)
{
	return c->arguments && strstr(c->arguments, "GUEST");
}

/* Its words that are typed as they are: "check [FILE] | reload". */
static void put_verbs(const struct command *c)
{
	const char *at = c->arguments ? c->arguments : "";

	while (*at) {
		size_t len;
		bool word;

		at += *at == '[';
		len = strcspn(at, " ");
		word = islower((unsigned char)*at);

		for (size_t i = 0; i < len; i++)
			word = word &&
			       (islower((unsigned char)at[i]) || at[i] == '-');
		if (word)
			(void)printf(" %.*s", (int)len, at);
		at += len + strspn(at + len, " ");
	}
}

static void put_options(const struct option_rule *rules)
{
	for (; rules && rules->name; rules++) {
		if (rules->type == OPTION_NOT)
			continue; /* none of ours */
		(void)printf(" --%s", rules->name);
		if (rules->letter)
			(void)printf(" -%c", rules->letter);
	}
}

static void put_words(const struct option_rule *rule)
{
	for (const char *const *word = rule->words; word && *word; word++)
		(void)printf(" %s", *word);
}

static bool is_path(const struct option_rule *rule)
{
	static const char *const paths[] = {"FILE", "DIR", "PATH", "FOLDER"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (rule->value && strcmp(rule->value, paths[i]) == 0)
			return true;
	return false;
}

/* ---- bash and zsh ----------------------------------------------------------
 */

/* "  web:--profile|web:-p) words='text json' ;;" */
static void put_values(const char *command, const struct option_rule *rules)
{
	for (; rules && rules->name; rules++) {
		if (rules->type == OPTION_FLAG || rules->type == OPTION_NOT)
			continue;
		(void)printf("\t%s:--%s", command, rules->name);
		if (rules->letter)
			(void)printf("|%s:-%c", command, rules->letter);
		(void)printf(") value='");
		put_words(rules);
		(void)printf("' kind=%s ;;\n",
				is_path(rules) ? "files" : "words");
	}
}

static void put_commands(const struct app *a)
{
	for (const struct command *const *c = a->commands; *c; c++)
		(void)printf(" %s", (*c)->name);
	(void)fputs(" help", stdout);
}

static void put_cases(const struct app *a)
{
	(void)puts("\tcase $cmd in");
	for (const struct command *const *c = a->commands; *c; c++) {
		(void)printf("\t%s) guests=%d options='", (*c)->name,
				takes_guest(*c));
		put_options((*c)->options);
		(void)fputs("' verbs='", stdout);
		put_verbs(*c);
		(void)puts("' ;;");
	}
	(void)fputs("\thelp) verbs='", stdout);
	put_commands(a);
	(void)fputs("' ;;\n\t'') verbs='", stdout);
	put_commands(a);
	(void)puts("' ;;\n\tesac");
	(void)fputs("\toptions+='", stdout);
	put_options(app_global_options());
	(void)puts("'");
	(void)puts("\tcase $cmd:$prev in");
	for (const struct command *const *c = a->commands; *c; c++)
		put_values((*c)->name, (*c)->options);
	put_values("*", app_global_options());
	(void)puts("\tesac");
}

/* Which command it is, and which configuration was named before it. */
static const char walk[] = "\tfor ((i = 1; i < at; i++)); do\n"
			   "\t\tcase ${line[i]} in\n"
			   "\t\t-c|--config|-p|--profile)\n"
			   "\t\t\tnamed+=(\"${line[i]}\" \"${line[i+1]}\")\n"
			   "\t\t\t((i++)) ;;\n"
			   "\t\t--format) ((i++)) ;;\n"
			   "\t\t-*) ;;\n"
			   "\t\t*) [[ -n $cmd ]] || cmd=${line[i]} ;;\n"
			   "\t\tesac\n"
			   "\tdone\n";

static void put_bash(const struct app *a)
{
	(void)puts("_glassbridge() {\n"
		   "\tlocal cur=${COMP_WORDS[COMP_CWORD]} "
		   "prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		   "\tlocal cmd='' options='' verbs='' value='' kind='' "
		   "guests=0 at=$COMP_CWORD i one\n"
		   "\tlocal -a line=(\"${COMP_WORDS[@]}\") named=()\n"
		   "\tCOMPREPLY=()");
	(void)fputs(walk, stdout);
	put_cases(a);
	(void)puts("\tif [[ $kind == files ]]; then\n"
		   "\t\tcompopt -o filenames\n"
		   "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
		   "\telif [[ $kind == words ]]; then\n"
		   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$value\" -- "
		   "\"$cur\")\n"
		   "\telif [[ $cur == -* ]]; then\n"
		   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- "
		   "\"$cur\")\n"
		   "\telse\n"
		   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$verbs\" -- "
		   "\"$cur\")\n"
		   "\t\t[[ $guests == 1 ]] || return 0\n"
		   "\t\twhile IFS= read -r one; do\n"
		   "\t\t\t[[ $one == \"$cur\"* ]] && "
		   "COMPREPLY+=(\"$(printf %q \"$one\")\")\n"
		   "\t\tdone < <(\"${COMP_WORDS[0]}\" \"${named[@]}\" ls -o "
		   "name 2>/dev/null </dev/null)\n"
		   "\tfi\n"
		   "\treturn 0\n"
		   "}\n"
		   "complete -F _glassbridge glassbridge");
}

static void put_zsh(const struct app *a)
{
	(void)puts("#compdef glassbridge\n"
		   "_glassbridge() {\n"
		   "\temulate -L zsh\n"
		   "\tsetopt ksh_arrays\n"
		   "\tlocal -a line=(\"${words[@]}\") named=() found=()\n"
		   "\tlocal at=$((CURRENT - 1)) i\n"
		   "\tlocal prev=${line[at-1]} cmd='' options='' verbs='' "
		   "value='' kind='' guests=0 cur=${line[at]}");
	(void)fputs(walk, stdout);
	put_cases(a);
	(void)puts("\tunsetopt ksh_arrays\n"
		   "\tif [[ $kind == files ]]; then\n"
		   "\t\t_files\n"
		   "\telif [[ $kind == words ]]; then\n"
		   "\t\tcompadd -- ${=value}\n"
		   "\telif [[ $cur == -* ]]; then\n"
		   "\t\tcompadd -- ${=options}\n"
		   "\telse\n"
		   "\t\tcompadd -- ${=verbs}\n"
		   "\t\t[[ $guests == 1 ]] || return 0\n"
		   "\t\tfound=(\"${(@f)$($line[1] $named ls -o name "
		   "2>/dev/null </dev/null)}\")\n"
		   "\t\tcompadd -a found\n"
		   "\tfi\n"
		   "}\n"
		   "compdef _glassbridge glassbridge");
}

/* ---- fish ------------------------------------------------------------------
 */

static void put_quoted(const char *text)
{
	(void)putchar('\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			(void)putchar('\\');
		(void)putchar(*text);
	}
	(void)putchar('\'');
}

static void put_fish_options(
		const char *command, const struct option_rule *rules)
{
	for (; rules && rules->name; rules++) {
		if (rules->type == OPTION_NOT)
			continue;
		(void)fputs("complete -c glassbridge", stdout);
		if (command)
			(void)printf(" -n '__fish_seen_subcommand_from %s'",
					command);
		(void)printf(" -l %s", rules->name);
		if (rules->letter)
			(void)printf(" -s %c", rules->letter);
		if (rules->type != OPTION_FLAG)
			(void)fputs(is_path(rules) ? " -r -F" : " -x", stdout);
		if (rules->words) {
			(void)fputs(" -a '", stdout);
			put_words(rules);
			(void)fputs("'", stdout);
		}
		(void)fputs(" -d ", stdout);
		put_quoted(rules->help);
		(void)putchar('\n');
	}
}

static void put_fish(const struct app *a)
{
	(void)puts("complete -c glassbridge -f");
	put_fish_options(NULL, app_global_options());
	for (const struct command *const *at = a->commands; *at; at++) {
		const struct command *c = *at;

		(void)printf("complete -c glassbridge -n "
			     "__fish_use_subcommand -a %s -d ",
				c->name);
		put_quoted(c->summary);
		(void)printf("\ncomplete -c glassbridge -n "
			     "'__fish_seen_subcommand_from %s' -a '",
				c->name);
		put_verbs(c);
		(void)puts("'");
		if (takes_guest(c))
			(void)printf("complete -c glassbridge -n "
				     "'__fish_seen_subcommand_from %s' -a "
				     "'(glassbridge ls -o name 2>/dev/null)'\n",
					c->name);
		put_fish_options(c->name, c->options);
	}
}

static int completion(struct app *a, const void *values, int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*put)(const struct app *a);
	} shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};

	(void)values;
	(void)argc;
	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
		if (strcmp(shells[i].name, argv[0]) != 0)
			continue;
		shells[i].put(a);
		return EXIT_OK;
	}
	return app_usage(&completion_command,
			"completion is for bash, zsh or fish, not for '%s'",
			argv[0]);
}
