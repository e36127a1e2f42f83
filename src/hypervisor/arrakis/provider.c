/* The provider: each thing that it is asked for becomes a job (job.h). */
#include <errno.h>
#include <stdlib.h>

#include "config/config.h"
#include "core/loop.h"
#include "hypervisor/arrakis/arrakis.h"
#include "hypervisor/arrakis/job.h"

/* The documented password of every sandbox's screen (R45). */
#define DEFAULT_PASSWORD "elara0000"

/* ---- what is asked --------------------------------------------------------
 */

static void arrakis_ops_list(
		struct hypervisor *h, hypervisor_list_fn *fn, void *arg)
{
	const struct job j = {.list_fn = fn, .arg = arg};
	struct err e;

	if (arrakis_job_new(h, NULL, NULL, &j) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, 0, &e);
}

static void arrakis_ops_plan(struct hypervisor *h, const char *id,
		enum console_kind kind, hypervisor_plan_fn *fn, void *arg)
{
	const struct job j = {.found = arrakis_found_plan,
			.kind = kind,
			.plan_fn = fn,
			.arg = arg};
	struct err e;

	if (arrakis_job_new(h, id, NULL, &j) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, &e);
}

static void arrakis_ops_reach(struct hypervisor *h, const char *id,
		uint16_t guest_port, hypervisor_plan_fn *fn, void *arg)
{
	const struct job j = {.found = arrakis_found_plan,
			.port = guest_port,
			.plan_fn = fn,
			.arg = arg};
	struct err e;

	if (guest_port == 0)
		fn(arg, err_set(&e, -ENOTSUP, "there is no port 0"), NULL, &e);
	else if (arrakis_job_new(h, id, NULL, &j) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, &e);
}

static void done_job(struct hypervisor *h, const char *id, const char *text,
		const struct job *j)
{
	struct err e;

	if (arrakis_job_new(h, id, text, j) < 0)
		j->done_fn(j->arg, err_set(&e, -ENOMEM, "no memory"), NULL, &e);
}

static void arrakis_ops_power(struct hypervisor *h, const char *id,
		enum power_verb verb, hypervisor_done_fn *fn, void *arg)
{
	const struct job j = {.found = arrakis_found_power,
			.verb = verb,
			.done_fn = fn,
			.arg = arg};

	done_job(h, id, NULL, &j);
}

static void arrakis_ops_restore(struct hypervisor *h, const char *id,
		const char *snapshot, hypervisor_done_fn *fn, void *arg)
{
	const struct job j = {.found = arrakis_found_restore,
			.may_be_none = true,
			.done_fn = fn,
			.arg = arg};

	done_job(h, id, snapshot, &j);
}

static void arrakis_ops_create(struct hypervisor *h, const char *id,
		const char *snapshot, hypervisor_done_fn *fn, void *arg)
{
	const struct job j = {.found = arrakis_found_create,
			.may_be_none = true,
			.done_fn = fn,
			.arg = arg};

	done_job(h, id, snapshot, &j);
}

static void arrakis_ops_destroy(struct hypervisor *h, const char *id,
		hypervisor_done_fn *fn, void *arg)
{
	const struct job j = {.found = arrakis_found_destroy,
			.done_fn = fn,
			.arg = arg};

	done_job(h, id, NULL, &j);
}

/* It always holds the memory, and nothing is said of it. */
static void arrakis_ops_snapshot(struct hypervisor *h, const char *id,
		const struct snapshot_wish *w, hypervisor_snapped_fn *fn,
		void *arg)
{
	const struct job j = {.found = arrakis_found_snapshot,
			.snapped_fn = fn,
			.arg = arg};
	struct err e;

	if (arrakis_job_new(h, id, w->name, &j) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, NULL, &e);
}

static void arrakis_ops_command(struct hypervisor *h, const char *id,
		const char *command, hypervisor_output_fn *fn, void *arg)
{
	const struct job j = {.found = arrakis_found_command,
			.output_fn = fn,
			.arg = arg};
	struct err e;

	if (arrakis_job_new(h, id, command, &j) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, 0, &e);
}

/* ---- life -----------------------------------------------------------------
 */

static void arrakis_ops_free(struct hypervisor *hv)
{
	struct arrakis *h = (struct arrakis *)hv;

	arrakis_api_free(h->api); /* cancels what the jobs wait for */
	while (h->jobs)
		arrakis_job_free(h->jobs);
	secret_done(&h->vnc_password);
	free(h);
}

static int arrakis_ops_open(struct hypervisor **ret_h, struct loop *l,
		const struct config_profile *p, struct err *e)
{
	struct arrakis *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return err_set(e, -ENOMEM, "no memory");
	h->is_default = p->vnc_password.len == 0;
	r = h->is_default ? secret_sets(&h->vnc_password, DEFAULT_PASSWORD)
			  : secret_copy(&h->vnc_password, &p->vnc_password);
	if (r < 0)
		(void)err_set(e, r, "no memory");
	else
		r = arrakis_api_new(&h->api, l, p, e);
	if (r < 0) {
		arrakis_ops_free(&h->hypervisor);
		return err_prefix(e, "profile %s", p->name);
	}
	*ret_h = &h->hypervisor;
	return 0;
}

const struct hypervisor_ops arrakis_hypervisor = {
		.kind = "arrakis",
		.open = arrakis_ops_open,
		.list = arrakis_ops_list,
		.plan = arrakis_ops_plan,
		.power = arrakis_ops_power,
		.restore = arrakis_ops_restore,
		.reach = arrakis_ops_reach,
		.snapshot = arrakis_ops_snapshot,
		.create = arrakis_ops_create,
		.destroy = arrakis_ops_destroy,
		.command = arrakis_ops_command,
		.free = arrakis_ops_free,
};
