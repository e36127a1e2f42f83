#include "hypervisor/hypervisor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

static const char *const kind_names[CONSOLE_KINDS] = {
		[CONSOLE_VNC] = "vnc",
		[CONSOLE_SERIAL] = "serial",
		[CONSOLE_SPICE] = "spice",
};

static const char *const status_names[] = {
		[GUEST_UNKNOWN] = "unknown",
		[GUEST_RUNNING] = "running",
		[GUEST_STOPPED] = "stopped",
		[GUEST_PAUSED] = "paused",
};

const char *console_kind_name(enum console_kind k)
{
	return kind_names[k];
}

int console_kind_from(const char *name, enum console_kind *ret_kind)
{
	for (int k = 0; k < CONSOLE_KINDS; k++) {
		if (strcmp(kind_names[k], name) == 0) {
			*ret_kind = (enum console_kind)k;
			return 0;
		}
	}
	return -EINVAL;
}

const char *guest_status_name(enum guest_status s)
{
	return status_names[s];
}

int hypervisor_open(struct hypervisor **ret_h,
		const struct hypervisor_ops *const *providers, struct loop *l,
		const struct config_profile *p, struct err *e)
{
	struct hypervisor *h;
	int r;

	while (*providers && strcmp((*providers)->kind, p->kind) != 0)
		providers++;
	if (!*providers)
		return err_set(e, -ENOTSUP,
				"profile %s: this build does not speak to "
				"hypervisors of kind '%s' yet",
				p->name, p->kind);
	r = (*providers)->open(&h, l, p, e);
	if (r < 0)
		return r;
	h->ops = *providers;
	h->profile = strdup(p->name);
	if (!h->profile) {
		h->ops->free(h);
		return err_set(e, -ENOMEM, "no memory");
	}
	*ret_h = h;
	return 0;
}

void hypervisor_list(struct hypervisor *h, hypervisor_list_fn *fn, void *arg)
{
	h->ops->list(h, fn, arg);
}

void hypervisor_plan(struct hypervisor *h, const char *id,
		enum console_kind kind, hypervisor_plan_fn *fn, void *arg)
{
	h->ops->plan(h, id, kind, fn, arg);
}

void hypervisor_free(struct hypervisor *h)
{
	if (!h)
		return;
	free(h->profile);
	h->ops->free(h);
}
