/*
 * Who holds a TCP port on this machine, as /proc tells it.
 */
#ifndef GATEWAY_HOLDER_H
#define GATEWAY_HOLDER_H

#include <stddef.h>
#include <stdint.h>

/* "nginx (process 4711)". -ENOENT where nobody is seen: not listening, or of
 * a user whose processes we may not look into. */
int holder_of_port(uint16_t port, char *ret, size_t ret_max);

#endif
