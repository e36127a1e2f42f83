#include "proto/payload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "proto/json.h"
#include "proto/url.h"

enum {
	IV_DIGITS = 2 * AES_BLOCK_LEN,
	SEALED_MAX = (PAYLOAD_TEXT_MAX - IV_DIGITS - 1) / 2,
};

void payload_done(struct payload *p)
{
	address_done(&p->host);
	free(p->node);
	secret_done(&p->ticket);
	secret_done(&p->vncticket);
	secret_done(&p->password);
	*p = (struct payload){0};
}

int payload_key(const char *hex, size_t len, uint8_t ret[AES256_KEY_LEN])
{
	if (len != (size_t)2 * AES256_KEY_LEN)
		return -EINVAL;
	return crypto_unhex(hex, ret, AES256_KEY_LEN);
}

/* ---- the form of what is in it ------------------------------------------- */

static void issue(struct payload_issues *to, const char *key, const char *why)
{
	if (to->count == PAYLOAD_ISSUES_MAX)
		return;
	to->items[to->count].key = key;
	to->items[to->count++].why = why;
}

/* "pve1.lan", "192.0.2.7:8006", "[::1]:8006". */
static int read_host(
		struct payload *p, const char *text, struct payload_issues *to)
{
	int r = -EINVAL;

	if (text && strncmp(text, "unix:", 5) != 0 &&
			strlen(text) <= ADDRESS_HOST_MAX + 8) {
		r = address_parse(text, NULL, 0, &p->host, NULL);
		if (r == -EINVAL) { /* no port, then */
			r = address_parse(text, NULL, 443, &p->host, NULL);
			p->host.port = 0;
		} else if (r == 0 && p->host.port == 0) {
			address_done(&p->host);
			r = -EINVAL;
		}
	}
	if (r == -EINVAL)
		issue(to, "host",
				"a host name or address, with or without a "
				"port");
	return r == -ENOMEM ? r : 0;
}

static int read_node(
		struct payload *p, const char *text, struct payload_issues *to)
{
	if (!text || strchr(text, ':') ||
			!address_host_ok(text, strlen(text))) {
		issue(to, "node", "the name of a node");
		return 0;
	}
	p->node = strdup(text);
	return p->node ? 0 : -ENOMEM;
}

/* Visible letters alone: it becomes part of a header. */
static int read_ticket(struct secret *ret, const struct json *root,
		const char *key, struct payload_issues *to)
{
	const char *text = json_text(json_get(root, key));
	size_t len = text ? strlen(text) : 0;
	bool good = len > 0 && len <= PAYLOAD_TICKET_MAX;

	for (size_t i = 0; good && i < len; i++)
		good = text[i] > 0x20 && text[i] < 0x7f;
	if (!good) {
		issue(to, key, "a ticket: visible characters without a blank");
		return 0;
	}
	return secret_set(ret, text, len);
}

static int read_password(struct payload *p, const struct json *v,
		struct payload_issues *to)
{
	const char *text = json_text(v);

	if (!v || json_is_null(v))
		return 0;
	if (!text || !*text) {
		issue(to, "password", "the VNC password, not empty");
		return 0;
	}
	return secret_set(&p->password, text,
			strnlen(text, PAYLOAD_PASSWORD_LEN));
}

static void read_numbers(struct payload *p, const struct json *root,
		struct payload_issues *to)
{
	int64_t port;

	if (json_int(json_get(root, "vmid"), &p->vmid) < 0 || p->vmid <= 0)
		issue(to, "vmid", "a whole number above 0");
	if (json_int_or_text(json_get(root, "port"), &port) < 0 || port < 1 ||
			port > 65535)
		issue(to, "port", "a port, as number or text");
	else
		p->port = (uint16_t)port;
}

static int payload_read(struct payload *p, const struct json *root,
		struct payload_issues *to)
{
	const char *type = json_text(json_get(root, "type"));
	int r;

	read_numbers(p, root, to);
	p->lxc = type && strcmp(type, "lxc") == 0;
	if (!type || (!p->lxc && strcmp(type, "qemu") != 0))
		issue(to, "type", "qemu or lxc");
	r = read_host(p, json_text(json_get(root, "host")), to);
	if (r == 0)
		r = read_node(p, json_text(json_get(root, "node")), to);
	if (r == 0)
		r = read_ticket(&p->ticket, root, "ticket", to);
	if (r == 0)
		r = read_ticket(&p->vncticket, root, "vncticket", to);
	if (r == 0)
		r = read_password(p, json_get(root, "password"), to);
	return r < 0 ? r : to->count > 0 ? -EINVAL : 0;
}

/* ---- opening --------------------------------------------------------------
 */

struct sealed {
	uint8_t iv[AES_BLOCK_LEN];
	size_t len;
	uint8_t bytes[SEALED_MAX], text[SEALED_MAX];
};

