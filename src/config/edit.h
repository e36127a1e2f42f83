/*
 * Changes in the text of a configuration. What stands around the value stays
 * as it is: comments, order, the way other values are written.
 *
 * A key is named by its path: "gateway.listen", "profiles.home.url",
 * "ssh.guests.\"home/100\".host". A section that is not there yet is added at
 * the end.
 */
#ifndef CONFIG_EDIT_H
#define CONFIG_EDIT_H

#include <stdbool.h>

#include "config/config.h"

struct buf;

/* How the value of a key is written. */
enum config_edit_kind {
	CONFIG_EDIT_UNKNOWN, /* no such key; checking the file says so */
	CONFIG_EDIT_TEXT,
	CONFIG_EDIT_PLAIN, /* true, false, a number */
	CONFIG_EDIT_LIST,  /* texts, with commas */
	CONFIG_EDIT_TEXTS, /* one text, or several with commas */
	CONFIG_EDIT_SECRET,
};

enum config_edit_kind config_edit_kind(const char *path);

/*
 * Give a key a value, as a person types it. 0, -EINVAL (what is there cannot
 * be changed by a program; e says why), -ENOMEM, -EMSGSIZE; then the text is
 * as it was.
 */
int config_edit_set(struct buf *text, const char *path, const char *value,
		struct err *e);
/* What a text key says now, to be freed; NULL: nothing. */
char *config_edit_get(const struct buf *text, const char *path);

/*
 * Every path of a file in it (ca_file, token_secret_file, key_path ...) that
 * is relative begins at `folder` afterwards. As config_edit_set().
 */
int config_edit_move(struct buf *text, const char *folder, struct err *e);

/* The file that config_load() would read, to be freed. NULL: there is none. */
char *config_file(const struct config_options *o);

#endif
