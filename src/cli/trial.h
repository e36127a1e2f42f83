/*
 * A console, opened and closed again: does it work? Nobody who has it open is
 * disturbed: of SPICE, where a second viewer would throw the first one out,
 * the way is tried as far as its TLS.
 */
#ifndef CLI_TRIAL_H
#define CLI_TRIAL_H

#include "core/err.h"
#include "hypervisor/hypervisor.h"

struct loop;

/* 0, or -errno as hypervisor_plan_fn or a dial have it; e says why. */
int trial_console(struct loop *l, struct hypervisor *h, const char *id,
		enum console_kind kind, struct err *e);

#endif
