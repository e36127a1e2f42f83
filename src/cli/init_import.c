/* A file of proxxx, taken over: its keys are ours (C4, R67). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/init.h"
#include "cli/output.h"
#include "cli/say.h"
#include "config/edit.h"
#include "core/buf.h"
#include "proto/json.h"
#include "proto/url.h"

enum { IMPORT_MAX = 1024 * 1024 };

static void put_taken(const struct config *c)
{
	char url[URL_MAX];

	for (size_t i = 0; i < c->profile_count; i++) {
		const struct config_profile *p = &c->profiles[i];

		url[0] = '\0';
		if (p->url.count > 0)
			(void)url_format(&p->url.items[0], url, sizeof(url));
		(void)fputs("taken: profile ", stdout);
		put_clean(stdout, p->name);
		(void)printf(" (%s %s)\n", p->kind, url);
	}
	if (c->ssh.guest_count > 0)
		(void)printf("taken: addresses of %zu guests for ssh\n",
				c->ssh.guest_count);
	for (size_t i = 0; i < c->skipped.count; i++) {
		(void)fputs("of no use here: ", stdout);
		put_clean(stdout, c->skipped.items[i]);
		(void)putchar('\n');
	}
	for (size_t i = 0; i < c->warnings.count; i++)
		say("warning: %s", c->warnings.items[i]);
}

static int put_json_of(const struct init *i, const struct config *c)
{
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "file", i->draft.path);
	json_out_put_array(&o, "profiles");
	for (size_t n = 0; n < c->profile_count; n++)
		json_out_text(&o, c->profiles[n].name);
	json_out_array_end(&o);
	put_texts(&o, "warnings", &c->warnings);
	put_texts(&o, "skipped", &c->skipped);
	json_out_object_end(&o);
	return output_end(&o, &b);
}

static int try_draft(struct init *i)
{
	const struct config_options o = {.path = i->draft.name};
	struct config *c;
	struct err e;
	int code;

	if (config_load(&c, &o, &e) < 0) {
		draft_rename(&i->draft, &e);
		return say_err(EXIT_CONFIG, &e);
	}
	code = draft_keep(&i->draft);
	if (code == 0 && app_json(i->app)) {
		code = put_json_of(i, c);
	} else if (code == 0) {
		put_taken(c);
		(void)printf("written: %s\nnext: glassbridge doctor\n",
				i->draft.path);
	}
	config_free(c);
	return code;
}

/* Its relative paths begin at its own folder, wherever the new file stands. */
static int move(struct buf *text, const char *file)
{
	char full[PATH_MAX];
	struct err e;

	if (!realpath(file, full))
		return say_fail(EXIT_CONFIG, "cannot read %s: %s", file,
				strerrordesc_np(errno));
	strrchr(full, '/')[strrchr(full, '/') == full] = '\0';
	return config_edit_move(text, full, &e) < 0 ? say_err(EXIT_CONFIG, &e)
						    : 0;
}

/* What is wrong in it is told with its own name and lines. */
static int check(const char *file)
{
	const struct config_options o = {.path = file};
	struct config *c;
	struct err e;

	if (config_load(&c, &o, &e) < 0)
		return say_err(EXIT_CONFIG, &e);
	config_free(c);
	return 0;
}

int init_import(struct init *i, const char *file)
{
	char *data = NULL;
	struct buf text;
	size_t len = 0;
	int code = check(file);

	if (code == 0)
		code = draft_read(file, IMPORT_MAX, &data, &len);
	if (code != 0)
		return code;
	buf_init(&text, IMPORT_MAX);
	code = buf_add(&text, data, len) < 0
			       ? say_fail(EXIT_FAILED, "no memory")
			       : 0;
	secret_wipe(data, len);
	free(data);
	if (code == 0)
		code = move(&text, file);
	if (code == 0)
		code = init_place(i);
	if (code == 0)
		code = draft_write(&i->draft, buf_data(&text), text.len);
	if (text.base)
		secret_wipe(text.base, text.room);
	buf_done(&text);
	return code ? code : try_draft(i);
}
