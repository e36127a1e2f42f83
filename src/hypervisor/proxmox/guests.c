#include "hypervisor/proxmox/guests.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"

enum { PATH_TEXT_MAX = 256 };

/* ---- permissions ----------------------------------------------------------
 */

/* On a path above: only what is handed down counts. -1: nothing stands there.
 */
static int held(const struct json *permissions, const char *path,
		const char *privilege, bool own)
{
	const struct json *at = json_get(permissions, path);
	const struct json *v = json_get(at, privilege);

	if (!json_is_object(at))
		return -1;
	return v && (own || json_yes(v));
}

bool pve_may(const struct json *permissions, const char *path, const char *pool,
		const char *privilege)
{
	char above[PATH_TEXT_MAX];
	bool own = true;
	int r = -1;

	if (!permissions)
		return true;
	if (pool) {
		(void)snprintf(above, sizeof(above), "/pool/%s", pool);
		if (held(permissions, above, privilege, false) == 1)
			return true;
	}
	(void)snprintf(above, sizeof(above), "%s", path);
	while (r < 0 && *above) {
		char *slash = strrchr(above, '/');

		r = held(permissions, above, privilege, own);
		own = false;
		*(slash ? slash : above) = '\0';
	}
	return r < 0 ? held(permissions, "/", privilege, false) == 1 : r == 1;
}

/* ---- fields ---------------------------------------------------------------
 */

/* A name that becomes part of a path of the API and of our ids. */
static bool is_name(const char *text)
{
	return *text && strlen(text) < 64 &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] ==
			       '\0' &&
	       text[0] != '.';
}

static int copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int take_tags(struct pve_guest *g, const char *text)
{
	char *at, *tag;
	int r = copy(&g->tags, text);

	at = g->tags;
	while (r == 0 && at && (tag = strsep(&at, ";, ")) &&
			g->shown.tag_count < GUEST_TAGS_MAX)
		if (*tag)
			g->shown.tags[g->shown.tag_count++] = tag;
	return r;
}

static enum guest_status status_from(const char *text)
{
	if (text && strcmp(text, "running") == 0)
		return GUEST_RUNNING;
	if (text && strcmp(text, "stopped") == 0)
		return GUEST_STOPPED;
	return GUEST_UNKNOWN;
}

enum guest_status pve_status_of(const struct json *status)
{
	const char *qmp = json_text(json_get(status, "qmpstatus"));
	enum guest_status s =
			status_from(json_text(json_get(status, "status")));

	if (s == GUEST_RUNNING && qmp && strcmp(qmp, "paused") == 0)
		return GUEST_PAUSED;
	return s;
}

void pve_look_of(const struct json *status, struct pve_look *ret)
{
	ret->serial = json_yes(json_get(status, "serial"));
	ret->spice = json_yes(json_get(status, "spice"));
	ret->paused = pve_status_of(status) == GUEST_PAUSED;
}

/* ---- which consoles -------------------------------------------------------
 */

static const char not_spice[] = "This version does not open SPICE yet.";

static const char *lacks_qemu(const struct pve_guest *g, enum console_kind k)
{
	bool known = g->look.at_ms > 0;

	if (k == CONSOLE_SERIAL && known && !g->look.serial)
		return "It has no serial port; add one with `qm set ID "
		       "-serial0 socket`.";
	if (k == CONSOLE_SPICE && known && !g->look.spice)
		return "It has no SPICE display: its `vga` is neither qxl nor "
		       "virtio.";
	return k == CONSOLE_SPICE ? not_spice : NULL;
}

static const char *lacks(
		const struct pve_guest *g, enum console_kind k, bool token)
{
	const char *type = g->shown.type;

	if (g->is_template)
		return "It is a template: templates do not run.";
	if (g->denied)
		return g->denied;
	if (strcmp(type, "qemu") == 0)
		return lacks_qemu(g, k);
	if (strcmp(type, "node") == 0 && k != CONSOLE_SERIAL && token)
		return "A node's screen is not for API tokens; its serial "
		       "console is.";
	return k == CONSOLE_SPICE ? not_spice : NULL;
}

void pve_guest_judge(struct pve_guest *g, bool token)
{
	for (int k = 0; k < CONSOLE_KINDS; k++)
		g->shown.lacks[k] = lacks(g, (enum console_kind)k, token);
	if (g->shown.status == GUEST_RUNNING && g->look.paused)
		g->shown.status = GUEST_PAUSED;
}

