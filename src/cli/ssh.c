#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/plain_env.h"
#include "cli/say.h"
#include "cli/ssh_host.h"
#include "cli/target.h"
#include "core/buf.h"
#include "core/loop.h"
#include "proto/json.h"

enum {
	ADDRESS_MS = 30000, /* an agent can take seconds, then it is looked at
			     */
	ARGUMENTS_MAX = 64,
	WHERE_MAX = 512,
	KNOWN_MAX = 4096, /* a path */
	KILLED = 128,     /* and the signal's number, as shells have it */
};

struct ssh_values {
	struct target_options target;
	const char *command, *user, *port, *key;
};

#define AT(member) offsetof(struct ssh_values, member)
static const struct option_rule options[] = {
		TARGET_RULES(AT(target)),
		{"cmd", 0, OPTION_TEXT, AT(command), "COMMAND",
				"run this instead of a shell", NULL},
		{"user", 'l', OPTION_TEXT, AT(user), "USER", "who to be there",
				NULL},
		{"port", 0, OPTION_TEXT, AT(port), "PORT", "of its ssh server",
				NULL},
		{"key", 'i', OPTION_TEXT, AT(key), "FILE", "the key to show",
				NULL},
		{0},
};
#undef AT

static int ssh(struct app *a, const void *values, int argc, char **argv);

const struct command ssh_command = {
		.name = "ssh",
		.arguments = "GUEST [-- COMMAND...]",
		.summary = "Open a shell in a guest by the system's ssh",
		.help = "The address is what [ssh.guests] says of the guest, "
			"else what its agent or its\n"
			"container names. The exit code is ssh's own, which "
			"is that of the command.\n",
		.options = options,
		.values_size = sizeof(struct ssh_values),
		.arguments_min = 1,
		.arguments_max = ARGUMENTS_MAX,
		.run = ssh,
};

/* Where to, with what: texts are borrowed but for the address. */
struct place {
	struct target *target;
	char host[256];
	char source[64];
	char port[12];
	const char *user, *key, *known_hosts;
	int code; /* of the search; told */
	/* the guest did not answer: why, and what mends it */
	bool looks;
	char why[ERR_TEXT_MAX], mend[ERR_TEXT_MAX];
};

/* ---- where ----------------------------------------------------------------
 */

/* No address: why, and what to write. */
static int explain(const struct place *p, const char *why)
{
	const struct guest_entry *g = p->target->guest;
	const char *rest = strchr(g->id, '/'), *last = strrchr(g->id, '/');
	char id[GUEST_ID_MAX];

	say("no address of %s is known: %s", g->id, why);
	if (*p->mend)
		say("this mends it: %s", p->mend);
	(void)snprintf(id, sizeof(id), "%.*s%s", (int)(rest - g->id), g->id,
			last);
	(void)fputs("Write it into the configuration:\n\n    [ssh.guests.\"",
			stderr);
	put_clean(stderr, id);
	(void)fputs("\"]\n    host = \"192.0.2.10\"\n", stderr);
	return EXIT_FAILED;
}

static void set_host(struct place *p, const char *host, const char *source)
{
	(void)snprintf(p->host, sizeof(p->host), "%s", host);
	(void)snprintf(p->source, sizeof(p->source), "%s", source);
}

/* What the agent lacks stands first. */
static void on_findings(void *arg, const struct finding *all, size_t count)
{
	struct place *p = arg;

	for (size_t i = 0; i < count; i++) {
		const struct finding *f = &all[i];

		if (f->state == FINDING_GOOD || strcmp(f->what, "agent") != 0)
			continue;
		(void)snprintf(p->why, sizeof(p->why), "%s", f->text);
		(void)snprintf(p->mend, sizeof(p->mend), "%s",
				f->mend ? f->mend : "");
		break;
	}
	target_answered(p->target);
}

/* It does not answer: agents that are off, missing or wait for a power cycle
 * are told apart by a closer look. */
static void begin_look(struct place *p, const char *why)
{
	p->looks = true;
	(void)snprintf(p->why, sizeof(p->why), "%s", why);
	hypervisor_inspect(
			p->target->hypervisor, p->target->id, on_findings, p);
}

