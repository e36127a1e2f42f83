/* Proxmox VE: the guests of a cluster and its nodes' shells, by its API. */
#ifndef HYPERVISOR_PROXMOX_PROXMOX_H
#define HYPERVISOR_PROXMOX_PROXMOX_H

#include "hypervisor/hypervisor.h"

extern const struct hypervisor_ops proxmox_hypervisor;

#endif
