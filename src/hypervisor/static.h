/*
 * Guests that the configuration lists by their addresses: anything with a
 * plain VNC port or a serial line. Nobody is asked; a guest's state is not
 * known.
 */
#ifndef HYPERVISOR_STATIC_H
#define HYPERVISOR_STATIC_H

#include "hypervisor/hypervisor.h"

extern const struct hypervisor_ops static_hypervisor;

#endif
