/*
 * The sections of the file: their keys, and how their tables are entered.
 * What a key may hold is in check.c, what only shows at the end in finish.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/check.h"
#include "config/keys.h"

static const char *const kinds[] = {"proxmox", "arrakis", "static", NULL};
static const char *const auths[] = {"token", "password", NULL};
static const char *const web[] = {"http", "https", NULL};
/* clang-format off */
static const char *const logins[] = {"link", "proxmox", "token", NULL};
static const char *const rights[] = {"view", "control", "power", "record",
		"share", "admin", NULL};
static const char *const denies[] = {"clipboard", "files", "usb", "audio",
		NULL};
/* clang-format on */

static int read_guests(struct reader *r, const struct toml *n, void *section);
static int read_nodes(struct reader *r, const struct toml *n, void *section);
static int read_ssh_guests(
		struct reader *r, const struct toml *n, void *section);
static int read_profiles(struct reader *r, const struct toml *n, void *section);
static int read_ssh(struct reader *r, const struct toml *n, void *section);
static int read_viewer(struct reader *r, const struct toml *n, void *section);
static int read_gateway(struct reader *r, const struct toml *n, void *section);
static int read_proxxy(struct reader *r, const struct toml *n, void *section);
static int read_tokens(struct reader *r, const struct toml *n, void *section);
static int read_rules(struct reader *r, const struct toml *n, void *section);

#define SKIP(key)                               \
	{                                       \
		.name = (key), .type = KEY_SKIP \
	}
#define PROFILE(field) .at = offsetof(struct config_profile, field)
#define NODE(field) .at = offsetof(struct config_node, field)
#define GUEST(field) .at = offsetof(struct config_guest, field)
#define VIEWER(field) .at = offsetof(struct config_viewer, field)
#define SSH(field) .at = offsetof(struct config_ssh, field)
#define SSH_GUEST(field) .at = offsetof(struct config_ssh_guest, field)
#define GATEWAY(field) .at = offsetof(struct config_gateway, field)
#define TOKEN(field) .at = offsetof(struct config_token, field)
#define RULE(field) .at = offsetof(struct config_rule, field)

/* clang-format off */
const struct key guest_keys[] = {
	{"name", KEY_TEXT, GUEST(title)},
	{"tags", KEY_TEXTS, GUEST(tags)},
	{"vnc", KEY_DIAL, GUEST(vnc)},
	{"vnc_password", KEY_SECRET, GUEST(vnc_password)},
	{"serial", KEY_LINE, GUEST(serial)},
	{"serial_speed", KEY_NUMBER, GUEST(serial_speed), .low = 300,
		.high = 4000000},
	{"spice", KEY_DIAL, GUEST(spice)},
	{"spice_password", KEY_SECRET, GUEST(spice_password)},
	{0},
};

const struct key node_keys[] = {
	{"spice_proxy", KEY_TEXT, NODE(spice_proxy),
		.check = check_spice_proxy},
	{0},
};

const struct key profile_keys[] = {
	{"kind", KEY_TEXT, PROFILE(kind), .words = kinds},
	{"url", KEY_URLS, PROFILE(url), .words = web, .env = true},
	{"urls", KEY_URLS, PROFILE(url), .words = web},
	{"user", KEY_TEXT, PROFILE(user), .env = true},
	{"auth", KEY_TEXT, PROFILE(auth), .words = auths},
	{"token_id", KEY_TEXT, PROFILE(token_id), .env = true},
	{"token_secret", KEY_SECRET, PROFILE(token_secret), .env = true},
	{"password", KEY_SECRET, PROFILE(password), .env = true},
	{"vnc_password", KEY_SECRET, PROFILE(vnc_password)},
	{"warm", KEY_NUMBER, PROFILE(warm), .high = 16},
	{"warm_age", KEY_NUMBER, PROFILE(warm_age), .low = 5, .high = 3600},
	{"tls_fingerprint", KEY_TEXT, PROFILE(tls_fingerprint),
		.check = check_fingerprint, .env = true},
	{"ca_file", KEY_FILE, PROFILE(ca_file), .env = true},
	{"verify_tls", KEY_BOOL, PROFILE(verify_tls)},
	{"read_only", KEY_BOOL, PROFILE(read_only)},
	{"rate_limit", KEY_NUMBER, PROFILE(rate_limit), .high = 10000},
	{"ticket_life", KEY_NUMBER, PROFILE(ticket_life), .high = 7200},
	{"spice_proxy", KEY_TEXT, PROFILE(spice_proxy),
		.check = check_spice_proxy},
	{"nodes", KEY_TABLE, .read = read_nodes},
	{"guests", KEY_TABLE, .read = read_guests},
	SKIP("tls_pin_mode"), /* proxxx */
	SKIP("ssh"), SKIP("pbs"), SKIP("telegram"),
	SKIP("policies"), SKIP("alerts"), SKIP("mcp_token"),
	{0},
};

