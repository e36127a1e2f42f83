/* What was typed, before anything is opened. */
#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/forward_args.h"
#include "cli/forward_internal.h"
#include "cli/say.h"
#include "proto/address.h"

static int read_number(const char *text, unsigned low, unsigned high,
		unsigned *ret, const char *option)
{
	char *end;
	unsigned long n;

	if (!text)
		return 0;
	n = strspn(text, "0123456789") > 0 ? strtoul(text, &end, 10) : high + 1;
	if (n < low || n > high || *end)
		return app_usage(&forward_command,
				"--%s: '%s' is no number from %u to %u", option,
				text, low, high);
	*ret = (unsigned)n;
	return 0;
}

int forward_read_limits(struct forwarding *f)
{
	const struct forward_values *v = f->values;
	unsigned connect_s = 0, idle_s = 0;
	int code = read_number(v->limit, 1, 300, &connect_s, "connect-limit");

	if (code == 0)
		code = read_number(v->idle, 0, 86400, &idle_s, "idle-limit");
	if (code == 0)
		code = read_number(v->connections, 1, 10000,
				&f->limits.connections, "connections");
	f->limits.connect_ms = connect_s * 1000;
	f->limits.idle_ms = idle_s * 1000;
	f->limits.login = v->login;
	return code;
}

/* Does it leave this machine? Told; with a login refused. */
static int check_address(const struct forwarding *f, const char *host)
{
	const struct address a = {.host = (char *)(uintptr_t)host};

	if (address_is_local(&a))
		return 0;
	if (f->values->login)
		return say_fail(EXIT_SAFETY,
				"--login is for this machine alone: whoever "
				"reaches %s would have the screens",
				host);
	say("warning: whoever reaches %s reaches these ports of the guests",
			host);
	return 0;
}

int forward_check(const struct forwarding *f, int argc, char **argv)
{
	const struct forward_values *v = f->values;
	struct forward_arg arg;
	struct err e;
	int code = 0;

	if (v->all ? argc > 0 || v->stdio : argc == 0)
		return app_usage(&forward_command,
				v->all ? "--all takes no other forwards"
				       : "which port, and of which guest?");
	if (v->stdio && (argc != 1 || v->ops || v->addresses.count))
		return app_usage(&forward_command,
				"--stdio is one connection of one guest, and "
				"listens nowhere");
	if (v->stdio && v->login)
		return app_usage(&forward_command,
				"--login needs a port: `glassbridge vnc` "
				"opens a viewer");
	if (v->addresses.count > FORWARD_HOSTS_MAX)
		return app_usage(&forward_command, "more than %d addresses",
				FORWARD_HOSTS_MAX);
	for (size_t i = 0; code == 0 && i < v->addresses.count; i++)
		code = check_address(f, v->addresses.items[i]);
	for (int i = 0; code == 0 && !v->stdio && i < argc; i++) {
		if (forward_arg_read(argv[i], &arg, &e) < 0)
			return app_usage(&forward_command, "%s", e.text);
		if (*arg.host)
			code = check_address(f, arg.host);
	}
	return code;
}
