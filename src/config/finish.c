/* What only shows when all of a section is known, and the defaults. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"

int fail_line(struct reader *r, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)err_setv(r->e, -EINVAL, fmt, ap);
	va_end(ap);
	if (line > 0)
		(void)err_prefix(r->e, "%s:%u", r->c->file, line);
	return -EINVAL;
}

/* ---- profiles ----------------------------------------------------------- */

static int finish_static(struct reader *r, const struct config_profile *p)
{
	if (p->url.count > 0)
		return fail_line(r, p->line,
				"[profiles.%s] is static: it has guests, no "
				"url",
				p->name);
	for (size_t i = 0; i < p->guest_count; i++) {
		const struct config_guest *g = &p->guests[i];

		if (!g->vnc.host && !g->vnc.path && !g->serial.at.host &&
				!g->serial.at.path && !g->spice.host &&
				!g->spice.path)
			return fail_line(r, g->line,
					"[profiles.%s.guests.%s] needs a vnc, "
					"serial or spice address",
					p->name, g->name);
	}
	return 0;
}

/* "root@pam!gate" holds user and id; keep the part behind the '!'. */
static int finish_token_id(struct reader *r, struct config_profile *p)
{
	char *mark = p->token_id ? strchr(p->token_id, '!') : NULL;
	char *id;

	if (!mark)
		return 0;
	*mark = '\0';
	if (p->user && strcmp(p->user, p->token_id) != 0)
		return fail_line(r, p->line,
				"[profiles.%s] token_id is of user '%.60s', "
				"but user is '%.60s'",
				p->name, p->token_id, p->user);
	id = strdup(mark + 1);
	if (!id)
		return err_set(r->e, -ENOMEM, "out of memory");
	free(p->user);
	p->user = p->token_id;
	p->token_id = id;
	return 0;
}

static int finish_login(struct reader *r, struct config_profile *p)
{
	int code = finish_token_id(r, p);
	const char *lacks = NULL;

	if (code < 0)
		return code;
	if ((p->token_id || p->token_secret.data || p->password.data) &&
			!p->user)
		lacks = "user (as ops@pve)";
	else if (p->token_secret.data && !p->token_id)
		lacks = "token_id";
	else if (p->token_id && !p->token_secret.data)
		lacks = "token_secret or token_secret_file";
	else if (p->auth && strcmp(p->auth, "token") == 0 && !p->token_id)
		lacks = "token_id and token_secret (auth is token)";
	if (lacks)
		return fail_line(r, p->line, "[profiles.%s] needs %s", p->name,
				lacks);
	return 0;
}

static int finish_tls(struct reader *r, const struct config_profile *p)
{
	if (p->tls_fingerprint && p->ca_file)
		return fail_line(r, p->line,
				"[profiles.%s] give tls_fingerprint or "
				"ca_file, not both",
				p->name);
	if (p->verify_tls)
		return 0;
	if (p->tls_fingerprint || p->ca_file)
		return fail_line(r, p->line,
				"[profiles.%s] verify_tls = false and %s "
				"contradict each other",
				p->name,
				p->tls_fingerprint ? "tls_fingerprint"
						   : "ca_file");
	return texts_addf(&r->c->warnings,
			"[profiles.%s] verify_tls = false: whoever is on the "
			"way can read the login and the consoles; "
			"tls_fingerprint is as easy",
			p->name);
}

