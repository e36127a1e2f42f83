/*
 * A WebSocket by payload: opened, judged, marked as used, and turned into a
 * session like any other.
 *
 *	opened > led to a host > not used before (text, then IV) > a session
 *
 * What is wrong with the payload itself is answered before the upgrade, in
 * the form of the original: {error, code, issues}.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/log.h"
#include "gateway/exchange.h"
#include "gateway/gateway.h"
#include "gateway/payload_door.h"
#include "gateway/routes.h"
#include "proto/payload.h"
#include "session/registry.h"
#include "store/store.h"
#include "stream/dial.h"

struct payload_call {
	struct exchange *x;
	struct payload payload;
	struct dial_plan plan;
	char guest[GUEST_ID_MAX];
};

static void call_free(struct payload_call *c)
{
	payload_done(&c->payload);
	dial_plan_done(&c->plan);
	free(c);
}

/* ---- answers in the form of the original --------------------------------- */

static void answer(struct exchange *x, unsigned status, const char *error,
		const struct payload_issues *issues)
{
	struct json_out o;

	exchange_json(x, &o);
	payload_answer(&o, status, error, issues);
	exchange_answer_json(x, status, &o);
}

static void refuse(struct exchange *x, unsigned status, enum end_word word,
		const char *error, const struct payload_issues *issues,
		const char *detail)
{
	log_info(NULL,
			"event=payload_refused word=%s status=%u from=%s "
			"detail=%s",
			end_info(word)->word, status, x->from,
			log_value(detail).text);
	answer(x, status, error, issues);
}

/* Whatever did not open: one answer, one line. */
static void refuse_unopened(struct exchange *x)
{
	refuse(x, 500, END_BAD_REQUEST, "Internal server error", NULL,
			"it does not open with our key");
}

static void refuse_form(struct exchange *x, const struct payload_issues *issues)
{
	char text[ERR_TEXT_MAX] = "wrong:";
	size_t len = strlen(text);

	for (size_t i = 0; i < issues->count && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %s",
				issues->items[i].key);
	refuse(x, 400, END_BAD_REQUEST, "Invalid payload", issues, text);
}

static void refuse_upgrade(struct exchange *x)
{
	static const char lines[] =
			"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";

	(void)buf_adds(&x->headers, lines);
	refuse(x, 426, END_BAD_REQUEST, "Upgrade required", NULL,
			"it asks for no WebSocket");
}

static void refuse_host(struct exchange *x, const struct payload *p)
{
	char host[ADDRESS_HOST_MAX + 16], text[ERR_TEXT_MAX];

	if (p->host.port == 0 ||
			address_format(&p->host, host, sizeof(host)) < 0)
		(void)snprintf(host, sizeof(host), "%s", p->host.host);
	(void)snprintf(text, sizeof(text),
			"host %.200s is of no profile and not in "
			"proxxy.allowed_hosts (GLASSBRIDGE_PROXXY_HOSTS)",
			host);
	refuse(x, 403, END_NOT_PERMITTED, "Host not allowed", NULL, text);
}

/* ---- a session ------------------------------------------------------------
 */

static int call_session(struct payload_call *c, struct session **ret_session)
{
	struct grant grant = {
			.kind = CONSOLE_VNC,
			.rights = CONFIG_MAY_VIEW | CONFIG_MAY_CONTROL,
	};
	struct dial_plan *plan = malloc(sizeof(*plan));
	struct session *s;
	int r = plan ? 0 : -ENOMEM;

	session_make_id(grant.id);
	(void)snprintf(grant.guest, sizeof(grant.guest), "%s", c->guest);
	(void)snprintf(grant.user, sizeof(grant.user), "payload@%.55s",
			c->x->from);
	if (r == 0)
		r = registry_add(c->x->gateway->registry, &grant, c->x->from,
				&s);
	if (r < 0) {
		free(plan);
		return r;
	}
	*plan = c->plan;
	c->plan = (struct dial_plan){0};
	s->brought = plan;
	s->payload = true;
	s->plain = !c->payload.password.data;
	session_set_state(s, SESSION_AUTHORISED);
	*ret_session = s;
	return 0;
}

