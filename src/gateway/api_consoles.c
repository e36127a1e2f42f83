#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/config.h"
#include "core/crypto.h"
#include "core/loop.h"
#include "gateway/exchange.h"
#include "gateway/gateway.h"
#include "gateway/grants.h"
#include "gateway/routes.h"
#include "session/console.h"
#include "session/registry.h"

enum {
	CODE_MS = 60000,
	CODE_KEPT_MS = 600000, /* how long a late one is told from a used one */
	RESUME_LEN = 43,
};

/* ---- giving out
 * --------------------------------------------------------------- */

/* An exchange that waits for the hypervisor's word or the store's. */
struct grant_call {
	struct exchange *x;
	struct grant grant;
	char rest[GUEST_ID_MAX];
	char resume[RESUME_LEN + 1];
	/* of the session that is resumed: given back if it fails */
	char old_key[RESUME_HASH_LEN + 1];
	int64_t until;
};

static void call_free(struct grant_call *c)
{
	secret_wipe(c->resume, sizeof(c->resume));
	free(c);
}

/* The session that this one takes the place of; it may have gone by. */
static struct session *call_resumes(const struct grant_call *c)
{
	return c->grant.resumed_from[0] ? registry_find(c->x->gateway->registry,
							  c->grant.resumed_from)
					: NULL;
}

/* The end of one that fails; the exchange is refused already. Its old session
 * can be resumed with the same key again. */
static void call_fail(struct grant_call *c, struct session *old)
{
	if (old && !old->grant.resume[0])
		memcpy(old->grant.resume, c->old_key,
				sizeof(old->grant.resume));
	call_free(c);
}

static void put_rights(struct json_out *o, unsigned rights)
{
	json_out_put_array(o, "rights");
	for (unsigned i = 0; auth_right_name(i); i++)
		if (rights & (1u << i))
			json_out_text(o, auth_right_name(i));
	json_out_array_end(o);
}

static void grant_kept(void *arg, int r, const struct secret *code)
{
	struct grant_call *c = arg;
	struct exchange *x = c->x;
	struct session *old = call_resumes(c);
	struct json_out o;
	char ws[64];

	if (r < 0) {
		exchange_refuse(x,
				r == -ENOMEM ? END_INTERNAL
					     : END_STORE_UNAVAILABLE,
				NULL);
		call_fail(c, old);
		return;
	}
	if (old) /* if it still lives: its client is here now */
		session_stop(old, END_CLIENT_CLOSED);
	(void)snprintf(ws, sizeof(ws), "/ws/%s", c->grant.id);
	exchange_json(x, &o);
	json_out_object_begin(&o);
	json_out_put_text(&o, "id", c->grant.id);
	json_out_put_text(&o, "guest", c->grant.guest);
	json_out_put_text(&o, "kind", console_kind_name(c->grant.kind));
	put_rights(&o, c->grant.rights);
	json_out_put_text(&o, "ws", ws);
	json_out_put_text(&o, "code", code->data);
	json_out_put_text(&o, "resume", c->resume);
	json_out_put_int(&o, "expires_at", c->until);
	if (c->grant.resumed_from[0])
		json_out_put_text(&o, "resumed_from", c->grant.resumed_from);
	json_out_object_end(&o);
	exchange_answer_json(x, 201, &o);
	call_free(c);
}

static void grant_give(struct grant_call *c)
{
	struct buf value;

	session_make_id(c->grant.id);
	crypto_random_text(c->resume, RESUME_LEN);
	grant_hash(c->resume, c->grant.resume);
	c->until = (int64_t)time(NULL) + CODE_MS / 1000;
	buf_init(&value, 4096);
	if (grant_write(&c->grant, c->until, &value) < 0) {
		struct session *old = call_resumes(c);

		exchange_refuse(c->x, END_INTERNAL, NULL);
		call_fail(c, old);
	} else {
		auth_code_put(c->x->gateway->auth, buf_data(&value), value.len,
				CODE_KEPT_MS, grant_kept, c);
	}
	buf_done(&value);
}

/* Their own account may not; the gateway's is not theirs to mend. */
static bool grant_is_barred(const struct grant_call *c, const struct guest *s)
{
	return c->x->who.via == AUTH_PROXMOX &&
	       (s->barred & GUEST_BARS_CONSOLE) && s->lacks[c->grant.kind];
}

/* Does the guest exist, and has it this kind of console? */
static void grant_listed(void *arg, int r, const struct guest *guests,
		size_t count, const struct err *e)
{
	struct grant_call *c = arg;
	struct session *old = call_resumes(c);
	const struct guest *s = NULL;

	for (size_t i = 0; r == 0 && i < count && !s; i++)
		if (strcmp(guests[i].id, c->rest) == 0)
			s = &guests[i];
	if (s && grant_is_barred(c, s)) {
		exchange_refuse(c->x, END_NOT_PERMITTED, "%s",
				s->lacks[c->grant.kind]);
		call_fail(c, old);
		return;
	}
	if (s && !s->lacks[c->grant.kind]) {
		grant_give(c);
		return;
	}
	if (r < 0)
		exchange_refuse_inner(
				c->x, end_of_plan(r), c->grant.guest, e->text);
	else if (!s)
		exchange_refuse(c->x, END_NO_SUCH_GUEST, NULL);
	else
		exchange_refuse(c->x, END_NO_SUCH_CONSOLE, "%s",
				s->lacks[c->grant.kind]);
	call_fail(c, old);
}

