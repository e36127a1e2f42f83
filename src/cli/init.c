#include "cli/init.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/doctor.h"
#include "cli/guests.h"
#include "cli/say.h"
#include "cli/wait.h"
#include "core/loop.h"
#include "proto/address.h"

enum { LIST_MS = 30000, VNC_FIRST = 5900, VNC_LAST = 5999, PVE_PORT = 8006 };

#define AT(member) offsetof(struct init_values, member)
static const struct option_rule options[] = {
		{"output", 'o', OPTION_TEXT, AT(output), "FILE",
				"where to write it", NULL},
		{"name", 0, OPTION_TEXT, AT(name), "NAME", "of the profile",
				NULL},
		{"user", 0, OPTION_TEXT, AT(user), "USER", "\"ops@pve\"", NULL},
		{"token-id", 0, OPTION_TEXT, AT(token_id), "ID",
				"of an API token: \"ops@pve!gate\"", NULL},
		{"token-secret-file", 0, OPTION_TEXT, AT(token_secret_file),
				"FILE", "that holds its secret", NULL},
		{"password-file", 0, OPTION_TEXT, AT(password_file), "FILE",
				"that holds the user's password", NULL},
		{"fingerprint", 0, OPTION_TEXT, AT(fingerprint), "SHA256",
				"of the server's certificate", NULL},
		{"ca-file", 0, OPTION_TEXT, AT(ca_file), "FILE",
				"of a CA that vouches for it", NULL},
		{"vnc-password-file", 0, OPTION_TEXT, AT(vnc_password_file),
				"FILE", "of a plain screen, or of sandboxes",
				NULL},
		{"ssh-user", 0, OPTION_TEXT, AT(ssh_user), "USER",
				"for `glassbridge ssh`", NULL},
		{"ssh-key", 0, OPTION_TEXT, AT(ssh_key), "FILE",
				"for `glassbridge ssh`", NULL},
		{"address", 0, OPTION_LIST, AT(addresses), "GUEST=HOST",
				"where ssh finds a guest", NULL},
		{"import", 0, OPTION_TEXT, AT(import), "FILE",
				"take over a configuration of proxxx", NULL},
		{"yes", 'y', OPTION_FLAG, AT(yes), NULL,
				"do not ask: trust the certificate it shows, "
				"replace FILE",
				NULL},
		{0},
};
#undef AT

static int init(struct app *a, const void *values, int argc, char **argv);

const struct command init_command = {
		.name = "init",
		.arguments = "[URL]",
		.summary = "Make a configuration, and try what it says",
		.next = "a first configuration, step by step",
		.next_arguments = "URL",
		.help = "URL is https://pve1.lan:8006, "
			"arrakis+http://127.0.0.1:7000, or HOST:PORT of a\n"
			"VNC server. Nothing is written before the login was "
			"taken.\n",
		.options = options,
		.values_size = sizeof(struct init_values),
		.arguments_max = 1,
		.run = init,
};

/* ---- what is meant ----------------------------------------------------------
 */

static void set_kind(struct init *i, const char *kind, const char *name)
{
	i->kind = kind;
	(void)snprintf(i->name, sizeof(i->name), "%s",
			i->values->name ? i->values->name : name);
}

/* A scheme, else what the port tells: 5900 to 5999 are screens. */
static int read_target(struct init *i, const char *text)
{
	static const char arrakis[] = "arrakis+", vnc[] = "vnc://";
	bool screen = strncmp(text, vnc, strlen(vnc)) == 0;
	struct address a;
	struct err e;

	if (strncmp(text, arrakis, strlen(arrakis)) == 0) {
		set_kind(i, "arrakis", "sandboxes");
		(void)snprintf(i->url, sizeof(i->url), "%s",
				text + strlen(arrakis));
		return 0;
	}
	if (screen)
		text += strlen(vnc);
	if (strstr(text, "://")) {
		set_kind(i, "proxmox", "home");
		(void)snprintf(i->url, sizeof(i->url), "%s", text);
		return 0;
	}
	if (address_parse(text, NULL, screen ? VNC_FIRST : PVE_PORT, &a, &e) <
			0)
		return say_err(EXIT_USAGE, &e);
	screen = screen || a.path ||
		 (a.port >= VNC_FIRST && a.port <= VNC_LAST);
	set_kind(i, screen ? "static" : "proxmox", screen ? "lab" : "home");
	(void)snprintf(i->url, sizeof(i->url), "%s", screen ? "" : "https://");
	(void)address_format(&a, i->url + strlen(i->url),
			sizeof(i->url) - strlen(i->url));
	address_done(&a);
	return 0;
}

static int check_name(const struct init *i)
{
	size_t len = strlen(i->name);

	if (len > 0 && strspn(i->name, "abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789-_") == len)
		return 0;
	return say_fail(EXIT_USAGE, "'%s' cannot be the name of a profile",
			i->name);
}

