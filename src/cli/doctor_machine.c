/* What is on this machine: the configuration, the gateway, programs. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/control.h"
#include "cli/doctor.h"
#include "cli/place.h"
#include "cli/reach.h"
#include "config/edit.h"
#include "proto/json.h"
#include "proto/url.h"

enum { DAY_S = 24 * 3600, SOON_DAYS = 30, MEND_MAX = PATH_MAX + 32 };

static const char here[] = "this machine";

/* ---- the configuration ----------------------------------------------------
 */

bool doctor_is_plain(const char *text)
{
	return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
					  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789/._-+@:=")] == '\0';
}

const char *doctor_word(const char *text, char ret[DOCTOR_WORD_MAX])
{
	size_t n = 0;

	if (doctor_is_plain(text)) {
		(void)snprintf(ret, DOCTOR_WORD_MAX, "%s", text);
		return ret;
	}
	ret[n++] = '\'';
	for (; *text && n + 6 < DOCTOR_WORD_MAX; text++) {
		if (*text == '\'') {
			memcpy(ret + n, "'\\''", 4);
			n += 4;
		} else {
			ret[n++] = *text;
		}
	}
	ret[n++] = '\'';
	ret[n] = '\0';
	return ret;
}

static void look_at_mode(struct doctor *d, const char *what, const char *path)
{
	char mend[MEND_MAX], word[DOCTOR_WORD_MAX];
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	if ((st.st_mode & 077) == 0) {
		checks_good(&d->checks, here, what, "%s is its user's alone",
				path);
		return;
	}
	(void)snprintf(mend, sizeof(mend), "chmod 600 %s",
			doctor_word(path, word));
	checks_bad(&d->checks, here, what, -EACCES, mend,
			"others may read %s, which holds secrets (mode %03o)",
			path, (unsigned)st.st_mode & 0777);
}

/* Does a secret stand in the configuration itself? Those of files are listed
 * with their files. */
static bool has_secrets(const struct config *c)
{
	size_t secrets = 0;

	for (size_t i = 0; i < c->profile_count; i++) {
		const struct config_profile *p = &c->profiles[i];

		secrets += (p->token_secret.data != NULL) +
			   (p->password.data != NULL) +
			   (p->vnc_password.data != NULL);
		for (size_t g = 0; g < p->guest_count; g++)
			secrets += (p->guests[g].vnc_password.data != NULL) +
				   (p->guests[g].spice_password.data != NULL);
	}
	return secrets > c->files.count;
}

static void put_config(struct doctor *d)
{
	const struct config *c = d->config;

	if (!c->file) {
		checks_note(&d->checks, here, "configuration",
				"glassbridge init", "there is none yet");
		return;
	}
	checks_good(&d->checks, here, "configuration", "%s, %zu %s", c->file,
			c->profile_count,
			c->profile_count == 1 ? "profile" : "profiles");
	if (has_secrets(c))
		look_at_mode(d, "configuration", c->file);
	for (size_t i = 0; i < c->files.count; i++)
		look_at_mode(d, "secret file", c->files.items[i]);
	for (size_t i = 0; i < c->warnings.count; i++)
		if (!strstr(c->warnings.items[i], "others can read it"))
			checks_note(&d->checks, here, "configuration", NULL,
					"%s", c->warnings.items[i]);
	for (size_t i = 0; i < c->skipped.count; i++)
		checks_note(&d->checks, here, "configuration", NULL,
				"%s has no use here", c->skipped.items[i]);
}

/* "FILE:12:5: unknown key": an editor at that line. */
static void put_mistake(struct doctor *d, const struct config_options *o,
		const struct err *e)
{
	char mend[MEND_MAX] = "", word[DOCTOR_WORD_MAX];
	char *file = config_file(o);
	size_t len = file ? strlen(file) : 0;

	if (len > 0 && strncmp(e->text, file, len) == 0 && e->text[len] == ':')
		(void)snprintf(mend, sizeof(mend), "${EDITOR:-vi} +%lu %s",
				strtoul(e->text + len + 1, NULL, 10),
				doctor_word(file, word));
	else if (e->code == -EACCES && len > 0)
		(void)snprintf(mend, sizeof(mend), "ls -l %s",
				doctor_word(file, word));
	checks_bad(&d->checks, here, "configuration", 0, *mend ? mend : NULL,
			"%s", e->text);
	checks_worse(&d->checks, EXIT_CONFIG);
	free(file);
}

void doctor_config(struct doctor *d)
{
	const struct config_options o = app_config_options(d->app);
	struct err e;
	int r = d->app->config ? 0 : config_load(&d->app->config, &o, &e);

	if (r < 0) {
		put_mistake(d, &o, &e);
		return;
	}
	d->config = d->app->config;
	put_config(d);
}

/* ---- the gateway ----------------------------------------------------------
 */

/* What has this machine's gateway begin anew: its consoles are given time to
 * end, and until then a second one would be refused. */
