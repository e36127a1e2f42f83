/*
 * The hypervisors that are built in; the one place that names them.
 */
#ifndef MAIN_PROVIDERS_H
#define MAIN_PROVIDERS_H

struct hypervisor_ops;

extern const struct hypervisor_ops *const providers[]; /* NULL at the end */

#endif
