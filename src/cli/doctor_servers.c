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

enum { SKEW_NOTE_S = 10, SKEW_BAD_S = 20, MEND_MAX = 512 };

static const char *const stages[] = {
		[REACH_NAME] = "name",
		[REACH_TCP] = "TCP",
		[REACH_TLS] = "TLS",
		[REACH_HTTP] = "HTTP",
};

static void put_untrusted(struct doctor *d, const char *about,
		const struct config_profile *p, const struct reach *reach)
{
	char fingerprint[TLS_FINGERPRINT_TEXT_MAX], mend[MEND_MAX];

	checks_bad(&d->checks, about, "TLS", -EKEYREJECTED,
			strcmp(p->kind, "proxmox") == 0 ? "pvenode cert info"
							: NULL,
			"%s", reach->why.text);
	if (!reach->has_peer)
		return;
	tls_fingerprint_text(reach->peer.fingerprint, fingerprint);
	(void)snprintf(mend, sizeof(mend), "tls_fingerprint = \"%s\"",
			fingerprint);
	checks_note(&d->checks, about, "fingerprint", mend,
			"the certificate it showed; only if the command above, "
			"run on the server itself, tells the same one, put it "
			"into [profiles.%s]",
			p->name);
}

static void put_failure(struct doctor *d, const char *about,
		const struct config_profile *p, const struct url *u,
		const struct reach *reach)
{
	char mend[MEND_MAX];

	switch (reach->stage) {
	case REACH_NAME:
		(void)snprintf(mend, sizeof(mend), "getent hosts %s", u->host);
		break;
	case REACH_TCP:
		(void)snprintf(mend, sizeof(mend), "%s",
				strcmp(p->kind, "proxmox") == 0
						? "systemctl status pveproxy"
						: "systemctl status arrakis");
		break;
	default:
		mend[0] = '\0';
	}
	if (reach->stage == REACH_TLS && reach->why.code == -EKEYREJECTED)
		put_untrusted(d, about, p, reach);
	else
		checks_bad(&d->checks, about, stages[reach->stage],
				reach->why.code, *mend ? mend : NULL, "%s",
				reach->why.text);
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
				"it is %lld s %s ours: tickets of consoles "
				"live 40 s",
				(long long)off, way);
	else if (off >= SKEW_NOTE_S)
		checks_note(&d->checks, about, "clock",
				"timedatectl set-ntp true",
				"it is %lld s %s "
				"ours",
				(long long)off, way);
	else
		checks_good(&d->checks, about, "clock", "it goes as ours");
}

static void put_trust(struct doctor *d, const char *about,
		const struct config_profile *p, const struct reach *reach)
{
	char fingerprint[TLS_FINGERPRINT_TEXT_MAX];
	char mend[MEND_MAX];

	if (!reach->has_peer)
		return;
	tls_fingerprint_text(reach->peer.fingerprint, fingerprint);
	if (p->verify_tls) {
		checks_good(&d->checks, about, "TLS", "it is trusted by %s",
				p->tls_fingerprint ? "its fingerprint"
				: p->ca_file       ? "its CA"
						   : "the system's roots");
		return;
	}
	(void)snprintf(mend, sizeof(mend), "tls_fingerprint = \"%s\"",
			fingerprint);
	checks_note(&d->checks, about, "TLS", mend,
			"verify_tls is off in [profiles.%s]: whoever is on "
			"the way reads the credential; once compared with "
			"`pvenode cert info`, write instead",
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
