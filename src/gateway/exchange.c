#include "gateway/exchange.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/crypto.h"
#include "core/log.h"
#include "core/loop.h"
#include "gateway/gateway.h"
#include "gateway/people.h"
#include "http/problem.h"

/* It may have held a code or a cookie. */
static void wiped_done(struct buf *b)
{
	if (b->len > 0)
		secret_wipe(buf_data(b), b->len);
	buf_done(b);
}

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	json_free(x->body);
	secret_done(&x->cookie);
	secret_done(&x->bearer);
	secret_done(&x->code);
	secret_done(&x->payload);
	wiped_done(&x->headers);
	wiped_done(&x->answer);
	free(x);
}

/* ---- back to the data loop --------------------------------------------------
 */

static void exchange_home(void *arg)
{
	struct exchange *x = arg;

	x->answered(x);
}

static void exchange_return(struct exchange *x)
{
	(void)loop_post_own(x->home, &x->post, exchange_home, x);
}

void exchange_json(struct exchange *x, struct json_out *ret_out)
{
	wiped_done(&x->answer);
	json_out_init(ret_out, &x->answer);
}

void exchange_answer(struct exchange *x, unsigned status)
{
	wiped_done(&x->answer);
	x->status = status;
	x->type = NULL;
	exchange_return(x);
}

void exchange_answer_json(
		struct exchange *x, unsigned status, struct json_out *o)
{
	int r = json_out_done(o);

	if (r < 0) {
		exchange_refuse(x, END_INTERNAL,
				r == -EMSGSIZE ? "The answer is too long."
					       : NULL);
		return;
	}
	x->status = status;
	x->type = "application/json";
	exchange_return(x);
}

void exchange_answer_text(struct exchange *x, const char *type)
{
	x->status = 200;
	x->type = type;
	exchange_return(x);
}

void exchange_upgrade(struct exchange *x, struct session *s)
{
	x->status = 101;
	x->session = s;
	exchange_return(x);
}

/* An id by which the log's line of a refusal can be found. */
static void problem_id(char ret[9])
{
	uint8_t id[4];

	crypto_random(id, sizeof(id));
	crypto_hex(id, sizeof(id), ret);
}

static void problem_write(struct exchange *x, unsigned status,
		enum end_word word, const char *detail, const char *id)
{
	const struct end_info *i = end_info(word);
	struct json_out o;
	char type[128];

	(void)snprintf(type, sizeof(type), "docs/troubleshooting.md#%s",
			i->word);
	exchange_json(x, &o);
	json_out_object_begin(&o);
	json_out_put_text(&o, "type", type);
	json_out_put_uint(&o, "status", status);
	json_out_put_text(&o, "code", i->word);
	json_out_put_text(&o, "title", i->sentence);
	json_out_put_text(&o, "detail", detail);
	json_out_put_text(&o, "hint", i->hint);
	json_out_put_text(&o, "id", id);
	json_out_object_end(&o);
	x->type = HTTP_PROBLEM_TYPE;
	if (json_out_done(&o) == 0)
		return;
	wiped_done(&x->answer); /* no memory: the status alone */
	x->type = NULL;
}

/* `shown` is what the client reads, `detail` stands in the log. */
static void refuse(struct exchange *x, unsigned status, enum end_word word,
		const char *shown, const char *detail)
{
	char id[9];

	problem_id(id);
	log_info(id,
			"event=refused word=%s status=%u method=%s from=%s "
			"user=%s detail=%s",
			end_info(word)->word, status, x->method, x->from,
			log_value(x->signed_in ? x->who.name : "-").text,
			log_value(detail).text);
	if (x->upgrade && word != END_BAD_REQUEST) {
		x->status = 101;
		x->word = word;
		(void)snprintf(x->detail, sizeof(x->detail), "%s", shown);
	} else {
		x->status = status;
		problem_write(x, status, word, shown, id);
	}
	exchange_return(x);
}

void exchange_refuse_status(struct exchange *x, unsigned status,
		enum end_word word, const char *detail)
{
	refuse(x, status, word, detail, detail);
}

void exchange_refuse(
		struct exchange *x, enum end_word word, const char *detail, ...)
{
	const char *sentence = end_info(word)->sentence;
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (detail) {
		va_start(ap, detail);
		(void)vsnprintf(text, sizeof(text), detail, ap);
		va_end(ap);
		sentence = text;
	}
	refuse(x, end_info(word)->http_status, word, sentence, sentence);
}

