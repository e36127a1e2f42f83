#include "hypervisor/proxmox/inspect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "hypervisor/findings.h"
#include "hypervisor/proxmox/address.h"
#include "hypervisor/proxmox/api.h"
#include "hypervisor/proxmox/guests.h"
#include "hypervisor/proxmox/list.h"
#include "hypervisor/proxmox/privileges.h"
#include "proto/address.h"
#include "proto/json.h"

enum { PATH_MAX_LEN = 256 };

struct step;

struct pve_inspection {
	struct pve_inspection *next;
	struct pve_inspections *all;
	char id[GUEST_ID_MAX];
	char node[64], vmid[16];
	const struct step *step; /* that is asked now */
	hypervisor_findings_fn *fn;
	void *arg;
	struct findings found;
	bool running, agent, cycled; /* of the guest */
	char version[32];
};

/* One call, and what its answer shows. */
struct step {
	const char *path; /* behind the guest's own, where there is a guest */
	bool (*wanted)(const struct pve_inspection *p); /* NULL: always */
	/* false: what comes after would show nothing */
	bool (*take)(struct pve_inspection *p, int r, const struct json *data,
			const struct err *e);
};

static void inspection_free(struct pve_inspection *p)
{
	struct pve_inspection **at = &p->all->first;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	findings_done(&p->found);
	free(p);
}

static void inspection_end(struct pve_inspection *p)
{
	p->fn(p->arg, p->found.items, p->found.count);
	inspection_free(p);
}

/* ---- the cluster ----------------------------------------------------------
 */

/* What is done about a login that is refused. */
static void mend_login(struct pve_inspection *p, const struct err *e)
{
	const char *profile = p->all->profile;
	const char *who = pve_api_who(p->all->api);

	if (pve_api_has_token(p->all->api))
		findings_mend(&p->found,
				"glassbridge config set "
				"profiles.%s.token_secret",
				profile);
	else if (strstr(e->text, "second factor") && !strpbrk(who, "'\n"))
		findings_mend(&p->found,
				"pveum user token add '%s' glassbridge "
				"--privsep 0; glassbridge config set "
				"'profiles.%s.token_id=%s!glassbridge' "
				"profiles.%s.token_secret",
				who, profile, who, profile);
	else
		findings_mend(&p->found,
				"glassbridge config set profiles.%s.password",
				profile);
}

static bool take_version(struct pve_inspection *p, int r,
		const struct json *data, const struct err *e)
{
	const char *version = json_text(json_get(data, "version"));
	const struct pve_api *api = p->all->api;

	if (r < 0) {
		findings_bad(&p->found, "login", r, "%s", e->text);
		if (r == -EACCES)
			mend_login(p, e);
		else if (r == -EHOSTUNREACH)
			findings_mend(&p->found,
					"systemctl restart pvedaemon pveproxy");
		return false;
	}
	findings_good(&p->found, "login", "as %s by %s", pve_api_who(api),
			pve_api_has_token(api) ? "API token" : "password");
	(void)snprintf(p->version, sizeof(p->version), "%s",
			version ? version : "");
	findings_good(&p->found, "version", "Proxmox VE %s",
			version ? version : "that does not say its version");
	return true;
}

static bool take_permissions(struct pve_inspection *p, int r,
		const struct json *data, const struct err *e)
{
	if (r < 0)
		findings_bad(&p->found, "privileges", r, "%s", e->text);
	else
		pve_privileges_judge(&p->found, data, pve_api_who(p->all->api),
				p->version, p->all->read_only);
	return true;
}

static const struct step cluster_steps[] = {
		{"/version", NULL, take_version},
		{"/access/permissions", NULL, take_permissions},
		{0},
};

/* ---- a guest --------------------------------------------------------------
 */

static bool take_status(struct pve_inspection *p, int r,
		const struct json *data, const struct err *e)
{
	if (r < 0) {
		findings_bad(&p->found, "status", r, "%s", e->text);
		return false;
	}
	p->running = pve_status_of(data) == GUEST_RUNNING;
	if (p->running) {
		findings_good(&p->found, "status", "it runs on node %s",
				p->node);
		return true;
	}
	findings_note(&p->found, "status",
			"it is not running, so it has no console");
	findings_mend(&p->found, "glassbridge power %s/%s start",
			p->all->profile, p->id);
	return true;
}

