/* What init has to know: whom to trust, who we are, where ssh goes. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/ask.h"
#include "cli/confirm.h"
#include "cli/init.h"
#include "cli/reach.h"
#include "cli/say.h"
#include "core/loop.h"
#include "proto/url.h"
#include "stream/tls.h"

void init_tell(const char *fmt, ...)
{
	struct err line;
	va_list ap;

	va_start(ap, fmt);
	(void)err_setv(&line, 0, fmt, ap);
	va_end(ap);
	put_clean(stderr, line.text);
	(void)fputc('\n', stderr);
}

/* ---- trust ------------------------------------------------------------------
 */

static int policy_of(const struct init *i, struct tls_policy *ret)
{
	*ret = (struct tls_policy){.verify = TLS_ROOTS};
	if (*i->ca_file) {
		ret->verify = TLS_CA;
		ret->ca_file = (char *)i->ca_file;
	}
	if (!*i->fingerprint)
		return 0;
	ret->verify = TLS_FINGERPRINT;
	if (tls_fingerprint_parse(i->fingerprint, ret->fingerprint) < 0)
		return say_fail(EXIT_USAGE, "'%s' is no SHA-256 fingerprint",
				i->fingerprint);
	return 0;
}

/* The first use: shown, compared by a person, and kept. */
static int pin(struct init *i, const struct tls_peer *peer)
{
	char text[TLS_FINGERPRINT_TEXT_MAX];
	int code;

	tls_fingerprint_text(peer->fingerprint, text);
	(void)fputc('\n', stderr);
	init_tell("Nobody that this machine trusts vouches for this server. "
		  "It shows the\x20"
		  "certificate of");
	init_tell("'%s', whose SHA-256 fingerprint is", peer->name);
	/* in two lines: it is compared by eye */
	(void)fprintf(stderr,
			"\n    %.55s\n           %s\n\n"
			"Compare it on the server itself: `pvenode cert "
			"info`, or in its web page under\n"
			"NODE > System > Certificates, pveproxy-ssl.pem or "
			"pve-ssl.pem, Fingerprint.\n",
			text, text + 55);
	code = confirm(i->values->yes,
			"Is it the same, and is it to be trusted from now on");
	if (code == 0)
		(void)snprintf(i->fingerprint, sizeof(i->fingerprint), "%s",
				text);
	return code;
}

static int judge(struct init *i, const struct reach *r)
{
	switch (r->stage) {
	case REACH_ALL:
		init_tell("the server answers%s",
				r->has_peer ? ", and is who it should be" : "");
		return 0;
	case REACH_NAME:
		return say_fail(EXIT_FAILED, "%s; is the name right?",
				r->why.text);
	case REACH_TLS:
		if (r->why.code == -EKEYREJECTED && r->has_peer &&
				!*i->fingerprint && !*i->ca_file)
			return pin(i, &r->peer);
		if (r->why.code == -EKEYREJECTED)
			return say_err(EXIT_SAFETY, &r->why);
		return say_err(EXIT_FAILED, &r->why);
	default:
		return say_err(EXIT_FAILED, &r->why);
	}
}

int init_trust(struct init *i)
{
	struct tls_policy policy;
	struct loop *loop;
	struct reach reach;
	struct url u;
	struct err e;
	int code = policy_of(i, &policy);

	if (code != 0)
		return code;
	if (url_parse(i->url, &u, &e) < 0)
		return say_err(EXIT_USAGE, &e);
	if (loop_new(&loop) < 0) {
		url_done(&u);
		return say_fail(EXIT_FAILED, "no memory");
	}
	init_tell("looking at %s ...", i->url);
	reach_url(loop, &u, &policy, &reach);
	loop_free(loop);
	url_done(&u);
	return judge(i, &reach);
}

/* ---- who we are
 * ---------------------------------------------------------------
 */

/* No more than the program needs; as root on any node. */
static void put_recipe(void)
{
	(void)fputs("\nAn account with no more than it needs; as root on any "
		    "node of the cluster:\n\n"
		    "    pveum role add Glassbridge --privs \"VM.Audit "
		    "VM.Console VM.PowerMgmt \\\n"
		    "        VM.Snapshot VM.Snapshot.Rollback "
		    "VM.GuestAgent.Audit\"\n"
		    "    pveum role add GlassbridgeShell --privs 'Sys.Audit "
		    "Sys.Console'\n"
		    "    pveum user add glassbridge@pve\n"
		    "    pveum acl modify /vms --users glassbridge@pve --roles "
		    "Glassbridge\n"
		    "    pveum acl modify /nodes --users glassbridge@pve \\\n"
		    "        --roles GlassbridgeShell   # only for shells of "
		    "nodes\n"
		    "    pveum user token add glassbridge@pve gate --privsep "
		    "0\n\n"
		    "Before Proxmox VE 9 say VM.Monitor in place of "
		    "VM.GuestAgent.Audit.\n\n",
			stderr);
}

/* "ops@pve!gate" or "ops@pve"; false: nobody answers. */
static bool ask_who(char ret[INIT_TEXT_MAX])
{
	for (;;) {
		if (!ask_line("Log in as (USER@REALM!TOKEN, or USER@REALM)",
				    "glassbridge@pve!gate", ret, INIT_TEXT_MAX))
			return false;
		if (strchr(ret, '@'))
			return true;
		init_tell("'%s' has no realm: accounts are as root@pam, "
			  "ops@pve",
				ret);
	}
}

