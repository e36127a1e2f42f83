/*
 * What can be asked of a socket past the layers that stand on it.
 */
#ifndef STREAM_SOCKET_H
#define STREAM_SOCKET_H

#include <stdint.h>
#include <sys/types.h>

/* How much the peer's kernel has taken, as a number that moves while bytes are
 * taken (TCP: bytes acknowledged; Unix: what is left in the socket). 0, or
 * -errno where the descriptor cannot tell. */
int socket_taken(int fd, uint64_t *ret_taken);

/* Bytes we sent that the peer's kernel has not taken; 0 where unknown. */
int socket_unsent(int fd);

/* Drop what has arrived, past all layers. > 0 bytes, 0 the end, -errno. */
ssize_t socket_discard(int fd);

#endif
