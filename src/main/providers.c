#include "main/providers.h"

#include <stddef.h>

#include "hypervisor/arrakis/arrakis.h"
#include "hypervisor/proxmox/proxmox.h"
#include "hypervisor/static.h"

const struct hypervisor_ops *const providers[] = {
		&proxmox_hypervisor,
		&arrakis_hypervisor,
		&static_hypervisor,
		NULL,
};