/* Fill the grant from what is asked and what is allowed. The word, or
 * END_WORDS. */
static enum end_word grant_judge(struct gateway *g, struct exchange *x,
		const char *guest, unsigned wanted, struct grant *ret_grant)
{
	struct auth_verdict v = auth_judge(g->auth, &x->who, guest);

	if (!v.rights)
		return END_NO_SUCH_GUEST;
	if (!(v.rights & CONFIG_MAY_VIEW) || !(wanted & CONFIG_MAY_VIEW))
		return END_NOT_PERMITTED;
	ret_grant->rights = v.rights & wanted;
	ret_grant->deny = v.deny;
	ret_grant->candid = v.rights & CONFIG_MAY_ADMIN;
	(void)snprintf(ret_grant->guest, sizeof(ret_grant->guest), "%s", guest);
	(void)snprintf(ret_grant->user, sizeof(ret_grant->user), "%s",
			x->who.name);
	(void)snprintf(ret_grant->person, sizeof(ret_grant->person), "%s",
			x->who.person);
	return END_WORDS;
}

/* Has its guest another SPICE viewer that is to stay? */
static bool grant_is_busy(struct gateway *g, const struct grant *grant)
{
	return grant->kind == CONSOLE_SPICE && !grant->take_over &&
	       registry_spice_viewer(
			       g->registry, grant->guest, grant->resumed_from);
}

/* `old` is the session to resume, or NULL. */
static void grant_start(struct gateway *g, struct exchange *x,
		const struct grant *grant, struct session *old)
{
	struct grant_call *c = calloc(1, sizeof(*c));
	struct hypervisor *h;
	const char *rest;

	if (g->draining) {
		exchange_refuse(x, END_SHUTDOWN, NULL);
		free(c);
		return;
	}
	if (grant_is_busy(g, grant)) {
		exchange_refuse(x, END_BUSY, NULL);
		free(c);
		return;
	}
	h = gateway_hypervisor_of(g, &x->who, grant->guest, &rest);
	if (!h || !c) {
		exchange_refuse(x, c ? END_NO_SUCH_GUEST : END_INTERNAL, NULL);
		free(c);
		return;
	}
	c->x = x;
	c->grant = *grant;
	if (old) { /* this key has done its work */
		memcpy(c->old_key, old->grant.resume, sizeof(c->old_key));
		old->grant.resume[0] = '\0';
	}
	(void)snprintf(c->rest, sizeof(c->rest), "%s", rest);
	hypervisor_list(h, grant_listed, c);
}

void api_consoles_post(struct gateway *g, struct exchange *x)
{
	const char *guest = exchange_text(x, "guest");
	const char *kind = exchange_text(x, "kind");
	struct grant grant = {0};
	enum end_word word;
	unsigned wanted;

	if (!guest || strlen(guest) >= sizeof(grant.guest)) {
		exchange_refuse(x, END_BAD_REQUEST,
				"The member `guest` is missing: \"lab/web1\".");
		return;
	}
	if (console_kind_from(kind ? kind : "vnc", &grant.kind) < 0 ||
			exchange_rights(x, &wanted) < 0) {
		exchange_refuse(x, END_BAD_REQUEST,
				"`kind` is vnc, serial or spice; `rights` is a "
				"list of view and control.");
		return;
	}
	grant.take_over = exchange_flag(x, "take_over");
	word = grant_judge(g, x, guest, wanted, &grant);
	if (word != END_WORDS)
		exchange_refuse(x, word, NULL);
	else
		grant_start(g, x, &grant, NULL);
}

/* ---- again
 * -------------------------------------------------------------------- */

/* May this session be taken up again with this key? The word, or END_WORDS. */
static enum end_word resume_judge(const struct exchange *x,
		const struct session *s, const char *key)
{
	char hash[RESUME_HASH_LEN + 1];
	struct secret have = {0};
	bool right;

	if (!s || strcmp(s->grant.user, x->who.name) != 0)
		return END_LINK_USED;
	grant_hash(key, hash);
	if (secret_sets(&have, hash) < 0)
		return END_INTERNAL;
	right = secret_equal(&have, s->grant.resume, strlen(s->grant.resume));
	secret_done(&have);
	if (!right)
		return END_LINK_USED;
	if (s->stop_asked && s->stop_word == END_KILLED)
		return END_KILLED;
	if (s->state >= SESSION_DRAINING && s->word == END_CLIENT_CLOSED &&
			s->said_goodbye)
		return END_CLIENT_CLOSED;
	return END_WORDS;
}

void api_console_resume(struct gateway *g, struct exchange *x)
{
	const char *key = exchange_text(x, "resume");
	const char *id = route_param(&x->match, "id");
	struct session *s = registry_find(g->registry, id);
	struct grant grant = {0};
	enum end_word word = key ? resume_judge(x, s, key) : END_BAD_REQUEST;

	if (word == END_CLIENT_CLOSED)
		exchange_refuse(x, END_LINK_USED,
				"The console was closed; open it anew.");
	else if (word != END_WORDS)
		exchange_refuse(x, word, NULL);
	else if ((word = grant_judge(g, x, s->grant.guest, s->grant.rights,
				  &grant)) != END_WORDS)
		exchange_refuse(x, word, NULL);
	else {
		grant.kind = s->grant.kind;
		grant.take_over = exchange_flag(x, "take_over");
		memcpy(grant.resumed_from, s->grant.id,
				sizeof(grant.resumed_from));
		grant_start(g, x, &grant, s);
	}
}