static void on_addresses(void *arg, int r, const struct guest_address *all,
		size_t count, const struct err *e)
{
	struct place *p = arg;
	const struct guest_entry *g = p->target->guest;
	const char *best = ssh_choose(all, count);

	if (r == -EACCES)
		p->code = say_err(EXIT_REFUSED, e);
	else if (r < 0)
		begin_look(p, e->text);
	else if (!best)
		p->code = explain(p, count ? "it has none that others can "
					     "reach (only loopback, link-local "
					     "or inner ones)"
					   : "it names none; does its network "
					     "run?");
	else
		set_host(p, best,
				strcmp(g->type, "lxc") == 0
						? "container interfaces"
						: "guest agent");
	if (!p->looks)
		target_answered(p->target);
}

static int ask_address(struct place *p)
{
	struct target *t = p->target;

	if (t->guest->address) {
		const struct guest_address own = {"", t->guest->address};

		if (!ssh_choose(&own, 1) && !ssh_is_name(own.address))
			return explain(p, "its address is of this machine "
					  "alone");
		set_host(p, t->guest->address, "hypervisor");
		return 0;
	}
	hypervisor_addresses(t->hypervisor, t->id, on_addresses, p);
	if (!target_wait(t, ADDRESS_MS))
		return explain(p, *p->why ? p->why
					  : "its agent did not answer in time");
	return p->looks ? explain(p, p->why) : p->code;
}

static int find_place(
		struct app *a, const struct ssh_values *v, struct place *p)
{
	const struct config_ssh *ssh = &a->config->ssh;
	const struct config_ssh_guest *g;
	struct err e;

	if (ssh_entry(a->config, p->target->guest, &g, &e) < 0)
		return say_err(EXIT_CONFIG, &e);
	p->user = v->user ? v->user : g && g->user ? g->user : ssh->user;
	p->key = v->key             ? v->key
		 : g && g->key_path ? g->key_path
				    : ssh->key_path;
	p->known_hosts = ssh->known_hosts;
	if (v->port)
		(void)snprintf(p->port, sizeof(p->port), "%s", v->port);
	else if ((g && g->port) || ssh->port)
		(void)snprintf(p->port, sizeof(p->port), "%u",
				g && g->port ? g->port : ssh->port);
	if (g && g->host)
		set_host(p, g->host, "configuration");
	return g && g->host ? 0 : ask_address(p);
}

/* What came from elsewhere must not become an option of ssh. */
static int check_place(const struct place *p)
{
	if (!ssh_word_ok(p->host))
		return say_fail(EXIT_SAFETY, "'%s' is no host for ssh",
				p->host);
	if (p->user && !ssh_word_ok(p->user))
		return say_fail(EXIT_SAFETY, "'%s' is no user for ssh",
				p->user);
	if ((p->user ? strlen(p->user) : 0) + strlen(p->host) + 2 > WHERE_MAX)
		return say_fail(EXIT_SAFETY, "the user's name is too long");
	if (p->known_hosts && strlen(p->known_hosts) >= KNOWN_MAX)
		return say_fail(EXIT_CONFIG, "[ssh] known_hosts is too long");
	if (*p->port && strspn(p->port, "0123456789") != strlen(p->port))
		return say_fail(EXIT_USAGE, "'%s' is no port", p->port);
	return 0;
}

/* ---- the child --------------------------------------------------------------
 */

struct running {
	struct target *target;
	struct child *child;
	int code;
};

static void on_exit_of_ssh(void *arg, int64_t status, int signum)
{
	struct running *r = arg;

	r->code = signum ? KILLED + signum : (int)status;
	target_answered(r->target);
}

static void on_signal(void *arg, int signum)
{
	struct running *r = arg;

	/* the keyboard's reach ssh by themselves */
	if (r->child && (signum == SIGTERM || signum == SIGHUP))
		(void)child_kill(r->child, signum);
}

