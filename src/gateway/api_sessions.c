#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "config/config.h"
#include "core/log.h"
#include "core/loop.h"
#include "gateway/exchange.h"
#include "gateway/gateway.h"
#include "gateway/routes.h"
#include "session/console.h"
#include "session/registry.h"

void api_status(struct gateway *g, struct exchange *x)
{
	uint64_t up = (loop_now_ms(g->control) - g->started_ms) / 1000;
	struct json_out o;

	exchange_json(x, &o);
	json_out_object_begin(&o);
	json_out_put_uint(&o, "uptime", up);
	if (x->signed_in)
		json_out_put_uint(&o, "sessions", registry_live(g->registry));
	json_out_object_end(&o);
	exchange_answer(x, 200);
}

/* One's own; those of others take the right `admin`. */
static bool session_shown(const struct exchange *x, const struct session *s)
{
	struct auth_verdict v =
			auth_judge(x->gateway->auth, &x->who, s->grant.guest);

	return (v.rights & CONFIG_MAY_ADMIN) ||
	       strcmp(s->grant.user, x->who.name) == 0;
}

static void put_session(struct json_out *o, const struct session *s)
{
	bool over = s->state == SESSION_ENDED;

	json_out_object_begin(o);
	json_out_put_text(o, "id", s->grant.id);
	json_out_put_text(o, "guest", s->grant.guest);
	json_out_put_text(o, "kind", console_kind_name(s->grant.kind));
	json_out_put_text(o, "user", s->grant.user);
	json_out_put_text(o, "from", s->from);
	json_out_put_text(o, "state", session_state_name(s->state));
	json_out_put_text(o, "word", over ? end_info(s->word)->word : NULL);
	json_out_put_text(o, "detail", over ? s->detail : NULL);
	json_out_put_int(o, "since", s->since);
	json_out_put_uint(o, "bytes_in", s->counts.up.bytes);
	json_out_put_uint(o, "bytes_out", s->counts.down.bytes);
	json_out_put_uint(o, "rtt_ms", s->counts.client_rtt_ms);
	if (s->grant.resumed_from[0])
		json_out_put_text(o, "resumed_from", s->grant.resumed_from);
	json_out_object_end(o);
}

void api_sessions_get(struct gateway *g, struct exchange *x)
{
	struct json_out o;

	exchange_json(x, &o);
	json_out_object_begin(&o);
	json_out_put_array(&o, "sessions");
	for (struct session *s = registry_first(g->registry); s;
			s = registry_next(g->registry, s))
		if (session_shown(x, s))
			put_session(&o, s);
	json_out_array_end(&o);
	json_out_object_end(&o);
	if (json_out_done(&o) < 0)
		exchange_refuse(x, END_INTERNAL, "The list is too long.");
	else
		exchange_answer(x, 200);
}

/* By the whole id, or by a beginning that only one has. */
static struct session *session_named(struct gateway *g, const char *id)
{
	struct session *found = NULL;
	size_t len = strlen(id);

	for (struct session *s = registry_first(g->registry); s && len >= 4;
			s = registry_next(g->registry, s)) {
		if (strncmp(s->grant.id, id, len) != 0)
			continue;
		if (found)
			return NULL;
		found = s;
	}
	return found;
}

void api_session_delete(struct gateway *g, struct exchange *x)
{
	struct session *s = session_named(g, route_param(&x->match, "id"));

	if (!s || !session_shown(x, s)) {
		exchange_refuse_status(x, 404, END_BAD_REQUEST,
				"There is no session with this id.");
		return;
	}
	if (s->console) {
		log_info(s->brief, "event=kill by=%s",
				log_value(x->who.name).text);
		console_stop(s->console, END_KILLED);
	}
	exchange_answer(x, 204);
}

/* ---- links
 * -------------------------------------------------------------------- */

