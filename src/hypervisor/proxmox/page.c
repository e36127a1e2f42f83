#include "hypervisor/proxmox/page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hypervisor/hypervisor.h"
#include "proto/url.h"

#define API "/api2/json"

static const struct {
	const char *type, *console;
} consoles[] = {{"qemu", "kvm"}, {"lxc", "lxc"}, {"node", "shell"}};

static const char *console_of(const char *type)
{
	for (size_t i = 0; i < sizeof(consoles) / sizeof(*consoles); i++)
		if (strcmp(consoles[i].type, type) == 0)
			return consoles[i].console;
	return NULL;
}

/* "qemu/100" has a number, "node/pve1" has none. */
static int vmid_of(const struct guest *g, char *ret, size_t max)
{
	const char *rest = strchr(g->id, '/');
	char number[32];
	int n;

	*ret = '\0';
	if (!rest || strcmp(g->type, "node") == 0)
		return 0;
	if (url_encode(rest + 1, strlen(rest + 1), number, sizeof(number)) < 0)
		return -EMSGSIZE;
	n = snprintf(ret, max, "&vmid=%s", number);
	return n < 0 || (size_t)n >= max ? -EMSGSIZE : 0;
}

int pve_page(const char *base, const struct guest *g, char *ret_url,
		size_t ret_max)
{
	size_t len = strlen(base);
	const char *console = console_of(g->type);
	char node[256], vmid[64];
	int n;

	if (!console || !g->node || len < strlen(API) ||
			strcmp(base + len - strlen(API), API) != 0)
		return -ENOTSUP;
	if (url_encode(g->node, strlen(g->node), node, sizeof(node)) < 0 ||
			vmid_of(g, vmid, sizeof(vmid)) < 0)
		return -EMSGSIZE;
	n = snprintf(ret_url, ret_max,
			"%.*s/?console=%s&novnc=1%s&node=%s&resize=scale",
			(int)(len - strlen(API)), base, console, vmid, node);
	return n < 0 || (size_t)n >= ret_max ? -EMSGSIZE : 0;
}
