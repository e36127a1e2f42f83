/*
 * The API of one cluster: who we are there, and which of its hosts answers.
 *
 * Hosts are tried in the order of the profile. One that does not answer is
 * left out for a while (longer each time) and then tried again; a call goes on
 * to the next host while nothing of it can have been heard, or where hearing
 * it twice does no harm.
 *
 * An API token is sent with every call. With a password there is a session
 * instead: a ticket, and for all but GET its CSRF token. Both are renewed in
 * the background long before they expire; a call that is refused all the same
 * is asked once more after a fresh login. Never are token and ticket sent
 * together: a ticket, even a bad one, would win.
 */
#ifndef HYPERVISOR_PROXMOX_API_H
#define HYPERVISOR_PROXMOX_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "hypervisor/proxmox/errors.h"

struct config_profile;
struct json;
struct loop;
struct pve_api;
struct pve_call;
struct pve_ways;
struct secret;
struct tls_context;
struct url;

enum {
	PVE_HOSTS_MAX = 16,
	PVE_CONNECT_MS = 3000, /* to a host; then the next one is tried */
	PVE_REST_MS = 10000,   /* a dead host is left out so long at first */
	PVE_REST_MAX_MS = 300000,
	PVE_LIFE_MS = 7200000,     /* of a session ticket */
	PVE_LIFE_MIN_MS = 16000,   /* of one, as seen on odd servers */
	PVE_RENEW_PART = 8,        /* renewed after an eighth of its life */
	PVE_LOGIN_REST_MS = 15000, /* a refused login is not tried again */
};

int pve_api_new(struct pve_api **ret_api, struct loop *l,
		const struct config_profile *p, struct err *e);
/* The same cluster in the name of a person, without a credential yet. *lost is
 * set when theirs is no more; it outlives the api. */
int pve_api_new_person(struct pve_api **ret_api, const struct pve_api *from,
		const char *user, bool *lost, struct err *e);
/* Cancels what is under way: nobody is called again. Takes NULL. */
void pve_api_free(struct pve_api *a);

/* "ops@pve!gate" or "ops@pve". */
const char *pve_api_who(const struct pve_api *a);
bool pve_api_has_token(const struct pve_api *a);
/* Somebody's own account, and not the profile's? */
bool pve_api_is_person(const struct pve_api *a);

struct pve_ask {
	const char *method; /* "GET", "POST" */
	const char *path;   /* "/nodes/pve1/qemu/100/status/current" */
	const char *form;   /* "websocket=1"; NULL: no body */
	bool harmless;      /* a POST that may be heard twice */
	bool anonymous;     /* without a credential */
	/* Ask the host first that is this node, if one is; NULL: any */
	const char *node;
	size_t host; /* 1 + the only one that is asked; 0: as above */
};

/* Where an answer came from: what belongs to it goes to the same address. */
struct pve_place {
	const struct url *url; /* the host's; lives as long as the api */
	const char *address;   /* "192.0.2.7" */
};

struct pve_answer {
	const struct json *data; /* what the API calls so; never NULL */
	struct json *root;       /* its tree: set to NULL by who keeps it */
	struct pve_place place;
	/* of a refusal (r < 0): what may help; PVE_AGAIN_NO else */
	enum pve_again again;
};

/*
 * r = 0: there is data. Else it is as pve_refused() says, or
 *   -EKEYREJECTED  no host is the one we trust
 *   -ECONNREFUSED, -EHOSTUNREACH, -ETIMEDOUT ...  no host answers
 *   -EPROTO, -EMSGSIZE, -EREMOTEIO  the answer is of no use
 *   -EDQUOT        more is asked than the profile's rate_limit allows
 * `a` is valid during the call only, and there also on failure.
 */
typedef void pve_fn(
		void *arg, int r, struct pve_answer *a, const struct err *e);

/* Ask. The answer comes once and never from inside. 0 or -ENOMEM. */
int pve_call(struct pve_api *a, const struct pve_ask *q, pve_fn *fn, void *arg);

/* The API of the host that is asked first now: ".../api2/json". */
const char *pve_api_base(const struct pve_api *a);

/* ---- for consoles -------------------------------------------------------- */

/* "Authorization: PVEAPIToken=..." or "Cookie: PVEAuthCookie=...": as the last
 * call had it. 0 or -ENOMEM. */
int pve_api_credential(const struct pve_api *a, struct secret *ret_line);
/* A borrowed one; NULL where no host speaks TLS. */
struct tls_context *pve_api_tls(const struct pve_api *a);
/* How the nodes' SPICE proxies are reached. */
const struct pve_ways *pve_api_ways(const struct pve_api *a);

#endif
