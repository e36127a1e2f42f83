#include "main/providers.h"

#include <stddef.h>

#include "hypervisor/proxmox/proxmox.h"
#include "hypervisor/static.h"

const struct hypervisor_ops *const providers[] = {
		&proxmox_hypervisor,
		&static_hypervisor,
		NULL,
};
