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
#include "proto/json.h"
#include "proto/url.h"

enum { DAY_S = 24 * 3600, SOON_DAYS = 30, MEND_MAX = PATH_MAX + 32 };

static const char here[] = "this machine";

/* ---- the configuration ----------------------------------------------------
 */

bool doctor_is_plain(const char *path)
{
	return path[strspn(path, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "/._-+@")] == '\0' &&
	       path[0] != '-';
}

static void look_at_mode(struct doctor *d, const char *what, const char *path)
{
	char mend[MEND_MAX];
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	if ((st.st_mode & 077) == 0) {
		checks_good(&d->checks, here, what, "%s is its user's alone",
				path);
		return;
	}
	(void)snprintf(mend, sizeof(mend), "chmod 600 %s", path);
	checks_bad(&d->checks, here, what, -EACCES,
			doctor_is_plain(path) ? mend : NULL,
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
		checks_note(&d->checks, here, "configuration", NULL, "%s",
				c->warnings.items[i]);
	for (size_t i = 0; i < c->skipped.count; i++)
		checks_note(&d->checks, here, "configuration", NULL,
				"%s has no use here", c->skipped.items[i]);
}

void doctor_config(struct doctor *d)
{
	const struct config_options o = app_config_options(d->app);
	struct err e;
	int r = d->app->config ? 0 : config_load(&d->app->config, &o, &e);

	if (r < 0) {
		checks_bad(&d->checks, here, "configuration", 0, NULL, "%s",
				e.text);
		checks_worse(&d->checks, EXIT_CONFIG);
		return;
	}
	d->config = d->app->config;
	put_config(d);
}

/* ---- the gateway ----------------------------------------------------------
 */

static void put_certificate(struct doctor *d, const struct tls_peer *peer)
{
	int64_t left = (peer->not_after - (int64_t)time(NULL)) / DAY_S;

	if (peer->not_after == 0)
		return;
	if (left < 0)
		checks_bad(&d->checks, here, "certificate", -EKEYREJECTED,
				"glassbridge config reload",
				"the gateway's has expired; put a new one "
				"where tls_cert says, then");
	else if (left < SOON_DAYS)
		checks_note(&d->checks, here, "certificate", NULL,
				"the gateway's ends in %lld days",
				(long long)left);
	else
		checks_good(&d->checks, here, "certificate",
				"the gateway's lasts %lld days more",
				(long long)left);
}

static void look_at_gateway(struct doctor *d)
{
	const struct tls_policy any = {.verify = TLS_OFF};
	char place[PLACE_MAX];
	struct reach reach;
	struct url u;

	place_to_call(place, d->config);
	if (url_parse(place, &u, NULL) < 0)
		return;
	reach_url(d->loop, &u, &any, &reach);
	if (reach.stage == REACH_ALL)
		checks_good(&d->checks, here, "gateway", "%s answers", place);
	else
		checks_bad(&d->checks, here, "gateway", reach.why.code,
				"glassbridge serve", "%s does not answer: %s",
				place, reach.why.text);
	if (reach.has_peer)
		put_certificate(d, &reach.peer);
	url_done(&u);
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

static bool is_in_path(const char *name)
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

	while (i < VIEWERS && !is_in_path(viewers[i]))
		i++;
	if (i < VIEWERS)
		checks_good(&d->checks, here, "viewer", "%s is there",
				viewers[i]);
	else
		checks_note(&d->checks, here, "viewer",
				"apt-get install virt-viewer",
				"no native viewer is installed; `glassbridge "
				"web` needs none");
	if (is_in_path("ssh"))
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
