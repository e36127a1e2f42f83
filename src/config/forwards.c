/* [[forwards]]: their keys, and what only shows when all is known. */
#include <errno.h>
#include <string.h>

#include "config/check.h"
#include "config/keys.h"

static const char *const console_kinds[] = {"vnc", "serial", "spice", NULL};

enum {
	CONNECT_LIMIT_DEFAULT = 10,
	CONNECTIONS_DEFAULT = 100,
};

#define FORWARD(field) .at = offsetof(struct config_forward, field)

/* clang-format off */
const struct key forward_keys[] = {
	{"listen", KEY_TEXTS, FORWARD(listen), .check = check_address},
	{"port", KEY_NUMBER, FORWARD(port), .high = 65535},
	{"guest", KEY_TEXT, FORWARD(guest)},
	{"guest_port", KEY_NUMBER, FORWARD(guest_port), .low = 1,
		.high = 65535},
	{"kind", KEY_TEXT, FORWARD(kind), .words = console_kinds},
	{"profile", KEY_TEXT, FORWARD(profile)},
	{"all", KEY_BOOL, FORWARD(all)},
	{"connect_limit", KEY_NUMBER, FORWARD(connect_limit), .low = 1,
		.high = 300},
	{"connections", KEY_NUMBER, FORWARD(connections), .low = 1,
		.high = 10000},
	{"idle_limit", KEY_NUMBER, FORWARD(idle_limit), .high = 86400},
	{0},
};
/* clang-format on */

int forwards_read(struct reader *r, const struct toml *n, void *section)
{
	struct config *c = section;
	int code = want_array(r, n, "forwards");

	for (size_t i = 0; code == 0 && i < toml_count(n); i++) {
		const struct toml *t = toml_at(n, i);
		struct config_forward *f;

		code = want_table(r, t, "a forward");
		if (code < 0)
			break;
		f = section_grow(&c->forwards, &c->forward_count, sizeof(*f));
		if (!f)
			return err_set(r->e, -ENOMEM, "out of memory");
		f->line = toml_place(t).line;
		f->port = CONFIG_PORT_NONE;
		f->connect_limit = CONNECT_LIMIT_DEFAULT;
		f->connections = CONNECTIONS_DEFAULT;
		code = keys_read(r, t, forward_keys, f, "[forwards]");
	}
	return code;
}

/* ---- what only shows when all is known ----------------------------------- */

static int finish_all(struct reader *r, const struct config_forward *f)
{
	const struct config_profile *p;

	if (!f->profile)
		return fail_line(r, f->line,
				"[[forwards]] with all = true needs a profile");
	if (f->guest || f->guest_port || f->kind || f->port != CONFIG_PORT_NONE)
		return fail_line(r, f->line,
				"[[forwards]] with all = true takes the ports "
				"that the profile's guests announce: no port, "
				"guest, guest_port or kind");
	p = config_profile(r->c, f->profile);
	if (!p)
		return fail_line(r, f->line,
				"[[forwards]] there is no profile '%.60s'",
				f->profile);
	if (strcmp(p->kind, "arrakis") != 0)
		return fail_line(r, f->line,
				"[[forwards]] all = true follows what a server "
				"of sandboxes announces; [profiles.%s] is of "
				"kind %s",
				p->name, p->kind);
	return 0;
}

/* Of a static profile all guests are known. */
static int finish_guest(struct reader *r, const struct config_forward *f)
{
	const char *rest = strchr(f->guest, '/');
	char name[64] = "";
	const struct config_profile *p;

	if (rest && (size_t)(rest - f->guest) < sizeof(name))
		memcpy(name, f->guest, (size_t)(rest - f->guest));
	p = config_profile(r->c, name);
	if (!rest || !rest[1])
		return fail_line(r, f->line,
				"[[forwards]] guest is PROFILE/GUEST, not "
				"'%.60s'",
				f->guest);
	if (!p)
		return fail_line(r, f->line,
				"[[forwards]] there is no profile '%.60s'",
				name);
	if (strcmp(p->kind, "proxmox") == 0)
		return fail_line(r, f->line,
				"[[forwards]] guests of Proxmox VE have no "
				"ports that can be led to; `glassbridge vnc` "
				"and `glassbridge ssh` reach them");
	if (strcmp(p->kind, "static") != 0)
		return 0;
	for (size_t i = 0; i < p->guest_count; i++)
		if (strcmp(p->guests[i].name, rest + 1) == 0)
			return 0;
	return fail_line(r, f->line, "[[forwards]] there is no guest '%.60s'",
			f->guest);
}

