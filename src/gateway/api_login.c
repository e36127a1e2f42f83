#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/log.h"
#include "gateway/exchange.h"
#include "gateway/gateway.h"
#include "gateway/people.h"
#include "gateway/realms.h"
#include "gateway/routes.h"
#include "http/cookie.h"

enum { PASSWORD_MAX = 1024, FACTOR_MAX = 64 };

static void put_names(struct json_out *o, const char *key, unsigned bits,
		const char *(*name)(unsigned bit_index))
{
	json_out_put_array(o, key);
	for (unsigned i = 0; name(i); i++)
		if (bits & (1u << i))
			json_out_text(o, name(i));
	json_out_array_end(o);
}

/* {name, rights, deny}: what is true of all guests this user may see. */
static void put_user(struct json_out *o, const struct gateway *g,
		const struct principal *who)
{
	const char *guest = who->guest[0] ? who->guest : NULL;
	struct auth_verdict v = auth_judge(g->auth, who, guest);

	json_out_put_object(o, "user");
	json_out_put_text(o, "name", who->name);
	put_names(o, "rights", v.rights, auth_right_name);
	put_names(o, "deny", v.deny, auth_deny_name);
	if (guest)
		json_out_put_text(o, "guest", guest);
	json_out_object_end(o);
}

/* Somebody may sign in with an account of a hypervisor's own. */
static bool people_may(const struct gateway *g)
{
	return (g->config->gateway.login & CONFIG_LOGIN_PROXMOX) &&
	       realms_any(g->realms);
}

/* Only the ways in that are built and switched on. */
static void put_ways(struct json_out *o, const struct gateway *g)
{
	unsigned ways = g->config->gateway.login;

	json_out_put_array(o, "login");
	if (ways & CONFIG_LOGIN_LINK)
		json_out_text(o, "link");
	if ((ways & CONFIG_LOGIN_TOKEN) && g->config->token_count > 0)
		json_out_text(o, "token");
	if (people_may(g))
		json_out_text(o, "proxmox");
	json_out_array_end(o);
	if (people_may(g))
		realms_put(g->realms, o);
}

static void answer_user(struct exchange *x)
{
	struct json_out o;

	exchange_json(x, &o);
	json_out_object_begin(&o);
	put_user(&o, x->gateway, &x->who);
	put_ways(&o, x->gateway);
	json_out_put_text(&o, "version", GLASSBRIDGE_VERSION);
	json_out_object_end(&o);
	exchange_answer_json(x, 200, &o);
}

/* Who is not signed in learns how to; that is no refusal worth a log line. */
static void answer_how_to(void *arg)
{
	const struct end_info *i = end_info(END_NOT_SIGNED_IN);
	struct exchange *x = arg;
	struct json_out o;

	exchange_json(x, &o);
	json_out_object_begin(&o);
	json_out_put_uint(&o, "status", i->http_status);
	json_out_put_text(&o, "code", i->word);
	json_out_put_text(&o, "title", i->sentence);
	json_out_put_text(&o, "detail", i->sentence);
	json_out_put_text(&o, "hint", i->hint);
	put_ways(&o, x->gateway); /* no version: strangers need not know */
	json_out_object_end(&o);
	exchange_answer_json(x, i->http_status, &o);
}

void api_login_get(struct gateway *g, struct exchange *x)
{
	if (!people_may(g)) {
		if (x->signed_in)
			answer_user(x);
		else
			answer_how_to(x);
	} else if (x->signed_in) {
		realms_ask(g->realms); /* it is in no hurry */
		answer_user(x);
	} else {
		realms_wait(g->realms, answer_how_to, x);
	}
}

static void signed_in(void *arg, int r, const struct principal *who,
		const struct secret *cookie)
{
	struct exchange *x = arg;

	if (r == -EDQUOT) {
		exchange_refuse(x, END_LIMIT,
				"Too many failed sign-ins from this address; "
				"wait a minute.");
	} else if (r == -ETIME) {
		exchange_refuse(x, END_LINK_EXPIRED, NULL);
	} else if (r == -ENOENT) {
		exchange_refuse(x,
				exchange_text(x, "link") ? END_LINK_USED
							 : END_LOGIN_FAILED,
				NULL);
	} else if (r < 0) {
		exchange_refuse(x,
				r == -ENOMEM ? END_INTERNAL
					     : END_STORE_UNAVAILABLE,
				NULL);
	} else if (cookie_write(&x->headers, COOKIE_BASE, cookie->data,
				   cookie->len, AUTH_SIGN_IN_MS / 1000,
				   x->tls) < 0) {
		exchange_refuse(x, END_INTERNAL, NULL);
	} else {
		x->who = *who;
		x->signed_in = true;
		log_info(NULL, "event=signed_in user=%s from=%s",
				log_value(who->name).text, x->from);
		answer_user(x);
	}
}

