#include "session/wires.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret.h"
#include "session/console.h"
#include "session/registry.h"

void session_opens(struct session *s, const char *code_hash, uint64_t now_ms)
{
	assert(strlen(code_hash) < sizeof(s->join_hash));
	memcpy(s->join_hash, code_hash, strlen(code_hash) + 1);
	s->join_until_ms = now_ms + SESSION_JOIN_MS;
}

static bool hash_is(const struct session *s, const char *hash)
{
	struct secret have = {0};
	bool right = *s->join_hash && secret_sets(&have, hash) == 0 &&
		     secret_equal(&have, s->join_hash, strlen(s->join_hash));

	secret_done(&have);
	return right;
}

enum end_word session_join(struct session *s, const char *code_hash,
		uint64_t now_ms, struct wire **ret_wire)
{
	struct wire *w;

	if (!hash_is(s, code_hash) || s->first_over || s->stop_asked ||
			s->state >= SESSION_DRAINING)
		return END_LINK_USED;
	if (now_ms > s->join_until_ms)
		return END_LINK_EXPIRED;
	if (s->wire_count >= SESSION_WIRES_MAX - 1 || /* and the first */
			!registry_wire_joins(s->registry))
		return END_LIMIT;
	w = calloc(1, sizeof(*w));
	if (!w) {
		registry_wire_gone(s->registry);
		return END_INTERNAL;
	}
	w->session = s;
	w->next = s->wires;
	if (w->next)
		w->next->prev = w;
	s->wires = w;
	s->wire_count++;
	*ret_wire = w;
	return END_WORDS;
}

void wire_known(struct wire *w, struct console *c)
{
	struct session *s = w->session;

	w->console = c;
	if (s->stop_asked || s->first_over || s->state >= SESSION_DRAINING)
		console_stop(c, s->stop_asked ? s->stop_word : s->word);
}

static void session_ends(struct session *s)
{
	if (s->first_over && !s->wires)
		registry_ended(s);
}

void wire_over(struct wire *w)
{
	struct session *s = w->session;

	if (w->prev)
		w->prev->next = w->next;
	else
		s->wires = w->next;
	if (w->next)
		w->next->prev = w->prev;
	s->wire_count--;
	registry_wire_gone(s->registry);
	free(w);
	session_ends(s);
}

static void never_arrives(void *arg)
{
	wire_over(arg);
}

void wire_never_was(struct loop *control, struct wire *w)
{
	(void)loop_post_own(control, &w->never, never_arrives, w);
}

void session_stop_wires(struct session *s, enum end_word word)
{
	for (struct wire *w = s->wires; w; w = w->next)
		if (w->console)
			console_stop(w->console, word);
}

void session_first_over(struct session *s)
{
	s->first_over = true;
	session_stop_wires(s, s->word);
	session_ends(s);
}