const struct key ssh_guest_keys[] = {
	{"host", KEY_TEXT, SSH_GUEST(host), .check = check_host},
	{"user", KEY_TEXT, SSH_GUEST(user), .check = check_user},
	{"port", KEY_NUMBER, SSH_GUEST(port), .low = 1, .high = 65535},
	{"key_path", KEY_FILE, SSH_GUEST(key_path)},
	{"key", KEY_FILE, SSH_GUEST(key_path)},
	{0},
};

const struct key ssh_keys[] = {
	{"user", KEY_TEXT, SSH(user), .check = check_user},
	{"host", KEY_TEXT, SSH(host), .check = check_host},
	{"port", KEY_NUMBER, SSH(port), .low = 1, .high = 65535},
	{"key_path", KEY_FILE, SSH(key_path)},
	{"key", KEY_FILE, SSH(key_path)},
	{"known_hosts", KEY_FILE, SSH(known_hosts)},
	{"guests", KEY_TABLE, .read = read_ssh_guests},
	SKIP("hosts"), SKIP("strict_host_key_checking"), /* proxxx */
	SKIP("max_concurrent"), SKIP("idle_timeout_secs"),
	SKIP("exec_timeout_secs"),
	{0},
};

const struct key viewer_keys[] = {
	{"command", KEY_TEXT, VIEWER(command)},
	{"options", KEY_TEXTS, VIEWER(options)},
	{0},
};

const struct key gateway_keys[] = {
	{"listen", KEY_ADDRESSES, GATEWAY(listen)},
	{"public_url", KEY_URLS, GATEWAY(public_url), .words = web},
	{"spice_listen", KEY_ADDRESS, GATEWAY(spice_listen)},
	{"ops_listen", KEY_ADDRESS, GATEWAY(ops_listen)},
	{"store", KEY_TEXT, GATEWAY(store)},
	{"store_password", KEY_SECRET, GATEWAY(store_password)},
	{"cluster_key", KEY_SECRET, GATEWAY(cluster_key)},
	{"tls_cert", KEY_FILE, GATEWAY(tls_cert)},
	{"tls_key", KEY_FILE, GATEWAY(tls_key)},
	{"login", KEY_SET, GATEWAY(login), .words = logins},
	{"allowed_origins", KEY_TEXTS, GATEWAY(allowed_origins),
		.check = check_origin},
	{"trusted_proxies", KEY_TEXTS, GATEWAY(trusted_proxies),
		.check = check_network},
	{"workers", KEY_NUMBER, GATEWAY(workers), .high = 256},
	{"max_sessions", KEY_NUMBER, GATEWAY(max_sessions), .low = 1,
		.high = 1000000},
	{"max_sessions_per_user", KEY_NUMBER, GATEWAY(max_sessions_per_user),
		.low = 1, .high = 1000000},
	{"keep_alive", KEY_NUMBER, GATEWAY(keep_alive), .high = 86400},
	{0},
};

const struct key token_keys[] = {
	{"name", KEY_TEXT, TOKEN(name), .check = check_name},
	{"hash", KEY_TEXT, TOKEN(hash_text), .check = check_hash},
	{"origins", KEY_TEXTS, TOKEN(origins), .check = check_origin},
	{0},
};

const struct key rule_keys[] = {
	{"who", KEY_TEXT, RULE(who)},
	{"guests", KEY_TEXTS, RULE(guests)},
	{"may", KEY_SET, RULE(may), .words = rights},
	{"deny", KEY_SET, RULE(deny), .words = denies},
	{0},
};

const struct key top_keys[] = {
	{"default", KEY_TEXT, .at = offsetof(struct config, default_profile)},
	{"profiles", KEY_TABLE, .read = read_profiles},
	{"ssh", KEY_TABLE, .read = read_ssh},
	{"viewer", KEY_TABLE, .read = read_viewer},
	{"gateway", KEY_TABLE, .read = read_gateway},
	{"proxxy", KEY_TABLE, .read = read_proxxy},
	{"tokens", KEY_TABLE, .read = read_tokens},
	{"rules", KEY_TABLE, .read = read_rules},
	{"forwards", KEY_TABLE, .read = forwards_read},
	SKIP("pbs"), SKIP("telegram"), SKIP("policies"),
	SKIP("alerts"), SKIP("mcp_token"), /* proxxx */
	{0},
};
/* clang-format on */

