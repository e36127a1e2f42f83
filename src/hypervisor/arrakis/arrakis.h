/*
 * Arrakis: sandbox VMs behind a REST API without a login. Nothing is kept of a
 * sandbox: each call begins with a fresh list, since its address and its ports
 * are others once it was destroyed and created again.
 */
#ifndef HYPERVISOR_ARRAKIS_ARRAKIS_H
#define HYPERVISOR_ARRAKIS_ARRAKIS_H

#include "hypervisor/hypervisor.h"

extern const struct hypervisor_ops arrakis_hypervisor;

#endif
