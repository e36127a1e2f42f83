#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/edit.h"
#include "config/keys.h"

/* ---- which file --------------------------------------------------------- */

/* GLASSBRIDGE_X and the like; an empty one is none. */
static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* A file that is only looked for. What cannot even be looked at is found, so
 * that reading it says why. */
static bool exists(const char *path)
{
	return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static int user_file(char **ret)
{
	const char *xdg = env("XDG_CONFIG_HOME"), *home = env("HOME");

	*ret = NULL;
	if (!xdg && !home)
		return 0;
	return asprintf(ret, "%s%s/glassbridge/config.toml", xdg ? xdg : home,
			       xdg ? "" : "/.config") < 0
			       ? -ENOMEM
			       : 0;
}

/* 0 and NULL: there is none. */
static int find_file(const struct config_options *o, char **ret)
{
	const char *named = o->path ? o->path : env("GLASSBRIDGE_CONFIG");
	const char *common =
			o->system_file ? o->system_file : CONFIG_SYSTEM_FILE;

	if (named) {
		*ret = strdup(named);
		return *ret ? 0 : -ENOMEM;
	}
	if (user_file(ret) < 0)
		return -ENOMEM;
	if (*ret && exists(*ret))
		return 0;
	free(*ret);
	*ret = NULL;
	if (!exists(common))
		return 0;
	*ret = strdup(common);
	return *ret ? 0 : -ENOMEM;
}

char *config_file(const struct config_options *o)
{
	char *path;

	return find_file(o, &path) < 0 ? NULL : path;
}

/* ---- the file ----------------------------------------------------------- */

/* The reader's "line 12, column 5: ..." in the form of all our messages. */
static int fail_toml(struct reader *r, const struct err *wrong)
{
	unsigned line, column;
	int at = 0;

	/* our own parser wrote the numbers: NOLINTNEXTLINE(cert-err34-c) */
	if (sscanf(wrong->text, "line %u, column %u: %n", &line, &column,
			    &at) == 2 &&
			at > 0)
		return err_set(r->e, wrong->code, "%s:%u:%u: %s", r->file, line,
				column, wrong->text + at);
	return err_set(r->e, wrong->code, "%s: %s", r->file, wrong->text);
}

static int read_tree(struct reader *r, const char *data, size_t len)
{
	struct toml *root = NULL;
	struct err wrong = {0};
	int code = toml_parse(data, len, &root, &wrong);

	if (code < 0)
		return fail_toml(r, &wrong);
	r->root = root;
	code = keys_read(r, root, top_keys, r->c, "");
	r->root = NULL;
	toml_free(root);
	return code;
}

static int read_file(struct reader *r)
{
	size_t len = 0;
	char *data;
	int code = file_read(
			r->file, TOML_SIZE_MAX, &data, &len, &r->mode, r->e);

	if (code < 0)
		return code;
	code = read_tree(r, data, len);
	secret_wipe(data, len);
	free(data);
	if (code == 0 && r->secret[0] && (r->mode & 077))
		code = texts_addf(&r->c->warnings,
				"%s holds a secret (%s) and others can read it "
				"(mode %04o); chmod 600 it",
				r->file, r->secret, r->mode);
	return code;
}

/* ---- what is said elsewhere --------------------------------------------- */

static struct config_profile *find_profile(
		const struct config *c, const char *name)
{
	for (size_t i = 0; name && i < c->profile_count; i++)
		if (strcmp(c->profiles[i].name, name) == 0)
			return &c->profiles[i];
	return NULL;
}

static int set_default(struct reader *r, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return err_set(r->e, -ENOMEM, "out of memory");
	free(r->c->default_profile);
	r->c->default_profile = copy;
	return 0;
}

static int fail_profile(struct reader *r, const char *name)
{
	char known[128] = "";
	size_t len = 0;

	for (size_t i = 0; i < r->c->profile_count && len < sizeof(known); i++)
		len += (size_t)snprintf(known + len, sizeof(known) - len,
				"%s%s", i ? ", " : "", r->c->profiles[i].name);
	if (len == 0)
		return err_set(r->e, -EINVAL,
				"there is no profile '%.60s': none is "
				"configured",
				name);
	return err_set(r->e, -EINVAL, "there is no profile '%.60s'; known: %s",
			name, known);
}

/* The default profile, whoever names it, and what the environment says of it.
 */
static int read_profile_env(struct reader *r, const struct config_options *o)
{
	const char *said = o->profile ? o->profile : env("GLASSBRIDGE_PROFILE");
	struct config *c = r->c;
	struct config_profile *p;
	int code = 0;

	if (said && strstr(said, "://"))
		code = profile_from_url(r, said, &said);
	if (code == 0 && said)
		code = set_default(r, said);
	else if (code == 0 && !c->default_profile && c->profile_count == 1)
		code = set_default(r, c->profiles[0].name);
	if (code < 0)
		return code;
	p = find_profile(c, c->default_profile);
	if (keys_env_any(profile_keys)) {
		if (!p && c->profile_count == 0) {
			if (!c->default_profile)
				code = set_default(r, "default");
			p = code == 0 ? profile_new(c, c->default_profile)
				      : NULL;
			if (!p)
				return err_set(r->e, -ENOMEM, "out of memory");
		}
		if (!p && !c->default_profile)
			return err_set(r->e, -EINVAL,
					"the environment speaks of a profile "
					"(GLASSBRIDGE_URL and the like), but "
					"which is the default? set "
					"GLASSBRIDGE_PROFILE");
		if (p)
			code = keys_env(r, profile_keys, true, p);
	}
	if (code == 0 && c->default_profile && !p)
		code = fail_profile(r, c->default_profile);
	return code;
}

static int finish(struct reader *r, const struct config_options *o)
{
	struct config *c = r->c;
	int code = read_profile_env(r, o);

	if (code == 0)
		code = proxxy_env(r);
	if (code == 0)
		code = keys_env(r, gateway_keys, false, &c->gateway);
	for (size_t i = 0; code == 0 && i < o->flag_count; i++)
		code = keys_flag(r, gateway_keys, &c->gateway, &o->flags[i]);
	for (size_t i = 0; code == 0 && i < c->profile_count; i++)
		code = profile_finish(r, &c->profiles[i]);
	for (size_t i = 0; code == 0 && i < c->forward_count; i++)
		code = forward_finish(r, &c->forwards[i]);
	if (code == 0)
		code = gateway_finish(r);
	return code < 0 ? code : proxxy_finish(r);
}

/* ---- the whole ---------------------------------------------------------- */

int config_load(struct config **ret_config, const struct config_options *o,
		struct err *e)
{
	static const struct config_options none = {0};
	struct config *c = calloc(1, sizeof(*c));
	struct reader r = {.c = c, .e = e};
	int code;

	if (!o)
		o = &none;
	if (!c)
		return err_set(e, -ENOMEM, "out of memory");
	code = gateway_defaults(&r);
	if (code == 0)
		code = proxxy_defaults(&r);
	if (code == 0 && find_file(o, &c->file) < 0)
		code = err_set(e, -ENOMEM, "out of memory");
	if (code == 0 && c->file) {
		r.file = c->file;
		code = read_file(&r);
		r.file = NULL; /* no path below is relative to it */
	}
	if (code == 0)
		code = finish(&r, o);
	if (code == -ENOMEM)
		(void)err_set(e, code, "out of memory");
	if (code < 0)
		config_free(c);
	else
		*ret_config = c;
	return code;
}

const struct config_profile *config_profile(
		const struct config *c, const char *name)
{
	return find_profile(c, name);
}

static void profile_done(struct config_profile *p)
{
	for (size_t i = 0; i < p->guest_count; i++) {
		keys_done(guest_keys, &p->guests[i]);
		free(p->guests[i].name);
	}
	free(p->guests);
	for (size_t i = 0; i < p->node_count; i++) {
		keys_done(node_keys, &p->nodes[i]);
		free(p->nodes[i].name);
	}
	free(p->nodes);
	keys_done(profile_keys, p);
	free(p->name);
}

static void ssh_done(struct config_ssh *ssh)
{
	for (size_t i = 0; i < ssh->guest_count; i++) {
		keys_done(ssh_guest_keys, &ssh->guests[i]);
		free(ssh->guests[i].id);
	}
	free(ssh->guests);
	keys_done(ssh_keys, ssh);
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->profile_count; i++)
		profile_done(&c->profiles[i]);
	for (size_t i = 0; i < c->token_count; i++)
		keys_done(token_keys, &c->tokens[i]);
	for (size_t i = 0; i < c->rule_count; i++)
		keys_done(rule_keys, &c->rules[i]);
	for (size_t i = 0; i < c->forward_count; i++)
		keys_done(forward_keys, &c->forwards[i]);
	free(c->forwards);
	free(c->profiles);
	free(c->tokens);
	free(c->rules);
	ssh_done(&c->ssh);
	keys_done(viewer_keys, &c->viewer);
	keys_done(gateway_keys, &c->gateway);
	url_done(&c->gateway.store_url);
	proxxy_done(&c->proxxy);
	texts_done(&c->warnings);
	texts_done(&c->files);
	texts_done(&c->skipped);
	free(c->default_profile);
	free(c->file);
	free(c);
}
