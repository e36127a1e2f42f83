/*
 * The hypervisors of the configuration, asked directly: no gateway is needed.
 * They stay open for what a command wants of a guest, on a loop of its own.
 */
#ifndef CLI_SOURCES_H
#define CLI_SOURCES_H

#include "cli/guests.h"

struct app;
struct config_profile;
struct loop;
struct source;

enum { SOURCES_LIST_MS = 15000 }; /* for all profiles together */

struct sources {
	struct loop *loop;
	struct guest_list guests;
	struct source *items; /* one a profile that was asked */
	size_t count;
};

/*
 * Open every profile of the configuration, or the one of this name where there
 * is one (NULL: all; a->globals.profile: what -p says), and ask it for its
 * guests. 0, or an exit code that has been told: also where all of them failed.
 * One that failed among others is told and left out.
 */
int sources_open(struct app *a, const char *profile, struct sources *ret);
void sources_close(struct sources *s); /* takes an empty one */

/* Whose guest it is; *ret_profile is the configuration's. */
struct hypervisor *sources_of(const struct sources *s,
		const struct guest_entry *g,
		const struct config_profile **ret_profile);

/* The list alone, of all profiles unless one was asked for. 0 or an exit code,
 * told. */
int sources_list(struct app *a, struct guest_list *ret);

#endif
