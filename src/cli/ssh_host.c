#include "cli/ssh_host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "cli/guests.h"
#include "config/config.h"
#include "proto/address.h"

static const struct config_ssh_guest *by_id(const struct config *c,
		const char *id, size_t profile_len, const char *rest)
{
	for (size_t i = 0; i < c->ssh.guest_count; i++) {
		const struct config_ssh_guest *g = &c->ssh.guests[i];

		if (strncmp(g->id, id, profile_len) == 0 &&
				strcmp(g->id + profile_len, rest) == 0)
			return g;
	}
	return NULL;
}

static int in_two(const struct config *c, const char *key, struct err *e)
{
	const struct config_profile *two[2];
	size_t count = 0;

	for (size_t i = 0; i < c->profile_count && count < 2; i++)
		if (c->profiles[i].guest_count == 0)
			two[count++] = &c->profiles[i];
	if (count < 2)
		return 0;
	return err_set(e, -ENOTUNIQ,
			"[ssh.guests.\"%s\"] may be of profile %s or %s; write "
			"\"%s/%s\" or \"%s/%s\"",
			key, two[0]->name, two[1]->name, two[0]->name, key,
			two[1]->name, key);
}

int ssh_entry(const struct config *c, const struct guest_entry *g,
		const struct config_ssh_guest **ret, struct err *e)
{
	const char *rest = strchr(g->id, '/'), *last = strrchr(g->id, '/');
	size_t profile_len = (size_t)(rest - g->id);
	const char *bare = last + 1;

	*ret = by_id(c, g->id, profile_len, rest);
	if (!*ret)
		*ret = by_id(c, g->id, profile_len, last);
	if (*ret)
		return 0;
	*ret = by_id(c, "", 0, bare);
	if (!*ret && g->name)
		*ret = by_id(c, "", 0, g->name);
	return *ret ? in_two(c, (*ret)->id, e) : 0;
}

/* ---- addresses ------------------------------------------------------------
 */

/* Interfaces that only the guest's own containers and machines share. */
static bool is_inner(const char *interface)
{
	static const char *const prefixes[] = {"docker", "br-", "veth", "cni",
			"podman", "virbr", "lxcbr", "lxdbr", "flannel", "cali",
			"kube-", "vxlan"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(interface, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return strcmp(interface, "lo") == 0;
}

const char *ssh_choose(const struct guest_address *all, size_t count)
{
	const char *second = NULL;

	for (size_t i = 0; i < count; i++) {
		if (is_inner(all[i].interface) ||
				!address_is_routable(all[i].address))
			continue;
		if (!strchr(all[i].address, ':'))
			return all[i].address;
		if (!second)
			second = all[i].address;
	}
	return second;
}

bool ssh_is_name(const char *host)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, bytes) != 1 &&
	       inet_pton(AF_INET6, host, bytes) != 1 &&
	       strcmp(host, "localhost") != 0;
}

bool ssh_word_ok(const char *word)
{
	if (!*word || *word == '-')
		return false;
	for (const char *c = word; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '@')
			return false;
	return true;
}
