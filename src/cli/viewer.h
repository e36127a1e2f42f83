/*
 * The program that shows a .vv file: remote-viewer, or what the system opens
 * such files with. It is started with a list of arguments, never by a shell.
 */
#ifndef CLI_VIEWER_H
#define CLI_VIEWER_H

#include <stdbool.h>

#include "core/err.h"

struct config_viewer;
struct loop;

enum { VIEWER_OPTIONS_MAX = 32, VIEWER_PATH_MAX = 4096 };

struct viewer {
	char file[VIEWER_PATH_MAX];
	bool opener; /* it hands the file on and ends */
	const struct config_viewer *config;
};

/* `named`: by an option; NULL: by the configuration, else what is found.
 * -ENOENT: there is none, e says what to install. */
int viewer_find(struct viewer *v, const char *named,
		const struct config_viewer *c, struct err *e);

/* It has ended; `code` as shells have it. */
typedef void viewer_fn(void *arg, int code);

struct showing;

/* Show a file. */
int viewer_start(struct showing **ret_showing, const struct viewer *v,
		struct loop *l, const char *path, viewer_fn *fn, void *arg,
		struct err *e);
/* Ask it to end; its end is no longer of interest. Takes NULL. */
void viewer_stop(struct showing *s);
/* Only the latter. Takes NULL. */
void viewer_forget(struct showing *s);

#endif
