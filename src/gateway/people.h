/*
 * The people who have signed in with an account of a hypervisor's own: for each
 * sign-in a hypervisor of theirs, which holds their ticket (R87). It is known
 * by an id that stands in the sign-in; the ticket is nowhere else, and is wiped
 * when they sign out, when the sign-in is too old, and with the process.
 *
 *	asked > (half >) in > gone
 *
 * Strangers can fill neither the table nor the list of those who still owe a
 * second factor. Control loop only.
 */
#ifndef GATEWAY_PEOPLE_H
#define GATEWAY_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/auth.h"
#include "core/err.h"

struct config;
struct config_profile;
struct hypervisor;
struct loop;
struct people;

enum {
	PEOPLE_MAX = 256,       /* the longest idle give way */
	PEOPLE_BUSY_MAX = 64,   /* whose sign-in is under way */
	PEOPLE_OF_ONE_MAX = 16, /* sign-ins of one account */
	PEOPLE_HALF_MAX = 4,    /* of one, that still owe a second factor */
	PEOPLE_HALF_MS = 5 * 60 * 1000,
	PEOPLE_IDLE_MS = 10 * 60 * 1000, /* then what is cached goes */
	PEOPLE_TRIES_MAX = 3,            /* at a second factor */
};

enum person_state { PERSON_ASKED, PERSON_HALF, PERSON_IN, PERSON_GONE };

struct person {
	struct person *next;
	struct people *all;
	enum person_state state;
	char id[AUTH_PERSON_LEN + 1]; /* a new one with each state */
	char name[AUTH_NAME_MAX];     /* "ops@pve" */
	char profile[AUTH_PROFILE_MAX];
	struct hypervisor *hypervisor; /* owned */
	uint8_t shape[32];             /* of the profile it came by */
	unsigned tries;
	bool rests;
	uint64_t since_ms, used_ms;
};

int people_new(struct people **ret_people, struct loop *control);
/* Nobody is called. Takes NULL. */
void people_free(struct people *p);
/* Whose profile is another now is signed out. */
void people_configure(struct people *p, const struct config *c);

/* Somebody who says to be `user` of this profile; `by` is its hypervisor.
 * -EDQUOT: too many at the same time; -ENOMEM and the others of
 * hypervisor_enter(). */
int people_begin(struct people *p, struct person **ret_person,
		struct hypervisor *by, const struct config_profile *profile,
		const char *user, struct err *e);
/* They have proved the first half, or all of it, as `name`. -ECANCELED: they
 * were let go meanwhile, and stay so. */
int person_set_state(
		struct person *n, enum person_state next, const char *name);
/* Signed out: known by nobody, and freed in the next turn. */
void person_drop(struct person *n);

/* By the id of this state; NULL: there is none. */
struct person *people_find(
		struct people *p, enum person_state state, const char *id);
/* Their hypervisor, which they use now; NULL: they are not signed in. */
struct hypervisor *people_hypervisor(struct people *p, const char *id);

#endif