static void restart_line(char ret[MEND_MAX])
{
	bool service;
	pid_t pid = control_pid(&service);

	if (service || pid <= 0)
		(void)snprintf(ret, MEND_MAX, "systemctl restart glassbridge");
	else
		(void)snprintf(ret, MEND_MAX,
				"kill %ld && tail --pid=%ld -f /dev/null && "
				"glassbridge serve",
				(long)pid, (long)pid);
}

/* As it is shown now; tls_cert may hold a newer one already. */
static void put_certificate(struct doctor *d, const struct tls_peer *peer)
{
	const char *file = d->config->gateway.tls_cert;
	int64_t left = (peer->not_after - (int64_t)time(NULL)) / DAY_S;
	char mend[MEND_MAX], renew[PATH_MAX] = "";

	if (peer->not_after == 0)
		return;
	if (left >= SOON_DAYS) {
		checks_good(&d->checks, here, "certificate",
				"the gateway's lasts %lld days more",
				(long long)left);
		return;
	}
	if (file) {
		(void)snprintf(mend, sizeof(mend), "glassbridge config reload");
		(void)snprintf(renew, sizeof(renew),
				"; renew it in %s, then have it read", file);
	} else {
		restart_line(mend); /* a self-made one is made anew then */
	}
	if (peer->not_after <= (int64_t)time(NULL))
		checks_bad(&d->checks, here, "certificate", -EKEYREJECTED, mend,
				"the gateway's has expired%s", renew);
	else
		checks_note(&d->checks, here, "certificate", mend,
				"the gateway's ends in %lld days%s",
				(long long)left, renew);
}

static void look_at_place(struct doctor *d, const char *what, const char *place,
		const char *mend, const char *why, struct reach *ret)
{
	const struct tls_policy any = {.verify = TLS_OFF};
	struct url u;

	*ret = (struct reach){0};
	if (url_parse(place, &u, NULL) < 0)
		return;
	reach_url(d->loop, &u, &any, ret);
	if (ret->stage == REACH_ALL)
		checks_good(&d->checks, here, what, "%s answers", place);
	else
		checks_bad(&d->checks, here, what, ret->why.code, mend,
				"%s does not answer (%s)%s", place,
				ret->why.text, why);
	url_done(&u);
}

static void look_at_gateway(struct doctor *d)
{
	const struct config_urls *public = &d->config->gateway.public_url;
	char place[PLACE_MAX], mend[MEND_MAX];
	struct reach reach;

	restart_line(mend);
	place_to_listen(place, d->config);
	look_at_place(d, "gateway", place, mend,
			"; where `listen` was changed, it has to begin anew",
			&reach);
	if (reach.has_peer)
		put_certificate(d, &reach.peer);
	if (public->count == 0 ||
			url_format(&public->items[0], place, sizeof(place)) < 0)
		return;
	look_at_place(d, "public_url", place,
			"glassbridge config set gateway.public_url",
			"; does the proxy in front run, and is it the address "
			"that users have?",
			&reach);
}

static void put_gateway(struct doctor *d)
{
	struct control_answer a = {0};
	struct err e;
	int r = control_call("GET", "/api/v1/sessions", NULL, &a, &e);

	if (r == -ENOTCONN) {
		checks_note(&d->checks, here, "gateway", "glassbridge serve",
				"none of this user runs here");
		return;
	}
	if (r < 0) {
		checks_bad(&d->checks, here, "gateway", r, NULL, "%s", e.text);
		return;
	}
	checks_good(&d->checks, here, "gateway",
			"it runs, with %zu open consoles",
			json_count(json_get(a.body, "sessions")));
	control_done(&a);
	if (d->config)
		look_at_gateway(d);
}

/* ---- programs ------------------------------------------------------------
 */

bool doctor_has_program(const char *name)
{
	const char *at = getenv("PATH");
	char path[PATH_MAX];

	while (at && *at) {
		int len = (int)strcspn(at, ":");

		if (snprintf(path, sizeof(path), "%.*s/%s", len, at, name) <
						(int)sizeof(path) &&
				access(path, X_OK) == 0)
			return true;
		at += len + (at[len] == ':');
	}
	return false;
}

static void put_programs(struct doctor *d)
{
	static const char *const viewers[] = {
			"remote-viewer", "virt-viewer", "vncviewer"};
	enum { VIEWERS = sizeof(viewers) / sizeof(*viewers) };
	size_t i = 0;

	while (i < VIEWERS && !doctor_has_program(viewers[i]))
		i++;
	if (i < VIEWERS)
		checks_good(&d->checks, here, "viewer", "%s is there",
				viewers[i]);
	else
		checks_note(&d->checks, here, "viewer",
				"apt-get install virt-viewer",
				"no native viewer is installed; `glassbridge "
				"web` needs none");
	if (doctor_has_program("ssh"))
		checks_good(&d->checks, here, "ssh", "it is there");
	else
		checks_note(&d->checks, here, "ssh",
				"apt-get install openssh-client",
				"`glassbridge ssh` needs it, and it is not "
				"installed");
}

void doctor_machine(struct doctor *d)
{
	put_gateway(d);
	put_programs(d);
}
