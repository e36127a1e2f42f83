#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "config/config.h"
#include "core/crypto.h"
#include "core/log.h"
#include "core/loop.h"
#include "gateway/api_forwards.h"
#include "gateway/exchange.h"
#include "gateway/forwarder.h"
#include "gateway/gateway.h"
#include "gateway/routes.h"
#include "gateway/siblings.h"
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
	exchange_answer_json(x, 200, &o);
}

/* One's own; those of others take the right `admin`. */
static bool session_shown(const struct exchange *x, const struct session *s)
{
	struct auth_verdict v =
			auth_judge(x->gateway->auth, &x->who, s->grant.guest);

	return (v.rights & CONFIG_MAY_ADMIN) ||
	       (v.rights && strcmp(s->grant.user, x->who.name) == 0);
}

/* What a dial met inside is for the candid alone. */
static void put_session(
		struct json_out *o, const struct session *s, bool candid)
{
	bool told = s->state >= SESSION_DRAINING;
	const struct end_info *end = told ? end_info(s->word) : NULL;
	bool all = told && (!s->inner || candid);

	json_out_object_begin(o);
	json_out_put_text(o, "id", s->grant.id);
	json_out_put_text(o, "guest", s->grant.guest);
	json_out_put_text(o, "kind", console_kind_name(s->grant.kind));
	json_out_put_text(o, "user", s->grant.user);
	json_out_put_text(o, "from", s->from);
	json_out_put_text(o, "state", session_state_name(s->state));
	json_out_put_text(o, "word", told ? end->word : NULL);
	json_out_put_text(o, "detail",
			all    ? s->detail
			: told ? end->sentence
			       : NULL);
	if (s->state == SESSION_DIALLING && s->waited_ms > 0) {
		json_out_put_object(o, "waiting");
		json_out_put_uint(o, "seconds", s->waited_ms / 1000);
		json_out_object_end(o);
	}
	json_out_put_int(o, "since", s->since);
	json_out_put_uint(o, "bytes_in", s->counts.up.bytes);
	json_out_put_uint(o, "bytes_out", s->counts.down.bytes);
	json_out_put_uint(o, "rtt_ms", s->counts.client_rtt_ms);
	if (s->grant.resumed_from[0])
		json_out_put_text(o, "resumed_from", s->grant.resumed_from);
	json_out_object_end(o);
}

/* ---- those of older workers ------------------------------------------------
 */

static const char *member(const struct json *v, const char *key)
{
	const char *text = json_text(json_get(v, key));

	return text ? text : "";
}

/* The policy is this worker's: an older one's may be another. */
static bool older_session_shown(
		const struct exchange *x, const struct json *session)
{
	struct auth_verdict v = auth_judge(
			x->gateway->auth, &x->who, member(session, "guest"));

	return (v.rights & CONFIG_MAY_ADMIN) ||
	       (v.rights && strcmp(member(session, "user"), x->who.name) == 0);
}

/* As it is, whatever members another version gives it. */
static void put_older_session(struct json_out *o, const struct json *session)
{
	const struct json *v;
	const char *key;
	void *at = NULL;
	int64_t number;

	json_out_object_begin(o);
	while ((v = json_next(session, &at, &key))) {
		if (json_text(v))
			json_out_put_text(o, key, json_text(v));
		else if (json_int(v, &number) == 0)
			json_out_put_int(o, key, number);
		else if (json_is_null(v))
			json_out_put_null(o, key);
	}
	json_out_object_end(o);
}

void api_sessions_answer(void *arg, const char *question, struct buf *to)
{
	struct gateway *g = arg;
	struct session *s;
	struct json_out o;

	json_out_init(&o, to);
	json_out_array_begin(&o);
	if (strncmp(question, "end ", 4) == 0) {
		s = registry_find(g->registry, question + 4);
		if (s && s->state != SESSION_ENDED)
			session_stop(s, END_KILLED);
		else if (!s)
			(void)forwarder_end(g->forwarder, question + 4);
	} else if (strcmp(question, "list") == 0) {
		for (s = registry_first(g->registry); s;
				s = registry_next(g->registry, s))
			put_session(&o, s, false);
		forwards_put(g, NULL, &o);
	}
	json_out_array_end(&o);
	if (json_out_done(&o) < 0)
		buf_done(to); /* too long a list: no answer */
}

/* ---- the list --------------------------------------------------------------
 */

static void put_older(struct json_out *o, const struct exchange *x,
		const struct json *const *answers, size_t count, bool forwards)
{
	const struct json *v;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; (v = json_at(answers[i], k)); k++)
			if (forwards_is(v) == forwards &&
					older_session_shown(x, v))
				put_older_session(o, v);
}

