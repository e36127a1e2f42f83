/* A code is taken up: a WebSocket becomes a console, or joins one. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/loop.h"
#include "core/text.h"
#include "gateway/exchange.h"
#include "gateway/front.h"
#include "gateway/gateway.h"
#include "gateway/grants.h"
#include "gateway/routes.h"
#include "session/console.h"
#include "session/registry.h"
#include "session/wires.h"

static enum end_word grant_check(const struct exchange *x,
		const struct grant *grant, int64_t until)
{
	if (strcmp(grant->id, route_param(&x->match, "id")) != 0)
		return END_LINK_USED;
	if (time(NULL) > until)
		return END_LINK_EXPIRED;
	return x->gateway->draining ? END_SHUTDOWN : END_WORDS;
}

/* A SPICE guest has one viewer: another has to wait, or to throw it out. */
static enum end_word grant_enters(struct gateway *g, const struct grant *grant)
{
	struct session *other;

	if (grant->kind != CONSOLE_SPICE)
		return END_WORDS;
	while ((other = registry_spice_viewer(g->registry, grant->guest,
				grant->resumed_from))) {
		if (!grant->take_over)
			return END_BUSY;
		session_stop(other, END_BUSY);
	}
	return END_WORDS;
}

/* Those who share a line have to be on one loop. */
static void session_settle(const struct exchange *x, struct session *s)
{
	const struct gateway *g = x->gateway;
	const char *guest = s->grant.guest, *rest;
	const struct hypervisor *h = gateway_hypervisor(g, guest, &rest);

	s->home = x->home;
	s->shared = h && h->ops->shared & (1u << s->grant.kind);
	if (s->shared)
		s->home = front_loop(
				g->fronts[text_hash(guest) % g->front_count]);
}

static enum end_word session_begin(struct exchange *x,
		const struct grant *grant, struct session **ret_session)
{
	struct gateway *g = x->gateway;
	enum end_word word = grant_enters(g, grant);
	char hash[RESUME_HASH_LEN + 1];
	int r;

	if (word != END_WORDS)
		return word;
	r = registry_add(g->registry, grant, x->from, ret_session);
	if (r < 0)
		return r == -EDQUOT ? END_LIMIT : END_INTERNAL;
	session_settle(x, *ret_session);
	if (grant->kind == CONSOLE_SPICE) {
		grant_hash(x->code.data, hash);
		session_opens(*ret_session, hash, loop_now_ms(g->control));
	}
	return END_WORDS;
}

static void code_taken(void *arg, int r, const void *value, size_t len)
{
	struct exchange *x = arg;
	struct session *s = NULL;
	struct grant grant = {0};
	enum end_word word = END_WORDS;
	int64_t until = 0;

	if (r == 0)
		r = grant_read(value, len, &grant, &until);
	if (r == -ENOMEM)
		word = END_INTERNAL;
	else if (r < 0)
		word = r == -ENOENT ? END_LINK_USED : END_STORE_UNAVAILABLE;
	else
		word = grant_check(x, &grant, until);
	if (word == END_WORDS)
		word = session_begin(x, &grant, &s);
	if (word != END_WORDS) {
		exchange_refuse(x, word, NULL);
		return;
	}
	session_set_state(s, SESSION_AUTHORISED);
	exchange_upgrade(x, s);
}

/* A further channel of a SPICE viewer comes with the code that its first one
 * has used up. */
static void console_join(struct exchange *x, struct session *s)
{
	char hash[RESUME_HASH_LEN + 1];
	enum end_word word;

	grant_hash(x->code.data, hash);
	word = session_join(
			s, hash, loop_now_ms(x->gateway->control), &x->wire);
	if (word != END_WORDS)
		exchange_refuse(x, word, NULL);
	else
		exchange_upgrade(x, s);
}

void api_console_open(struct gateway *g, struct exchange *x)
{
	struct session *s = registry_find(
			g->registry, route_param(&x->match, "id"));

	if (!x->upgrade)
		exchange_refuse_status(x, 426, END_BAD_REQUEST,
				"This address is for WebSockets only.");
	else if (s && s->grant.kind == CONSOLE_SPICE)
		console_join(x, s);
	else
		auth_code_take(g->auth, x->code.data, code_taken, x);
}
