/*
 * Whose TCP sockets those of this machine are, as /proc tells it.
 */
#ifndef CORE_HOLDER_H
#define CORE_HOLDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* "nginx (process 4711)". -ENOENT where nobody is seen: not listening, or of
 * a user whose processes we may not look into. */
int holder_of_port(uint16_t port, char *ret, size_t ret_max);

/*
 * The user at the other end of an accepted connection that does not leave this
 * machine. -ENOENT where the kernel knows of no such socket: the peer is
 * elsewhere, or has gone already, be it with its last bytes still to be read.
 */
int holder_of_peer(int fd, uid_t *ret_user);

#endif
