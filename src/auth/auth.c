#include "auth/auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/failures.h"
#include "auth/judge.h"
#include "auth/principal.h"
#include "config/config.h"
#include "core/buf.h"
#include "core/crypto.h"
#include "core/loop.h"
#include "store/store.h"

enum {
	/* how long an outdated code is still told from an unknown one */
	OUTDATED_S = 60 * 60,
};

struct auth {
	struct loop *control;
	struct store *store;
	const struct config *config; /* borrowed */
	struct failures failures;
};

int auth_new(struct auth **ret_auth, struct loop *control, struct store *s)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->control = control;
	a->store = s;
	*ret_auth = a;
	return 0;
}

void auth_free(struct auth *a)
{
	free(a);
}

void auth_configure(struct auth *a, const struct config *c)
{
	a->config = c;
}

struct auth_verdict auth_judge(const struct auth *a, const struct principal *p,
		const char *guest)
{
	return judge(a->config, p, guest);
}

/* "code:" + SHA-256 of the code: what is stored opens nothing. */
static void auth_key(
		const char *room, const char *code, char ret[STORE_KEY_MAX])
{
	uint8_t hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	if (crypto_sha256(code, strlen(code), hash) < 0)
		crypto_random(hash, sizeof(hash)); /* found by nobody */
	crypto_hex(hash, sizeof(hash), hex);
	(void)snprintf(ret, STORE_KEY_MAX, "%s:%s", room, hex);
}

/* ---- calls that wait for the store -----------------------------------------
 */

struct call {
	struct auth *auth;
	auth_fn *fn;
	auth_code_fn *code_fn;
	void *arg;
	struct principal who;
	struct secret code;
	char from[FAILURES_ADDRESS_MAX];
	int r; /* for an answer without the store */
	struct defer defer;
};

static void call_free(struct call *c)
{
	secret_done(&c->code);
	free(c);
}

static struct call *call_new(struct auth *a, auth_fn *fn, void *arg)
{
	struct call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->auth = a;
	c->fn = fn;
	c->arg = arg;
	return c;
}

/* -EIO unless the caller is told what it is. */
static int store_failure(int r)
{
	return r == 0 || r == -ENOENT || r == -ETIME || r == -ENOMEM ? r : -EIO;
}

static void call_deferred(struct defer *d)
{
	struct call *c = (struct call *)((char *)d -
					 offsetof(struct call, defer));

	c->fn(c->arg, c->r, &c->who, NULL);
	call_free(c);
}

/* Answer without the store, in a turn of its own. */
static void call_refuse(struct call *c, int r)
{
	c->r = r;
	c->defer.fn = call_deferred;
	defer_add(c->auth->control, &c->defer);
}

/* The end of a call that failed. */
static void call_fail(struct call *c, int r)
{
	if (c->code_fn)
		c->code_fn(c->arg, r, NULL);
	else
		c->fn(c->arg, r, NULL, NULL);
	call_free(c);
}

static void signed_in(void *arg, int r, const void *value, size_t len)
{
	struct call *c = arg;

	if (r < 0) {
		call_fail(c, store_failure(r));
		return;
	}
	c->fn(c->arg, 0, &c->who, &c->code);
	call_free(c);
}

/* Keep c->who under a fresh code of `len` characters, good for `ttl` seconds
 * and told from an unknown one for `keep` more. */
static void call_put(struct call *c, const char *room, size_t len, int64_t ttl,
		int64_t keep, store_fn *fn)
{
	char text[64], key[STORE_KEY_MAX];
	struct buf value;
	int r;

	crypto_random_text(text, len);
	auth_key(room, text, key);
	r = secret_set(&c->code, text, len);
	secret_wipe(text, sizeof(text));
	buf_init(&value, STORE_VALUE_MAX);
	if (r == 0)
		r = principal_write(&c->who, (int64_t)time(NULL) + ttl, &value);
	if (r < 0)
		call_fail(c, r);
	else
		store_put(c->auth->store, key, buf_data(&value), value.len,
				(uint64_t)(ttl + keep) * 1000, fn, c);
	buf_done(&value);
}