static int finish_one(struct reader *r, const struct config_forward *f)
{
	if (f->profile)
		return fail_line(r, f->line,
				"[[forwards]] a profile goes with all = true; "
				"a guest is PROFILE/GUEST");
	if (!f->guest)
		return fail_line(r, f->line,
				"[[forwards]] needs a port and a guest, or a "
				"profile and all = true");
	if (f->port == CONFIG_PORT_NONE)
		return fail_line(r, f->line,
				"[[forwards]] needs a port to listen on (0: "
				"any that is free)");
	if (f->guest_port && f->kind)
		return fail_line(r, f->line,
				"[[forwards]] give guest_port or kind, not "
				"both");
	return finish_guest(r, f);
}

/* Where it listens: as it says, or here. */
static size_t hosts_of(
		const struct config_forward *f, const char *const **ret_hosts)
{
	static const char *const here[] = {"127.0.0.1", "::1"};

	*ret_hosts = f->listen.count ? (const char *const *)f->listen.items
				     : here;
	return f->listen.count ? f->listen.count : 2;
}

static bool shares_host(
		const struct config_forward *a, const struct config_forward *b)
{
	const char *const *ours, *const *theirs;
	size_t count = hosts_of(a, &ours), their_count = hosts_of(b, &theirs);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < their_count; k++)
			if (strcmp(ours[i], theirs[k]) == 0)
				return true;
	return false;
}

static bool same_kind(
		const struct config_forward *a, const struct config_forward *b)
{
	return strcmp(a->kind ? a->kind : "vnc", b->kind ? b->kind : "vnc") ==
	       0;
}

/* The same port, or the same port 0, twice. */
static int finish_twins(struct reader *r, const struct config_forward *f)
{
	for (const struct config_forward *o = r->c->forwards; o < f; o++) {
		if (o->all != f->all || o->port != f->port ||
				!shares_host(o, f))
			continue;
		if (f->all && strcmp(o->profile, f->profile) != 0)
			continue;
		if (f->port == 0 &&
				(strcmp(o->guest, f->guest) != 0 ||
						o->guest_port !=
								f->guest_port ||
						!same_kind(o, f)))
			continue;
		return fail_line(r, f->line,
				"[[forwards]] the forward on line %u listens "
				"there already",
				o->line);
	}
	return 0;
}

static int finish_hosts(struct reader *r, const struct config_forward *f)
{
	if (f->listen.count > CONFIG_FORWARD_HOSTS_MAX)
		return fail_line(r, f->line,
				"[[forwards]] more than %d addresses to "
				"listen on",
				CONFIG_FORWARD_HOSTS_MAX);
	for (size_t i = 0; i < f->listen.count; i++) {
		const struct address a = {.host = f->listen.items[i]};

		if (address_is_local(&a))
			continue;
		if (texts_addf(&r->c->warnings,
				    "[[forwards]] on line %u: whoever reaches "
				    "%s reaches the port of the guest",
				    f->line, a.host) < 0)
			return err_set(r->e, -ENOMEM, "out of memory");
	}
	return 0;
}

int forward_finish(struct reader *r, const struct config_forward *f)
{
	int code = f->all ? finish_all(r, f) : finish_one(r, f);

	if (code == 0)
		code = finish_hosts(r, f);
	return code < 0 ? code : finish_twins(r, f);
}
