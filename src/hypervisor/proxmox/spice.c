#include "hypervisor/proxmox/spice.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hypervisor/proxmox/api.h"
#include "proto/json.h"
#include "proto/spice_link.h"
#include "stream/dial.h"
#include "stream/tls.h"

enum { TICKET_MAX = 512 };

static void spice_free(struct pve_spice *s)
{
	if (!s)
		return;
	free(s->proxy_host);
	secret_done(&s->ticket);
	secret_done(&s->password);
	tls_context_unref(s->tls);
	free(s);
}

/* It becomes the host of a CONNECT: nothing in it may end the line. */
static bool is_ticket(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len == 0 || len > TICKET_MAX)
		return false;
	for (; *text; text++)
		if (*text < '!' || *text > '~')
			return false;
	return true;
}

/* A PEM whose line ends travel as two characters. */
static char *pem_of(const char *text)
{
	char *pem = text ? strdup(text) : NULL, *to = pem;

	for (const char *at = pem; at && *at; at++) {
		if (at[0] == '\\' && at[1] == 'n') {
			*to++ = '\n';
			at++;
		} else {
			*to++ = *at;
		}
	}
	if (to)
		*to = '\0';
	return pem;
}

static int spice_trust(
		struct pve_spice *s, const struct json *data, struct err *e)
{
	struct tls_policy p = {.verify = TLS_CA_SUBJECT};
	const char *subject = json_text(json_get(data, "host-subject"));
	const char *ca = json_text(json_get(data, "ca"));
	int r;

	if (!ca || !*ca || !subject || !*subject)
		return err_set(e, -EPROTO,
				"the SPICE answer has no certificate to trust");
	p.ca_text = pem_of(ca);
	p.subject = strdup(subject);
	r = p.ca_text && p.subject ? tls_client_context(&s->tls, &p, e)
				   : err_set(e, -ENOMEM, "no memory");
	tls_policy_done(&p);
	if (r < 0 && r != -ENOMEM)
		return err_set(e, -EPROTO,
				"the SPICE answer's certificate is of no use");
	return r;
}

static int spice_fill(struct pve_spice *s, const struct pve_spice_answer *a,
		struct err *e)
{
	const struct json *data = a->data;
	const char *ticket = json_text(json_get(data, "host"));
	const char *password = json_text(json_get(data, "password"));
	int64_t port = 0;

	if (!is_ticket(ticket))
		return err_set(e, -EPROTO,
				"the SPICE answer has no usable ticket");
	if (!password || strlen(password) > SPICE_PASSWORD_MAX)
		return err_set(e, -EPROTO,
				"the SPICE answer has no usable password");
	if (json_int_or_text(json_get(data, "tls-port"), &port) < 0 ||
			port < 1 || port > UINT16_MAX)
		return err_set(e, -EPROTO,
				"the SPICE answer has no usable port");
	s->port = (uint16_t)port;
	s->asked_ms = a->asked_ms;
	s->proxy_port = a->proxy_port;
	s->proxy_host = strdup(a->proxy_host);
	if (!s->proxy_host || secret_sets(&s->ticket, ticket) < 0 ||
			secret_sets(&s->password, password) < 0)
		return err_set(e, -ENOMEM, "no memory");
	return spice_trust(s, data, e);
}

/* This guest's, those that serve no longer, and the oldest of too many. Some
 * were asked for after this one, whose answer took its time. */
void pve_spices_forget(struct pve_spices *all, const char *id, uint64_t now_ms)
{
	struct pve_spice **at = &all->first;
	size_t kept = 0;

	while (*at) {
		struct pve_spice *s = *at;

		if (strcmp(s->id, id) != 0 &&
				now_ms < s->asked_ms + PVE_SPICE_MS &&
				++kept < PVE_SPICE_MAX) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		spice_free(s);
	}
}

int pve_spices_keep(struct pve_spices *all, const char *id,
		const struct pve_spice_answer *a, struct err *e)
{
	struct pve_spice *s = calloc(1, sizeof(*s));
	int r = s ? spice_fill(s, a, e) : err_set(e, -ENOMEM, "no memory");

	if (r < 0) {
		spice_free(s);
		return r;
	}
	(void)snprintf(s->id, sizeof(s->id), "%s", id);
	pve_spices_forget(all, id, a->asked_ms);
	s->next = all->first;
	all->first = s;
	return 0;
}

const struct pve_spice *pve_spices_find(struct pve_spices *all, const char *id,
		uint64_t since_ms, uint64_t now_ms)
{
	for (const struct pve_spice *s = all->first; s; s = s->next)
		if (strcmp(s->id, id) == 0 && s->asked_ms >= since_ms &&
				now_ms - s->asked_ms < PVE_SPICE_MS)
			return s;
	return NULL;
}

void pve_spices_done(struct pve_spices *all)
{
	while (all->first) {
		struct pve_spice *next = all->first->next;

		spice_free(all->first);
		all->first = next;
	}
}

int pve_spice_plan(const struct pve_spice *s, const struct spice_link *link,
		struct dial_plan *plan)
{
	const struct connect_options o = {
			.host = s->ticket, /* lent */
			.port = s->port,
	};
	int r = dial_plan_tcp(plan, s->proxy_host, s->proxy_port);

	if (r == 0)
		r = dial_plan_connect(plan, &o);
	if (r == 0)
		r = dial_plan_tls(plan, s->tls, NULL);
	if (r == 0)
		r = dial_plan_spice_login(plan, link, &s->password);
	plan->minted = true;
	if (r < 0)
		dial_plan_done(plan);
	return r;
}
