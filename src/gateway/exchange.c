#include "gateway/exchange.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "core/log.h"
#include "core/loop.h"
#include "gateway/gateway.h"

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	json_free(x->body);
	secret_done(&x->cookie);
	secret_done(&x->bearer);
	secret_done(&x->code);
	buf_done(&x->headers);
	if (x->answer.len > 0) /* it may have held a code */
		secret_wipe(buf_data(&x->answer), x->answer.len);
	buf_done(&x->answer);
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
	if (loop_post(x->home, exchange_home, x) < 0)
		exchange_free(x);
}

void exchange_json(struct exchange *x, struct json_out *ret_out)
{
	buf_done(&x->answer);
	json_out_init(ret_out, &x->answer);
}

void exchange_answer(struct exchange *x, unsigned status)
{
	x->status = status;
	x->type = x->answer.len > 0 ? "application/json" : NULL;
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

void exchange_refuse_status(struct exchange *x, unsigned status,
		enum end_word word, const char *detail)
{
	const struct end_info *i = end_info(word);
	struct json_out o;
	char id[9], type[128];

	problem_id(id);
	log_info(id,
			"event=refused word=%s status=%u method=%s from=%s "
			"user=%s detail=%s",
			i->word, status, x->method, x->from,
			log_value(x->signed_in ? x->who.name : "-").text,
			log_value(detail).text);
	if (x->upgrade && word != END_BAD_REQUEST && status != 429) {
		x->status = 101;
		x->word = word;
		(void)snprintf(x->detail, sizeof(x->detail), "%s", detail);
		exchange_return(x);
		return;
	}
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
	x->status = status;
	x->type = "application/problem+json";
	exchange_return(x);
}

void exchange_refuse(
		struct exchange *x, enum end_word word, const char *detail, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (detail) {
		va_start(ap, detail);
		(void)vsnprintf(text, sizeof(text), detail, ap);
		va_end(ap);
	}
	exchange_refuse_status(x, end_info(word)->http_status, word,
			detail ? text : end_info(word)->sentence);
}

const char *exchange_text(const struct exchange *x, const char *key)
{
	return json_text(json_get(x->body, key));
}

/* ---- on the control loop: who is it? ----------------------------------------
 */

static void exchange_run(struct exchange *x)
{
	if (!x->api->anybody && !x->signed_in)
		exchange_refuse(x, END_NOT_SIGNED_IN, NULL);
	else
		x->api->fn(x->gateway, x);
}

static void exchange_known(void *arg, int r, const struct principal *who,
		const struct secret *cookie)
{
	struct exchange *x = arg;

	if (r == 0) {
		x->who = *who;
		x->signed_in = true;
	}
	if (r < 0 && r != -ENOENT)
		exchange_refuse(x, END_STORE_UNAVAILABLE, NULL);
	else
		exchange_run(x);
}

/* Is it one that changes something? Then a page must say where it is from. */
static bool exchange_changes(const struct exchange *x)
{
	return strcmp(x->method, "GET") != 0 && strcmp(x->method, "HEAD") != 0;
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
	return loop_post(g->control, exchange_arrives, x);
}
