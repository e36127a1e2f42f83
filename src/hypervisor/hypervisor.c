#include "hypervisor/hypervisor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "hypervisor/ask.h"
#include "stream/tls.h"

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

static const char *const verb_names[POWER_VERBS] = {
		[POWER_START] = "start",
		[POWER_STOP] = "stop",
		[POWER_SHUTDOWN] = "shutdown",
		[POWER_REBOOT] = "reboot",
		[POWER_RESET] = "reset",
		[POWER_SUSPEND] = "suspend",
		[POWER_RESUME] = "resume",
};

const char *power_verb_name(enum power_verb v)
{
	return verb_names[v];
}

int power_verb_from(const char *name, enum power_verb *ret_verb)
{
	for (int v = 0; v < POWER_VERBS; v++) {
		if (strcmp(verb_names[v], name) == 0) {
			*ret_verb = (enum power_verb)v;
			return 0;
		}
	}
	if (strcmp(name, "pause") != 0)
		return -EINVAL;
	*ret_verb = POWER_SUSPEND; /* as Arrakis calls it */
	return 0;
}

const char *proof_kind_name(enum proof_kind k)
{
	static const char *const names[PROOF_KINDS] = {
			[PROOF_PASSWORD] = "password",
			[PROOF_TOTP] = "totp",
			[PROOF_RECOVERY] = "recovery",
	};

	return names[k];
}

const char *guest_status_name(enum guest_status s)
{
	return status_names[s];
}

static int opened(struct hypervisor *h, const struct hypervisor_ops *ops,
		const char *profile, bool read_only, struct hypervisor **ret_h,
		struct err *e)
{
	h->ops = ops;
	h->read_only = read_only;
	h->profile = strdup(profile);
	if (!h->profile) {
		ops->free(h);
		return err_set(e, -ENOMEM, "no memory");
	}
	*ret_h = h;
	return 0;
}

void hypervisor_tls_policy(
		const struct config_profile *p, struct tls_policy *ret)
{
	*ret = (struct tls_policy){.verify = TLS_ROOTS, .ca_file = p->ca_file};
	if (!p->verify_tls)
		ret->verify = TLS_OFF;
	else if (p->tls_fingerprint && tls_fingerprint_parse(p->tls_fingerprint,
						       ret->fingerprint) == 0)
		ret->verify = TLS_FINGERPRINT;
	else if (p->ca_file)
		ret->verify = TLS_CA;
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
	return opened(h, *providers, p->name, p->read_only, ret_h, e);
}

int hypervisor_enter(struct hypervisor *h, const char *user,
		struct hypervisor **ret_person, struct err *e)
{
	struct hypervisor *person;
	int r;

	if (!h->ops->enter)
		return err_set(e, -ENOTSUP,
				"nobody signs in by hypervisors of kind '%s'",
				h->ops->kind);
	r = h->ops->enter(h, user, &person, e);
	return r < 0 ? r
		     : opened(person, h->ops, h->profile, h->read_only,
				       ret_person, e);
}

int hypervisor_page(struct hypervisor *h, const struct guest *g, char *ret_url,
		size_t ret_max)
{
	int r = h->ops->page ? h->ops->page(h, g, ret_url, ret_max) : -ENOTSUP;

	if (r < 0 && ret_max > 0)
		*ret_url = '\0';
	return r;
}

const struct tag_style *hypervisor_tag_styles(
		struct hypervisor *h, size_t *ret_count)
{
	*ret_count = 0;
	return h->ops->tag_styles ? h->ops->tag_styles(h, ret_count) : NULL;
}

void hypervisor_rest(struct hypervisor *h)
{
	if (h->ops->rest)
		h->ops->rest(h);
}

unsigned guest_verbs(enum guest_status s)
{
	static const unsigned verbs[] = {
			[GUEST_UNKNOWN] = 0,
			[GUEST_RUNNING] =
					1u << POWER_SHUTDOWN |
					1u << POWER_STOP | 1u << POWER_REBOOT |
					1u << POWER_RESET | 1u << POWER_SUSPEND,
			[GUEST_STOPPED] = 1u << POWER_START,
			[GUEST_PAUSED] = 1u << POWER_RESUME | 1u << POWER_STOP,
	};

	return verbs[s];
}

void hypervisor_free(struct hypervisor *h)
{
	if (!h)
		return;
	asks_drop(h);
	free(h->profile);
	h->ops->free(h);
}