/* Exchange for a sign-in: c->who is set. */
static void call_sign_in(struct call *c)
{
	call_put(c, "sign-in", AUTH_COOKIE_LEN, AUTH_SIGN_IN_MS / 1000, 0,
			signed_in);
}

/* ---- links -----------------------------------------------------------------
 */

static void link_taken(void *arg, int r, const void *value, size_t len)
{
	struct call *c = arg;
	int64_t until = 0;

	if (r == 0 && principal_read(value, len, &c->who, &until) < 0)
		r = -EIO;
	if (r == 0 && (int64_t)time(NULL) >= until)
		r = -ETIME;
	if (r == 0) {
		call_sign_in(c);
		return;
	}
	if (r == -ENOENT || r == -ETIME)
		failures_count(&c->auth->failures, c->from,
				loop_now_ms(c->auth->control));
	call_fail(c, store_failure(r));
}

static bool auth_locked(struct auth *a, const char *from)
{
	return failures_too_many(&a->failures, from, AUTH_FAILURES_MAX,
			loop_now_ms(a->control));
}

void auth_sign_in_link(struct auth *a, const char *code, const char *from,
		auth_fn *fn, void *arg)
{
	struct call *c = call_new(a, fn, arg);
	char key[STORE_KEY_MAX];

	if (!c) {
		fn(arg, -ENOMEM, NULL, NULL);
		return;
	}
	(void)snprintf(c->from, sizeof(c->from), "%s", from);
	if (auth_locked(a, from)) {
		call_refuse(c, -EDQUOT);
		return;
	}
	auth_key("link", code, key);
	store_take(a->store, key, link_taken, c);
}

static void link_kept(void *arg, int r, const void *value, size_t len)
{
	struct call *c = arg;

	if (r < 0) {
		call_fail(c, store_failure(r));
		return;
	}
	c->code_fn(c->arg, 0, &c->code);
	call_free(c);
}

void auth_link_new(struct auth *a, const struct principal *who, uint64_t ttl_ms,
		auth_code_fn *fn, void *arg)
{
	struct call *c = call_new(a, NULL, arg);

	if (!c) {
		fn(arg, -ENOMEM, NULL);
		return;
	}
	c->code_fn = fn;
	c->who = *who;
	call_put(c, "link", AUTH_CODE_LEN, (int64_t)(ttl_ms / 1000), OUTDATED_S,
			link_kept);
}

/* ---- tokens ----------------------------------------------------------------
 */

static void token_proof(
		const struct config_token *t, char ret[AUTH_PROOF_LEN + 1])
{
	crypto_hex(t->hash, AUTH_PROOF_LEN / 2, ret);
}

static int token_find(
		struct auth *a, const char *token, struct principal *ret_who)
{
	uint8_t hash[SHA256_LEN];
	struct secret have = {0};
	int r = -ENOENT;

	if (!a->config || crypto_sha256(token, strlen(token), hash) < 0 ||
			secret_set(&have, hash, sizeof(hash)) < 0)
		return -ENOENT;
	for (size_t i = 0; i < a->config->token_count; i++) {
		const struct config_token *t = &a->config->tokens[i];

		if (!secret_equal(&have, t->hash, sizeof(t->hash)))
			continue;
		*ret_who = (struct principal){.via = AUTH_TOKEN};
		(void)snprintf(ret_who->name, sizeof(ret_who->name), "%s",
				t->name);
		token_proof(t, ret_who->proof);
		r = 0;
	}
	secret_done(&have);
	return r;
}

int auth_by_token(struct auth *a, const char *token, const char *from,
		struct principal *ret_who)
{
	int r;

	if (auth_locked(a, from))
		return -EDQUOT;
	r = token_find(a, token, ret_who);
	if (r < 0)
		failures_count(&a->failures, from, loop_now_ms(a->control));
	return r;
}

void auth_sign_in_token(struct auth *a, const char *token, const char *from,
		auth_fn *fn, void *arg)
{
	struct call *c = call_new(a, fn, arg);
	int r = c ? auth_by_token(a, token, from, &c->who) : -ENOMEM;

	if (!c)
		fn(arg, -ENOMEM, NULL, NULL);
	else if (r < 0)
		call_refuse(c, r);
	else
		call_sign_in(c);
}

/* ---- people -----------------------------------------------------------------
 */

