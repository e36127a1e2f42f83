/* How a cluster draws its tags: a pure function of /cluster/options. */
#ifndef HYPERVISOR_PROXMOX_TAGS_H
#define HYPERVISOR_PROXMOX_TAGS_H

#include <stddef.h>

#include "hypervisor/hypervisor.h"

struct json;

enum { PVE_TAG_STYLES_MAX = 128 };

/* How many were found; what is none of them is left out. */
size_t pve_tag_styles_of(const struct json *options,
		struct tag_style ret_styles[PVE_TAG_STYLES_MAX]);

#endif
