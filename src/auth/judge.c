#include "auth/judge.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "auth/auth.h"
#include "config/config.h"

enum {
	ALL_RIGHTS = CONFIG_MAY_VIEW | CONFIG_MAY_CONTROL | CONFIG_MAY_POWER |
		     CONFIG_MAY_RECORD | CONFIG_MAY_SHARE | CONFIG_MAY_ADMIN,
	/* that a hypervisor's own accounts can have */
	PERSON_RIGHTS = CONFIG_MAY_VIEW | CONFIG_MAY_CONTROL | CONFIG_MAY_POWER,
};

static const char *const right_names[] = {
		"view", "control", "power", "record", "share", "admin", NULL};
static const char *const deny_names[] = {
		"clipboard", "files", "usb", "audio", NULL};

const char *auth_right_name(unsigned bit_index)
{
	return bit_index < 6 ? right_names[bit_index] : NULL;
}

const char *auth_deny_name(unsigned bit_index)
{
	return bit_index < 4 ? deny_names[bit_index] : NULL;
}

void auth_owner(struct principal *ret_who, enum auth_via via, const char *name)
{
	*ret_who = (struct principal){.via = via, .rights = ALL_RIGHTS};
	(void)snprintf(ret_who->name, sizeof(ret_who->name), "%s", name);
}

static bool rule_covers(const struct config_rule *rule, const char *guest)
{
	for (size_t i = 0; i < rule->guests.count; i++)
		if (fnmatch(rule->guests.items[i], guest, 0) == 0)
			return true;
	return false;
}

/* Without any rule at all a token may everything; with rules, what they say. */
static struct auth_verdict judge_token(
		const struct config *c, const char *name, const char *guest)
{
	struct auth_verdict v = {0};

	if (!c)
		return v;
	if (c->rule_count == 0)
		v.rights = ALL_RIGHTS;
	for (size_t i = 0; i < c->rule_count; i++) {
		const struct config_rule *rule = &c->rules[i];

		if (strcmp(rule->who, name) != 0 && strcmp(rule->who, "*") != 0)
			continue;
		if (guest ? rule_covers(rule, guest) : rule_covers(rule, "*")) {
			v.rights |= rule->may;
			v.deny |= rule->deny;
		}
	}
	return v;
}

/* "ops@pve", "*@pve" (all of a realm), each also with "/profile"; "*". */
static bool rule_names(
		const struct config_rule *rule, const struct principal *p)
{
	const char *slash = strrchr(rule->who, '/');
	size_t len = slash ? (size_t)(slash - rule->who) : strlen(rule->who);
	const char *realm = strrchr(p->name, '@');

	if (slash && strcmp(slash + 1, p->profile) != 0)
		return false;
	if (len == 1 && rule->who[0] == '*')
		return true;
	if (strncmp(rule->who, "*@", 2) == 0)
		return realm && strlen(realm) == len - 1 &&
		       memcmp(realm, rule->who + 1, len - 1) == 0;
	return strlen(p->name) == len && memcmp(p->name, rule->who, len) == 0;
}

/*
 * Somebody's own account: on the guests of its own profile, what a hypervisor
 * knows of. What it lets them is narrowed down guest by guest. With rules,
 * both must allow.
 */
static struct auth_verdict judge_person(const struct config *c,
		const struct principal *p, const char *guest)
{
	struct auth_verdict v = {0};
	size_t len = strlen(p->profile);

	if (!c || (guest && (strncmp(guest, p->profile, len) != 0 ||
					    guest[len] != '/')))
		return v;
	if (c->rule_count == 0)
		v.rights = PERSON_RIGHTS;
	for (size_t i = 0; i < c->rule_count; i++) {
		const struct config_rule *rule = &c->rules[i];

		if (!rule_names(rule, p) ||
				!rule_covers(rule, guest ? guest : "*"))
			continue;
		v.rights |= rule->may & PERSON_RIGHTS;
		v.deny |= rule->deny;
	}
	return v;
}

struct auth_verdict auth_narrow(struct auth_verdict v,
		const struct principal *p, const struct guest *s)
{
	if (p->via != AUTH_PROXMOX)
		return v;
	if (s->barred & GUEST_BARS_CONSOLE)
		v.rights &= ~(unsigned)(CONFIG_MAY_VIEW | CONFIG_MAY_CONTROL);
	if (s->barred & GUEST_BARS_POWER)
		v.rights &= ~(unsigned)CONFIG_MAY_POWER;
	return v;
}

struct auth_verdict judge(const struct config *c, const struct principal *p,
		const char *guest)
{
	struct auth_verdict v = {.rights = p->rights, .deny = p->deny};

	if (p->via == AUTH_TOKEN)
		return judge_token(c, p->name, guest);
	if (p->via == AUTH_PROXMOX)
		return judge_person(c, p, guest);
	if (p->guest[0] && (!guest || strcmp(p->guest, guest) != 0))
		v.rights = 0;
	return v;
}
