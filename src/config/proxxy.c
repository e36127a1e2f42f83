/* The section [proxxy]: its keys, what the environment says of it, and what
 * only shows when all of it is known. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/check.h"
#include "config/keys.h"
#include "proto/payload.h"

#define PROXXY(field) .at = offsetof(struct config_proxxy, field)

/* clang-format off */
static const char *const replays[] = {"once", "off", NULL};
static const char *const verifications[] = {"roots", "fingerprint", "off",
		NULL};
/* clang-format on */

/* "pve1.lan", "pve1.lan:8006", "[::1]:8006", or a star. */
static const char *check_allowed(char *text)
{
	struct address a = {0};
	bool good;

	if (strcmp(text, "*") == 0)
		return NULL;
	good = address_parse(text, NULL, 1, &a, NULL) == 0 && a.host &&
	       a.port > 0;
	address_done(&a);
	return good ? NULL : "not a host, a host and its port, or *";
}

/* "SHA256:...", or "pve1.lan=SHA256:..." where each host has its own. */
static const char *check_pinned(char *text)
{
	char *mark = strchr(text, '=');

	if (mark && !address_host_ok(text, (size_t)(mark - text)))
		return "not of the form HOST=SHA256:...";
	return check_fingerprint(mark ? mark + 1 : text);
}

/* clang-format off */
const struct key proxxy_keys[] = {
	{"enabled", KEY_BOOL, PROXXY(enabled)},
	{"key", KEY_SECRET, PROXXY(key)},
	{"replay", KEY_TEXT, PROXXY(replay), .words = replays},
	{"allowed_hosts", KEY_TEXTS, PROXXY(allowed_hosts),
		.check = check_allowed},
	{"tls", KEY_TEXT, PROXXY(tls), .words = verifications},
	{"tls_fingerprints", KEY_TEXTS, PROXXY(tls_fingerprints),
		.check = check_pinned},
	{0},
};
/* clang-format on */

int proxxy_defaults(struct reader *r)
{
	static const struct config_flag defaults[] = {
			{"replay", "once"}, {"tls", "roots"}};
	int code = 0;

	for (size_t i = 0; code == 0 && i < 2; i++)
		code = keys_flag(r, proxxy_keys, &r->c->proxxy, &defaults[i]);
	return code;
}

void proxxy_done(struct config_proxxy *p)
{
	for (size_t i = 0; i < p->host_count; i++)
		free(p->hosts[i].host);
	free(p->hosts);
	keys_done(proxxy_keys, p);
}

/* ---- the environment ---------------------------------------------------- */

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* proxxy's own two variables are enough to start with. */
static int env_port(struct reader *r)
{
	const char *port = variable("PORT");
	char listen[32];
	uint16_t number;

	if (!port)
		return 0;
	if (!address_port(port, strlen(port), true, &number))
		return err_set(r->e, -EINVAL, "PORT: '%.20s' is not a port",
				port);
	(void)snprintf(listen, sizeof(listen), "127.0.0.1:%u", number);
	return keys_flag(r, gateway_keys, &r->c->gateway,
			&(struct config_flag){"listen", listen});
}

int proxxy_env(struct reader *r)
{
	static const struct {
		const char *name, *key;
	} all[] = {
			{"SIGNATURE_KEY", "key"},
			{"SIGNATURE_KEY_FILE", "key_file"},
			{"GLASSBRIDGE_PROXXY_HOSTS", "allowed_hosts"},
			{"GLASSBRIDGE_PROXXY_TLS", "tls"},
			{"GLASSBRIDGE_PROXXY_FINGERPRINTS", "tls_fingerprints"},
			{"GLASSBRIDGE_PROXXY_REPLAY", "replay"},
	};
	bool key = variable("SIGNATURE_KEY") || variable("SIGNATURE_KEY_FILE");
	int code = 0;

	for (size_t i = 0; code == 0 && i < sizeof(all) / sizeof(all[0]); i++) {
		const struct config_flag flag = {
				all[i].key, variable(all[i].name)};

		if (!flag.value)
			continue;
		code = keys_flag(r, proxxy_keys, &r->c->proxxy, &flag);
		if (code < 0)
			(void)err_prefix(r->e, "%s", all[i].name);
	}
	if (code < 0 || !key)
		return code;
	r->c->proxxy.enabled = true;
	return env_port(r);
}

/* ---- the whole ---------------------------------------------------------- */

static int finish_key(struct reader *r, const struct config_proxxy *p)
{
	static const char hint[] = "make one with `openssl rand -hex 32`";
	uint8_t bytes[AES256_KEY_LEN];

	if (!p->key.data)
		return fail_line(r, 0,
				"[proxxy] is enabled and needs a key or "
				"key_file (or SIGNATURE_KEY); %s",
				hint);
	if (payload_key(p->key.data, p->key.len, bytes) == 0) {
		secret_wipe(bytes, sizeof(bytes));
		return 0;
	}
	secret_wipe(bytes, sizeof(bytes));
	if (p->key.len == (size_t)2 * AES256_KEY_LEN)
		return fail_line(r, 0,
				"the key of [proxxy] (SIGNATURE_KEY) has "
				"letters that are no hexadecimal digits; %s",
				hint);
	return fail_line(r, 0,
			"the key of [proxxy] (SIGNATURE_KEY) has %zu "
			"characters; AES-256 needs 64 hexadecimal digits: %s",
			p->key.len, hint);
}