static void link_made(void *arg, int r, const struct secret *code)
{
	struct exchange *x = arg;
	struct principal *who = &x->who; /* as the link will sign in */
	struct json_out o;
	struct buf url;

	if (r < 0) {
		exchange_refuse(x, END_STORE_UNAVAILABLE, NULL);
		return;
	}
	buf_init(&url, 4096);
	r = buf_addf(&url, "%s/", x->gateway->base_url);
	if (r == 0 && who->guest[0]) {
		char guest[3 * GUEST_ID_MAX];

		r = url_encode(who->guest, strlen(who->guest), guest,
				sizeof(guest));
		if (r >= 0)
			r = buf_addf(&url, "console/%s", guest);
	}
	if (r == 0)
		r = buf_addf(&url, "#t=%s", code->data);
	exchange_json(x, &o);
	json_out_object_begin(&o);
	json_out_put_text(&o, "code", code->data);
	json_out_key(&o, "url");
	json_out_text_n(&o, buf_data(&url), url.len);
	json_out_put_int(&o, "expires_at",
			(int64_t)time(NULL) + (int64_t)(intptr_t)x->call);
	json_out_object_end(&o);
	if (url.len > 0)
		secret_wipe(buf_data(&url), url.len);
	buf_done(&url);
	if (r < 0 || json_out_done(&o) < 0)
		exchange_refuse(x, END_INTERNAL, NULL);
	else
		exchange_answer(x, 201);
}

/* A link gives away rights that one has oneself, on one guest or on all. */
void api_links_post(struct gateway *g, struct exchange *x)
{
	const char *guest = exchange_text(x, "guest");
	struct auth_verdict v = auth_judge(g->auth, &x->who, guest);
	struct principal who = {.via = AUTH_LINK};
	int64_t ttl = AUTH_LINK_MS / 1000;

	if (json_get(x->body, "ttl") &&
			(json_int(json_get(x->body, "ttl"), &ttl) < 0 ||
					ttl < 1 ||
					ttl > AUTH_LINK_MAX_MS / 1000)) {
		exchange_refuse(x, END_BAD_REQUEST,
				"`ttl` is a number of seconds, at most a day.");
		return;
	}
	if (guest && strlen(guest) >= sizeof(who.guest)) {
		exchange_refuse(x, END_NO_SUCH_GUEST, NULL);
		return;
	}
	if (!(v.rights & (guest ? CONFIG_MAY_SHARE : CONFIG_MAY_ADMIN))) {
		exchange_refuse(x, END_NOT_PERMITTED,
				"A link takes the right `share` on the guest, "
				"or `admin` for all guests.");
		return;
	}
	who.rights = v.rights;
	who.deny = v.deny;
	(void)snprintf(who.name, sizeof(who.name), "%s", x->who.name);
	(void)snprintf(who.guest, sizeof(who.guest), "%s", guest ? guest : "");
	x->who = who;
	x->call = (void *)(intptr_t)ttl;
	auth_link_new(g->auth, &who, (uint64_t)ttl * 1000, link_made, x);
}

/* ---- the configuration, again
 * -------------------------------------------------- */

void api_reload_post(struct gateway *g, struct exchange *x)
{
	struct config *c;
	struct json_out o;
	struct err e;
	int r = g->reload ? g->reload(g->reload_arg, &c, &e)
			  : err_set(&e, -ENOTSUP,
					    "this gateway has no configuration "
					    "file");

	if (r == 0) {
		r = gateway_configure(g, c, &e);
		if (r < 0)
			config_free(c);
	}
	if (r < 0) {
		exchange_refuse_status(x, 409, END_BAD_REQUEST, e.text);
		return;
	}
	log_info(NULL, "event=reloaded file=%s",
			log_value(g->config->file ? g->config->file : "-")
					.text);
	exchange_json(x, &o);
	json_out_object_begin(&o);
	json_out_put_array(&o, "warnings");
	for (size_t i = 0; i < g->config->warnings.count; i++)
		json_out_text(&o, g->config->warnings.items[i]);
	json_out_array_end(&o);
	json_out_object_end(&o);
	exchange_answer(x, 200);
}
