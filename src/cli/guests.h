/*
 * The guests of all profiles, asked of the hypervisors directly: no gateway
 * is needed. And which of them a typed name means.
 */
#ifndef CLI_GUESTS_H
#define CLI_GUESTS_H

#include <stddef.h>

#include "core/err.h"
#include "hypervisor/hypervisor.h"

struct app;
struct json;

enum { GUESTS_LIST_MS = 15000 }; /* for all profiles together */

/* All owned. */
struct guest_entry {
	char *id; /* "lab/kiosk" */
	char *name, *type, *node;
	enum guest_status status;
	char *tags[GUEST_TAGS_MAX];
	size_t tag_count;
	char *lacks[CONSOLE_KINDS]; /* NULL: this kind can be had */
};

struct guest_list {
	struct guest_entry *items;
	size_t count, room;
	/* profiles that were asked, and which of them failed, with why */
	size_t asked;
	struct {
		char *profile;
		struct err why;
	} * failed;
	size_t failed_count;
};

void guest_list_done(struct guest_list *l);

/*
 * Ask every profile of the configuration. 0 or an exit code that has been
 * told: also where all of them failed. One that failed among others is told
 * and left out.
 */
int guest_list_load(struct app *a, struct guest_list *ret);

/* What GET /api/v1/guests answered. 0 or -ENOMEM. */
int guest_list_from_json(const struct json *answer, struct guest_list *ret);

/*
 * Which guest is meant: "lab/kiosk", "kiosk", "home/qemu/100", "home/100",
 * "100", by id or by name. -ENOENT: none, the sentence has the nearest;
 * -ENOTUNIQ: several, the sentence lists them.
 */
int guest_list_find(const struct guest_list *l, const char *text,
		const struct guest_entry **ret, struct err *e);

#endif
