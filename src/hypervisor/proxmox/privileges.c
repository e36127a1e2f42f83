#include "hypervisor/proxmox/privileges.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hypervisor/findings.h"
#include "proto/json.h"

enum { GRANT_MAX = 1024, NINE = 9 };

struct privilege {
	const char *name;
	const char *purpose;
	bool needed; /* nothing works without it */
	bool shell;  /* of nodes, and not of guests */
	bool changes;
};

static const struct privilege privileges[] = {
		{"VM.Audit", "the guests are listed", .needed = true},
		{"VM.Console", "their consoles open", .needed = true},
		{"VM.PowerMgmt", "guests are started and stopped",
				.changes = true},
		{"VM.Snapshot", "snapshots are taken", .changes = true},
		{"VM.Snapshot.Rollback", "guests go back to a snapshot",
				.changes = true},
		{"VM.GuestAgent.Audit", "`ssh` learns a guest's address",
				.needed = false},
		{"Sys.Console", "shells of nodes open", .shell = true},
};

/* Before Proxmox VE 9 one privilege was for all of the agent's calls. */
static const char *name_of(const struct privilege *p, const char *version)
{
	if (strcmp(p->name, "VM.GuestAgent.Audit") == 0 && *version &&
			strtol(version, NULL, 10) < NINE)
		return "VM.Monitor";
	return p->name;
}

static bool is_held(const struct json *permissions, const char *privilege)
{
	const struct json *held;
	const char *path;
	void *at = NULL;

	while ((held = json_next(permissions, &at, &path)))
		if (json_get(held, privilege))
			return true;
	return false;
}

/* An entry at a path takes the place of what is inherited there, so the role
 * holds all that is needed there, and not only what is missing. */
static void grant(const struct privilege *missing, const char *who,
		const char *version, bool read_only, char ret[GRANT_MAX])
{
	const char *role = missing->shell ? "GlassbridgeShell" : "Glassbridge";
	int user = (int)strcspn(who, "!"), len;

	/* the role may be there, with less */
	len = snprintf(ret, GRANT_MAX,
			"pveum role add %s; pveum role modify %s --privs '%s",
			role, role, missing->shell ? "Sys.Audit" : "");
	for (size_t i = 0; i < sizeof(privileges) / sizeof(*privileges); i++) {
		const struct privilege *p = &privileges[i];

		if (p->shell != missing->shell || (p->changes && read_only))
			continue;
		len += snprintf(ret + len, GRANT_MAX - (size_t)len, "%s%s",
				ret[len - 1] == '\'' ? "" : " ",
				name_of(p, version));
	}
	len += snprintf(ret + len, GRANT_MAX - (size_t)len,
			"'; pveum acl modify %s --users '%.*s'",
			missing->shell ? "/nodes" : "/vms", user, who);
	if (who[user] == '!')
		len += snprintf(ret + len, GRANT_MAX - (size_t)len,
				" --tokens '%s'", who);
	(void)snprintf(ret + len, GRANT_MAX - (size_t)len, " --roles %s", role);
}

/* A name that a shell takes as it is between quotes, and of bounded length. */
static bool may_be_quoted(const char *who)
{
	return strlen(who) < GRANT_MAX / 8 && !strpbrk(who, "'\n");
}

void pve_privileges_judge(struct findings *f, const struct json *permissions,
		const char *who, const char *version, bool read_only)
{
	char line[GRANT_MAX];

	for (size_t i = 0; i < sizeof(privileges) / sizeof(*privileges); i++) {
		const struct privilege *p = &privileges[i];
		const char *name = name_of(p, version);

		if (p->changes && read_only)
			continue;
		if (is_held(permissions, name)) {
			findings_good(f, name, "so %s", p->purpose);
			continue;
		}
		if (p->needed)
			findings_bad(f, name, -EACCES, "%s lacks it; by it %s",
					who, p->purpose);
		else
			findings_note(f, name, "%s lacks it; by it %s", who,
					p->purpose);
		if (!may_be_quoted(who))
			continue;
		grant(p, who, version, read_only, line);
		findings_mend(f, "%s", line);
	}
}