/* ---- with an account of a hypervisor's own (R28) --------------------------
 */

/* A sign-in that waits for the hypervisor. */
struct proof {
	struct exchange *x;
	struct person *person;        /* until they are in */
	char id[AUTH_PERSON_LEN + 1]; /* then */
};

/* The hypervisor's own sentence may tell its address: it is for the log. */
static void proof_fail(const struct proof *p, int r, const struct err *e)
{
	struct exchange *x = p->x;
	const struct person *n = p->person;

	log_info(NULL,
			"event=sign_in_refused user=%s profile=%s from=%s "
			"detail=%s",
			log_value(n->name).text, log_value(n->profile).text,
			x->from, log_value(e->text).text);
	if (r == -EACCES)
		exchange_refuse(x, END_LOGIN_FAILED,
				n->state == PERSON_HALF
						? "The hypervisor refused the "
						  "code."
						: "The hypervisor refused it: "
						  "wrong user, realm or "
						  "password, or a disabled "
						  "account.");
	else if (r == -ENOTSUP)
		exchange_refuse(x, END_LOGIN_FAILED,
				"The account's second factor is neither TOTP "
				"nor a recovery code; this gateway knows no "
				"other.");
	else
		exchange_refuse(x,
				r == -EDQUOT  ? END_LIMIT
				: r == -EBUSY ? END_BUSY
					      : end_of_plan(r),
				NULL);
}

static void answer_factors(const struct proof *p, unsigned wants)
{
	struct json_out o;

	exchange_json(p->x, &o);
	json_out_object_begin(&o);
	json_out_put_object(&o, "second_factor");
	json_out_put_text(&o, "challenge", p->person->id);
	json_out_put_array(&o, "kinds");
	for (int k = 0; k < PROOF_KINDS; k++)
		if (wants & (1u << k))
			json_out_text(&o, proof_kind_name((enum proof_kind)k));
	json_out_array_end(&o);
	json_out_object_end(&o);
	json_out_object_end(&o);
	exchange_answer_json(p->x, 200, &o);
}

static void person_signed_in(void *arg, int r, const struct principal *who,
		const struct secret *cookie)
{
	struct proof *p = arg;
	struct person *n = people_find(p->x->gateway->people, PERSON_IN, p->id);

	if (r < 0 && n)
		person_drop(n);
	signed_in(p->x, r, who, cookie);
	free(p);
}

static void person_is_in(struct proof *p)
{
	struct principal who = {.via = AUTH_PROXMOX};
	struct person *n = p->person;

	(void)snprintf(who.name, sizeof(who.name), "%s", n->name);
	(void)snprintf(who.profile, sizeof(who.profile), "%s", n->profile);
	(void)snprintf(who.person, sizeof(who.person), "%s", n->id);
	memcpy(p->id, n->id, sizeof(p->id));
	auth_sign_in_as(p->x->gateway->auth, &who, person_signed_in, p);
}

static void on_proved(void *arg, int r, const struct proved *proved,
		const struct err *e)
{
	struct proof *p = arg;
	struct person *n = p->person;
	struct err gone;

	/* wrong is what counts; a code gets a few tries */
	if (r != -EACCES)
		auth_tried_well(p->x->gateway->auth, p->x->from);
	if (r == 0 && person_set_state(n,
				      proved->wants ? PERSON_HALF : PERSON_IN,
				      proved->user) < 0) {
		r = err_set(&gone, -EBUSY, "let go while it was proved");
		e = &gone;
	}
	if (r < 0) {
		proof_fail(p, r, e);
		if (n->state != PERSON_HALF || ++n->tries >= PEOPLE_TRIES_MAX)
			person_drop(n);
	} else if (proved->wants) {
		answer_factors(p, proved->wants);
	} else {
		person_is_in(p);
		return;
	}
	free(p);
}

/* Send it; the person is let go where that fails. */
static void proof_send(struct exchange *x, struct person *n,
		enum proof_kind kind, const char *value)
{
	struct proof *p = malloc(sizeof(*p));
	struct secret secret = {0};

	if (!p || secret_sets(&secret, value) < 0) {
		exchange_refuse(x, END_INTERNAL, NULL);
		person_drop(n);
		free(p);
		return;
	}
	*p = (struct proof){.x = x, .person = n};
	hypervisor_prove(n->hypervisor, kind, &secret, on_proved, p);
	secret_done(&secret);
}

static bool proof_may_be_tried(struct gateway *g, struct exchange *x)
{
	if (auth_try(g->auth, x->from))
		return true;
	exchange_refuse(x, END_LIMIT,
			"Too many failed sign-ins from this address; wait a "
			"minute.");
	return false;
}

