/*
 * The door for proxxy's payloads, as the configuration has it: its key, and
 * the hosts to which a payload may lead, each with how it is verified. A host
 * of a profile is dialled as the profile says; others must be allowed by name.
 */
#ifndef GATEWAY_PAYLOAD_DOOR_H
#define GATEWAY_PAYLOAD_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/crypto.h"
#include "core/err.h"
#include "hypervisor/hypervisor.h"

struct config;
struct dial_plan;
struct payload;
struct json_out;
struct payload_issues;
struct payload_door;

enum {
	/* two for each payload that was used; past these, none is taken */
	PAYLOADS_USED_MAX = 200000,
	PAYLOADS_USED_MS = 24 * 60 * 60 * 1000,
};

/* NULL where it is shut. */
int payload_door_new(struct payload_door **ret_door, const struct config *c,
		struct err *e);
void payload_door_free(struct payload_door *d); /* takes NULL; wipes */

const uint8_t *payload_door_key(const struct payload_door *d);
/* Does a payload open once only? */
bool payload_door_once(const struct payload_door *d);

/*
 * The plan of its console, and the name of its guest ("home/qemu/100", or
 * "pve1.lan:443/qemu/100" where no profile has the host). -EPERM: there is no
 * way to that host from here; -ENOMEM. `plan` is empty on failure.
 */
int payload_door_plan(const struct payload_door *d, const struct payload *p,
		struct dial_plan *plan, char ret_guest[GUEST_ID_MAX]);

/* An answer at this door, in the form of the original: {error, code, issues}.
 * issues may be NULL. */
void payload_answer(struct json_out *o, unsigned status, const char *error,
		const struct payload_issues *issues);

#endif
