/*
 * The guests of a cluster and the nodes whose shell we may open, as of at most
 * PVE_LIST_MS ago: asked for when somebody wants to know, never on its own,
 * and never twice at the same time. One call tells the guests of all nodes;
 * what changes more slowly is asked for more seldom (R31). What one guest's own
 * status said (which consoles it has) is remembered beside it.
 */
#ifndef HYPERVISOR_PROXMOX_LIST_H
#define HYPERVISOR_PROXMOX_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "hypervisor/hypervisor.h"

struct loop;
struct pve_api;
struct pve_list;

enum {
	PVE_LIST_MS = 2000,
	PVE_FACTS_MS = 60000, /* permissions, version, colours of tags */
	PVE_NODES_MS = 10000, /* the nodes and whether they are up */
	PVE_LOOK_MS = 60000,  /* what a guest's own status said */
	PVE_LAG_MS = 12000,   /* nodes tell the list every 10 s how it is */
	PVE_GUESTS_MAX = 20000,
};

/* What status/current says of a QEMU guest. */
struct pve_look {
	uint64_t at_ms; /* 0: never asked */
	enum guest_status status;
	bool serial, spice, paused;
	bool agent, clipboard;
	int64_t uptime; /* -1: not told */
};

/* What its config says, of any guest. */
struct pve_conf {
	uint64_t at_ms; /* 0: never asked */
	bool audio, usb;
	char os[16]; /* "": it does not say */
};

struct pve_guest {
	struct guest shown; /* its texts are the owned ones below */
	char *id, *name, *node, *pool;
	char *tags;         /* cut at each ';' */
	const char *denied; /* the sentence where a privilege is missing */
	bool is_template;
	bool offline; /* a node */
	struct pve_look look;
	struct pve_conf conf;
	struct guest_marks marks;
};

int pve_list_new(struct pve_list **ret_list, struct loop *l,
		struct pve_api *api);
void pve_list_free(struct pve_list *l); /* nobody is called; takes NULL */

/* r = 0: the list is there, and as fresh as was asked. */
typedef void pve_listed_fn(void *arg, int r, const struct err *e);

/* A list that was asked for at `since` or later (loop_now_ms()). The answer
 * comes once and never from inside. 0 or -ENOMEM. */
int pve_list_get(struct pve_list *l, uint64_t since, pve_listed_fn *fn,
		void *arg);

/* ---- what it holds; valid until the loop's next turn ----------------------
 */

const struct guest *pve_list_shown(struct pve_list *l, size_t *ret_count);
/* NULL where there is none. */
struct pve_guest *pve_list_find(struct pve_list *l, const char *id);
/* When it was asked for. */
uint64_t pve_list_since(const struct pve_list *l);
/* Remember what a guest's own status said. */
void pve_list_looked(struct pve_list *l, struct pve_guest *g,
		const struct pve_look *look);
void pve_list_read(struct pve_list *l, struct pve_guest *g,
		const struct pve_conf *conf);
/* How tags look. */
const struct tag_style *pve_list_tag_styles(
		const struct pve_list *l, size_t *ret_count);
/* Nobody has asked for a while: it is asked for anew by who comes next. */
void pve_list_rest(struct pve_list *l);
/* Does an answer to vncproxy hold a password by itself? Also where the version
 * is not known. */
bool pve_list_gives_password(const struct pve_list *l);

#endif