static void call_grant(struct payload_call *c)
{
	struct exchange *x = c->x;
	struct session *s;
	int r;

	if (x->gateway->draining) {
		exchange_refuse(x, END_SHUTDOWN, NULL);
		call_free(c);
		return;
	}
	r = call_session(c, &s);
	call_free(c);
	if (r < 0)
		exchange_refuse(x, r == -EDQUOT ? END_LIMIT : END_INTERNAL,
				NULL);
	else
		exchange_upgrade(x, s);
}

/* ---- once ------------------------------------------------------------------
 */

static void refuse_used(struct exchange *x, int r)
{
	if (r == -EEXIST)
		refuse(x, 403, END_LINK_USED, "Payload already used", NULL,
				"it was used before");
	else if (r == -ENOSPC)
		refuse(x, 503, END_LIMIT, "Too many payloads", NULL,
				"no more used payloads can be remembered");
	else
		refuse(x, 503, END_STORE_UNAVAILABLE, "Store unavailable", NULL,
				"the store cannot be asked");
}

static void on_iv_added(void *arg, int r, const void *value, size_t len)
{
	struct payload_call *c = arg;

	if (r == 0) {
		call_grant(c);
		return;
	}
	refuse_used(c->x, r);
	call_free(c);
}

static void call_remember(struct payload_call *c, const char *kind,
		const uint8_t *bytes, size_t len, store_fn *fn)
{
	char key[STORE_KEY_MAX], hex[2 * SHA256_LEN + 1];

	crypto_hex(bytes, len, hex);
	(void)snprintf(key, sizeof(key), "payload:%s:%s", kind, hex);
	store_add(c->x->gateway->used, key, NULL, 0, PAYLOADS_USED_MS, fn, c);
}

/* Of the text first: who has a payload can make many of it by other IVs, and
 * they shall not fill the store. */
static void on_text_added(void *arg, int r, const void *value, size_t len)
{
	struct payload_call *c = arg;

	if (r == 0) {
		call_remember(c, "iv", c->payload.iv, AES_BLOCK_LEN,
				on_iv_added);
		return;
	}
	refuse_used(c->x, r);
	call_free(c);
}

/* ---- opening ---------------------------------------------------------------
 */

/* 0: it is of use. Else the exchange has its answer. */
static int call_open(struct payload_call *c)
{
	struct exchange *x = c->x;
	const struct payload_door *d = x->gateway->payload_door;
	struct payload_issues issues;
	int r = payload_open(payload_door_key(d), x->payload.data,
			x->payload.len, &c->payload, &issues, NULL);

	if (r == -EINVAL)
		refuse_form(x, &issues);
	else if (r == -ENOMEM)
		refuse(x, 503, END_INTERNAL, "Out of memory", NULL, "memory");
	else if (r < 0)
		refuse_unopened(x);
	else if (!x->upgrade)
		refuse_upgrade(x);
	else if ((r = payload_door_plan(d, &c->payload, &c->plan, c->guest)) ==
			-EPERM)
		refuse_host(x, &c->payload);
	else if (r < 0)
		refuse(x, 503, END_INTERNAL, "Out of memory", NULL, "memory");
	else
		return 0;
	return -EINVAL;
}

void api_payload_open(struct gateway *g, struct exchange *x)
{
	struct payload_call *c;

	if (!g->payload_door) { /* shut while this came */
		answer(x, 404, "Not found", NULL);
		return;
	}
	if (!x->payload.data) {
		refuse(x, 400, END_BAD_REQUEST, "Missing payload", NULL,
				"there is none");
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		refuse(x, 503, END_INTERNAL, "Out of memory", NULL, "memory");
		return;
	}
	c->x = x;
	if (call_open(c) < 0)
		call_free(c);
	else if (payload_door_once(g->payload_door))
		call_remember(c, "text", c->payload.digest, SHA256_LEN,
				on_text_added);
	else
		call_grant(c);
}
