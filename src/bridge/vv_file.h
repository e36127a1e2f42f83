/*
 * A viewer's file (proto/vv) on disk: a new one, of the user alone.
 */
#ifndef BRIDGE_VV_FILE_H
#define BRIDGE_VV_FILE_H

#include <stddef.h>

#include "core/err.h"

struct buf;

enum { VV_PATH_MAX = 4096 };

/*
 * Write it. `where` NULL: a name of its own in $XDG_RUNTIME_DIR, else in the
 * folder for temporary files; a folder: `name` in it; else the file itself.
 * Never through a link, and never over a file that is there: -EEXIST. On
 * failure nothing is left behind.
 */
int vv_file_write(const struct buf *content, const char *where,
		const char *name, char ret_path[VV_PATH_MAX], struct err *e);

/* The same as an open file without a name, at its beginning: nothing is on
 * disk, and only who is handed it can read it. The descriptor, the caller's;
 * or a negative errno, told. */
int vv_file_nameless(const struct buf *content, struct err *e);

#endif
