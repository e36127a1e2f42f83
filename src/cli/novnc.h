/*
 * `novnc`, which is also `web --pve-ui`.
 */
#ifndef CLI_NOVNC_H
#define CLI_NOVNC_H

#include <stdbool.h>

#include "cli/target.h"

/* Print the address of the hypervisor's own page, and open it. The exit code.
 */
int novnc_open(struct app *a, const char *typed, const struct target_options *o,
		bool no_open);

#endif
