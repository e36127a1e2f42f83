/*
 * Where the gateway of a configuration can be found, as a URL.
 */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include <stddef.h>

struct address;
struct config;

enum { PLACE_MAX = 2048 };

/* As `serve` decides it: plain HTTP only where it stays on this machine. */
void place_of(char ret[PLACE_MAX], const struct config *c,
		const struct address *a);

/* Where it listens: the first address that is no Unix socket. */
void place_to_listen(char ret[PLACE_MAX], const struct config *c);

/* For a call from this machine: the public URL, else the first address. */
void place_to_call(char ret[PLACE_MAX], const struct config *c);

#endif
