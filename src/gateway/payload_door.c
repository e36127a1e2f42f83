#include "gateway/payload_door.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/secret.h"
#include "proto/json.h"
#include "proto/payload.h"
#include "stream/dial.h"
#include "stream/tls.h"

enum { HTTPS_PORT = 443 };

/* One way out. */
struct way {
	char *host;              /* NULL: any */
	uint16_t port;           /* 0: any */
	char *prefix;            /* of the path */
	char *profile;           /* NULL: allowed by name */
	struct tls_context *tls; /* NULL: plain, as its profile says */
};

struct payload_door {
	uint8_t key[AES256_KEY_LEN];
	bool once;
	struct way *ways;
	size_t count;
};

void payload_door_free(struct payload_door *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++) {
		struct way *w = &d->ways[i];

		free(w->host);
		free(w->prefix);
		free(w->profile);
		if (w->tls)
			tls_context_unref(w->tls);
	}
	free(d->ways);
	secret_wipe(d, sizeof(*d));
	free(d);
}

const uint8_t *payload_door_key(const struct payload_door *d)
{
	return d->key;
}

bool payload_door_once(const struct payload_door *d)
{
	return d->once;
}

/* ---- making ---------------------------------------------------------------
 */

static struct way *way_new(struct payload_door *d)
{
	struct way *more = reallocarray(d->ways, d->count + 1, sizeof(*more));

	if (!more)
		return NULL;
	d->ways = more;
	more[d->count] = (struct way){0};
	return &more[d->count++];
}

static int no_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "no memory");
}

static int add_url(struct payload_door *d, const struct config_profile *p,
		const struct url *u, struct tls_context *tls, struct err *e)
{
	struct way *w = way_new(d);

	if (!w)
		return no_memory(e);
	w->host = strdup(u->host);
	w->prefix = strdup(u->path);
	w->profile = strdup(p->name);
	w->port = u->port;
	if (tls && strcmp(u->scheme, "https") == 0)
		w->tls = tls_context_ref(tls);
	return w->host && w->prefix && w->profile ? 0 : no_memory(e);
}

static int add_profile(struct payload_door *d, const struct config_profile *p,
		struct err *e)
{
	struct tls_context *tls = NULL;
	struct tls_policy policy;
	int r = 0;

	if (strcmp(p->kind, "proxmox") != 0)
		return 0;
	hypervisor_tls_policy(p, &policy);
	for (size_t i = 0; i < p->url.count && !tls && r == 0; i++)
		if (strcmp(p->url.items[i].scheme, "https") == 0)
			r = tls_client_context(&tls, &policy, e);
	for (size_t i = 0; i < p->url.count && r == 0; i++)
		r = add_url(d, p, &p->url.items[i], tls, e);
	if (tls)
		tls_context_unref(tls);
	return r;
}

static int add_host(struct payload_door *d, const struct config_proxxy *c,
		const struct config_proxxy_host *h, struct err *e)
{
	static const enum tls_verify kinds[] = {
			[CONFIG_PROXXY_ROOTS] = TLS_ROOTS,
			[CONFIG_PROXXY_FINGERPRINT] = TLS_FINGERPRINT,
			[CONFIG_PROXXY_OFF] = TLS_OFF,
	};
	struct tls_policy policy = {.verify = kinds[c->tls_kind]};
	struct way *w = way_new(d);

	if (!w)
		return no_memory(e);
	memcpy(policy.fingerprint, h->fingerprint, SHA256_LEN);
	w->port = h->port;
	w->host = h->host ? strdup(h->host) : NULL;
	w->prefix = strdup("");
	if (!w->prefix || (h->host && !w->host))
		return no_memory(e);
	return tls_client_context(&w->tls, &policy, e);
}

int payload_door_new(struct payload_door **ret_door, const struct config *c,
		struct err *e)
{
	struct payload_door *d;
	int r;

