#include "hypervisor/proxmox/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"

enum { INTERFACE_MAX = 64 };

void pve_addresses_done(struct pve_addresses *a)
{
	for (size_t i = 0; i < a->count; i++) {
		free((char *)(uintptr_t)a->items[i].interface);
		free((char *)(uintptr_t)a->items[i].address);
	}
	free(a->items);
	*a = (struct pve_addresses){0};
}

/* "10.0.0.7" of "10.0.0.7/24"; false: it is no address. */
static bool take(const char *text, char ret[INET6_ADDRSTRLEN])
{
	size_t len = text ? strcspn(text, "/") : 0;
	unsigned char bytes[sizeof(struct in6_addr)];

	if (len == 0 || len >= INET6_ADDRSTRLEN)
		return false;
	memcpy(ret, text, len);
	ret[len] = '\0';
	return inet_pton(AF_INET, ret, bytes) == 1 ||
	       inet_pton(AF_INET6, ret, bytes) == 1;
}

static int add(struct pve_addresses *a, const char *interface, const char *text)
{
	char address[INET6_ADDRSTRLEN];
	struct guest_address *to = &a->items[a->count];

	if (a->count == PVE_ADDRESSES_MAX || !take(text, address))
		return 0;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i].address, address) == 0)
			return 0;
	to->interface = strndup(interface ? interface : "", INTERFACE_MAX);
	to->address = strdup(address);
	a->count++;
	return to->interface && to->address ? 0 : -ENOMEM;
}

/* Newer servers have a container's addresses twice: once is enough. */
static int add_interface(struct pve_addresses *a, const struct json *from)
{
	const char *name = json_text(json_get(from, "name"));
	const struct json *all = json_get(from, "ip-addresses");
	int r = add(a, name, json_text(json_get(from, "inet")));

	if (r == 0)
		r = add(a, name, json_text(json_get(from, "inet6")));
	for (size_t i = 0; r == 0 && i < json_count(all); i++)
		r = add(a, name,
				json_text(json_get(json_at(all, i),
						"ip-address")));
	return r;
}

int pve_addresses_of(const struct json *data, struct pve_addresses *ret)
{
	const struct json *result = json_get(data, "result");
	const struct json *all = result ? result : data;
	struct pve_addresses a = {0};
	int r = 0;

	a.items = calloc(PVE_ADDRESSES_MAX, sizeof(*a.items));
	if (!a.items)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < json_count(all); i++)
		r = add_interface(&a, json_at(all, i));
	if (r < 0)
		pve_addresses_done(&a);
	else
		*ret = a;
	return r;
}