static bool sealed_read(struct sealed *s, const char *text, size_t len)
{
	char iv[IV_DIGITS + 1];

	if (len <= IV_DIGITS + 1 || len > PAYLOAD_TEXT_MAX ||
			text[IV_DIGITS] != ':' || text[len] != '\0')
		return false;
	memcpy(iv, text, IV_DIGITS);
	iv[IV_DIGITS] = '\0';
	s->len = (len - IV_DIGITS - 1) / 2;
	return (len - IV_DIGITS - 1) % (size_t)(2 * AES_BLOCK_LEN) == 0 &&
	       crypto_unhex(iv, s->iv, sizeof(s->iv)) == 0 &&
	       crypto_unhex(text + IV_DIGITS + 1, s->bytes, s->len) == 0;
}

/* JSON ends in any number of blanks, so padding can become blanks and the text
 * keeps its length: how much it was does not show. */
static void blank_padding(uint8_t last[AES_BLOCK_LEN], size_t padding)
{
	for (uint32_t i = 0; i < AES_BLOCK_LEN; i++) {
		uint32_t is = 0u - ((i - (uint32_t)padding) >> 31);
		uint8_t *at = &last[AES_BLOCK_LEN - 1 - i];

		*at = (uint8_t)((*at & ~is) | (' ' & is));
	}
}

/*
 * Is this a payload at all, be it wrong? Any JSON would not do: of 16 letters
 * in the midst of a ticket, a changed IV makes a string ("...") by a few
 * thousand tries, and an answer of its own to that would tell the letters one
 * by one. A key of ours is too much to be hit upon.
 */
static bool is_payload(const struct json *root)
{
	static const char *const keys[] = {"vmid", "type", "host", "node",
			"ticket", "vncticket", "port", "password"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_get(root, keys[i]))
			return true;
	return (json_is_object(root) || json_is_array(root)) &&
	       json_count(root) == 0;
}

/* Wrong padding takes the way of right padding: all of the text is parsed, and
 * only then refused. */
static int sealed_open(struct sealed *s, const uint8_t *key,
		struct json **ret_root, struct payload_work *work)
{
	size_t padding = 0;
	int r = crypto_cbc_open(
			key, s->iv, s->bytes, s->len, s->text, &padding);

	if (r < 0)
		return -EBADMSG;
	work->decrypted = s->len;
	blank_padding(s->text + s->len - AES_BLOCK_LEN, padding);
	work->judged = AES_BLOCK_LEN;
	r = json_parse(s->text, s->len, ret_root, NULL);
	work->parsed = s->len;
	if (r == -ENOMEM)
		return r;
	return r < 0 || padding == 0 || !is_payload(*ret_root) ? -EBADMSG : 0;
}

int payload_open(const uint8_t key[AES256_KEY_LEN], const char *text,
		size_t len, struct payload *ret,
		struct payload_issues *ret_issues,
		struct payload_work *ret_work)
{
	struct sealed *s = malloc(sizeof(*s));
	struct payload p = {0};
	struct payload_work work = {0};
	struct json *root = NULL;
	int r = s ? 0 : -ENOMEM;

	ret_issues->count = 0;
	if (r == 0 && !sealed_read(s, text, len))
		r = -EBADMSG;
	if (r == 0)
		r = sealed_open(s, key, &root, &work);
	if (r == 0)
		r = payload_read(&p, root, ret_issues);
	if (r == 0)
		r = crypto_sha256(s->bytes, s->len, p.digest);
	if (r == 0) {
		memcpy(p.iv, s->iv, sizeof(p.iv));
		*ret = p;
	} else {
		payload_done(&p);
	}
	if (ret_work)
		*ret_work = work;
	json_free(root);
	if (s)
		secret_wipe(s, sizeof(*s));
	free(s);
	return r;
}

/* ---- what is asked of the hypervisor --------------------------------------
 */

char *payload_target(const struct payload *p, const char *prefix)
{
	char ticket[3 * PAYLOAD_TICKET_MAX + 1];
	char *target = NULL;

	(void)url_encode(p->vncticket.data, p->vncticket.len, ticket,
			sizeof(ticket));
	if (asprintf(&target,
			    "%s/api2/json/nodes/%s/%s/%lld/vncwebsocket"
			    "?port=%u&vncticket=%s",
			    prefix, p->node, p->lxc ? "lxc" : "qemu",
			    (long long)p->vmid, p->port, ticket) < 0)
		target = NULL;
	secret_wipe(ticket, sizeof(ticket));
	return target;
}

int payload_credential(const struct payload *p, struct secret *ret_line)
{
	bool token = strncmp(p->ticket.data, "PVEAPIToken=", 12) == 0;
	char *line = NULL;
	int len = asprintf(&line, "Authorization: %s%s",
			token ? "" : "PVEAuthCookie=", p->ticket.data);
	int r;

	if (len < 0)
		return -ENOMEM;
	r = secret_set(ret_line, line, (size_t)len);
	secret_wipe(line, (size_t)len);
	free(line);
	return r;
}
