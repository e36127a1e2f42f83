#include "cli/overview.h"

#include <stdio.h>

#include "cli/app.h"
#include "cli/say.h"

static void put_next(const struct command *c)
{
	char typed[64];

	(void)snprintf(typed, sizeof(typed), "%s%s%s", c->name,
			c->next_arguments ? " " : "",
			c->next_arguments ? c->next_arguments : "");
	(void)printf("  glassbridge %-19s %s\n", typed, c->next);
}

static void put_configuration(const struct config *c)
{
	if (c->file)
		(void)printf("Configuration: %s (%zu %s)\n", c->file,
				c->profile_count,
				c->profile_count == 1 ? "profile" : "profiles");
	else
		(void)puts("Configuration: none yet; `glassbridge init` makes "
			   "one");
}

int overview(struct app *a)
{
	const struct config_options o = app_config_options(a);
	struct config *c;
	struct err e;

	(void)puts("Glassbridge brings the consoles of your virtual machines "
		   "to the browser.");
	for (const struct command *const *at = a->commands; *at; at++)
		if ((*at)->next)
			put_next(*at);
	(void)printf("  glassbridge %-19s %s\n", "help", "all commands");
	if (config_load(&c, &o, &e) < 0)
		return say_err(EXIT_CONFIG, &e);
	put_configuration(c);
	config_free(c);
	return EXIT_OK;
}
