/*
 * The hypervisors of a configuration, on one loop: opened together, and given
 * up together when another configuration stands. One that still owes an answer
 * then lives until it has given it.
 */
#ifndef GATEWAY_HYPERVISORS_H
#define GATEWAY_HYPERVISORS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct config;
struct config_profile;
struct hypervisor;
struct hypervisor_ops;
struct loop;

/* Is this profile of use? */
typedef bool hypervisors_want_fn(
		const struct config *c, const struct config_profile *p);

/*
 * One for each profile, or for those that are wanted (NULL: all). A profile of
 * a kind that is not built in is told and left out: the others are of use.
 */
int hypervisors_open(struct hypervisor ***ret_all, size_t *ret_count,
		struct loop *l, const struct hypervisor_ops *const *providers,
		const struct config *c, hypervisors_want_fn *want,
		struct err *e);
void hypervisors_close(struct hypervisor **all, size_t count);

/* The one of "profile/rest", and the rest; NULL: no such profile. */
struct hypervisor *hypervisors_find(struct hypervisor *const *all, size_t count,
		const char *guest, const char **ret_rest);

/* They go as soon as they owe nobody an answer (the array is freed). */
void hypervisors_retire(struct hypervisor **retired, struct hypervisor **all,
		size_t count);
/* Once a second: those that owe nobody anything any more are freed. */
void hypervisors_sweep(struct hypervisor **retired);
/* All, at once. */
void hypervisors_end(struct hypervisor **retired);

#endif
