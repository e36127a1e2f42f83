/* The session of a profile with a password: login, renewal, expiry. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "hypervisor/proxmox/internal.h"
#include "proto/json.h"

enum {
	FORM_MAX = 16 * 1024,
	TICKET_MAX = 4096, /* a header of 8 KiB has to hold it, encoded */
};

void pve_session_done(struct pve_session *s)
{
	secret_done(&s->ticket);
	secret_done(&s->csrf);
}

/* ---- the calls that wait --------------------------------------------------
 */

static void wake_all(struct pve_api *a)
{
	for (struct pve_call *q = a->calls; q; q = q->next)
		if (q->waits)
			pve_call_begin(q);
}

/* They meet the refusal when they begin again. */
static void fail_all(struct pve_api *a, int r, const struct err *e)
{
	a->session.refused = *e;
	a->session.refused.code = r;
	a->session.refused_ms = loop_now_ms(a->loop);
	wake_all(a);
}

/* ---- asking ---------------------------------------------------------------
 */

static int form_add(
		struct buf *b, const char *key, const void *value, size_t len)
{
	size_t room = 3 * len + 1;
	char *text = malloc(room);
	int r = -ENOMEM;

	if (!text)
		return r;
	r = url_encode(value, len, text, room);
	if (r >= 0)
		r = buf_addf(b, "%s%s=%s", b->len ? "&" : "", key, text);
	secret_wipe(text, room);
	free(text);
	return r;
}

int pve_login_ask(struct pve_api *a, const struct secret *proof,
		const struct secret *challenge, pve_fn *fn, void *arg)
{
	/* a second factor's answer counts once: it is not repeated */
	const struct pve_ask ask = {.method = "POST",
			.path = "/access/ticket",
			.harmless = !challenge,
			.anonymous = true};
	struct pve_call *q = NULL;
	struct buf b;
	int r;

	buf_init(&b, FORM_MAX);
	r = form_add(&b, "username", a->user, strlen(a->user));
	if (r == 0 && challenge)
		r = form_add(&b, "tfa-challenge", challenge->data,
				challenge->len);
	if (r == 0)
		r = form_add(&b, "password", proof->data, proof->len);
	if (r == 0)
		r = pve_call_new(&q, a, &ask, fn, arg);
	if (r == 0) {
		r = secret_set(&q->form, buf_data(&b), b.len);
		q->has_form = true;
		if (r == 0)
			pve_call_begin(q);
		else
			pve_call_free(q);
	}
	if (b.base)
		secret_wipe(b.base, b.room);
	buf_done(&b);
	return r;
}

static void on_login(void *arg, int r, struct pve_answer *answer,
		const struct err *e);

/* With the ticket that is still good, or with the password. */
static int login_ask(struct pve_api *a, bool by_ticket)
{
	int r = pve_login_ask(a, by_ticket ? &a->session.ticket : &a->password,
			NULL, on_login, a);

	if (r == 0)
		a->session.by_ticket = by_ticket;
	return r;
}

static bool session_is_young(const struct pve_api *a)
{
	const struct pve_session *s = &a->session;
	uint64_t age = loop_now_ms(a->loop) - s->since_ms;

	return age < s->life_ms / PVE_RENEW_PART;
}

/* Not so old that a call with it would only be refused. */
static bool session_is_good(const struct pve_api *a)
{
	const struct pve_session *s = &a->session;
	uint64_t age = loop_now_ms(a->loop) - s->since_ms;

	return s->state == PVE_SESSION_HELD && age < s->life_ms / 4 * 3;
}

static bool login_rests(const struct pve_api *a)
{
	const struct pve_session *s = &a->session;

	/* a password is not worn out; a dead cluster may be back at once */
	uint64_t rest = s->refused.code == -EACCES ? PVE_LOGIN_REST_MS : 500;

	return s->refused.code < 0 &&
	       loop_now_ms(a->loop) - s->refused_ms < rest;
}

/* While a session holds; it is renewed in the background. */
static void session_use(struct pve_api *a, struct pve_call *q)
{
	struct pve_session *s = &a->session;

	if (!session_is_young(a) && !s->renewing && !login_rests(a))
		s->renewing = login_ask(a, true) == 0;
	q->session = s->count;
}

/* Of a person there is only the ticket: it is used to its end. */
static bool session_holds(const struct pve_api *a)
{
	return a->person ? a->session.state == PVE_SESSION_HELD
			 : session_is_good(a);
}

static int cannot_log_in(const struct pve_api *a, struct err *e)
{
	return a->person ? err_set(e, -EACCES,
					   "sign in again: %s is no longer "
					   "known to the hypervisor",
					   a->user)
			 : err_set(e, -EACCES,
					   "the profile has no credential: "
					   "give token_id and token_secret, or "
					   "password");
}