/* ---- entering ----------------------------------------------------------- */

enum { PATH_MAX_LEN = 160 };

int want_table(struct reader *r, const struct toml *n, const char *what)
{
	if (toml_type(n) == TOML_TABLE)
		return 0;
	return fail_value(r, n, "%s must be a table, not %s", what,
			toml_type_text(toml_type(n)));
}

int want_array(struct reader *r, const struct toml *n, const char *what)
{
	if (toml_type(n) == TOML_ARRAY)
		return 0;
	return fail_value(r, n, "%s must be written as [[%s]]", what, what);
}

/* A name that becomes part of a guest's id, a URL and a credential's name. */
static int want_name(struct reader *r, const struct toml *n, const char *what)
{
	const char *wrong, *name;
	size_t len;
	char *copy;

	name = toml_key(n, &len);
	copy = strndup(name, len);
	if (!copy)
		return err_set(r->e, -ENOMEM, "out of memory");
	wrong = strlen(name) == len ? check_name(copy) : "a zero byte";
	free(copy);
	return wrong ? fail_key(r, n, "the name of %s, '%.60s': %s", what, name,
				       wrong)
		     : 0;
}

void *section_grow(void *items, size_t *count, size_t size)
{
	char **at = items;
	char *more = reallocarray(*at, *count + 1, size);

	if (!more)
		return NULL;
	*at = more;
	memset(more + *count * size, 0, size);
	return more + (*count)++ * size;
}

static int no_memory(struct reader *r)
{
	return err_set(r->e, -ENOMEM, "out of memory");
}

static int read_guests(struct reader *r, const struct toml *n, void *section)
{
	struct config_profile *p = section;
	char path[PATH_MAX_LEN];
	int code = want_table(r, n, "guests");

	for (size_t i = 0; code == 0 && i < toml_count(n); i++) {
		const struct toml *t = toml_at(n, i);
		struct config_guest *g;

		code = want_table(r, t, "a guest");
		if (code == 0)
			code = want_name(r, t, "a guest");
		if (code < 0)
			break;
		g = section_grow(&p->guests, &p->guest_count, sizeof(*g));
		if (!g || !(g->name = strdup(toml_key(t, NULL))))
			return no_memory(r);
		g->line = toml_key_place(t).line;
		(void)snprintf(path, sizeof(path), "profiles.%s.guests.%s",
				p->name, g->name);
		code = keys_read(r, t, guest_keys, g, path);
		if (code == 0)
			code = keys_credentials(r, guest_keys, g, path);
	}
	return code;
}

static int read_nodes(struct reader *r, const struct toml *n, void *section)
{
	struct config_profile *p = section;
	char path[PATH_MAX_LEN];
	int code = want_table(r, n, "nodes");

	for (size_t i = 0; code == 0 && i < toml_count(n); i++) {
		const struct toml *t = toml_at(n, i);
		struct config_node *node;

		code = want_table(r, t, "a node");
		if (code == 0)
			code = want_name(r, t, "a node");
		if (code < 0)
			break;
		node = section_grow(&p->nodes, &p->node_count, sizeof(*node));
		if (!node || !(node->name = strdup(toml_key(t, NULL))))
			return no_memory(r);
		(void)snprintf(path, sizeof(path), "profiles.%s.nodes.%s",
				p->name, node->name);
		code = keys_read(r, t, node_keys, node, path);
		if (code == 0 && !node->spice_proxy)
			code = fail_key(r, t, "[%s] needs a spice_proxy", path);
	}
	return code;
}

struct config_profile *profile_new(struct config *c, const char *name)
{
	struct config_profile *p = section_grow(
			&c->profiles, &c->profile_count, sizeof(*p));

	if (!p)
		return NULL;
	p->verify_tls = true;
	p->name = strdup(name);
	p->kind = strdup(kinds[0]);
	return p->name && p->kind ? p : NULL;
}

static int read_profiles(struct reader *r, const struct toml *n, void *section)
{
	char path[PATH_MAX_LEN];
	int code = want_table(r, n, "profiles");

	for (size_t i = 0; code == 0 && i < toml_count(n); i++) {
		const struct toml *t = toml_at(n, i);
		struct config_profile *p;

		code = want_table(r, t, "a profile");
		if (code == 0)
			code = want_name(r, t, "a profile");
		if (code == 0 && toml_get(t, "url") && toml_get(t, "urls"))
			code = fail_key(r, toml_get(t, "urls"),
					"give url or urls, not both");
		if (code < 0)
			break;
		p = profile_new(section, toml_key(t, NULL));
		if (!p)
			return no_memory(r);
		p->line = toml_key_place(t).line;
		(void)snprintf(path, sizeof(path), "profiles.%s", p->name);
		code = keys_read(r, t, profile_keys, p, path);
	}
	return code;
}