/* The one that names the host, else the one that names none. */
static const char *fingerprint_of(
		const struct config_proxxy *p, const char *host)
{
	const char *any = NULL;

	for (size_t i = 0; i < p->tls_fingerprints.count; i++) {
		const char *text = p->tls_fingerprints.items[i];
		const char *mark = strchr(text, '=');
		size_t len = mark ? (size_t)(mark - text) : 0;

		if (!mark)
			any = text;
		else if (host && strlen(host) == len &&
				strncasecmp(text, host, len) == 0)
			return mark + 1;
	}
	return any;
}

/* Of check_fingerprint()'s good ones. */
static int fingerprint_bytes(const char *text, uint8_t ret[SHA256_LEN])
{
	char hex[2 * SHA256_LEN + 1];
	size_t len = 0;

	if (strncasecmp(text, "sha256:", 7) == 0)
		text += 7;
	for (; *text && len < sizeof(hex) - 1; text++)
		if (*text != ':')
			hex[len++] = *text;
	hex[len] = '\0';
	return crypto_unhex(hex, ret, SHA256_LEN);
}

static int finish_host(struct reader *r, struct config_proxxy *p,
		struct config_proxxy_host *h, const char *text)
{
	struct address a = {0};
	const char *pin;
	int code = 0;

	if (strcmp(text, "*") != 0) {
		bool bare = address_parse(text, NULL, 0, &a, NULL) < 0;

		code = bare ? address_parse(text, NULL, 1, &a, NULL) : 0;
		h->host = a.host;
		h->port = bare ? 0 : a.port;
	}
	if (code < 0)
		return err_set(r->e, code, "[proxxy] allowed_hosts: '%.80s'",
				text);
	if (p->tls_kind != CONFIG_PROXXY_FINGERPRINT)
		return 0;
	pin = fingerprint_of(p, h->host);
	if (!pin)
		return fail_line(r, 0,
				"[proxxy] tls is \"fingerprint\", but "
				"tls_fingerprints has none for '%.80s'",
				text);
	return fingerprint_bytes(pin, h->fingerprint);
}

static int finish_hosts(struct reader *r, struct config_proxxy *p)
{
	int code = 0;

	p->hosts = calloc(p->allowed_hosts.count + 1, sizeof(*p->hosts));
	if (!p->hosts)
		return err_set(r->e, -ENOMEM, "out of memory");
	for (size_t i = 0; code == 0 && i < p->allowed_hosts.count; i++)
		code = finish_host(r, p, &p->hosts[p->host_count++],
				p->allowed_hosts.items[i]);
	return code;
}

/* The form has no MAC and no expiry: who turns it on shall know. */
static int finish_warnings(struct reader *r, const struct config_proxxy *p)
{
	struct config_texts *to = &r->c->warnings;
	int code;

	code = texts_add(to,
			"[proxxy] is on: a payload in a URL opens a console. "
			"It has no expiry and no signature, and URLs are kept "
			"in logs and histories; make links with POST "
			"/api/v1/links as soon as your panel can");
	for (size_t i = 0; code == 0 && i < p->host_count; i++)
		if (!p->hosts[i].host)
			code = texts_add(to,
					"[proxxy] allowed_hosts holds *: who "
					"has the key can have the gateway "
					"connect to any host");
	if (code == 0 && p->tls_kind == CONFIG_PROXXY_OFF && p->host_count > 0)
		code = texts_add(to,
				"[proxxy] tls = \"off\": whoever is on the way "
				"to an allowed host can read the tickets and "
				"the consoles");
	if (code == 0 && p->replay_off)
		code = texts_add(to,
				"[proxxy] replay = \"off\": a payload can be "
				"used again as long as its tickets live");
	return code < 0 ? err_set(r->e, code, "out of memory") : 0;
}

int proxxy_finish(struct reader *r)
{
	struct config_proxxy *p = &r->c->proxxy;
	int code = keys_credentials(r, proxxy_keys, p, "proxxy");

	if (code < 0 || !p->enabled)
		return code;
	p->replay_off = strcmp(p->replay, "off") == 0;
	for (int i = 0; verifications[i]; i++)
		if (strcmp(p->tls, verifications[i]) == 0)
			p->tls_kind = (enum config_proxxy_tls)i;
	code = finish_key(r, p);
	if (code == 0)
		code = finish_hosts(r, p);
	return code < 0 ? code : finish_warnings(r, p);
}
