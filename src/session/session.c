#include "session/session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/crypto.h"
#include "core/log.h"
#include "stream/dial.h"

static const char *const state_names[SESSION_STATES] = {
		"requested",
		"authorised",
		"dialling",
		"streaming",
		"draining",
		"ended",
};

const char *session_state_name(enum session_state s)
{
	return state_names[s];
}

void session_make_id(char ret[SESSION_ID_LEN + 1])
{
	do
		crypto_random_text(ret, SESSION_ID_LEN);
	while (*ret == '-');
}

void session_set_state(struct session *s, enum session_state next)
{
	assert(next > s->state); /* a session never goes back */
	log_info(s->brief, "event=%s was=%s guest=%s kind=%s user=%s from=%s",
			state_names[next], state_names[s->state],
			log_value(s->grant.guest).text,
			console_kind_name(s->grant.kind),
			log_value(s->grant.user).text, s->from);
	s->state = next;
}

void session_set_word(struct session *s, enum end_word word, const char *detail,
		bool inner)
{
	s->word = word;
	s->inner = inner && detail && *detail;
	(void)snprintf(s->detail, sizeof(s->detail), "%s",
			detail && *detail ? detail : end_info(word)->sentence);
}

void session_forget(struct session *s)
{
	if (s->brought)
		dial_plan_done(s->brought);
	free(s->brought);
	s->brought = NULL;
}

void session_set_ended(struct session *s)
{
	session_forget(s);
	if (s->state == SESSION_ENDED)
		return;
	log_info(s->brief,
			"event=ended was=%s word=%s detail=%s in=%llu "
			"out=%llu wire=%s",
			state_names[s->state], end_info(s->word)->word,
			log_value(s->detail).text,
			(unsigned long long)s->counts.up.bytes,
			(unsigned long long)s->counts.down.bytes,
			log_value(s->wire).text);
	s->state = SESSION_ENDED;
}