static void sessions_got(
		void *arg, const struct json *const *answers, size_t count)
{
	struct exchange *x = arg;
	struct registry *all = x->gateway->registry;
	struct json_out o;

	exchange_json(x, &o);
	json_out_object_begin(&o);
	json_out_put_array(&o, "sessions");
	put_older(&o, x, answers, count, false);
	for (struct session *s = registry_first(all); s;
			s = registry_next(all, s))
		if (session_shown(x, s))
			put_session(&o, s, exchange_candid(x, s->grant.guest));
	json_out_array_end(&o);
	json_out_put_array(&o, "forwards");
	put_older(&o, x, answers, count, true);
	forwards_put(x->gateway, x, &o);
	json_out_array_end(&o);
	json_out_object_end(&o);
	exchange_answer_json(x, 200, &o);
}

void api_sessions_get(struct gateway *g, struct exchange *x)
{
	if (siblings_ask(g->siblings, "list", sessions_got, x) < 0)
		sessions_got(x, NULL, 0);
}

/* ---- ending one ------------------------------------------------------------
 */

/* By the whole id, or by a beginning that only one of those shown has. */
static struct session *session_named(const struct exchange *x, const char *id)
{
	struct registry *r = x->gateway->registry;
	struct session *found = registry_find(r, id);
	size_t len = strlen(id);

	if (found || len < 4)
		return found && session_shown(x, found) ? found : NULL;
	for (struct session *s = registry_first(r); s;
			s = registry_next(r, s)) {
		if (strncmp(s->grant.id, id, len) != 0 || !session_shown(x, s))
			continue;
		if (found)
			return NULL;
		found = s;
	}
	return found;
}

static void refuse_unknown(struct exchange *x)
{
	exchange_refuse_status(x, 404, END_BAD_REQUEST,
			"There is no session with this id.");
}

static void older_session_ended(
		void *arg, const struct json *const *answers, size_t count)
{
	exchange_answer(arg, 204);
}

/* The whole id of the one that may be meant; NULL: none, or several. */
static const char *older_session_named(const struct exchange *x,
		const struct json *const *answers, size_t count)
{
	const char *id = route_param(&x->match, "id"), *found = NULL;
	const struct json *v;
	size_t len = strlen(id);

	for (size_t i = 0; i < count && len >= 4; i++)
		for (size_t k = 0; (v = json_at(answers[i], k)); k++) {
			if (strncmp(member(v, "id"), id, len) != 0 ||
					!older_session_shown(x, v))
				continue;
			if (found)
				return NULL;
			found = member(v, "id");
		}
	return found;
}

static void older_sessions_got(
		void *arg, const struct json *const *answers, size_t count)
{
	struct exchange *x = arg;
	const char *id = older_session_named(x, answers, count);
	char question[SESSION_ID_LEN + 8];

	if (!id || strlen(id) > SESSION_ID_LEN) {
		refuse_unknown(x);
		return;
	}
	(void)snprintf(question, sizeof(question), "end %s", id);
	if (siblings_ask(x->gateway->siblings, question, older_session_ended,
			    x) < 0)
		refuse_unknown(x); /* it has ended with its worker */
	else
		log_info(NULL, "event=kill session=%s by=%s",
				log_value(id).text,
				log_value(x->who.name).text);
}

void api_session_delete(struct gateway *g, struct exchange *x)
{
	struct session *s = session_named(x, route_param(&x->match, "id"));

	if (!s && forwards_end_named(g, x, route_param(&x->match, "id"))) {
		exchange_answer(x, 204);
		return;
	}
	if (!s) {
		if (siblings_ask(g->siblings, "list", older_sessions_got, x) <
				0)
			refuse_unknown(x);
		return;
	}
	if (s->state != SESSION_ENDED) {
		log_info(s->brief, "event=kill by=%s",
				log_value(x->who.name).text);
		session_stop(s, END_KILLED);
	}
	exchange_answer(x, 204);
}

/* ---- links
 * -------------------------------------------------------------------- */

/* "BASE/console/GUEST#t=CODE", without a guest "BASE/#t=CODE" */
static int link_url(const struct exchange *x, const struct secret *code,
		struct buf *to)
{
	const char *guest = x->who.guest;
	char encoded[3 * GUEST_ID_MAX];
	int r = buf_addf(to, "%s/", x->gateway->base_url);

	if (r == 0 && *guest) {
		r = url_encode(guest, strlen(guest), encoded, sizeof(encoded));
		if (r >= 0)
			r = buf_addf(to, "console/%s", encoded);
	}
	return r < 0 ? r : buf_addf(to, "#t=%s", code->data);
}

