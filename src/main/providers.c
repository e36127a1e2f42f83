#include "main/providers.h"

#include <stddef.h>

#include "hypervisor/static.h"

const struct hypervisor_ops *const providers[] = {
		&static_hypervisor,
		NULL,
};
