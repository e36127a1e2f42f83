/*
 * A folder of a test's own, with nothing of the real environment in it. The
 * configuration is written there and loaded from there.
 */
#ifndef CONFIG_SCENE_H
#define CONFIG_SCENE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"

#include "test.h"

extern char **environ;

static char scene[64];

static const char *scene_path(const char *name)
{
	static char paths[4][128];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	(void)snprintf(path, 128, "%s/%s", scene, name);
	return path;
}

static const char *scene_write(const char *name, mode_t mode, const char *text)
{
	const char *path = scene_path(name);
	FILE *f = fopen(path, "w");

	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
	CHECK(chmod(path, mode) == 0);
	return path;
}

static void scene_env(const char *key, const char *value)
{
	CHECK(setenv(key, value, 1) == 0);
}

static int scene_begin(void **state)
{
	clearenv();
	strcpy(scene, "/tmp/glassbridge-config-XXXXXX");
	if (!mkdtemp(scene))
		return -1;
	scene_env("HOME", scene);
	return 0;
}

static int scene_end(void **state)
{
	char command[128];

	clearenv();
	(void)snprintf(command, sizeof(command), "/bin/rm -rf '%s'", scene);
	return system(command);
}

/* A test within a scene. */
#define S(fn)                                                                  \
	{                                                                      \
#fn, test_run, scene_begin, scene_end, (void *)(uintptr_t)(fn) \
	}

static struct config_options scene_options(void)
{
	return (struct config_options){
			.system_file = scene_path("system.toml")};
}

/* The file `c.toml`, 0600, with this text. */
static struct config *load(const char *text)
{
	struct config_options o = scene_options();
	struct config *c = NULL;
	struct err e = {0};

	o.path = scene_write("c.toml", 0600, text);
	if (config_load(&c, &o, &e) < 0)
		fail_msg("%s", e.text);
	return c;
}

/* Refused with this sentence; "FILE:" in it is the file's path. */
static void refused(const char *text, const char *sentence)
{
	struct config_options o = scene_options();
	struct config *c = NULL;
	struct err e = {0};
	char want[512];
	const char *file = strstr(sentence, "FILE:");

	o.path = scene_write("c.toml", 0600, text);
	if (file)
		(void)snprintf(want, sizeof(want), "%.*s%s%s",
				(int)(file - sentence), sentence, o.path,
				file + 4);
	else
		(void)snprintf(want, sizeof(want), "%s", sentence);
	CHECK_INT(config_load(&c, &o, &e), -EINVAL);
	CHECK(c == NULL);
	CHECK_STR(e.text, want);
}

#endif
