/* Sandboxes: their ports on the host, and their screens (R50). */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/doctor.h"
#include "cli/reach.h"
#include "cli/wait.h"
#include "config/config.h"
#include "core/holder.h"
#include "core/loop.h"
#include "proto/address.h"

enum {
	RULES_MAX = 1024 * 1024,
	TOOL_MS = 10000,
	COMMAND_MS = 30000,
	RULE_MAX = 512
};

/* ---- the host's rules -----------------------------------------------------
 */

static void on_tool(void *arg, int64_t status, int signum)
{
	(void)status;
	(void)signum;
	wait_over(arg);
}

/* What a program says, in a file without a name; NULL: it cannot run. */
static FILE *output_of(struct loop *l, char *const *argv)
{
	FILE *to = tmpfile();
	const int fds[] = {-1, to ? fileno(to) : -1, -1};
	const struct child_options o = {.file = argv[0],
			.argv = argv,
			.fds = fds,
			.fd_count = 3};
	struct wait wait = {.loop = l};
	struct child *child = NULL;

	if (!to || child_new(&child, l, &o, on_tool, &wait, NULL) < 0) {
		if (to)
			(void)fclose(to);
		return NULL;
	}
	if (!wait_until(&wait, TOOL_MS))
		(void)child_kill(child, 9);
	child_free(child);
	rewind(to);
	return to;
}

/* "tcp dport 3001 dnat to 10.0.0.2:5901", "--dport 3001 -j DNAT
 * --to-destination 10.0.0.2:5901" */
static bool has_word(const char *line, const char *word)
{
	const char *at = line;
	size_t len = strlen(word);

	while ((at = strstr(at, word))) {
		if ((at == line || at[-1] == ' ') &&
				(strchr(" \n;", at[len]) || !at[len]))
			return true;
		at += len;
	}
	return false;
}

static bool is_rule(const char *line, const char *port, const char *to)
{
	const char *at = strstr(line, "dport ");

	return at && has_word(at, port) && has_word(at, to);
}

/* 1 there is one, 0 there is none, -1 the rules cannot be read. */
static int has_rule(struct loop *l, const char *port, const char *to)
{
	static const char *const tools[][4] = {{"nft", "list", "ruleset", NULL},
			{"iptables-save", "-t", "nat", NULL}};
	char line[1024];
	int known = -1;

	for (size_t i = 0; i < 2 && known < 1; i++) {
		FILE *f = output_of(l, (char *const *)(uintptr_t)tools[i]);
		size_t read = 0;

		while (f && read < RULES_MAX && fgets(line, sizeof(line), f)) {
			read += strlen(line);
			known = known < 0 ? 0 : known;
			if (is_rule(line, port, to))
				known = 1;
		}
		if (f)
			(void)fclose(f);
	}
	return geteuid() == 0 ? known == 1 : known == 1 ? 1 : -1;
}

/* ---- ports ----------------------------------------------------------------
 */

static bool same_address(const struct sockaddr *a, const char *text)
{
	char own[INET6_ADDRSTRLEN] = "";

	if (a && a->sa_family == AF_INET)
		(void)inet_ntop(AF_INET,
				&((const struct sockaddr_in *)a)->sin_addr, own,
				sizeof(own));
	else if (a && a->sa_family == AF_INET6)
		(void)inet_ntop(AF_INET6,
				&((const struct sockaddr_in6 *)a)->sin6_addr,
				own, sizeof(own));
	return *own && strcmp(own, text) == 0;
}

/* Is the server this machine? */
static bool is_here(const char *host)
{
	const struct address a = {.host = (char *)host};
	struct ifaddrs *all = NULL;
	bool here = address_is_local(&a);

	if (!here && getifaddrs(&all) == 0) {
		for (struct ifaddrs *at = all; at && !here; at = at->ifa_next)
			here = same_address(at->ifa_addr, host);
		freeifaddrs(all);
	}
	return here;
}

static bool has_command(const struct app *a, const char *name)
{
	const struct command *const *c = a->commands;

	while (*c && strcmp((*c)->name, name) != 0)
		c++;
	return *c != NULL;
}

/* Where iptables is not, nftables is. */
static void rule_line(const char *port, const char *to, char ret[RULE_MAX])
{
	if (doctor_has_program("iptables"))
		(void)snprintf(ret, RULE_MAX,
				"iptables -t nat -A PREROUTING -p tcp --dport "
				"%s -j DNAT --to-destination %s",
				port, to);
	else
		(void)snprintf(ret, RULE_MAX,
				"nft 'add table ip glassbridge; add chain ip "
				"glassbridge ports { type nat hook prerouting "
				"priority dstnat; }; add rule ip glassbridge "
				"ports tcp dport %s dnat to %s'",
				port, to);
}

