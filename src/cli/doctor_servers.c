/* A profile's servers: name, TCP, TLS, clock; every URL of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/doctor.h"
#include "cli/reach.h"
#include "config/config.h"
#include "hypervisor/hypervisor.h"
#include "proto/url.h"

enum { SKEW_NOTE_S = 10, SKEW_BAD_S = 20, MEND_MAX = 1024 };

static const char *const stages[] = {
		[REACH_NAME] = "name",
		[REACH_TCP] = "TCP",
		[REACH_TLS] = "TLS",
		[REACH_HTTP] = "HTTP",
};

static bool is_proxmox(const struct config_profile *p)
{
	return strcmp(p->kind, "proxmox") == 0;
}

/* The command that trusts this certificate from then on, and no other. */
static void pin_line(const struct config_profile *p, const struct reach *reach,
		char ret[MEND_MAX])
{
	char fingerprint[TLS_FINGERPRINT_TEXT_MAX];

	tls_fingerprint_text(reach->peer.fingerprint, fingerprint);
	(void)snprintf(ret, MEND_MAX,
			"glassbridge config set %s%s%s%s%s%s"
			"profiles.%s.tls_fingerprint=%s",
			p->verify_tls ? "" : "profiles.",
			p->verify_tls ? "" : p->name,
			p->verify_tls ? "" : ".verify_tls=true ",
			p->ca_file ? "profiles." : "",
			p->ca_file ? p->name : "",
			p->ca_file ? ".ca_file= " : "", p->name, fingerprint);
}

static void put_untrusted(struct doctor *d, const char *about,
		const struct config_profile *p, const struct reach *reach)
{
	bool proxmox = is_proxmox(p);
	char mend[MEND_MAX];

	checks_bad(&d->checks, about, "TLS", -EKEYREJECTED,
			proxmox ? "pvenode cert info" : NULL, "%s",
			reach->why.text);
	if (!reach->has_peer)
		return;
	pin_line(p, reach, mend);
	checks_note(&d->checks, about, "fingerprint", mend,
			"the certificate it showed; trust it only if %s",
			proxmox ? "the command above, run on the server "
				  "itself, tells the same one"
				: "the server's own file is the same one");
}

static void put_failure(struct doctor *d, const char *about,
		const struct config_profile *p, const struct url *u,
		const struct reach *reach)
{
	char mend[MEND_MAX] = "", word[DOCTOR_WORD_MAX];
	const char *where = "";

	if (reach->stage == REACH_TLS && reach->why.code == -EKEYREJECTED) {
		put_untrusted(d, about, p, reach);
		return;
	}
	if (reach->stage == REACH_NAME) {
		(void)snprintf(mend, sizeof(mend),
				"glassbridge config set profiles.%s.url",
				p->name);
		where = "; where the name is wrong, give the right URL";
	} else if (reach->why.code == -ETIMEDOUT ||
			reach->why.code == -EHOSTUNREACH) {
		(void)snprintf(mend, sizeof(mend), "ping -c 3 %s",
				doctor_word(u->host, word));
		where = "; is it on, and does a firewall stand between?";
	} else if (is_proxmox(p)) {
		(void)snprintf(mend, sizeof(mend),
				"systemctl restart pveproxy");
		where = "; on the server itself:";
	} else {
		(void)snprintf(mend, sizeof(mend), "arrakis-restserver");
		where = "; start it on the server itself:";
	}
	checks_bad(&d->checks, about, stages[reach->stage], reach->why.code,
			mend, "%s%s", reach->why.text, where);
}

/* Tickets are good for 40 s after, and 20 s before. */
static void put_clock(
		struct doctor *d, const char *about, const struct reach *reach)
{
	int64_t off = llabs(reach->skew);
	const char *way = reach->skew > 0 ? "before" : "behind";

	if (!reach->has_clock)
		return;
	if (off >= SKEW_BAD_S)
		checks_bad(&d->checks, about, "clock", -ETIME,
				"timedatectl set-ntp true",
				"it is %lld s %s ours, and tickets of consoles "
				"live 40 s; on the machine whose clock is "
				"wrong:",
				(long long)off, way);
	else if (off >= SKEW_NOTE_S)
		checks_note(&d->checks, about, "clock",
				"timedatectl set-ntp true",
				"it is %lld s %s ours; on the machine whose "
				"clock is wrong:",
				(long long)off, way);
	else
		checks_good(&d->checks, about, "clock", "it goes as ours");
}

static void put_trust(struct doctor *d, const char *about,
		const struct config_profile *p, const struct reach *reach)
{
	char mend[MEND_MAX];

	if (!reach->has_peer)
		return;
	if (p->verify_tls) {
		checks_good(&d->checks, about, "TLS", "it is trusted by %s",
				p->tls_fingerprint ? "its fingerprint"
				: p->ca_file       ? "its CA"
						   : "the system's roots");
		return;
	}
	pin_line(p, reach, mend);
	checks_note(&d->checks, about, "TLS", mend,
			"verify_tls is off in [profiles.%s]: whoever is on "
			"the way reads the credential; once compared with "
			"`pvenode cert info` on the server:",
			p->name);
}

static bool look_at(struct doctor *d, const struct config_profile *p,
		const struct url *u)
{
	struct tls_policy policy;
	struct reach reach;
	char about[512];

	(void)snprintf(about, sizeof(about), "%s %s:%u", p->name, u->host,
			u->port);
	hypervisor_tls_policy(p, &policy);
	reach_url(d->loop, u, &policy, &reach);
	if (reach.stage != REACH_ALL) {
		put_failure(d, about, p, u, &reach);
		return false;
	}
	checks_good(&d->checks, about, "reach", "it answers");
	put_trust(d, about, p, &reach);
	put_clock(d, about, &reach);
	return true;
}

bool doctor_servers(struct doctor *d, const struct config_profile *p)
{
	bool any = p->url.count == 0;

	for (size_t i = 0; i < p->url.count; i++)
		any = look_at(d, p, &p->url.items[i]) || any;
	return any;
}