static bool has_serial(const struct json *config)
{
	char key[] = "serial0";

	for (; key[6] < '4'; key[6]++) {
		const char *to = json_text(json_get(config, key));

		if (to && strcmp(to, "socket") == 0)
			return true;
	}
	return false;
}

static bool vga_has_spice(const char *vga)
{
	if (vga && strncmp(vga, "type=", 5) == 0)
		vga += 5;
	return vga &&
	       (strncmp(vga, "qxl", 3) == 0 || strncmp(vga, "virtio", 6) == 0);
}

/* "1", "enabled=1,fstrim_cloned_disks=1", "type=virtio,enabled=1" */
static bool agent_is_on(const struct json *config)
{
	const char *agent = json_text(json_get(config, "agent"));

	return agent && (*agent == '1' || strstr(agent, "enabled=1"));
}

static bool take_config(struct pve_inspection *p, int r,
		const struct json *data, const struct err *e)
{
	struct findings *f = &p->found;

	if (r < 0) {
		findings_bad(f, "hardware", r, "%s", e->text);
		return true;
	}
	if (has_serial(data)) {
		findings_good(f, "serial", "it has a serial port");
	} else {
		findings_note(f, "serial",
				"it has no serial port; add one on node %s, "
				"then stop and start it",
				p->node);
		findings_mend(f, "qm set %s --serial0 socket", p->vmid);
	}
	if (vga_has_spice(json_text(json_get(data, "vga")))) {
		findings_good(f, "SPICE", "it has a SPICE display");
	} else {
		findings_note(f, "SPICE",
				"its display is neither qxl nor virtio; where "
				"SPICE is wanted, change it on node %s, then "
				"stop and start it",
				p->node);
		findings_mend(f, "qm set %s --vga qxl", p->vmid);
	}
	p->agent = agent_is_on(data);
	if (!p->agent) {
		findings_note(f, "agent",
				"the guest agent is off in its configuration; "
				"switch it on on node %s, then stop and start "
				"the guest",
				p->node);
		findings_mend(f, "qm set %s --agent enabled=1", p->vmid);
	}
	return true;
}

static bool is_agent_on(const struct pve_inspection *p)
{
	return p->agent && p->running;
}

static bool agent_is_pending(const struct json *pending)
{
	for (size_t i = 0; i < json_count(pending); i++) {
		const struct json *one = json_at(pending, i);
		const char *key = json_text(json_get(one, "key"));

		if (key && strcmp(key, "agent") == 0)
			return json_get(one, "pending") != NULL;
	}
	return false;
}

/* What this call says only tells two causes apart: where it fails, the
 * agent's own answer must do. */
static bool take_pending(struct pve_inspection *p, int r,
		const struct json *data, const struct err *e)
{
	(void)e;
	p->cycled = r < 0 || !agent_is_pending(data);
	if (p->cycled)
		return true;
	findings_bad(&p->found, "agent", -ENOTCONN,
			"the guest agent is on in its configuration, but the "
			"guest was not stopped and started since");
	findings_mend(&p->found,
			"glassbridge power %s/%s stop --yes && glassbridge "
			"power %s/%s start",
			p->all->profile, p->id, p->all->profile, p->id);
	return true;
}

static bool is_agent_cycled(const struct pve_inspection *p)
{
	return is_agent_on(p) && p->cycled;
}

static const char *far_address(const struct pve_addresses *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (address_is_routable(all->items[i].address))
			return all->items[i].address;
	return NULL;
}

static void judge_addresses(struct pve_inspection *p, const struct json *data)
{
	struct pve_addresses all;
	const char *far;

	if (pve_addresses_of(data, &all) < 0)
		return;
	far = far_address(&all);
	if (far) {
		findings_good(&p->found, "agent", "it answers: %s", far);
	} else {
		findings_bad(&p->found, "agent", -EADDRNOTAVAIL,
				"it answers, but the guest has only loopback "
				"and link-local addresses; does its network "
				"run?");
		findings_mend(&p->found, "glassbridge serial %s/%s",
				p->all->profile, p->id);
	}
	pve_addresses_done(&all);
}

static bool take_agent(struct pve_inspection *p, int r, const struct json *data,
		const struct err *e)
{
	if (r == 0) {
		judge_addresses(p, data);
	} else if (r == -ENOTCONN) {
		findings_bad(&p->found, "agent", r,
				"the guest agent is on, but nothing in the "
				"guest answers; install and start it there");
		findings_mend(&p->found,
				"apt-get install qemu-guest-agent && systemctl "
				"start qemu-guest-agent");
	} else {
		findings_bad(&p->found, "agent", r, "%s", e->text);
	}
	return true;
}