/* The hypervisor that is meant; without a word, the only one there is. */
static struct hypervisor *sign_in_by(
		const struct gateway *g, const char *profile)
{
	struct hypervisor *found = NULL;

	for (size_t i = 0; i < g->hypervisor_count; i++) {
		struct hypervisor *h = g->hypervisors[i];

		if (!h->ops->enter ||
				(profile && strcmp(h->profile, profile) != 0))
			continue;
		if (found)
			return NULL;
		found = h;
	}
	return found;
}

/* "ops@pve", as no hypervisor would refuse its form. */
static bool user_name(
		const char *user, const char *realm, char ret[AUTH_NAME_MAX])
{
	int len = snprintf(ret, AUTH_NAME_MAX, realm ? "%s@%s" : "%s", user,
			realm);
	const char *at = strrchr(ret, '@');

	if (len < 3 || len >= AUTH_NAME_MAX || !at || at == ret || !at[1])
		return false;
	for (; *ret; ret++)
		if ((unsigned char)*ret <= ' ' || *ret == 0x7f || *ret == ':' ||
				*ret == '/')
			return false;
	return true;
}

static void login_person(struct gateway *g, struct exchange *x,
		const char *user, const char *password)
{
	struct hypervisor *by = sign_in_by(g, exchange_text(x, "profile"));
	const struct config_profile *profile =
			by ? config_profile(g->config, by->profile) : NULL;
	char name[AUTH_NAME_MAX];
	struct person *n;
	struct err e;
	int r;

	if (!profile || !*password || strlen(password) > PASSWORD_MAX ||
			!user_name(user, exchange_text(x, "realm"), name)) {
		exchange_refuse(x, END_BAD_REQUEST,
				"A sign-in needs `profile`, `user`, `realm` "
				"and `password`; GET /api/v1/login lists the "
				"realms.");
		return;
	}
	if (!proof_may_be_tried(g, x))
		return;
	r = people_begin(g->people, &n, by, profile, name, &e);
	if (r < 0) {
		auth_tried_well(g->auth, x->from);
		exchange_refuse(x, r == -EDQUOT ? END_LIMIT : END_INTERNAL,
				r == -EDQUOT ? "Too many sign in at the same "
					       "time; try again in a moment."
					     : NULL);
		return;
	}
	proof_send(x, n, PROOF_PASSWORD, password);
}

static void login_factor(
		struct gateway *g, struct exchange *x, const char *challenge)
{
	struct person *n = people_find(g->people, PERSON_HALF, challenge);
	const char *kind = exchange_text(x, "kind");
	const char *value = exchange_text(x, "value");
	enum proof_kind k = PROOF_KINDS;

	for (int i = PROOF_TOTP; kind && i < PROOF_KINDS; i++)
		if (strcmp(proof_kind_name((enum proof_kind)i), kind) == 0)
			k = (enum proof_kind)i;
	if (k == PROOF_KINDS || !value || !*value || strlen(value) > FACTOR_MAX)
		exchange_refuse(x, END_BAD_REQUEST,
				"A second factor needs `challenge`, `kind` "
				"(totp or recovery) and `value`.");
	else if (!proof_may_be_tried(g, x))
		return;
	else if (!n)
		exchange_refuse(x, END_LOGIN_FAILED,
				"This sign-in is over; begin again with the "
				"password.");
	else
		proof_send(x, n, k, value);
}

void api_login_post(struct gateway *g, struct exchange *x)
{
	const char *link = exchange_text(x, "link");
	const char *token = exchange_text(x, "token");
	const char *user = exchange_text(x, "user");
	const char *password = exchange_text(x, "password");
	const char *challenge = exchange_text(x, "challenge");
	unsigned ways = g->config->gateway.login;

	if (link && (ways & CONFIG_LOGIN_LINK))
		auth_sign_in_link(g->auth, link, x->from, signed_in, x);
	else if (token && (ways & CONFIG_LOGIN_TOKEN))
		auth_sign_in_token(g->auth, token, x->from, signed_in, x);
	else if (challenge && people_may(g))
		login_factor(g, x, challenge);
	else if (user && password && people_may(g))
		login_person(g, x, user, password);
	else
		exchange_refuse(x, END_BAD_REQUEST,
				"A sign-in needs a member `link` or `token`, "
				"or `user`, `realm` and `password`, as this "
				"gateway allows.");
}

void api_login_delete(struct gateway *g, struct exchange *x)
{
	struct person *n = x->signed_in && x->who.via == AUTH_PROXMOX
					   ? people_find(g->people, PERSON_IN,
							     x->who.person)
					   : NULL;

	if (n)
		person_drop(n); /* their ticket is wiped */
	if (x->cookie.data && x->page)
		auth_sign_out(g->auth, x->cookie.data);
	if (cookie_write(&x->headers, COOKIE_BASE, "", 0, COOKIE_DELETE,
			    x->tls) < 0)
		exchange_refuse(x, END_INTERNAL, NULL);
	else
		exchange_answer(x, 204);
}
