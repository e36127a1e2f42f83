#include "hypervisor/proxmox/ticket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret.h"
#include "hypervisor/proxmox/api.h"
#include "proto/json.h"
#include "proto/url.h"
#include "stream/dial.h"

enum { PORT_MIN = 5900, PORT_MAX = 5999 };

/* What is used of the answer. */
struct minted {
	const char *ticket, *password, *user;
	int64_t port;
};

static int minted_of(
		const struct pve_ticket *t, struct minted *m, struct err *e)
{
	m->ticket = json_text(json_get(t->data, "ticket"));
	m->user = json_text(json_get(t->data, "user"));
	m->password = json_text(json_get(t->data, "password"));
	if (!m->ticket || !*m->ticket || strlen(m->ticket) > PVE_TICKET_MAX)
		return err_set(e, -EPROTO,
				"the console's answer has no usable ticket");
	if (json_int_or_text(json_get(t->data, "port"), &m->port) < 0 ||
			m->port < PORT_MIN || m->port > PORT_MAX)
		return err_set(e, -EPROTO,
				"the console's answer has no usable port");
	if (t->terminal && (!m->user || !*m->user || strchr(m->user, ':') ||
					   strchr(m->user, '\n') ||
					   strchr(m->ticket, '\n')))
		return err_set(e, -EPROTO,
				"the console's answer has no usable user");
	return 0;
}

static int add_bottom(const struct pve_ticket *t, struct dial_plan *plan)
{
	const struct url *u = t->place->url;
	int r = dial_plan_tcp(plan, t->place->address, u->port);

	if (r == 0 && strcmp(u->scheme, "https") == 0)
		r = dial_plan_tls(plan, t->tls, u->host);
	return r;
}

/* The ticket is percent-encoded once; it may hold any of "%&;+=#". */
static int add_ws(const struct pve_ticket *t, const struct minted *m,
		struct dial_plan *plan)
{
	const struct url *u = t->place->url;
	char encoded[3 * PVE_TICKET_MAX + 1];
	char *host = NULL, *path = NULL;
	struct ws_client_options o = {.protocol = (char *)"binary"};
	int r = -ENOMEM;

	(void)url_encode(
			m->ticket, strlen(m->ticket), encoded, sizeof(encoded));
	if (asprintf(&host, strchr(u->host, ':') ? "[%s]:%u" : "%s:%u", u->host,
			    u->port) < 0)
		host = NULL;
	if (asprintf(&path, "%s/api2/json%s/vncwebsocket?port=%d&vncticket=%s",
			    u->path, t->path, (int)m->port, encoded) < 0)
		path = NULL;
	secret_wipe(encoded, sizeof(encoded));
	if (host && path) {
		o.host = host;
		o.path = path;
		o.credential = *t->credential; /* lent */
		o.mask_zero = strcmp(u->scheme, "https") == 0;
		r = dial_plan_ws(plan, &o);
	}
	if (path)
		secret_wipe(path, strlen(path));
	free(path);
	free(host);
	return r;
}

/* The password where there is one, else the ticket; its first 8 bytes. */
static int add_login(const struct minted *m, struct dial_plan *plan)
{
	const char *text =
			m->password && *m->password ? m->password : m->ticket;
	struct secret s = {0};
	int r = secret_set(&s, text, strnlen(text, PVE_VNC_PASSWORD_LEN));

	if (r == 0)
		r = dial_plan_rfb_login(plan, &s);
	secret_done(&s);
	return r;
}

/* "user:ticket", byte for byte as they came. */
static int add_term(const struct minted *m, struct dial_plan *plan)
{
	struct secret s = {0};
	char *text = NULL;
	int len = asprintf(&text, "%s:%s", m->user, m->ticket);
	int r = -ENOMEM;

	if (len >= 0) {
		r = secret_set(&s, text, (size_t)len);
		secret_wipe(text, (size_t)len);
		free(text);
	}
	if (r == 0)
		r = dial_plan_term(plan, &s);
	secret_done(&s);
	return r;
}

int pve_ticket_plan(const struct pve_ticket *t, struct dial_plan *plan,
		struct err *e)
{
	struct minted m;
	int r = minted_of(t, &m, e);

	if (r < 0)
		return r;
	r = add_bottom(t, plan);
	if (r == 0)
		r = add_ws(t, &m, plan);
	if (r == 0)
		r = t->terminal ? add_term(&m, plan) : add_login(&m, plan);
	plan->minted = true;
	if (r < 0) {
		dial_plan_done(plan);
		return err_set(e, r, "no memory");
	}
	return 0;
}