void auth_sign_in_as(struct auth *a, const struct principal *who, auth_fn *fn,
		void *arg)
{
	struct call *c = call_new(a, fn, arg);

	if (!c) {
		fn(arg, -ENOMEM, NULL, NULL);
		return;
	}
	c->who = *who;
	call_sign_in(c);
}

bool auth_try(struct auth *a, const char *from)
{
	if (auth_locked(a, from))
		return false;
	failures_count(&a->failures, from, loop_now_ms(a->control));
	return true;
}

void auth_tried_well(struct auth *a, const char *from)
{
	failures_forgive(&a->failures, from);
}

/* ---- sign-ins ---------------------------------------------------------------
 */

/* Is the token that was exchanged still in the configuration? */
static bool token_stands(const struct auth *a, const struct principal *who)
{
	char proof[AUTH_PROOF_LEN + 1];

	for (size_t i = 0; a->config && i < a->config->token_count; i++) {
		token_proof(&a->config->tokens[i], proof);
		if (strcmp(a->config->tokens[i].name, who->name) == 0 &&
				strcmp(proof, who->proof) == 0)
			return true;
	}
	return false;
}

static void cookie_known(void *arg, int r, const void *value, size_t len)
{
	struct call *c = arg;
	int64_t until = 0;

	if (r == 0 && principal_read(value, len, &c->who, &until) < 0)
		r = -EIO;
	if (r == 0 && (int64_t)time(NULL) >= until)
		r = -ENOENT;
	if (r == 0 && c->who.via == AUTH_TOKEN &&
			!token_stands(c->auth, &c->who))
		r = -ENOENT;
	if (r < 0) {
		call_fail(c, store_failure(r));
		return;
	}
	c->fn(c->arg, 0, &c->who, NULL);
	call_free(c);
}

void auth_by_cookie(struct auth *a, const char *cookie, auth_fn *fn, void *arg)
{
	struct call *c = call_new(a, fn, arg);
	char key[STORE_KEY_MAX];

	if (!c) {
		fn(arg, -ENOMEM, NULL, NULL);
		return;
	}
	auth_key("sign-in", cookie, key);
	store_get(a->store, key, cookie_known, c);
}

void auth_sign_out(struct auth *a, const char *cookie)
{
	char key[STORE_KEY_MAX];

	auth_key("sign-in", cookie, key);
	store_drop(a->store, key, NULL, NULL);
}

/* ---- codes of consoles ------------------------------------------------------
 */

struct code_call {
	auth_code_fn *put_fn;
	auth_value_fn *take_fn;
	void *arg;
	struct secret code;
};

static void code_kept(void *arg, int r, const void *value, size_t len)
{
	struct code_call *c = arg;

	c->put_fn(c->arg, store_failure(r), r < 0 ? NULL : &c->code);
	secret_done(&c->code);
	free(c);
}

void auth_code_put(struct auth *a, const void *value, size_t len,
		uint64_t ttl_ms, auth_code_fn *fn, void *arg)
{
	struct code_call *c = calloc(1, sizeof(*c));
	char text[AUTH_CODE_LEN + 1], key[STORE_KEY_MAX];

	crypto_random_text(text, AUTH_CODE_LEN);
	if (!c || secret_set(&c->code, text, AUTH_CODE_LEN) < 0) {
		free(c);
		fn(arg, -ENOMEM, NULL);
		return;
	}
	c->put_fn = fn;
	c->arg = arg;
	auth_key("code", text, key);
	secret_wipe(text, sizeof(text));
	store_put(a->store, key, value, len, ttl_ms, code_kept, c);
}

static void code_taken(void *arg, int r, const void *value, size_t len)
{
	struct code_call *c = arg;

	c->take_fn(c->arg, store_failure(r), value, len);
	free(c);
}

void auth_code_take(
		struct auth *a, const char *code, auth_value_fn *fn, void *arg)
{
	struct code_call *c = calloc(1, sizeof(*c));
	char key[STORE_KEY_MAX];

	if (!c) {
		fn(arg, -ENOMEM, NULL, 0);
		return;
	}
	c->take_fn = fn;
	c->arg = arg;
	auth_key("code", code, key);
	store_take(a->store, key, code_taken, c);
}
