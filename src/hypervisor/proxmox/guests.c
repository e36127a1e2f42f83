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

static int64_t count_of(const struct json *from, const char *key)
{
	int64_t n;

	return json_int_or_text(json_get(from, key), &n) == 0 && n >= 0 ? n
									: -1;
}

void pve_look_of(const struct json *status, struct pve_look *ret)
{
	ret->serial = json_yes(json_get(status, "serial"));
	ret->spice = json_yes(json_get(status, "spice"));
	ret->status = pve_status_of(status);
	ret->paused = ret->status == GUEST_PAUSED;
	ret->uptime = count_of(status, "uptime");
	ret->agent = json_yes(json_get(status, "agent"));
	ret->clipboard = json_text(json_get(status, "clipboard")) != NULL;
}

/* "usb0" to "usb13", and not the controller's own settings. */
static bool is_numbered(const char *key, const char *name)
{
	size_t len = strlen(name);

	return strncmp(key, name, len) == 0 && key[len] &&
	       key[len + strspn(key + len, "0123456789")] == '\0';
}

void pve_conf_of(const struct json *config, struct pve_conf *ret)
{
	const char *os = json_text(json_get(config, "ostype")), *key;
	void *at = NULL;

	while (json_next(config, &at, &key)) {
		ret->audio |= is_numbered(key, "audio");
		ret->usb |= is_numbered(key, "usb");
	}
	if (os && strlen(os) < sizeof(ret->os))
		memcpy(ret->os, os, strlen(os) + 1);
}

/* ---- which consoles -------------------------------------------------------
 */

static const char *lacks_qemu(const struct pve_guest *g, enum console_kind k)
{
	bool known = g->look.at_ms > 0;

	if (k == CONSOLE_SERIAL && known && !g->look.serial)
		return "It has no serial port; add one with `qm set ID "
		       "-serial0 socket`.";
	if (k == CONSOLE_SPICE && known && !g->look.spice)
		return "It has no SPICE display: its `vga` is neither qxl nor "
		       "virtio.";
	return NULL;
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
	return NULL;
}

/* ---- what is known beside -------------------------------------------------
 */

static void take_marks(struct pve_guest *g, const struct json *from)
{
	struct guest_marks *m = &g->marks;

	*m = (struct guest_marks)GUEST_MARKS_UNKNOWN;
	if (json_number(json_get(from, "cpu"), &m->cpu) < 0 || m->cpu < 0)
		m->cpu = -1;
	m->cpus = count_of(from, "maxcpu");
	m->memory = count_of(from, "mem");
	m->memory_max = count_of(from, "maxmem");
	m->uptime = count_of(from, "uptime");
	g->shown.marks = m;
}

static void judge_marks(struct pve_guest *g)
{
	struct guest_marks *m = &g->marks;

	if (g->look.at_ms > 0 && strcmp(g->shown.type, "qemu") == 0) {
		m->agent = g->look.agent;
		m->clipboard = g->look.clipboard;
	}
	if (g->conf.at_ms > 0) {
		m->audio = g->conf.audio;
		m->usb = g->conf.usb;
	}
	m->os = *g->conf.os ? g->conf.os : NULL;
}

/* A container is neither reset nor, but as an experiment, suspended. */
static unsigned verbs(const struct pve_guest *g)
{
	unsigned all = guest_verbs(g->shown.status);

	if (g->is_template || strcmp(g->shown.type, "node") == 0)
		return 0;
	if (strcmp(g->shown.type, "lxc") == 0)
		all &= ~(1u << POWER_RESET | 1u << POWER_SUSPEND);
	return all;
}

void pve_guest_judge(struct pve_guest *g, bool token)
{
	for (int k = 0; k < CONSOLE_KINDS; k++)
		g->shown.lacks[k] = lacks(g, (enum console_kind)k, token);
	if (g->shown.status == GUEST_RUNNING && g->look.paused)
		g->shown.status = GUEST_PAUSED;
	g->shown.verbs = verbs(g);
	g->shown.reverts =
			!g->is_template && strcmp(g->shown.type, "node") != 0;
	if (g->shown.marks)
		judge_marks(g);
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
	g->shown.pool = g->pool;
	pve_guest_judge(g, facts->token);
	return 0;
}

/* What the account may not do with it (R29). */
static void take_bars(struct pve_guest *g, const char *path,
		const struct pve_facts *facts)
{
	const struct json *all = facts->permissions;

	if (!pve_may(all, path, g->pool, "VM.Console")) {
		g->shown.barred |= GUEST_BARS_CONSOLE;
		g->denied = facts->person ? "Your account on the hypervisor "
					    "lacks VM.Console on it."
					  : "The gateway's account on the "
					    "hypervisor lacks VM.Console on "
					    "it.";
	}
	if (!pve_may(all, path, g->pool, "VM.PowerMgmt"))
		g->shown.barred |= GUEST_BARS_POWER;
	if (!pve_may(all, path, g->pool, "VM.Snapshot") &&
			!pve_may(all, path, g->pool, "VM.Snapshot.Rollback"))
		g->shown.barred |= GUEST_BARS_RESTORE;
	if (!pve_may(all, path, g->pool, "VM.Snapshot"))
		g->shown.barred |= GUEST_BARS_SNAPSHOT;
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
	take_marks(g, from);
	take_bars(g, path, facts);
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