static int read_ssh_guests(
		struct reader *r, const struct toml *n, void *section)
{
	struct config_ssh *ssh = section;
	char path[PATH_MAX_LEN];
	int code = want_table(r, n, "ssh.guests");

	for (size_t i = 0; code == 0 && i < toml_count(n); i++) {
		const struct toml *t = toml_at(n, i);
		struct config_ssh_guest *g;

		code = want_table(r, t, "a guest of [ssh.guests]");
		if (code < 0)
			break;
		g = section_grow(&ssh->guests, &ssh->guest_count, sizeof(*g));
		if (!g || !(g->id = strdup(toml_key(t, NULL))))
			return no_memory(r);
		g->line = toml_key_place(t).line;
		(void)snprintf(path, sizeof(path), "ssh.guests.\"%s\"", g->id);
		code = keys_read(r, t, ssh_guest_keys, g, path);
		if (code == 0 && !g->host)
			code = fail_key(r, t, "[%s] needs a host", path);
	}
	return code;
}

static int read_ssh(struct reader *r, const struct toml *n, void *section)
{
	struct config *c = section;
	int code = want_table(r, n, "ssh");

	return code < 0 ? code : keys_read(r, n, ssh_keys, &c->ssh, "ssh");
}

static int read_viewer(struct reader *r, const struct toml *n, void *section)
{
	struct config *c = section;
	int code = want_table(r, n, "viewer");

	return code < 0 ? code
			: keys_read(r, n, viewer_keys, &c->viewer, "viewer");
}

static int read_gateway(struct reader *r, const struct toml *n, void *section)
{
	struct config *c = section;
	int code = want_table(r, n, "gateway");

	if (code == 0)
		code = keys_read(r, n, gateway_keys, &c->gateway, "gateway");
	if (code == 0 && c->gateway.public_url.count > 1)
		code = fail_value(r, toml_get(n, "public_url"),
				"public_url is one URL");
	return code;
}

static int read_proxxy(struct reader *r, const struct toml *n, void *section)
{
	struct config *c = section;
	int code = want_table(r, n, "proxxy");

	return code < 0 ? code
			: keys_read(r, n, proxxy_keys, &c->proxxy, "proxxy");
}

static int read_tokens(struct reader *r, const struct toml *n, void *section)
{
	struct config *c = section;
	int code = want_array(r, n, "tokens");

	for (size_t i = 0; code == 0 && i < toml_count(n); i++) {
		const struct toml *t = toml_at(n, i);
		struct config_token *token;

		code = want_table(r, t, "a token");
		if (code < 0)
			break;
		token = section_grow(
				&c->tokens, &c->token_count, sizeof(*token));
		if (!token)
			return no_memory(r);
		token->line = toml_place(t).line;
		code = keys_read(r, t, token_keys, token, "[tokens]");
		if (code == 0 && (!token->name || !token->hash_text))
			return fail_value(r, t,
					"[[tokens]] needs a name and a hash "
					"(glassbridge token new NAME)");
		for (size_t k = 0; code == 0 && k + 1 < c->token_count; k++)
			if (strcmp(c->tokens[k].name, token->name) == 0)
				code = fail_value(r, t,
						"there is a token '%.60s' "
						"already, on line %u",
						token->name, c->tokens[k].line);
		if (code == 0)
			code = crypto_unhex(strchr(token->hash_text, ':') + 1,
					token->hash, SHA256_LEN);
	}
	return code;
}

static int read_rules(struct reader *r, const struct toml *n, void *section)
{
	struct config *c = section;
	int code = want_array(r, n, "rules");

	for (size_t i = 0; code == 0 && i < toml_count(n); i++) {
		const struct toml *t = toml_at(n, i);
		struct config_rule *rule;

		code = want_table(r, t, "a rule");
		if (code < 0)
			break;
		rule = section_grow(&c->rules, &c->rule_count, sizeof(*rule));
		if (!rule)
			return no_memory(r);
		rule->line = toml_place(t).line;
		code = keys_read(r, t, rule_keys, rule, "[rules]");
		if (code == 0 && (!rule->who || rule->guests.count == 0 ||
						 rule->may == 0))
			code = fail_value(r, t,
					"[[rules]] needs who, guests and may");
	}
	return code;
}
