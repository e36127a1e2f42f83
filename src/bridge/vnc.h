/*
 * A guest's screen on a port of this machine, for a native viewer: the viewer
 * speaks plain VNC with a password of ours; the ticket is made when it
 * connects, and the login towards the guest is ours too. A viewer may come and
 * go as often as it likes.
 */
#ifndef BRIDGE_VNC_H
#define BRIDGE_VNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/desk.h"
#include "core/secret.h"
#include "session/ends.h"

struct vnc_bridge;

enum {
	VNC_BRIDGE_PASSWORD_LEN = 8, /* what VNC authentication looks at */
	VNC_BRIDGE_VIEWERS_MAX = 16, /* connections at once; more are closed */
};

struct vnc_bridge_options {
	struct desk_options desk;
	const char *host; /* NULL: 127.0.0.1 */
	uint16_t port;    /* 0: any */
	bool same_user;   /* as in bridge/door.h */
};

/* A viewer has come or gone: vnc_bridge_viewers() tells. Never from inside. */
typedef void vnc_bridge_fn(void *arg);

int vnc_bridge_open(struct vnc_bridge **ret_bridge,
		const struct vnc_bridge_options *o, vnc_bridge_fn *fn,
		void *arg, struct err *e);
void vnc_bridge_close(struct vnc_bridge *b); /* takes NULL */

uint16_t vnc_bridge_port(const struct vnc_bridge *b);
const struct secret *vnc_bridge_password(const struct vnc_bridge *b);
/* Those that have said the password: who only knocks is no viewer. */
size_t vnc_bridge_viewers(const struct vnc_bridge *b);

/* How the last viewer's console ended; END_WORDS: none has. */
enum end_word vnc_bridge_end(
		const struct vnc_bridge *b, const char **ret_detail);

#endif
