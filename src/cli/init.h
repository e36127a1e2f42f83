/*
 * The parts of `glassbridge init`: what is to be written, and how.
 */
#ifndef CLI_INIT_H
#define CLI_INIT_H

#include <limits.h>
#include <stdbool.h>

#include "cli/draft.h"
#include "cli/options.h"
#include "core/secret.h"
#include "hypervisor/hypervisor.h"

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
	struct draft draft; /* of the file, while it is tried */
};

/* Where it goes, and that nothing there is lost without a yes. 0 or the exit
 * code, told. */
int init_place(struct init *i);
/* A draft beside it of what is known now. 0 or the exit code, told. */
int init_draft(struct init *i);

/* proxxx's file (C4). */
int init_import(struct init *i, const char *file);

/* Asked, or taken from the options. 0 or the exit code, told. */
int init_trust(struct init *i);
int init_login(struct init *i);
int init_screen(struct init *i); /* the password of a plain screen */
void init_ssh(struct init *i);
/* Another login, or another password of the screens. */
int init_again(struct init *i);

/* A line to whom is asked, on standard error. */
void init_tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Not all of it works: what a person wants then. */
enum init_choice {
	INIT_TRY,   /* again: what lacked was mended meanwhile */
	INIT_LOGIN, /* with another login */
	INIT_WRITE, /* all the same */
	INIT_QUIT,
};
enum init_choice init_choose(const struct init *i);

/* The draft, as every command would read it, each check told. */
struct init_tried {
	int worst;                /* the exit code of the worst fault */
	unsigned opened;          /* bits of console kinds */
	char guest[GUEST_ID_MAX]; /* one whose console opened; "": none */
};
int init_try(struct init *i, struct init_tried *ret);

#endif
