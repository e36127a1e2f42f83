#include "gateway/hypervisors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/log.h"
#include "hypervisor/hypervisor.h"

void hypervisors_close(struct hypervisor **all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hypervisor_free(all[i]);
	free(all);
}

int hypervisors_open(struct hypervisor ***ret_all, size_t *ret_count,
		struct loop *l, const struct hypervisor_ops *const *providers,
		const struct config *c, hypervisors_want_fn *want,
		struct err *e)
{
	struct hypervisor **all = calloc(c->profile_count + 1, sizeof(void *));
	size_t count = 0;

	if (!all)
		return err_set(e, -ENOMEM, "no memory");
	for (size_t i = 0; i < c->profile_count; i++) {
		int r;

		if (want && !want(c, &c->profiles[i]))
			continue;
		r = hypervisor_open(
				&all[count], providers, l, &c->profiles[i], e);
		if (r == -ENOTSUP) {
			log_warn(NULL, "event=profile_skipped detail=%s",
					log_value(e->text).text);
			continue;
		}
		if (r < 0) {
			hypervisors_close(all, count);
			return r;
		}
		count++;
	}
	*ret_all = all;
	*ret_count = count;
	return 0;
}

struct hypervisor *hypervisors_find(struct hypervisor *const *all, size_t count,
		const char *guest, const char **ret_rest)
{
	const char *slash = strchr(guest, '/');
	size_t len = slash ? (size_t)(slash - guest) : 0;

	for (size_t i = 0; slash && i < count; i++) {
		const char *profile = all[i]->profile;

		if (strlen(profile) != len || memcmp(profile, guest, len) != 0)
			continue;
		*ret_rest = slash + 1;
		return all[i];
	}
	return NULL;
}

/* Who waits for an answer of one gets it. */
void hypervisors_retire(struct hypervisor **retired, struct hypervisor **all,
		size_t count)
{
	for (size_t i = 0; i < count; i++) {
		all[i]->next = *retired;
		*retired = all[i];
	}
	free(all);
}

void hypervisors_sweep(struct hypervisor **retired)
{
	struct hypervisor **at = retired;

	while (*at) {
		struct hypervisor *h = *at;

		if (hypervisor_owes(h)) {
			at = &h->next;
			continue;
		}
		*at = h->next;
		hypervisor_free(h);
	}
}

void hypervisors_end(struct hypervisor **retired)
{
	while (*retired) {
		struct hypervisor *next = (*retired)->next;

		hypervisor_free(*retired);
		*retired = next;
	}
}
