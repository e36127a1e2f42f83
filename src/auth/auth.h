/*
 * Who is it, and what may they do. Four ways in:
 *
 *	link   a one-time code, made by somebody who was in already
 *	token  a long-lived bearer token; the configuration holds its hash
 *	local  the control socket: the kernel says who it is
 *	proxmox  an account of a hypervisor's own ("ops@pve"): who may be what
 *	       there may the same here, with their own credential, and with
 *	       rules no more than the rules allow
 *
 * A link or a token can be exchanged for a sign-in, which a browser keeps as
 * a cookie. Codes and cookies have 128 bits or more, stand in the store only
 * as hashes, and are taken in one step, so that of many who use one code at
 * the same moment, on any instance, one is let in.
 *
 * What a token may do is asked of the rules each time, so a changed
 * configuration counts at once.
 *
 * Control loop only; answers come by callback. What is kept in the store
 * carries wall-clock seconds: another instance may read it.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/secret.h"
#include "hypervisor/hypervisor.h"

struct auth;
struct config;
struct loop;
struct store;

enum {
	AUTH_NAME_MAX = 64,
	AUTH_CODE_LEN = 22,   /* 132 bits as text */
	AUTH_COOKIE_LEN = 43, /* 258 bits */
	AUTH_PROOF_LEN = 16,
	AUTH_SIGN_IN_MS = 12 * 60 * 60 * 1000,
	AUTH_LINK_MS = 15 * 60 * 1000,
	AUTH_LINK_MAX_MS = 24 * 60 * 60 * 1000,
	AUTH_FAILURES_MAX = 10, /* a minute, from one address */
	AUTH_PROFILE_MAX = 64,
	AUTH_PERSON_LEN = 22,
};

enum auth_via { AUTH_LINK, AUTH_TOKEN, AUTH_LOCAL, AUTH_PROXMOX };

struct principal {
	enum auth_via via;
	char name[AUTH_NAME_MAX];
	/* what a link grants: one guest ("" any), config_right and
	 * config_deny bits; a token's rights are the rules' */
	char guest[GUEST_ID_MAX];
	unsigned rights, deny;
	/* of a token: the beginning of its hash, so that a sign-in ends when
	 * its token is replaced */
	char proof[AUTH_PROOF_LEN + 1];
	/* of AUTH_PROXMOX: whose account it is, and which of the people that
	 * the gateway holds credentials of ("" for all others) */
	char profile[AUTH_PROFILE_MAX];
	char person[AUTH_PERSON_LEN + 1];
};

/* What a principal may do with one guest: config_right and config_deny bits.
 * No right at all: to them the guest does not exist. */
struct auth_verdict {
	unsigned rights, deny;
};

int auth_new(struct auth **ret_auth, struct loop *control, struct store *s);
void auth_free(struct auth *a);
/* Tokens and rules from now on; borrowed until the next call. */
void auth_configure(struct auth *a, const struct config *c);

/* guest NULL: what counts for all guests (sessions of others need admin). */
struct auth_verdict auth_judge(const struct auth *a, const struct principal *p,
		const char *guest);

/* What is left of it on this guest: who asks with an account of their own may
 * what the hypervisor lets it. */
struct auth_verdict auth_narrow(struct auth_verdict v,
		const struct principal *p, const struct guest *s);

/* The owner: everything on every guest. */
void auth_owner(struct principal *ret_who, enum auth_via via, const char *name);

/*
 * r = 0: it is `who`; for sign-ins `cookie` is the value to keep (NULL
 * elsewhere); both valid during the call only.
 *   -ENOENT  not, or no longer, known: used, expired or made up
 *   -ETIME   known, but too old
 *   -EDQUOT  too many failures from there: wait
 *   -EIO     the store cannot be asked
 *   -ENOMEM  told at once, from inside the call
 */
typedef void auth_fn(void *arg, int r, const struct principal *who,
		const struct secret *cookie);

/* Exchange for a sign-in. `from` is the address, for the limit. */
void auth_sign_in_link(struct auth *a, const char *code, const char *from,
		auth_fn *fn, void *arg);
void auth_sign_in_token(struct auth *a, const char *token, const char *from,
		auth_fn *fn, void *arg);
void auth_sign_out(struct auth *a, const char *cookie);

/* A sign-in for somebody who was found out elsewhere. */
void auth_sign_in_as(struct auth *a, const struct principal *who, auth_fn *fn,
		void *arg);
/* May they try a password from there? It counts as a failure until it is
 * known better, so that many at once are not more than one after the other. */
bool auth_try(struct auth *a, const char *from);
void auth_tried_well(struct auth *a, const char *from);

/* Who is behind a cookie. */
void auth_by_cookie(struct auth *a, const char *cookie, auth_fn *fn, void *arg);
/* Who is behind a bearer token; at once. 0, -ENOENT, -EDQUOT. */
int auth_by_token(struct auth *a, const char *token, const char *from,
		struct principal *ret_who);

/* r = 0: the code (valid during the call); else -EIO, -ENOMEM as above. */
typedef void auth_code_fn(void *arg, int r, const struct secret *code);

/* A one-time code that signs in as `who` within ttl_ms. */
void auth_link_new(struct auth *a, const struct principal *who, uint64_t ttl_ms,
		auth_code_fn *fn, void *arg);

/* ---- codes of consoles --------------------------------------------------- */

/* Keep `value` under a fresh code, for ttl_ms; and take it, once. */
void auth_code_put(struct auth *a, const void *value, size_t len,
		uint64_t ttl_ms, auth_code_fn *fn, void *arg);
typedef void auth_value_fn(void *arg, int r, const void *value, size_t len);
void auth_code_take(
		struct auth *a, const char *code, auth_value_fn *fn, void *arg);

/* "view" "control" ...: NULL past the last. */
const char *auth_right_name(unsigned bit_index);
const char *auth_deny_name(unsigned bit_index);

#endif