static void link_made(void *arg, int r, const struct secret *code)
{
	struct exchange *x = arg;
	struct json_out o;
	struct buf url;

	buf_init(&url, 4096);
	if (r == 0)
		r = link_url(x, code, &url);
	if (r < 0) {
		exchange_refuse(x,
				r == -EIO ? END_STORE_UNAVAILABLE
					  : END_INTERNAL,
				NULL);
	} else {
		exchange_json(x, &o);
		json_out_object_begin(&o);
		json_out_put_text(&o, "code", code->data);
		json_out_key(&o, "url");
		json_out_text_n(&o, buf_data(&url), url.len);
		json_out_put_int(&o, "expires_at",
				(int64_t)time(NULL) +
						(int64_t)(intptr_t)x->call);
		json_out_object_end(&o);
		exchange_answer_json(x, 201, &o);
	}
	if (url.len > 0)
		secret_wipe(buf_data(&url), url.len);
	buf_done(&url);
}

/* A whole number of the body within 1 .. most; absent: as it is. */
static bool body_number(const struct exchange *x, const char *key, int64_t most,
		int64_t *number)
{
	const struct json *v = json_get(x->body, key);

	return !v ||
	       (json_int(v, number) == 0 && *number >= 1 && *number <= most);
}

/*
 * Whom the link signs in. One for a guest is for somebody else: a name of its
 * own, so that it sees no session but its own, and no more than the rights that
 * are asked for. One for all guests is the maker's own way in.
 */
static void link_principal(struct principal *who, const char *maker,
		const char *guest, struct auth_verdict v, unsigned wanted)
{
	char mark[7];

	*who = (struct principal){.via = AUTH_LINK, .deny = v.deny};
	who->rights = v.rights & wanted;
	crypto_random_text(mark, sizeof(mark) - 1);
	if (guest)
		(void)snprintf(who->name, sizeof(who->name), "%.56s+%s", maker,
				mark);
	else
		(void)snprintf(who->name, sizeof(who->name), "%s", maker);
	(void)snprintf(who->guest, sizeof(who->guest), "%s",
			guest ? guest : "");
}

/* A link gives away rights that one has oneself, on one guest or on all. */
void api_links_post(struct gateway *g, struct exchange *x)
{
	const char *guest = exchange_text(x, "guest");
	struct auth_verdict v = auth_judge(g->auth, &x->who, guest);
	int64_t ttl = AUTH_LINK_MS / 1000, uses = 1;
	struct principal who;
	unsigned wanted;

	if (!body_number(x, "ttl", AUTH_LINK_MAX_MS / 1000, &ttl))
		exchange_refuse(x, END_BAD_REQUEST,
				"`ttl` is a number of seconds, at most a day.");
	else if (!body_number(x, "uses", 1, &uses))
		exchange_refuse(x, END_BAD_REQUEST,
				"A link works once: `uses` can only be 1.");
	else if (exchange_rights(x, &wanted) < 0)
		exchange_refuse(x, END_BAD_REQUEST,
				"`rights` is a list of view, control, power, "
				"record, share and admin.");
	else if (guest && (!v.rights || strlen(guest) >= sizeof(who.guest)))
		exchange_refuse(x, END_NO_SUCH_GUEST, NULL);
	else if (!(v.rights & (guest ? CONFIG_MAY_SHARE : CONFIG_MAY_ADMIN)))
		exchange_refuse(x, END_NOT_PERMITTED,
				"A link takes the right `share` on the guest, "
				"or `admin` for all guests.");
	else {
		if (!guest && !json_get(x->body, "rights"))
			wanted = v.rights;
		link_principal(&who, x->who.name, guest, v, wanted);
		x->who = who;
		x->call = (void *)(intptr_t)ttl;
		auth_link_new(g->auth, &who, (uint64_t)ttl * 1000, link_made,
				x);
	}
}

/* ---- the configuration, again
 * -------------------------------------------------- */

void api_reload_post(struct gateway *g, struct exchange *x)
{
	struct json_out o;
	struct err e;

	if (g->reload(g->reload_arg, &e) < 0) {
		exchange_refuse_status(x, 409, END_BAD_REQUEST, e.text);
		return;
	}
	exchange_json(x, &o);
	json_out_object_begin(&o);
	json_out_put_array(&o, "warnings");
	for (size_t i = 0; i < g->config->warnings.count; i++)
		json_out_text(&o, g->config->warnings.items[i]);
	json_out_array_end(&o);
	json_out_object_end(&o);
	exchange_answer_json(x, 200, &o);
}