/* ---- entries --------------------------------------------------------------
 */

void pve_guest_done(struct pve_guest *g)
{
	free(g->id);
	free(g->name);
	free(g->node);
	free(g->pool);
	free(g->tags);
	*g = (struct pve_guest){0};
}

static int finish(struct pve_guest *g, const struct pve_facts *facts)
{
	g->shown.id = g->id;
	g->shown.name = g->name;
	g->shown.node = g->node;
	pve_guest_judge(g, facts->token);
	return 0;
}

static int take_resource(struct pve_guest *g, const struct json *from,
		int64_t vmid, const struct pve_facts *facts)
{
	const char *name = json_text(json_get(from, "name"));
	char path[PATH_TEXT_MAX], number[32];
	int r;

	(void)snprintf(number, sizeof(number), "%" PRId64, vmid);
	(void)snprintf(path, sizeof(path), "/vms/%" PRId64, vmid);
	if (asprintf(&g->id, "%s/%s", g->shown.type, number) < 0) {
		g->id = NULL;
		return -ENOMEM;
	}
	if (copy(&g->name, name && *name ? name : number) < 0 ||
			copy(&g->node, json_text(json_get(from, "node"))) < 0 ||
			copy(&g->pool, json_text(json_get(from, "pool"))) < 0)
		return -ENOMEM;
	r = take_tags(g, json_text(json_get(from, "tags")));
	if (r == 0 && !pve_may(facts->permissions, path, g->pool, "VM.Console"))
		g->denied = "The gateway's account on the hypervisor lacks "
			    "VM.Console on it.";
	return r < 0 ? r : finish(g, facts);
}

int pve_guest_of_resource(struct pve_guest *g, const struct json *from,
		const struct pve_facts *facts)
{
	const char *type = json_text(json_get(from, "type"));
	const char *node = json_text(json_get(from, "node"));
	int64_t vmid;
	int r;

	*g = (struct pve_guest){0};
	if (type && strcmp(type, "qemu") == 0)
		g->shown.type = "qemu";
	else if (type && strcmp(type, "lxc") == 0)
		g->shown.type = "lxc";
	if (!g->shown.type || !node || !is_name(node) ||
			json_int_or_text(json_get(from, "vmid"), &vmid) < 0 ||
			vmid < 1 || vmid > 999999999)
		return -EINVAL;
	g->is_template = json_yes(json_get(from, "template"));
	g->shown.status = status_from(json_text(json_get(from, "status")));
	r = take_resource(g, from, vmid, facts);
	if (r < 0)
		pve_guest_done(g);
	return r;
}

int pve_guest_of_node(struct pve_guest *g, const struct json *from,
		const struct pve_facts *facts)
{
	const char *node = json_text(json_get(from, "node"));
	const char *status = json_text(json_get(from, "status"));
	char path[PATH_TEXT_MAX];

	*g = (struct pve_guest){.shown.type = "node"};
	if (!node || !is_name(node))
		return -EINVAL;
	(void)snprintf(path, sizeof(path), "/nodes/%s", node);
	if (!pve_may(facts->permissions, path, NULL, "Sys.Console"))
		return -EACCES;
	g->offline = status && strcmp(status, "online") != 0;
	g->shown.status = !status      ? GUEST_UNKNOWN
			  : g->offline ? GUEST_STOPPED
				       : GUEST_RUNNING;
	if (asprintf(&g->id, "node/%s", node) < 0)
		g->id = NULL;
	if (!g->id || copy(&g->name, node) < 0 || copy(&g->node, node) < 0) {
		pve_guest_done(g);
		return -ENOMEM;
	}
	return finish(g, facts);
}

bool pve_version_is_new(const char *version)
{
	static const unsigned long first[] = {9, 1, 9};
	char *end = (char *)(uintptr_t)(version ? version : "");

	for (int i = 0; i < 3; i++) {
		const char *at = end;
		unsigned long n = strtoul(at, &end, 10);

		if (end == at) /* "9" is no version, "9.2" is one */
			return false;
		if (n != first[i])
			return n > first[i] && (i > 0 || *end == '.');
		if (i < 2 && *end++ != '.')
			return false;
	}
	return true;
}