static const struct step qemu_steps[] = {
		{"/status/current", NULL, take_status},
		{"/config", NULL, take_config},
		{"/pending", is_agent_on, take_pending},
		{"/agent/network-get-interfaces", is_agent_cycled, take_agent},
		{0},
};

static bool does_run(const struct pve_inspection *p)
{
	return p->running;
}

static bool take_interfaces(struct pve_inspection *p, int r,
		const struct json *data, const struct err *e)
{
	struct pve_addresses all;
	const char *far;

	if (r < 0) {
		findings_bad(&p->found, "addresses", r, "%s", e->text);
		return true;
	}
	if (pve_addresses_of(data, &all) < 0)
		return true;
	far = far_address(&all);
	if (far)
		findings_good(&p->found, "addresses", "%s", far);
	else
		findings_note(&p->found, "addresses",
				"it has only loopback addresses; does its "
				"network run?");
	if (!far)
		findings_mend(&p->found, "glassbridge serial %s/%s",
				p->all->profile, p->id);
	pve_addresses_done(&all);
	return true;
}

static const struct step lxc_steps[] = {
		{"/status/current", NULL, take_status},
		{"/interfaces", does_run, take_interfaces},
		{0},
};

/* ---- one step after the other ---------------------------------------------
 */

static void inspection_go(struct pve_inspection *p);

static void on_answer(
		void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct pve_inspection *p = arg;

	if (!p->step->take(p, r, r == 0 ? a->data : NULL, e)) {
		inspection_end(p);
		return;
	}
	p->step++;
	inspection_go(p);
}

static void inspection_go(struct pve_inspection *p)
{
	char path[PATH_MAX_LEN + GUEST_ID_MAX];
	const struct pve_ask ask = {.method = "GET", .path = path};

	while (p->step->path && p->step->wanted && !p->step->wanted(p))
		p->step++;
	if (!p->step->path) {
		inspection_end(p);
		return;
	}
	if (*p->id)
		(void)snprintf(path, sizeof(path), "/nodes/%s/%s%s", p->node,
				p->id, p->step->path);
	else
		(void)snprintf(path, sizeof(path), "%s", p->step->path);
	if (pve_call(p->all->api, &ask, on_answer, p) < 0)
		inspection_end(p);
}

static void on_listed(void *arg, int r, const struct err *e)
{
	struct pve_inspection *p = arg;
	const struct pve_guest *g = pve_list_find(p->all->list, p->id);
	const char *rest = strrchr(p->id, '/');

	if (r < 0) {
		findings_bad(&p->found, "guest", r, "%s", e->text);
	} else if (!g) {
		findings_bad(&p->found, "guest", -ENOENT,
				"there is no guest '%s'", p->id);
	} else if (strcmp(g->shown.type, "qemu") == 0) {
		p->step = qemu_steps;
	} else if (strcmp(g->shown.type, "lxc") == 0) {
		p->step = lxc_steps;
	}
	if (!g || !p->step) {
		inspection_end(p);
		return;
	}
	(void)snprintf(p->node, sizeof(p->node), "%s", g->node);
	(void)snprintf(p->vmid, sizeof(p->vmid), "%s", rest ? rest + 1 : "");
	inspection_go(p);
}

static int begin(struct pve_inspection *p, const char *id)
{
	static const struct pve_ask first = {
			.method = "GET", .path = "/version"};

	if (id) {
		(void)snprintf(p->id, sizeof(p->id), "%s", id);
		return pve_list_get(p->all->list, loop_now_ms(p->all->loop),
				on_listed, p);
	}
	p->step = cluster_steps;
	return pve_call(p->all->api, &first, on_answer, p);
}

int pve_inspect(struct pve_inspections *all, const char *id,
		hypervisor_findings_fn *fn, void *arg)
{
	struct pve_inspection *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->all = all;
	p->fn = fn;
	p->arg = arg;
	p->next = all->first;
	all->first = p;
	if (begin(p, id) == 0)
		return 0;
	inspection_free(p);
	return -ENOMEM;
}

void pve_inspections_done(struct pve_inspections *all)
{
	while (all->first)
		inspection_free(all->first);
}
