/*
 * A list of guests of several profiles, and which of them a typed name means.
 */
#ifndef CLI_GUESTS_H
#define CLI_GUESTS_H

#include <stddef.h>

#include "core/err.h"
#include "hypervisor/hypervisor.h"

struct json;

/* All owned. */
struct guest_entry {
	char *id; /* "lab/kiosk" */
	char *name, *type, *node;
	char *pool;        /* NULL: none */
	char *address;     /* its own, where the hypervisor knows it */
	uint16_t gui_port; /* of its screen, where it is announced; 0: not */
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

/* What a hypervisor has answered; what one could not. 0 or -ENOMEM. */
int guest_list_add(struct guest_list *l, const char *profile,
		const struct guest *from);
int guest_list_add_failed(struct guest_list *l, const char *profile,
		const struct err *why);
void guest_list_sort(struct guest_list *l); /* by id, 9 before 10 */
/* Let go of guests of other types than this one ("qemu"). */
void guest_list_keep(struct guest_list *l, const char *type);

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