	*ret_door = NULL;
	if (!c->proxxy.enabled)
		return 0;
	d = calloc(1, sizeof(*d));
	if (!d)
		return no_memory(e);
	d->once = !c->proxxy.replay_off;
	r = payload_key(c->proxxy.key.data, c->proxxy.key.len, d->key);
	if (r < 0)
		(void)err_set(e, r, "the key of [proxxy] is none");
	for (size_t i = 0; r == 0 && i < c->profile_count; i++)
		r = add_profile(d, &c->profiles[i], e);
	for (size_t i = 0; r == 0 && i < c->proxxy.host_count; i++)
		r = add_host(d, &c->proxxy, &c->proxxy.hosts[i], e);
	if (r < 0)
		payload_door_free(d);
	else
		*ret_door = d;
	return r;
}

/* ---- going through --------------------------------------------------------
 */

/* A payload without a port means a profile's host, else port 443. */
static bool way_leads(const struct way *w, const struct payload *p)
{
	uint16_t port = p->host.port;

	if (w->host && strcasecmp(w->host, p->host.host) != 0)
		return false;
	if (port == 0 && !w->profile)
		port = HTTPS_PORT;
	return port == 0 || w->port == 0 || w->port == port;
}

static const struct way *door_find(
		const struct payload_door *d, const struct payload *p)
{
	for (size_t i = 0; i < d->count; i++)
		if (way_leads(&d->ways[i], p))
			return &d->ways[i];
	return NULL;
}

/* Of a host without a port: the way's own, else the original's. */
static uint16_t way_port(const struct way *w, const struct payload *p)
{
	if (p->host.port != 0)
		return p->host.port;
	return w->port != 0 ? w->port : HTTPS_PORT;
}

static int add_ws(struct dial_plan *plan, const struct way *w,
		const struct payload *p, char *host)
{
	struct ws_client_options o = {.host = host,
			.protocol = (char *)"binary",
			.mask_zero = w->tls != NULL};
	int r = payload_credential(p, &o.credential);

	o.path = r == 0 ? payload_target(p, w->prefix) : NULL;
	r = o.path ? dial_plan_ws(plan, &o) : -ENOMEM;
	secret_done(&o.credential);
	if (o.path)
		secret_wipe(o.path, strlen(o.path));
	free(o.path);
	return r;
}

int payload_door_plan(const struct payload_door *d, const struct payload *p,
		struct dial_plan *plan, char ret_guest[GUEST_ID_MAX])
{
	const struct way *w = door_find(d, p);
	char host[ADDRESS_HOST_MAX + 16];
	struct address at;
	int r;

	if (!w)
		return -EPERM;
	at = (struct address){.host = p->host.host, .port = way_port(w, p)};
	if (address_format(&at, host, sizeof(host)) < 0)
		return -EPERM;
	(void)snprintf(ret_guest, GUEST_ID_MAX, "%.80s/%s/%lld",
			w->profile ? w->profile : host, p->lxc ? "lxc" : "qemu",
			(long long)p->vmid);
	r = dial_plan_tcp(plan, at.host, at.port);
	if (r == 0 && w->tls)
		r = dial_plan_tls(plan, w->tls, at.host);
	if (r == 0)
		r = add_ws(plan, w, p, host);
	if (r == 0 && p->password.data)
		r = dial_plan_rfb_login(plan, &p->password);
	if (r < 0)
		dial_plan_done(plan);
	return r;
}

/* ---- answers --------------------------------------------------------------
 */

void payload_answer(struct json_out *o, unsigned status, const char *error,
		const struct payload_issues *issues)
{
	json_out_object_begin(o);
	json_out_put_text(o, "error", error);
	json_out_put_uint(o, "code", status);
	json_out_put_array(o, "issues");
	for (size_t i = 0; issues && i < issues->count; i++) {
		json_out_object_begin(o);
		json_out_put_array(o, "path");
		json_out_text(o, issues->items[i].key);
		json_out_array_end(o);
		json_out_put_text(o, "message", issues->items[i].why);
		json_out_object_end(o);
	}
	json_out_array_end(o);
	json_out_object_end(o);
}