static void look_at_local(struct doctor *d, const char *about,
		const struct guest *g, const struct guest_forward *f)
{
	char port[8], to[64], mend[RULE_MAX], holder[128];
	struct err e;
	int rule;

	(void)snprintf(port, sizeof(port), "%u", f->host_port);
	(void)snprintf(to, sizeof(to), "%s:%u", g->address ? g->address : "",
			f->guest_port);
	(void)snprintf(mend, sizeof(mend), "ss -ltnp 'sport = :%s'", port);
	if (holder_of_port(f->host_port, holder, sizeof(holder)) == 0)
		checks_note(&d->checks, about, port, mend,
				"port %s of this host is held by %s", port,
				holder);
	rule = has_rule(d->loop, port, to);
	rule_line(port, to, mend);
	if (rule == 0)
		checks_bad(&d->checks, about, port, -ENOENT,
				g->address ? mend : NULL,
				"port %s is announced for %u (%s), but no DNAT "
				"rule leads there",
				port, f->guest_port, f->description);
	else if (rule < 0)
		checks_note(&d->checks, about, port, NULL,
				"the rules of this host cannot be read; run "
				"it as root");
	if (rule != 1)
		return;
	if (reach_tcp(d->loop, "127.0.0.1", f->host_port, &e) == 0) {
		checks_good(&d->checks, about, port,
				"a DNAT rule leads port %s to %s, and somebody "
				"listens on this host, too",
				port, to);
		return;
	}
	(void)snprintf(mend, sizeof(mend), "glassbridge forward %s:%s:%u", port,
			about, f->guest_port);
	checks_note(&d->checks, about, port,
			has_command(d->app, "forward") && doctor_is_plain(about)
					? mend
					: NULL,
			"a DNAT rule leads port %s to %s, for packets of "
			"other hosts only: nothing listens on this host "
			"itself",
			port, to);
}

static void look_at_remote(struct doctor *d, const char *about,
		const struct guest *g, const struct guest_forward *f)
{
	char port[8];
	struct err e;

	(void)snprintf(port, sizeof(port), "%u", f->host_port);
	if (reach_tcp(d->loop, g->host, f->host_port, &e) == 0)
		checks_good(&d->checks, about, port, "%s:%s leads to %u (%s)",
				g->host, port, f->guest_port, f->description);
	else
		checks_note(&d->checks, about, port, NULL,
				"%s:%s is announced for %u (%s), and is not "
				"there: %s",
				g->host, port, f->guest_port, f->description,
				e.text);
}

void doctor_ports(struct doctor *d, const struct config_profile *p,
		const char *about, const struct guest *g)
{
	bool here = g->host && is_here(g->host);

	(void)p;
	for (size_t i = 0; g->host && i < g->forward_count; i++) {
		if (here)
			look_at_local(d, about, g, &g->forwards[i]);
		else
			look_at_remote(d, about, g, &g->forwards[i]);
	}
}

/* ---- the screen -----------------------------------------------------------
 */

struct said {
	struct wait wait;
	int r;
	bool listens;
	struct err e;
};

static void on_said(void *arg, int r, const char *output, size_t len,
		const struct err *e)
{
	struct said *s = arg;

	s->r = r;
	if (r < 0)
		s->e = *e;
	else
		s->listens = memmem(output, len, ":5901 ", 6) ||
			     memmem(output, len, ":5901\n", 6);
	wait_over(&s->wait);
}

void doctor_screen(struct doctor *d, struct hypervisor *h, const char *about,
		const char *id)
{
	static struct said s; /* also for an answer that comes too late */
	char mend[2 * DOCTOR_WORD_MAX + 128], word[DOCTOR_WORD_MAX];

	(void)doctor_word(about, word);
	(void)snprintf(mend, sizeof(mend),
			"glassbridge power %s stop --yes && glassbridge power "
			"%s start",
			word, word);
	s = (struct said){.wait.loop = d->loop};
	hypervisor_command(h, id, "ss -ltn", on_said, &s);
	if (!wait_until(&s.wait, COMMAND_MS))
		return;
	if (s.r == -EPERM)
		checks_note(&d->checks, about, "screen", NULL,
				"the profile is read_only, so nothing is asked "
				"within the sandbox");
	else if (s.r < 0)
		checks_bad(&d->checks, about, "screen", s.r, NULL, "%s",
				s.e.text);
	else if (s.listens)
		checks_good(&d->checks, about, "screen",
				"its VNC server listens on 5901");
	else
		checks_bad(&d->checks, about, "screen", -ENOTCONN, mend,
				"nothing listens on 5901 within the sandbox: "
				"its VNC server is not up (yet)");
}
