/*
 * Where `ssh` goes for a guest: what the configuration says of it, else one of
 * the addresses that the guest names. Pure functions: nobody is asked here.
 */
#ifndef CLI_SSH_HOST_H
#define CLI_SSH_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "hypervisor/hypervisor.h"

struct config;
struct config_ssh_guest;
struct guest_entry;

/*
 * The guest's own entry: ssh.guests."home/qemu/100", else "home/100", else
 * "100" or its name. *ret NULL: there is none. -ENOTUNIQ: the key is a bare id
 * that two profiles have; e says how to write it.
 */
int ssh_entry(const struct config *c, const struct guest_entry *g,
		const struct config_ssh_guest **ret, struct err *e);

/*
 * The address that others will reach best: not of the guest alone (loopback,
 * link-local, bridges of container engines), IPv4 before IPv6. NULL: none.
 */
const char *ssh_choose(const struct guest_address *all, size_t count);

/* A name and no address: other than "localhost". */
bool ssh_is_name(const char *host);

/* May it stand in ssh's argv: no leading '-', no blanks, no '@'? */
bool ssh_word_ok(const char *word);

#endif
