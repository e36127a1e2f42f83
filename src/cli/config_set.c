/*
 * config set: keys of the configuration changed in place. What it says then is
 * checked before it is kept.
 */
#include "cli/config_set.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/ask.h"
#include "cli/draft.h"
#include "cli/say.h"
#include "config/edit.h"
#include "core/buf.h"

enum { TEXT_MAX = 1024 * 1024, KEY_MAX = 512, LINE_MAX_LEN = 2048 };

struct setting {
	char file[PATH_MAX];
	struct stat was; /* of the file */
	struct buf text;
	struct draft draft;
};

/* ---- a value --------------------------------------------------------------
 */

/* A secret goes where this one is kept: into its own file, or here. */
static int put_secret(
		struct setting *s, const char *key, const struct secret *value)
{
	char name[KEY_MAX + 8], path[PATH_MAX];
	struct draft own = {0};
	char *file;
	struct err e;
	int code;

	(void)snprintf(name, sizeof(name), "%s_file", key);
	file = config_edit_get(&s->text, name);
	if (!file) {
		int r = config_edit_set(&s->text, key, value->data, &e);

		return r < 0 ? say_err(EXIT_CONFIG, &e) : 0;
	}
	if (*file == '/')
		(void)snprintf(path, sizeof(path), "%s", file);
	else if (strncmp(file, "~/", 2) == 0 && getenv("HOME"))
		(void)snprintf(path, sizeof(path), "%s%s", getenv("HOME"),
				file + 1);
	else
		(void)snprintf(path, sizeof(path), "%.*s/%s",
				(int)(strrchr(s->file, '/') - s->file), s->file,
				file);
	free(file);
	code = draft_place(&own, path);
	if (code == 0)
		code = draft_write(&own, value->data, value->len);
	if (code == 0)
		code = draft_keep(&own);
	if (code == 0)
		say("written: %s", path);
	draft_drop(&own);
	return code;
}

static int take_secret(struct setting *s, const char *key)
{
	struct secret value = {0};
	int code;

	if (!ask_secret(key, &value) || value.len == 0)
		code = say_fail(EXIT_USAGE, "nothing was given for %s", key);
	else
		code = put_secret(s, key, &value);
	secret_done(&value);
	return code;
}

static int take_text(struct setting *s, const char *key, const char *value)
{
	char typed[LINE_MAX_LEN];
	struct err e;

	if (!value) {
		if (!ask_line(key, NULL, typed, sizeof(typed)))
			return say_fail(EXIT_USAGE, "nothing was given for %s",
					key);
		value = typed;
	}
	if (config_edit_kind(key) == CONFIG_EDIT_PLAIN &&
			value[strspn(value, "truefals0123456789")])
		return say_fail(EXIT_USAGE,
				"%s is true, false or a number, not '%s'", key,
				value);
	return config_edit_set(&s->text, key, value, &e) < 0
			       ? say_err(EXIT_CONFIG, &e)
			       : 0;
}

/* "KEY=VALUE", or "KEY" to be asked for. */
static int take(struct setting *s, const char *argument)
{
	size_t len = strcspn(argument, "=");
	const char *value = argument[len] ? argument + len + 1 : NULL;
	char key[KEY_MAX];

	if (len == 0 || len >= sizeof(key))
		return say_fail(EXIT_USAGE,
				"'%s' is no KEY=VALUE, as in "
				"profiles.home.url=https://pve1.lan:8006",
				argument);
	(void)snprintf(key, sizeof(key), "%.*s", (int)len, argument);
	if (config_edit_kind(key) != CONFIG_EDIT_SECRET)
		return take_text(s, key, value);
	if (value)
		return say_fail(EXIT_USAGE,
				"%s is a secret: say it without a value, and "
				"it is asked for (or read from standard input)",
				key);
	return take_secret(s, key);
}

/* ---- the file -------------------------------------------------------------
 */

static int read_file(struct setting *s, const struct app *a)
{
	const struct config_options o = app_config_options(a);
	char *file = config_file(&o), *data = NULL;
	size_t len = 0;
	int code = 0;

	if (!file)
		return say_fail(EXIT_CONFIG,
				"there is no configuration yet; `glassbridge "
				"init` makes one");
	/* the file itself, where a link stands at its place */
	if (!realpath(file, s->file) || stat(s->file, &s->was) < 0)
		code = say_fail(EXIT_CONFIG, "cannot read %s: %s", file,
				strerrordesc_np(errno));
	free(file);
	if (code == 0)
		code = draft_read(s->file, TEXT_MAX, &data, &len);
	if (code != 0)
		return code;
	buf_init(&s->text, TEXT_MAX);
	if (buf_add(&s->text, data, len) < 0)
		code = say_fail(EXIT_FAILED, "no memory");
	secret_wipe(data, len);
	free(data);
	return code;
}

/* As before: whose it is, and who may read it. */
static void give_back(const struct setting *s)
{
	if (chown(s->draft.name, s->was.st_uid, s->was.st_gid) == 0 ||
			s->was.st_uid == geteuid())
		(void)chmod(s->draft.name, s->was.st_mode & 07777);
}

static int write_file(struct setting *s)
{
	const struct config_options o = {.path = s->draft.name};
	struct config *c;
	struct err e;
	int code = draft_place(&s->draft, s->file);

	if (code == 0)
		code = draft_write(&s->draft, buf_data(&s->text), s->text.len);
	if (code != 0)
		return code;
	if (config_load(&c, &o, &e) < 0) {
		draft_rename(&s->draft, &e);
		(void)say_err(EXIT_CONFIG, &e);
		return say_fail(EXIT_CONFIG, "the file stays as it was");
	}
	config_free(c);
	give_back(s);
	code = draft_keep(&s->draft);
	if (code == 0)
		say("written: %s", s->file);
	return code;
}

int config_set(const struct app *a, int argc, char **argv)
{
	struct setting *s = calloc(1, sizeof(*s));
	int code;

	if (!s)
		return say_fail(EXIT_FAILED, "no memory");
	code = read_file(s, a);
	for (int i = 0; code == 0 && i < argc; i++)
		code = take(s, argv[i]);
	if (code == 0)
		code = write_file(s);
	draft_drop(&s->draft);
	if (s->text.base)
		secret_wipe(s->text.base, s->text.room);
	buf_done(&s->text);
	free(s);
	return code;
}
