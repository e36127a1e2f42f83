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

/* ---- trying it --------------------------------------------------------------
 */

struct listed {
	struct wait wait;
	struct doctor *doctor;
	struct guest_list guests;
};

static void on_list(void *arg, int r, const struct guest *guests, size_t count,
		const struct err *e)
{
	struct listed *l = arg;
	const char *name = l->doctor->config->profiles[0].name;

	if (r < 0)
		checks_bad(&l->doctor->checks, name, "guests", r, NULL, "%s",
				e->text);
	else
		checks_good(&l->doctor->checks, name, "guests",
				"%zu are listed", count);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (guest_list_add(&l->guests, name, &guests[i]) < 0)
			break;
	guest_list_sort(&l->guests);
	wait_over(&l->wait);
}

/* One running guest that has it. */
static void try_kind(struct doctor *d, struct hypervisor *h,
		const struct guest_list *l, enum console_kind kind)
{
	for (size_t n = 0; n < l->count; n++) {
		const struct guest_entry *g = &l->items[n];

		if (g->lacks[kind] || g->status == GUEST_STOPPED ||
				strcmp(g->type, "node") == 0)
			continue;
		doctor_console(d, h, g->id, strchr(g->id, '/') + 1, kind);
		return;
	}
	checks_note(&d->checks, d->config->profiles[0].name,
			console_kind_name(kind), NULL,
			"no running guest has such a console");
}

static void try_profile(struct doctor *d, char *ret_guest, size_t ret_max)
{
	const struct config_profile *p = &d->config->profiles[0];
	static struct listed l; /* also for an answer that comes too late */
	struct hypervisor *h;
	struct err e;

	if (hypervisor_open(&h, d->app->providers, d->loop, p, &e) < 0) {
		checks_bad(&d->checks, p->name, "profile", -EINVAL, NULL, "%s",
				e.text);
		return;
	}
	doctor_inspect(d, h, p->name, NULL);
	if (d->checks.worst != EXIT_REFUSED || d->checks.good > 0) {
		l = (struct listed){.wait.loop = d->loop, .doctor = d};
		hypervisor_list(h, on_list, &l);
		(void)wait_until(&l.wait, LIST_MS);
		for (int k = 0; l.guests.count > 0 && k < CONSOLE_KINDS; k++)
			try_kind(d, h, &l.guests, (enum console_kind)k);
		if (l.guests.count > 0)
			(void)snprintf(ret_guest, ret_max, "%s",
					l.guests.items[0].id);
		guest_list_done(&l.guests);
	}
	hypervisor_free(h);
}

/* The draft, as every command would read it. */
static int try_draft(struct init *i, char *ret_guest, size_t ret_max)
{
	const struct config_options o = {.path = i->draft};
	struct doctor d = {.app = i->app};
	struct config *c;
	struct err e;
	int code;

	if (config_load(&c, &o, &e) < 0)
		return say_err(EXIT_CONFIG, &e);
	d.config = c;
	if (loop_new(&d.loop) < 0) {
		config_free(c);
		return say_fail(EXIT_FAILED, "no memory");
	}
	checks_init(&d.checks, app_json(i->app));
	try_profile(&d, ret_guest, ret_max);
	code = checks_end(&d.checks);
	checks_done(&d.checks);
	loop_free(d.loop);
	config_free(c);
	return code;
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
	return code;
}

static int finish(struct init *i)
{
	char guest[GUEST_ID_MAX] = "";
	int code = init_draft(i), worst;

	if (code != 0)
		return code;
	worst = try_draft(i, guest, sizeof(guest));
	if (worst != 0) {
		code = ask_can() ? confirm(false, "not all of it works; write "
						  "it all the same")
				 : worst;
		if (code != 0)
			return code;
	}
	init_ssh(i);
	code = init_draft(i);
	if (code == 0)
		code = init_keep(i);
	if (code != 0)
		return code;
	say("written: %s", i->path);
	say("next: glassbridge web %s", *guest ? guest : "GUEST");
	return EXIT_OK;
}

static int begin(struct init *i, const char *url)
{
	char typed[sizeof(i->url)];
	int code = 0;

	if (!url && !ask_can())
		return app_usage(&init_command,
				"init needs a URL where nobody can be asked");
	if (!url && !ask_line("URL of the hypervisor", "https://pve:8006",
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
	init_drop(i);
	secret_done(&i->secret);
	free(i);
	return code;
}
