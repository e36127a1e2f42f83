/*
 * Where things of a running program stand: its control socket and its state.
 * Folders are made with mode 0700 where they are missing, and refused where
 * they belong to somebody else.
 */
#ifndef CONFIG_PATHS_H
#define CONFIG_PATHS_H

#include <stddef.h>

#include "core/err.h"

enum { PATHS_MAX = 108 }; /* what a Unix socket's address can hold */

/*
 * The gateway's control socket: $RUNTIME_DIRECTORY/control.sock (a service),
 * else $XDG_RUNTIME_DIR/glassbridge/, else /run/user/UID/glassbridge/, else
 * /run/glassbridge/ for root, else /tmp/glassbridge-UID/. The folder is made
 * only with `make`. 0, -EMSGSIZE, -EPERM (not ours), -errno.
 */
int paths_control_socket(char *ret, size_t ret_max, int make, struct err *e);

/* What outlives a run (the self-made certificate): $STATE_DIRECTORY, else
 * $XDG_STATE_HOME/glassbridge, else ~/.local/state/glassbridge. Made. */
int paths_state(char *ret, size_t ret_max, struct err *e);

#endif
