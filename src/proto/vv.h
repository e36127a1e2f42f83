/*
 * What remote-viewer reads: a connection as a .vv file, one group with a
 * "key=value" a line, the type first (virt-viewer's man page; Proxmox's answer
 * to spiceproxy has the same keys).
 *
 *	[virt-viewer]
 *	type=vnc
 *	host=127.0.0.1
 */
#ifndef PROTO_VV_H
#define PROTO_VV_H

#include "core/err.h"

struct buf;

enum { VV_MAX = 64 * 1024, VV_TYPE_MAX = 16 };

#define VV_MIME "application/x-virt-viewer"

/* Begin: "vnc" or "spice". 0, -ENOMEM, -EMSGSIZE. */
int vv_begin(struct buf *to, const char *type);
/*
 * A line of it. -EINVAL: a key that is none, or a value with a control
 * character in it, which would be a line of a stranger's; e names the key and
 * never the value.
 */
int vv_add(struct buf *to, const char *key, const char *value, struct err *e);

#endif