static int run_child(struct target *t, char *const *argv, bool json)
{
	static const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
	enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };
	const int fds[] = {STDIN_FILENO, json ? STDERR_FILENO : STDOUT_FILENO,
			STDERR_FILENO};
	char **env = plain_env();
	const struct child_options o = {.file = argv[0],
			.argv = argv,
			.env = env,
			.fds = fds,
			.fd_count = 3};
	struct loop_signal *heard[SIGNALS] = {0};
	struct running running = {.target = t, .code = EXIT_FAILED};
	struct err e;
	int r = env ? child_new(&running.child, t->sources.loop, &o,
				      on_exit_of_ssh, &running, &e)
		    : err_set(&e, -ENOMEM, "no memory");

	free(env);
	if (r < 0)
		return say_fail(EXIT_FAILED,
				"cannot start ssh: %s; is it "
				"installed?",
				e.text);
	for (size_t i = 0; i < SIGNALS; i++)
		(void)loop_signal_new(&heard[i], t->sources.loop, signals[i],
				on_signal, &running);
	while (!target_wait(t, UINT32_MAX))
		;
	for (size_t i = 0; i < SIGNALS; i++)
		loop_signal_free(heard[i]);
	child_free(running.child);
	return running.code;
}

/* ---- its argv
 * ----------------------------------------------------------------
 */

struct arguments {
	const char *items[ARGUMENTS_MAX + 16];
	size_t count;
	char known[KNOWN_MAX + 32], where[WHERE_MAX];
};

static void add(struct arguments *to, const char *word)
{
	to->items[to->count++] = word;
}

static void build(struct arguments *to, const struct place *p,
		const char *command, int argc, char **argv)
{
	add(to, "ssh");
	if (*p->port) {
		add(to, "-p");
		add(to, p->port);
	}
	if (p->key) {
		add(to, "-i");
		add(to, p->key);
	}
	if (p->known_hosts) {
		(void)snprintf(to->known, sizeof(to->known),
				"UserKnownHostsFile=%s", p->known_hosts);
		add(to, "-o");
		add(to, to->known);
	}
	(void)snprintf(to->where, sizeof(to->where), "%s%s%s",
			p->user ? p->user : "", p->user ? "@" : "", p->host);
	add(to, "--");
	add(to, to->where);
	if (command)
		add(to, command);
	for (int i = 0; i < argc; i++)
		add(to, argv[i]);
	add(to, NULL);
}

static int put_result(const struct place *p, int code)
{
	const char *vmid = strrchr(p->target->guest->id, '/') + 1;
	struct json_out o;
	struct buf b;

	output_begin(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "vmid", vmid);
	json_out_put_text(&o, "host", p->host);
	json_out_put_text(&o, "user", p->user);
	json_out_put_uint(
			&o, "port", *p->port ? strtoul(p->port, NULL, 10) : 22);
	json_out_put_int(&o, "exit_code", code);
	json_out_object_end(&o);
	(void)output_end(&o, &b);
	return code;
}

static void tell_place(const struct place *p)
{
	char where[WHERE_MAX];

	(void)snprintf(where, sizeof(where), "%s%s%s", p->user ? p->user : "",
			p->user ? "@" : "", p->host);
	(void)fputs("[ssh] resolved ", stderr);
	put_clean(stderr, where);
	(void)fprintf(stderr, ":%s (source: %s)\n", *p->port ? p->port : "22",
			p->source);
}

static int go(struct app *a, const struct ssh_values *v, struct target *t,
		int argc, char **argv)
{
	struct place p = {.target = t};
	struct arguments arguments = {0};
	bool json = app_json(a);
	int code = find_place(a, v, &p);

	if (code == 0)
		code = check_place(&p);
	if (code != 0)
		return code;
	tell_place(&p);
	build(&arguments, &p, v->command, argc, argv);
	code = run_child(t, (char *const *)(uintptr_t)arguments.items, json);
	return json ? put_result(&p, code) : code;
}

static int check_command(const struct ssh_values *v, int argc, char **argv)
{
	if (v->command && argc > 0)
		return app_usage(&ssh_command,
				"--cmd and -- COMMAND are one too many");
	for (int i = 0; i < argc; i++)
		if (strchr(argv[i], '\n'))
			return app_usage(&ssh_command, "a command is one line");
	if (v->command && strchr(v->command, '\n'))
		return app_usage(&ssh_command, "a command is one line");
	return 0;
}

static int ssh(struct app *a, const void *values, int argc, char **argv)
{
	const struct ssh_values *v = values;
	struct target t;
	int code = check_command(v, argc - 1, argv + 1);

	if (code == 0)
		code = target_open(a, argv[0], &v->target, &t);
	if (code != 0)
		return code;
	code = go(a, v, &t, argc - 1, argv + 1);
	target_close(&t);
	return code;
}
