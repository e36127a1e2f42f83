#include "hypervisor/proxmox/person.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hypervisor/proxmox/internal.h"
#include "proto/json.h"

enum {
	CHALLENGE_MAX = 4096, /* a half ticket */
	REALM_MAX = 64,       /* the name of one, and of its comment */
	COMMENT_MAX = 256,
};

static const char half[] = "PVE:!tfa!";

/* ---- second factors -------------------------------------------------------
 */

/* Only the colons are written so. */
static size_t uncolon(const char *from, size_t len, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		bool colon = len - i >= 3 && from[i] == '%' &&
			     from[i + 1] == '3' &&
			     (from[i + 2] == 'A' || from[i + 2] == 'a');

		to[n++] = colon ? ':' : from[i];
		i += colon ? 2 : 0;
	}
	return n;
}

unsigned pve_factors_of(const char *ticket)
{
	size_t head = sizeof(half) - 1, len;
	char text[CHALLENGE_MAX];
	struct json *v = NULL;
	unsigned kinds = 0;

	if (strncmp(ticket, half, head) != 0)
		return 0;
	len = strcspn(ticket + head, ":");
	if (len >= sizeof(text))
		return 0;
	len = uncolon(ticket + head, len, text);
	if (json_parse(text, len, &v, NULL) < 0)
		return 0;
	if (json_yes(json_get(v, "totp")))
		kinds |= 1u << PROOF_TOTP;
	/* what is left of the paper codes: a list, or "low" and the like */
	if (json_count(json_get(v, "recovery")) > 0 ||
			json_text(json_get(v, "recovery")))
		kinds |= 1u << PROOF_RECOVERY;
	json_free(v);
	return kinds;
}

/* ---- proving --------------------------------------------------------------
 */

static void prove_end(struct pve_api *a, int r, const struct proved *p,
		const struct err *e)
{
	pve_proved_fn *fn = a->proved_fn;

	a->proved_fn = NULL;
	fn(a->proved_arg, r, p, e);
}

static int take_challenge(
		struct pve_api *a, const struct json *data, struct err *e)
{
	const char *ticket = json_text(json_get(data, "ticket"));
	unsigned kinds;

	if (!ticket || strlen(ticket) >= CHALLENGE_MAX)
		return err_set(e, -EPROTO, "the login's answer has no ticket");
	kinds = pve_factors_of(ticket);
	if (kinds == 0)
		return err_set(e, -ENOTSUP,
				"the account's second factor is neither TOTP "
				"nor a recovery code");
	if (secret_sets(&a->challenge, ticket) < 0)
		return err_set(e, -ENOMEM, "no memory");
	return (int)kinds;
}

/* Its own writing of the name counts: rules are matched with it. */
static int take_user(struct pve_api *a, const struct json *data, struct err *e)
{
	const char *name = json_text(json_get(data, "username"));
	char *user, *who;

	if (!name || !strchr(name, '@') || strlen(name) >= PVE_USER_MAX)
		return err_set(e, -EPROTO, "the login's answer has no user");
	user = strdup(name);
	who = strdup(name);
	if (!user || !who) {
		free(user);
		free(who);
		return err_set(e, -ENOMEM, "no memory");
	}
	free(a->user);
	free(a->who);
	a->user = user;
	a->who = who;
	return 0;
}

static bool wants_factor(const struct json *data)
{
	const char *ticket = json_text(json_get(data, "ticket"));

	return json_yes(json_get(data, "NeedTFA")) ||
	       (ticket && strncmp(ticket, half, sizeof(half) - 1) == 0);
}

static void on_proved(void *arg, int r, struct pve_answer *answer,
		const struct err *why)
{
	struct pve_api *a = arg;
	struct proved p = {0};
	struct err e = {0};

	if (r < 0) {
		e = *why;
		e.code = r;
	} else if (wants_factor(answer->data)) {
		r = take_challenge(a, answer->data, &e);
		p.wants = r > 0 ? (unsigned)r : 0;
	} else {
		r = take_user(a, answer->data, &e);
		if (r == 0)
			r = pve_login_take(a, answer->data, &e);
		secret_done(&a->challenge);
	}
	p.user = a->user;
	prove_end(a, r < 0 ? r : 0, r < 0 ? NULL : &p, r < 0 ? &e : NULL);
}

int pve_prove(struct pve_api *a, enum proof_kind kind,
		const struct secret *value, pve_proved_fn *fn, void *arg)
{
	struct secret proof = {0};
	char *text = NULL;
	int len, r;

	if (a->proved_fn)
		return -EBUSY;
	if (kind == PROOF_PASSWORD) {
		r = pve_login_ask(a, value, NULL, on_proved, a);
	} else {
		if (a->challenge.len == 0)
			return -EINVAL;
		len = asprintf(&text, "%s:%s", proof_kind_name(kind),
				value->data);
		r = len < 0 ? -ENOMEM : secret_set(&proof, text, (size_t)len);
		if (len >= 0) {
			secret_wipe(text, (size_t)len);
			free(text);
		}
		if (r == 0)
			r = pve_login_ask(
					a, &proof, &a->challenge, on_proved, a);
		secret_done(&proof);
	}
	if (r < 0)
		return r;
	a->proved_fn = fn;
	a->proved_arg = arg;
	return 0;
}

/* ---- realms ---------------------------------------------------------------
 */

size_t pve_realms_of(
		const struct json *data, struct realm ret_realms[REALMS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < json_count(data) && count < REALMS_MAX; i++) {
		const struct json *from = json_at(data, i);
		const char *name = json_text(json_get(from, "realm"));
		const char *comment = json_text(json_get(from, "comment"));

		if (!name || !*name || strlen(name) >= REALM_MAX)
			continue;
		if (comment && strlen(comment) >= COMMENT_MAX)
			comment = NULL;
		ret_realms[count++] = (struct realm){.name = name,
				.comment = comment,
				.by_default = json_yes(
						json_get(from, "default"))};
	}
	return count;
}
