/*
 * The program that shows a .vv file: remote-viewer, or what the system opens
 * such files with. It is started with a list of arguments, never by a shell,
 * and without what the environment says for us.
 */
#ifndef CLI_VIEWER_H
#define CLI_VIEWER_H

#include <stdbool.h>

#include "bridge/vv_file.h"
#include "core/err.h"

struct buf;
struct config_viewer;
struct loop;

enum { VIEWER_OPTIONS_MAX = 32, VIEWER_PATH_MAX = VV_PATH_MAX };

struct viewer {
	char file[VIEWER_PATH_MAX];
	bool opener; /* it hands the file on and ends */
	const struct config_viewer *config;
};

/* `named`: by an option; NULL: by the configuration, else what is found.
 * -ENOENT: there is none, e says what to install. */
int viewer_find(struct viewer *v, const char *named,
		const struct config_viewer *c, struct err *e);

/* What it reads: on disk, or as its standard input. */
struct viewer_file {
	char path[VIEWER_PATH_MAX]; /* "": it has no name */
	int fd;                     /* of one without a name; -1 */
};

struct viewer_file_wish {
	const char *where; /* as in bridge/vv_file.h */
	const char *name;  /* in a folder */
	bool nameless;     /* as standard input */
};

/* Make it; the content is wiped in any case. 0 or an exit code, told. */
int viewer_file_make(struct viewer_file *f, struct buf *content,
		const struct viewer_file_wish *w);
/* There is none any more; where it was deleted already, too. */
void viewer_file_done(struct viewer_file *f);

/* It has ended; `code` as shells have it. */
typedef void viewer_fn(void *arg, int code);

struct showing;

/* Show a file. -ENOTSUP: what opens files reads no standard input. */
int viewer_start(struct showing **ret_showing, const struct viewer *v,
		struct loop *l, const struct viewer_file *f, viewer_fn *fn,
		void *arg, struct err *e);
/* Ask it to end; its end is no longer of interest. Takes NULL. */
void viewer_stop(struct showing *s);
/* Only the latter. Takes NULL. */
void viewer_forget(struct showing *s);

#endif
