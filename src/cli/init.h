/*
 * The parts of `glassbridge init`: what is to be written, and how.
 */
#ifndef CLI_INIT_H
#define CLI_INIT_H

#include <limits.h>
#include <stdbool.h>

#include "cli/options.h"
#include "core/secret.h"

struct app;

enum { INIT_TEXT_MAX = 256 };

struct init_values {
	const char *name, *user, *token_id, *token_secret_file, *password_file;
	const char *fingerprint, *ca_file, *vnc_password_file, *output;
	const char *ssh_user, *ssh_key, *import;
	struct option_list addresses; /* "100=192.0.2.7" */
	bool yes;
};

/* What the new configuration says. */
struct init {
	struct app *app;
	const struct init_values *values;
	const char *kind; /* "proxmox" "arrakis" "static" */
	char name[64];
	char url[2048]; /* of a static one: "host:port" */
	char user[INIT_TEXT_MAX], token_id[INIT_TEXT_MAX];
	char fingerprint[INIT_TEXT_MAX];
	char ca_file[PATH_MAX], secret_file[PATH_MAX];
	struct secret secret; /* typed; stands in the file itself */
	char ssh_user[INIT_TEXT_MAX], ssh_key[PATH_MAX];
	struct {
		char guest[INIT_TEXT_MAX], host[INIT_TEXT_MAX];
	} addresses[OPTION_LIST_MAX];
	size_t address_count;
	char path[PATH_MAX];  /* of the file */
	char draft[PATH_MAX]; /* the same while it is tried; "": none */
};

/* Where it goes, and that nothing there is lost without a yes. 0 or the exit
 * code, told. */
int init_place(struct init *i);
/* A draft beside it, mode 0600, of what is known now; one that is there is
 * replaced. 0 or the exit code, told. */
int init_draft(struct init *i);
/* The same of bytes as they are. */
int init_draft_of(struct init *i, const void *data, size_t len);
/* The draft becomes the file. 0 or the exit code, told. */
int init_keep(struct init *i);
void init_drop(struct init *i); /* no draft is left */

/* proxxx's file (C4). */
int init_import(struct init *i, const char *file);

/* Asked, or taken from the options. 0 or the exit code, told. */
int init_trust(struct init *i);
int init_login(struct init *i);
void init_ssh(struct init *i);

#endif
