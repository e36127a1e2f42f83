/*
 * The parts of `glassbridge doctor`: each looks at one thing and adds what it
 * found to the checks.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <stdbool.h>

#include "cli/checks.h"

struct app;
struct config;
struct config_profile;
struct guest;
struct loop;

struct doctor {
	struct app *app;
	const struct config *config; /* NULL: it cannot be read */
	struct loop *loop;
	struct checks checks;
};

/* May it stand in a command that a shell reads, as it is? */
bool doctor_is_plain(const char *text);
/* A word for a shell's line, between quotes where it needs them. */
enum { DOCTOR_WORD_MAX = 1024 };
const char *doctor_word(const char *text, char ret[DOCTOR_WORD_MAX]);

/* Is there such a program in PATH? */
bool doctor_has_program(const char *name);

/* The configuration's file and its secrets; sets d->config. */
void doctor_config(struct doctor *d);
/* The gateway of this machine, and the programs that are handed work. */
void doctor_machine(struct doctor *d);
/* Its servers, without any credential. false: none can be reached. */
bool doctor_servers(struct doctor *d, const struct config_profile *p);
/* What a hypervisor finds of itself (id NULL), or of a guest. */
void doctor_inspect(struct doctor *d, struct hypervisor *h, const char *about,
		const char *id);
/* A console of a guest ("home/qemu/100"), opened and closed; `mend` is for a
 * password that is refused. */
void doctor_console(struct doctor *d, struct hypervisor *h, const char *about,
		const char *id, enum console_kind kind, const char *mend);
/* The command that gives a screen its password. */
void doctor_screen_password(const struct config_profile *p, const char *id,
		char ret[DOCTOR_WORD_MAX]);
/* The ports a sandbox has on its host (R50). */
void doctor_ports(struct doctor *d, const struct config_profile *p,
		const char *about, const struct guest *g);
/* Its screen, asked by a command within it. */
void doctor_screen(struct doctor *d, struct hypervisor *h, const char *about,
		const char *id);
/* What rules close, and what no rule can. */
void doctor_sealed(struct doctor *d);

#endif
