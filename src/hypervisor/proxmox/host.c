/* The hosts of a cluster: which one is asked. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hypervisor/proxmox/internal.h"

enum { BASE_MAX = 2 * URL_MAX };

/*
 * The first that answers as far as is known, else the one that has rested the
 * longest; never one that this call has tried. host_count: none is left.
 */
size_t pve_host_choose(const struct pve_api *a, unsigned tried)
{
	uint64_t now = loop_now_ms(a->loop);
	size_t best = a->host_count;

	for (size_t i = 0; i < a->host_count; i++) {
		const struct pve_host *h = &a->hosts[i];

		if (tried & (1u << i))
			continue;
		if (h->rests_until <= now)
			return i;
		if (best == a->host_count ||
				h->rests_until < a->hosts[best].rests_until)
			best = i;
	}
	return best;
}

bool pve_host_rests(const struct pve_api *a, size_t host)
{
	return a->hosts[host].rests_until > loop_now_ms(a->loop);
}

const char *pve_api_base(const struct pve_api *a)
{
	return a->hosts[pve_host_choose(a, 0)].base;
}

void pve_host_answered(struct pve_api *a, struct pve_host *h)
{
	h->rests_until = h->rest_ms = 0;
	h->answered_ms = loop_now_ms(a->loop);
}

/* A call that was asked before the host's last answer says nothing new. */
void pve_host_failed(struct pve_api *a, struct pve_host *h, uint64_t asked_ms)
{
	uint64_t now = loop_now_ms(a->loop);

	if (h->rests_until > now ||
			(h->answered_ms > 0 && h->answered_ms >= asked_ms))
		return;
	h->rest_ms = h->rest_ms ? 2 * h->rest_ms : PVE_REST_MS;
	if (h->rest_ms > PVE_REST_MAX_MS)
		h->rest_ms = PVE_REST_MAX_MS;
	h->rests_until = now + h->rest_ms;
}

int pve_host_init(struct pve_host *h, const struct url *from, struct err *e)
{
	char text[BASE_MAX];
	int r = url_format(from, text, sizeof(text));

	if (r < 0)
		return err_set(e, -EINVAL, "the url is too long");
	r = url_parse(text, &h->url, e);
	if (r < 0)
		return r;
	if (asprintf(&h->base, "%s/api2/json", text) < 0)
		h->base = NULL;
	if (asprintf(&h->name, strchr(from->host, ':') ? "[%s]:%u" : "%s:%u",
			    from->host, from->port) < 0)
		h->name = NULL;
	return h->base && h->name ? 0 : err_set(e, -ENOMEM, "no memory");
}
