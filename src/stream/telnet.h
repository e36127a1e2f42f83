/*
 * A serial line behind a telnet port (console servers, QEMU's `-serial
 * telnet:`), over tcp; proto/telnet.h has the wire. There is no handshake: both
 * ends negotiate while bytes flow. What is written is copied, for it may grow.
 *
 * Down: NOTE_RESIZE is told when the peer wants to know (NAWS); the last wins.
 * Reads answer -EPROTO for a peer that negotiates without end: that wants more
 * answers at once than it could have asked for, or reads none of them.
 */
#ifndef STREAM_TELNET_H
#define STREAM_TELNET_H

#include "core/err.h"

struct stream;

int telnet_wrap(struct stream **s, struct err *e);

#endif
