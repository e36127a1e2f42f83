/*
 * Bottom layers: a TCP connection, a Unix socket, any connected descriptor.
 * They own the descriptor. TCP gets TCP_NODELAY, keep-alive and
 * TCP_NOTSENT_LOWAT (TCP_UNSENT_MAX), so that what cannot be sent yet stays
 * visible here instead of in the kernel.
 *
 * A descriptor that is no socket (a pipe, a terminal) knows no half goodbye:
 * shutdown does nothing there, the end comes with stream_free(). It raises
 * SIGPIPE unless the program ignores it, which ours does.
 */
#ifndef STREAM_TCP_H
#define STREAM_TCP_H

#include <sys/socket.h>

#include "core/err.h"

struct stream;

enum { TCP_UNSENT_MAX = 128 * 1024 };

/*
 * Start to connect; the handshake ends when the connection stands.
 * -ECONNREFUSED, -EHOSTUNREACH, -ETIMEDOUT ... come from the handshake (also
 * -EBUSY: a Unix socket whose backlog is full).
 */
int tcp_connect_wrap(struct stream **s, const struct sockaddr *to,
		socklen_t to_len, struct err *e);
int unix_connect_wrap(struct stream **s, const char *path, struct err *e);

/* An accepted or inherited descriptor, now owned (also on failure it is
 * closed). It is made non-blocking. */
int fd_wrap(struct stream **s, int fd);

/* "192.0.2.7:5901", "[::1]:8006", "unix:/path": for logs and messages. */
enum { ADDRESS_TEXT_MAX = 128 };
void address_text(const struct sockaddr *a, socklen_t len,
		char ret[ADDRESS_TEXT_MAX]);

#endif