bool exchange_candid(const struct exchange *x, const char *guest)
{
	return auth_judge(x->gateway->auth, &x->who, guest).rights &
	       CONFIG_MAY_ADMIN;
}

void exchange_refuse_inner(struct exchange *x, enum end_word word,
		const char *guest, const char *detail)
{
	const struct end_info *i = end_info(word);

	refuse(x, i->http_status, word,
			exchange_candid(x, guest) ? detail : i->sentence,
			detail);
}

const char *exchange_text(const struct exchange *x, const char *key)
{
	return json_text(json_get(x->body, key));
}

bool exchange_flag(const struct exchange *x, const char *key)
{
	bool flag = false;

	return json_bool(json_get(x->body, key), &flag) == 0 && flag;
}

int exchange_rights(const struct exchange *x, unsigned *ret_rights)
{
	const struct json *list = json_get(x->body, "rights");
	unsigned rights = 0;

	if (!list) {
		*ret_rights = CONFIG_MAY_VIEW | CONFIG_MAY_CONTROL;
		return 0;
	}
	if (!json_is_array(list))
		return -EINVAL;
	for (size_t i = 0; i < json_count(list); i++) {
		const char *text = json_text(json_at(list, i));
		unsigned bit = 0;

		while (text && auth_right_name(bit) &&
				strcmp(auth_right_name(bit), text) != 0)
			bit++;
		if (!text || !auth_right_name(bit))
			return -EINVAL;
		rights |= 1u << bit;
	}
	*ret_rights = rights;
	return 0;
}

/* ---- on the control loop: who is it? ----------------------------------------
 */

/* Is it one that changes something? Then a page must say where it is from. */
static bool exchange_changes(const struct exchange *x)
{
	return strcmp(x->method, "GET") != 0 && strcmp(x->method, "HEAD") != 0;
}

static void exchange_run(struct exchange *x)
{
	if (x->api->anybody || x->signed_in)
		x->api->fn(x->gateway, x);
	else if (x->cookie.data && !x->bearer.data && !x->page &&
			exchange_changes(x))
		exchange_refuse(x, END_NOT_SIGNED_IN,
				"A cookie alone does not sign in a change: "
				"the request has no Origin. Programs use a "
				"bearer token.");
	else
		exchange_refuse(x, END_NOT_SIGNED_IN, NULL);
}

static void exchange_known(void *arg, int r, const struct principal *who,
		const struct secret *cookie)
{
	struct exchange *x = arg;

	if (r == 0 && who->via == AUTH_PROXMOX &&
			!people_hypervisor(x->gateway->people, who->person))
		r = -ENOENT; /* the hypervisor knows them no more */
	if (r == 0) {
		x->who = *who;
		x->signed_in = true;
	}
	if (r == -ENOMEM)
		exchange_refuse(x, END_INTERNAL, NULL);
	else if (r < 0 && r != -ENOENT)
		exchange_refuse(x, END_STORE_UNAVAILABLE, NULL);
	else
		exchange_run(x);
}

static void exchange_arrives(void *arg)
{
	struct exchange *x = arg;
	struct gateway *g = x->gateway;
	int r;

	if (x->local) {
		auth_owner(&x->who, AUTH_LOCAL, "local");
		x->signed_in = true;
		exchange_run(x);
	} else if (x->api->local_only) {
		exchange_refuse_status(x, 404, END_BAD_REQUEST,
				"There is nothing at this address.");
	} else if (x->bearer.data) {
		r = auth_by_token(g->auth, x->bearer.data, x->from, &x->who);
		x->signed_in = r == 0;
		if (r == -EDQUOT)
			exchange_refuse(x, END_LIMIT,
					"Too many failed sign-ins from this "
					"address; wait a minute.");
		else
			exchange_run(x);
	} else if (x->cookie.data && (x->page || !exchange_changes(x))) {
		/* a cookie alone proves nothing of who sent a change */
		auth_by_cookie(g->auth, x->cookie.data, exchange_known, x);
	} else {
		exchange_run(x);
	}
}

int exchange_send(struct exchange *x, struct gateway *g)
{
	x->gateway = g;
	return loop_post_own(g->control, &x->post, exchange_arrives, x);
}
