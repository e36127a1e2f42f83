/* What init writes: a draft, tried before it takes the place of a file. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/confirm.h"
#include "cli/init.h"
#include "cli/say.h"
#include "core/buf.h"
#include "proto/json.h"

enum { FILE_MAX = 256 * 1024 };

/* ---- where ----------------------------------------------------------------
 */

static int default_path(char ret[PATH_MAX])
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n;

	if (base && *base == '/')
		n = snprintf(ret, PATH_MAX, "%s/glassbridge/config.toml", base);
	else if (home && *home == '/')
		n = snprintf(ret, PATH_MAX,
				"%s/.config/glassbridge/config.toml", home);
	else
		return say_fail(EXIT_USAGE, "there is no home; say --output");
	return n < PATH_MAX ? 0 : say_fail(EXIT_USAGE, "its path is too long");
}

int init_place(struct init *i)
{
	const struct app *a = i->app;
	const char *named = i->values->output ? i->values->output
					      : a->globals.config;
	char path[PATH_MAX];
	struct stat st;
	int code = 0;

	if (!named) {
		code = default_path(path);
		named = path;
	}
	if (code != 0)
		return code;
	if (lstat(named, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return say_fail(EXIT_USAGE, "%s is a folder", named);
		code = confirm(i->values->yes, "replace %s, which exists",
				named);
	}
	return code ? code : draft_place(&i->draft, named);
}

/* ---- what it says ----------------------------------------------------------
 */

static void add(struct buf *b, const char *text)
{
	(void)buf_add(b, text, strlen(text));
}

/* A TOML string is a JSON string. */
static void add_pair(struct buf *b, const char *key, const char *value)
{
	struct json_out o;

	if (!*value)
		return;
	add(b, key);
	add(b, " = ");
	json_out_init(&o, b);
	json_out_text(&o, value);
	add(b, "\n");
}

static void add_quoted_section(
		struct buf *b, const char *section, const char *name)
{
	struct json_out o;

	add(b, "\n[");
	add(b, section);
	add(b, ".");
	json_out_init(&o, b);
	json_out_text(&o, name);
	add(b, "]\n");
}

static void add_proxmox(struct buf *b, const struct init *i)
{
	add_pair(b, "url", i->url);
	add_pair(b, "user", i->user);
	add_pair(b, "token_id", i->token_id);
	add_pair(b, *i->token_id ? "token_secret_file" : "password_file",
			i->secret_file);
	if (i->secret.len > 0)
		add_pair(b, *i->token_id ? "token_secret" : "password",
				i->secret.data);
	if (*i->fingerprint)
		add(b, "# the server's certificate; compare: pvenode cert "
		       "info\n");
	add_pair(b, "tls_fingerprint", i->fingerprint);
	add_pair(b, "ca_file", i->ca_file);
	add(b, "# read_only = true     # consoles yes, power no\n");
}

static void add_screen(struct buf *b, const struct init *i)
{
	add_pair(b, "vnc_password_file", i->secret_file);
	if (i->secret.len > 0)
		add_pair(b, "vnc_password", i->secret.data);
}

static void add_profile(struct buf *b, const struct init *i)
{
	add_pair(b, "default", i->name);
	add(b, "\n[profiles.");
	add(b, i->name); /* bare: it was checked */
	add(b, "]\n");
	add_pair(b, "kind", i->kind);
	if (strcmp(i->kind, "proxmox") == 0) {
		add_proxmox(b, i);
	} else if (strcmp(i->kind, "arrakis") == 0) {
		add_pair(b, "url", i->url);
		add_screen(b, i);
	} else {
		add(b, "[profiles.");
		add(b, i->name);
		add(b, ".guests.screen]\n");
		add_pair(b, "vnc", i->url);
		add_screen(b, i);
	}
}

static void add_ssh(struct buf *b, const struct init *i)
{
	if (*i->ssh_user || *i->ssh_key)
		add(b, "\n# for `glassbridge ssh GUEST`\n[ssh]\n");
	add_pair(b, "user", i->ssh_user);
	add_pair(b, "key_path", i->ssh_key);
	for (size_t n = 0; n < i->address_count; n++) {
		add_quoted_section(b, "ssh.guests", i->addresses[n].guest);
		add_pair(b, "host", i->addresses[n].host);
	}
}

int init_draft(struct init *i)
{
	struct buf b;
	int code;

	buf_init(&b, FILE_MAX);
	add(&b, "# Glassbridge, by `glassbridge init`; every key: man 5 "
		"glassbridge\n");
	add_profile(&b, i);
	add_ssh(&b, i);
	add(&b, "\n# The gateway for others: `glassbridge serve`\n"
		"# [gateway]\n# listen = [\"127.0.0.1:8443\"]\n");
	code = draft_write(&i->draft, buf_data(&b), b.len);
	if (b.base)
		secret_wipe(b.base, b.room);
	buf_done(&b);
	return code;
}
