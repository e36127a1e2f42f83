/* Between api.c (calls), host.c, setup.c, login.c (who we are) and person.c. */
#ifndef HYPERVISOR_PROXMOX_INTERNAL_H
#define HYPERVISOR_PROXMOX_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/loop.h"
#include "core/secret.h"
#include "hypervisor/proxmox/api.h"
#include "hypervisor/proxmox/nodes.h"
#include "hypervisor/proxmox/person.h"
#include "hypervisor/proxmox/rate.h"
#include "hypervisor/proxmox/way.h"
#include "proto/url.h"
#include "stream/tls.h"

struct http_call;
struct http_client;

struct pve_host {
	struct url url;
	char *base;           /* "https://pve1.lan:8006/api2/json" */
	char *name;           /* "pve1.lan:8006", for sentences */
	uint64_t rests_until; /* it did not answer; 0: it does */
	uint64_t rest_ms;     /* the last rest */
	uint64_t answered_ms; /* the last time */
};

enum pve_session_state {
	PVE_SESSION_NONE,
	PVE_SESSION_ASKED, /* a login is under way */
	PVE_SESSION_HELD,
};

/* A login by password. */
struct pve_session {
	enum pve_session_state state;
	bool renewing;  /* one is held while the next is asked for */
	bool by_ticket; /* what is asked, shows the old ticket */
	struct secret ticket, csrf;
	uint64_t since_ms; /* when it was given */
	uint64_t life_ms;  /* how long one lives, as far as we know */
	unsigned count;    /* which one it is */
	/* the last refusal: it stands for a while */
	uint64_t refused_ms;
	struct err refused;
};

struct pve_call {
	struct pve_call *next, *prev;
	struct pve_api *api;
	char *method, *path;
	struct secret form; /* may hold a password */
	bool has_form, harmless;
	bool anonymous;     /* a login: without a credential */
	bool admitted;      /* by the rate_limit */
	struct timer *turn; /* until it is */
	bool again;         /* after a login that followed a refusal */
	bool waits;         /* for a login */
	bool begins;        /* in the next turn */
	unsigned session;   /* with which one it was asked */
	unsigned tried;     /* bits of hosts */
	size_t first;       /* 1 + the host that is asked first; 0: any */
	bool only;          /* and no other */
	size_t host;
	uint64_t asked_ms;
	struct http_call *http;
	pve_fn *fn;
	void *arg;
	struct err error; /* of the hosts that were tried */
};

struct pve_api {
	struct loop *loop;
	struct http_client *http;
	struct tls_context *tls;
	struct tls_policy policy;
	struct pve_rate *rate;
	struct pve_ways *ways;
	struct pve_nodes *nodes; /* which host is which */
	struct pve_learning learning;
	uint64_t life_ms; /* of a ticket, as the profile has it */
	struct pve_host hosts[PVE_HOSTS_MAX];
	size_t host_count;
	char *user, *who;
	bool person; /* it is their own account: there is no password kept */
	bool *lost;  /* a person's: set when their ticket is no more */
	struct timer *renew;      /* a person's: also while nobody asks */
	struct secret challenge;  /* the half ticket of who owes a factor */
	pve_proved_fn *proved_fn; /* a proof is under way */
	void *proved_arg;
	struct secret token; /* "PVEAPIToken=USER@REALM!ID=SECRET" */
	struct secret password;
	struct pve_session session;
	struct pve_call *calls; /* all of them */
	struct defer begin;     /* those that have not begun */
};

/* ---- api.c ----------------------------------------------------------------
 */

int pve_call_new(struct pve_call **ret_call, struct pve_api *a,
		const struct pve_ask *ask, pve_fn *fn, void *arg);
/* In the next turn. */
void pve_call_begin(struct pve_call *q);
/* The end of a call that never got an answer. */
void pve_call_fail(struct pve_call *q, int r, const struct err *e);
void pve_call_free(struct pve_call *q);
void pve_on_begin(struct defer *d);

/* ---- host.c ---------------------------------------------------------------
 */

int pve_host_init(struct pve_host *h, const struct url *from, struct err *e);
size_t pve_host_choose(const struct pve_api *a, unsigned tried);
bool pve_host_rests(const struct pve_api *a, size_t host);
void pve_host_answered(struct pve_api *a, struct pve_host *h);
void pve_host_failed(struct pve_api *a, struct pve_host *h, uint64_t asked_ms);

/* ---- nodes.c --------------------------------------------------------------
 */

/* The host that is this node, as far as is known; host_count: none. */
size_t pve_host_of(const struct pve_api *a, const char *node);

/* ---- login.c --------------------------------------------------------------
 */

/*
 * May this call be asked now? 0; -EAGAIN: it waits for a login, which begins
 * it again or fails it; else it cannot, and e says why. Starts a login or a
 * renewal where one is due.
 */
int pve_login_need(struct pve_api *a, struct pve_call *q, struct err *e);
/* The session with this number was refused. */
void pve_login_refused(struct pve_api *a, unsigned session);
/* "PVEAuthCookie=..", percent-encoded. */
int pve_login_cookie(const struct pve_api *a, struct secret *ret);
void pve_session_done(struct pve_session *s);
/* A proof of who we are is sent: the password, a ticket, or with `challenge` a
 * second factor ("totp:123456"). */
int pve_login_ask(struct pve_api *a, const struct secret *proof,
		const struct secret *challenge, pve_fn *fn, void *arg);
/* Out of a login's answer. */
int pve_login_take(struct pve_api *a, const struct json *data, struct err *e);
/* A person's: it is time (a timer_fn). */
void pve_login_renew(void *arg);

#endif