static int ask_login(struct init *i)
{
	char who[INIT_TEXT_MAX];
	bool good;

	if (!ask_who(who))
		return say_fail(EXIT_SAFETY, "nothing was done");
	if (strchr(who, '!')) {
		(void)snprintf(i->token_id, sizeof(i->token_id), "%s", who);
		good = ask_secret("Its secret", &i->secret);
	} else {
		init_tell("(a token is better: no second factor, and less "
			  "that it may do)");
		(void)snprintf(i->user, sizeof(i->user), "%s", who);
		good = ask_secret("Password", &i->secret);
	}
	return good && i->secret.len > 0
			       ? 0
			       : say_fail(EXIT_SAFETY, "nothing was done");
}

static int take_file(struct init *i, const char *file)
{
	if (!realpath(file, i->secret_file))
		return say_fail(EXIT_CONFIG, "cannot read %s: %s", file,
				strerrordesc_np(errno));
	return 0;
}

int init_login(struct init *i)
{
	const struct init_values *v = i->values;
	const char *file =
			v->token_id ? v->token_secret_file : v->password_file;

	if (!v->token_id && !v->user) {
		put_recipe();
		if (ask_can())
			return ask_login(i);
		return say_fail(EXIT_USAGE,
				"say --token-id and --token-secret-file, or "
				"--user and --password-file");
	}
	(void)snprintf(i->token_id, sizeof(i->token_id), "%s",
			v->token_id ? v->token_id : "");
	(void)snprintf(i->user, sizeof(i->user), "%s", v->user ? v->user : "");
	if (file)
		return take_file(i, file);
	if (!ask_can())
		return say_fail(EXIT_USAGE, "%s is missing",
				v->token_id ? "--token-secret-file"
					    : "--password-file");
	return ask_secret(v->token_id ? "The token's secret" : "Password",
			       &i->secret)
			       ? 0
			       : say_fail(EXIT_SAFETY, "nothing was done");
}

static int ask_password(struct init *i)
{
	secret_done(&i->secret);
	return ask_secret("Password of its screen (empty: none)", &i->secret)
			       ? 0
			       : say_fail(EXIT_SAFETY, "nothing was done");
}

int init_screen(struct init *i)
{
	if (*i->secret_file || !ask_can() || i->values->yes)
		return 0;
	return ask_password(i);
}

int init_again(struct init *i)
{
	*i->secret_file = *i->user = *i->token_id = '\0';
	if (strcmp(i->kind, "proxmox") != 0)
		return ask_password(i);
	secret_done(&i->secret);
	return ask_login(i);
}

enum init_choice init_choose(const struct init *i)
{
	const char *other =
			strcmp(i->kind, "proxmox") == 0 ? "login" : "password";
	char answer[16];

	(void)fprintf(stderr,
			"\nNot all of it works.\n"
			"  t   try again, when what stands above was done\n"
			"  %c   another %s\n"
			"  w   write it all the same\n"
			"  q   quit\n",
			*other, other);
	for (;;) {
		if (!ask_line("What now", "t", answer, sizeof(answer)))
			return INIT_QUIT;
		switch (*answer) {
		case 't':
			return INIT_TRY;
		case 'l':
		case 'p':
			return INIT_LOGIN;
		case 'w':
			return INIT_WRITE;
		case 'q':
			return INIT_QUIT;
		default:
			say("t, %c, w or q", *other);
		}
	}
}

/* ---- ssh ------------------------------------------------------------------
 */

/* "100=192.0.2.7" */
static void take_address(struct init *i, const char *text)
{
	const char *host = strchr(text, '=');

	if (!host || host == text || !host[1] ||
			i->address_count == OPTION_LIST_MAX) {
		say("'%s' is left out: it should be GUEST=ADDRESS", text);
		return;
	}
	(void)snprintf(i->addresses[i->address_count].guest, INIT_TEXT_MAX,
			"%.*s", (int)(host - text), text);
	(void)snprintf(i->addresses[i->address_count].host, INIT_TEXT_MAX, "%s",
			host + 1);
	i->address_count++;
}

void init_ssh(struct init *i)
{
	const struct init_values *v = i->values;
	char line[INIT_TEXT_MAX];

	(void)snprintf(i->ssh_user, sizeof(i->ssh_user), "%s",
			v->ssh_user ? v->ssh_user : "");
	(void)snprintf(i->ssh_key, sizeof(i->ssh_key), "%s",
			v->ssh_key ? v->ssh_key : "");
	for (size_t n = 0; n < v->addresses.count; n++)
		take_address(i, v->addresses.items[n]);
	if (!ask_can() || v->yes || v->ssh_user)
		return;
	if (!ask_line("User for `glassbridge ssh` (empty: ssh's own)", NULL,
			    i->ssh_user, sizeof(i->ssh_user)) ||
			!ask_line("Its key, a file (empty: ssh's own)", NULL,
					i->ssh_key, sizeof(i->ssh_key)))
		return;
	while (ask_line("A guest without an agent, as GUEST=ADDRESS (empty: "
			"none, or no more)",
			       NULL, line, sizeof(line)) &&
			*line)
		take_address(i, line);
}
