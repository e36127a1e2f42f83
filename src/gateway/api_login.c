#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "core/log.h"
#include "gateway/exchange.h"
#include "gateway/gateway.h"
#include "gateway/routes.h"
#include "http/cookie.h"

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

/* Only the ways in that are built and switched on. */
static void put_ways(struct json_out *o, const struct gateway *g)
{
	unsigned ways = g->config->gateway.login;

	json_out_put_array(o, "login");
	if (ways & CONFIG_LOGIN_LINK)
		json_out_text(o, "link");
	if ((ways & CONFIG_LOGIN_TOKEN) && g->config->token_count > 0)
		json_out_text(o, "token");
	json_out_array_end(o);
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
void api_login_get(struct gateway *g, struct exchange *x)
{
	const struct end_info *i = end_info(END_NOT_SIGNED_IN);
	struct json_out o;

	if (x->signed_in) {
		answer_user(x);
		return;
	}
	exchange_json(x, &o);
	json_out_object_begin(&o);
	json_out_put_uint(&o, "status", i->http_status);
	json_out_put_text(&o, "code", i->word);
	json_out_put_text(&o, "title", i->sentence);
	json_out_put_text(&o, "detail", i->sentence);
	json_out_put_text(&o, "hint", i->hint);
	put_ways(&o, g); /* no version: strangers need not know */
	json_out_object_end(&o);
	exchange_answer_json(x, i->http_status, &o);
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

void api_login_post(struct gateway *g, struct exchange *x)
{
	const char *link = exchange_text(x, "link");
	const char *token = exchange_text(x, "token");
	unsigned ways = g->config->gateway.login;

	if (link && (ways & CONFIG_LOGIN_LINK))
		auth_sign_in_link(g->auth, link, x->from, signed_in, x);
	else if (token && (ways & CONFIG_LOGIN_TOKEN))
		auth_sign_in_token(g->auth, token, x->from, signed_in, x);
	else
		exchange_refuse(x, END_BAD_REQUEST,
				"A sign-in needs a member `link` or `token` "
				"that this gateway allows.");
}

void api_login_delete(struct gateway *g, struct exchange *x)
{
	if (x->cookie.data && x->page)
		auth_sign_out(g->auth, x->cookie.data);
	if (cookie_write(&x->headers, COOKIE_BASE, "", 0, COOKIE_DELETE,
			    x->tls) < 0)
		exchange_refuse(x, END_INTERNAL, NULL);
	else
		exchange_answer(x, 204);
}
