#include "cli/plain_env.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the configuration is, is no secret: a ProxyCommand of ours reads it. */
static bool is_ours(const char *entry)
{
	static const char *const begins[] = {"GLASSBRIDGE_",
			"SIGNATURE_KEY=", "SIGNATURE_KEY_FILE="};

	if (strncmp(entry, "GLASSBRIDGE_CONFIG=", 19) == 0)
		return false;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncmp(entry, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

char **plain_env(void)
{
	size_t count = 0, kept = 0;
	char **env;

	while (environ && environ[count])
		count++;
	env = calloc(count + 1, sizeof(*env));
	for (size_t i = 0; env && i < count; i++)
		if (!is_ours(environ[i]))
			env[kept++] = environ[i];
	return env;
}