static int copy_path(const char *from, char ret[PATH_MAX])
{
	if (!from || realpath(from, ret))
		return 0;
	return say_fail(EXIT_CONFIG, "cannot read %s: %s", from,
			strerrordesc_np(errno));
}

/* ---- the story --------------------------------------------------------------
 */

static int prepare(struct init *i)
{
	const struct init_values *v = i->values;
	bool proxmox = strcmp(i->kind, "proxmox") == 0;
	int code = check_name(i);

	if (code == 0)
		code = copy_path(v->ca_file, i->ca_file);
	if (code == 0 && v->fingerprint)
		(void)snprintf(i->fingerprint, sizeof(i->fingerprint), "%s",
				v->fingerprint);
	if (code == 0 && strcmp(i->kind, "static") != 0)
		code = init_trust(i);
	if (code == 0 && proxmox)
		code = init_login(i);
	else if (code == 0)
		code = copy_path(v->vnc_password_file, i->secret_file);
	if (code == 0 && strcmp(i->kind, "static") == 0)
		code = init_screen(i);
	return code;
}

/* Until it works, or a person has decided what is done with it. */
static int try_it(struct init *i, struct init_tried *ret)
{
	for (;;) {
		int code = init_draft(i);

		if (code == 0)
			code = init_try(i, ret);
		if (code != 0 || ret->worst == 0)
			return code;
		if (!ask_can())
			return ret->worst;
		switch (init_choose(i)) {
		case INIT_TRY:
			continue;
		case INIT_LOGIN:
			code = init_again(i);
			if (code != 0)
				return code;
			continue;
		case INIT_WRITE:
			return 0;
		default:
			(void)say_fail(0, "nothing was written");
			return ret->worst;
		}
	}
}

static void put_end(const struct init *i, const struct init_tried *t)
{
	static const char *const names[] = {[CONSOLE_VNC] = "screens by VNC",
			[CONSOLE_SERIAL] = "serial consoles",
			[CONSOLE_SPICE] = "SPICE displays"};
	const char *guest = *t->guest ? t->guest : "GUEST";

	(void)fputc('\n', stderr);
	init_tell("written: %s", i->draft.path);
	for (int k = 0; k < CONSOLE_KINDS; k++)
		if (t->opened & (1U << k))
			init_tell("works: %s", names[k]);
	init_tell("next: glassbridge web %s", guest);
	init_tell("      glassbridge ls        # all guests, and what opens");
	init_tell("      glassbridge doctor    # when something does not work");
	init_tell("      glassbridge serve     # the gateway, for others");
}

static int finish(struct init *i)
{
	struct init_tried tried;
	int code = try_it(i, &tried);

	if (code != 0)
		return code;
	init_ssh(i);
	code = init_draft(i);
	if (code == 0)
		code = draft_keep(&i->draft);
	if (code == 0)
		put_end(i, &tried);
	return code;
}

static void put_welcome(void)
{
	(void)fputs("This makes a configuration. Nothing is written before it "
		    "was tried; Ctrl+C ends\n"
		    "it at any time.\n\n"
		    "  https://pve1.lan:8006           Proxmox VE\n"
		    "  arrakis+http://127.0.0.1:7000   sandboxes of Arrakis\n"
		    "  10.0.0.9:5901                   any VNC server\n\n",
			stderr);
}

static int begin(struct init *i, const char *url)
{
	char typed[sizeof(i->url)];
	int code = 0;

	if (!url && !ask_can())
		return app_usage(&init_command,
				"init needs a URL where nobody can be asked");
	if (!url)
		put_welcome();
	if (!url && !ask_line("Where are your guests", "https://pve:8006",
				    typed, sizeof(typed)))
		return say_fail(EXIT_SAFETY, "nothing was done");
	url = url ? url : typed;
	if (strlen(url) >= sizeof(i->url) - sizeof("https://[]:8006"))
		return app_usage(&init_command, "the URL is too long");
	code = read_target(i, url);
	if (code == 0)
		code = init_place(i);
	if (code == 0)
		code = prepare(i);
	return code ? code : finish(i);
}

static int init(struct app *a, const void *values, int argc, char **argv)
{
	const struct init_values *v = values;
	struct init *i = calloc(1, sizeof(*i));
	int code;

	if (!i)
		return say_fail(EXIT_FAILED, "no memory");
	i->app = a;
	i->values = v;
	if (v->import && argc > 0)
		code = app_usage(&init_command,
				"--import and a URL are one too many");
	else if (v->import)
		code = init_import(i, v->import);
	else
		code = begin(i, argc > 0 ? argv[0] : NULL);
	draft_drop(&i->draft);
	secret_done(&i->secret);
	free(i);
	return code;
}