int profile_finish(struct reader *r, struct config_profile *p)
{
	char path[96];
	int code;

	(void)snprintf(path, sizeof(path), "profiles.%s", p->name);
	code = keys_credentials(r, profile_keys, p, path);
	if (code < 0)
		return code;
	if (p->vnc_password.data && strcmp(p->kind, "arrakis") != 0)
		return fail_line(r, p->line,
				"[profiles.%s] is of kind %s: vnc_password of "
				"a whole profile is for arrakis only",
				p->name, p->kind);
	if ((p->spice_proxy || p->node_count > 0) &&
			strcmp(p->kind, "proxmox") != 0)
		return fail_line(r, p->line,
				"[profiles.%s] is of kind %s: spice_proxy and "
				"nodes are for proxmox only",
				p->name, p->kind);
	if (p->warm > 0 && strcmp(p->kind, "proxmox") == 0)
		return fail_line(r, p->line,
				"[profiles.%s] warm is not for Proxmox VE: a "
				"guest there has one password for its screen "
				"at a time",
				p->name);
	p->warm_age = p->warm_age ? p->warm_age : CONFIG_WARM_AGE_S;
	if (strcmp(p->kind, "static") == 0)
		return finish_static(r, p);
	if (p->url.count == 0)
		return fail_line(r, p->line, "[profiles.%s] needs a url",
				p->name);
	if (p->guest_count > 0)
		return fail_line(r, p->guests[0].line,
				"[profiles.%s] is of kind %s: only a static "
				"profile has guests",
				p->name, p->kind);
	code = finish_login(r, p);
	return code < 0 ? code : finish_tls(r, p);
}

/* ---- the gateway -------------------------------------------------------- */

enum { SESSIONS_DEFAULT = 10000 };

int gateway_defaults(struct reader *r)
{
	static const struct config_flag defaults[] = {
			{"listen", "127.0.0.1:8443"},
			{"ops_listen", "127.0.0.1:9443"},
			{"store", "memory"},
			{"login", "link,proxmox,token"},
			{"max_sessions_per_user", "64"},
			{"keep_alive", "300"},
	};
	int code = 0;

	for (size_t i = 0;
			code == 0 && i < sizeof(defaults) / sizeof(defaults[0]);
			i++)
		code = keys_flag(r, gateway_keys, &r->c->gateway, &defaults[i]);
	return code;
}

static int finish_store(struct reader *r, struct config_gateway *g)
{
	static const char *const names[] = {"memory", "sqlite"};
	struct err wrong = {0};

	for (unsigned i = 0; g->store && i < 2; i++)
		if (strcmp(g->store, names[i]) == 0) {
			g->store_kind = (enum config_store)i;
			return 0;
		}
	if (!g->store || strncmp(g->store, "redis", 5) != 0)
		return fail_line(r, 0,
				"[gateway] store must be memory, sqlite or "
				"redis://host:port/db, not '%.60s'",
				g->store ? g->store : "");
	if (url_parse(g->store, &g->store_url, &wrong) < 0)
		return fail_line(r, 0,
				"[gateway] store: %s (a password goes into "
				"store_password_file)",
				wrong.text);
	if (strcmp(g->store_url.scheme, "redis") != 0 &&
			strcmp(g->store_url.scheme, "rediss") != 0)
		return fail_line(r, 0,
				"[gateway] store: '%s' is none of: memory, "
				"sqlite, redis, rediss",
				g->store_url.scheme);
	if (strspn(g->store_url.path, "/0123456789") !=
					strlen(g->store_url.path) ||
			strrchr(g->store_url.path, '/') != g->store_url.path)
		if (*g->store_url.path)
			return fail_line(r, 0,
					"[gateway] store: behind the host "
					"stands the number of the database, "
					"not '%.60s'",
					g->store_url.path);
	g->store_kind = CONFIG_STORE_REDIS;
	if (!g->cluster_key.data)
		return fail_line(r, 0,
				"[gateway] a store on redis needs "
				"cluster_key_file: it seals what is kept "
				"there");
	return 0;
}

int gateway_finish(struct reader *r)
{
	struct config_gateway *g = &r->c->gateway;
	int code = keys_credentials(r, gateway_keys, g, "gateway");

	if (code < 0)
		return code;
	g->sessions_by_default = g->max_sessions == 0;
	if (g->sessions_by_default)
		g->max_sessions = SESSIONS_DEFAULT;
	if (g->listen.count == 0)
		return fail_line(r, 0, "[gateway] listen names no address");
	if (!g->tls_cert != !g->tls_key)
		return fail_line(r, 0,
				"[gateway] tls_cert and tls_key go together");
	return finish_store(r, g);
}