int pve_login_need(struct pve_api *a, struct pve_call *q, struct err *e)
{
	struct pve_session *s = &a->session;

	if (a->token.len > 0 || q->anonymous)
		return 0;
	if (session_holds(a)) {
		session_use(a, q);
		return 0;
	}
	if ((a->person ? s->ticket.len : a->password.len) == 0)
		return cannot_log_in(a, e);
	if (s->state == PVE_SESSION_ASKED || s->renewing) {
		q->waits = true;
		return -EAGAIN;
	}
	if (login_rests(a)) {
		*e = s->refused;
		return e->code;
	}
	if (login_ask(a, a->person) < 0)
		return err_set(e, -ENOMEM, "no memory");
	s->state = PVE_SESSION_ASKED;
	q->waits = true;
	return -EAGAIN;
}

void pve_login_renew(void *arg)
{
	struct pve_api *a = arg;
	struct pve_session *s = &a->session;

	if (s->state != PVE_SESSION_HELD)
		return;
	if (!s->renewing)
		s->renewing = login_ask(a, true) == 0;
	timer_set(a->renew, a->life_ms / PVE_RENEW_PART); /* if that fails */
}

/* ---- the answer ------------------------------------------------------------
 */

/* The gateway's own login cannot be asked for a second factor. */
static int second_factor(const struct pve_api *a, struct err *e)
{
	return err_set(e, -EACCES,
			"%s needs a second factor, which a profile cannot "
			"give; use an API token: pveum user token add %s "
			"glassbridge --privsep 0",
			a->user, a->user);
}

int pve_login_take(struct pve_api *a, const struct json *data, struct err *e)
{
	const char *ticket = json_text(json_get(data, "ticket"));
	const char *csrf = json_text(json_get(data, "CSRFPreventionToken"));
	struct pve_session *s = &a->session;

	if (json_yes(json_get(data, "NeedTFA")) ||
			(ticket && strncmp(ticket, "PVE:!tfa!", 9) == 0))
		return second_factor(a, e);
	if (!ticket || !csrf || strlen(ticket) > TICKET_MAX ||
			strlen(csrf) > TICKET_MAX)
		return err_set(e, -EPROTO, "the login's answer has no ticket");
	if (secret_sets(&s->ticket, ticket) < 0 ||
			secret_sets(&s->csrf, csrf) < 0)
		return err_set(e, -ENOMEM, "no memory");
	s->since_ms = loop_now_ms(a->loop);
	s->state = PVE_SESSION_HELD;
	s->count++;
	s->refused.code = 0;
	/* what was learnt from one refusal need not hold for ever */
	s->life_ms += s->life_ms / 16;
	if (s->life_ms > a->life_ms)
		s->life_ms = a->life_ms;
	if (a->person) /* also while nobody asks: there is no password */
		timer_set(a->renew, s->life_ms / 2);
	return 0;
}

/* They have been signed out there, or their account is no more. */
static void person_lost(struct pve_api *a)
{
	pve_session_done(&a->session);
	a->session.state = PVE_SESSION_NONE;
	timer_stop(a->renew);
	*a->lost = true;
}

static void on_login(void *arg, int r, struct pve_answer *answer,
		const struct err *why)
{
	struct pve_api *a = arg;
	struct pve_session *s = &a->session;
	bool renewal = s->renewing;
	struct err e = {0};

	s->renewing = false;
	if (r == 0)
		r = pve_login_take(a, answer->data, &e);
	else
		e = *why;
	if (r == 0) {
		wake_all(a);
		return;
	}
	if (renewal && s->by_ticket && !a->person && login_ask(a, false) == 0) {
		s->renewing = true; /* the old one may be good for a while */
		return;
	}
	if (a->person && r == -EACCES)
		person_lost(a);
	else if (!session_is_good(a) && !(a->person && renewal))
		s->state = PVE_SESSION_NONE;
	fail_all(a, r, &e);
}

void pve_login_refused(struct pve_api *a, unsigned session)
{
	struct pve_session *s = &a->session;
	uint64_t age = loop_now_ms(a->loop) - s->since_ms;

	if (a->token.len > 0 || s->state != PVE_SESSION_HELD ||
			s->count != session)
		return; /* there is another one already */
	s->state = PVE_SESSION_NONE;
	/* a server with shorter lives: be earlier with the next one */
	if (age < s->life_ms && s->life_ms > PVE_LIFE_MIN_MS)
		s->life_ms = age > PVE_LIFE_MIN_MS ? age : PVE_LIFE_MIN_MS;
}

int pve_login_cookie(const struct pve_api *a, struct secret *ret)
{
	static const char name[] = "PVEAuthCookie=";
	const struct secret *ticket = &a->session.ticket;
	char text[sizeof(name) + 3 * TICKET_MAX];
	int len, r = -ENOMEM;

	memcpy(text, name, sizeof(name));
	len = url_encode(ticket->data, ticket->len, text + sizeof(name) - 1,
			sizeof(text) - sizeof(name));
	if (len >= 0)
		r = secret_set(ret, text, sizeof(name) - 1 + (size_t)len);
	secret_wipe(text, sizeof(text));
	return r;
}
