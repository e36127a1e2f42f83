/* What changes a sandbox. */
#include <errno.h>

#include "hypervisor/arrakis/job.h"
#include "hypervisor/arrakis/vms.h"

static void set_status(struct job *j, const char *status)
{
	const char *const pairs[][2] = {{"status", status}};

	arrakis_job_send(j, "PATCH", j->id, "", pairs, 1);
}

static void post_vm(struct job *j)
{
	const char *const pairs[][2] = {
			{"vmName", j->id}, {"snapshotId", j->text}};

	arrakis_job_send(j, "POST", "", "", pairs, 2);
}

void arrakis_found_power(struct job *j, const struct guest *g)
{
	struct err e;
	int r = err_set(&e, -ENOTSUP,
			"Arrakis knows no '%s': start, stop, suspend and "
			"resume are all",
			power_verb_name(j->verb));

	switch (j->verb) {
	case POWER_START:
		if (g->status == GUEST_RUNNING)
			arrakis_job_end(j, 0, NULL);
		else if (g->status == GUEST_PAUSED)
			set_status(j, "resume");
		else
			post_vm(j);
		return;
	case POWER_STOP:
		if (g->status == GUEST_STOPPED)
			arrakis_job_end(j, 0, NULL);
		else
			set_status(j, "stopped");
		return;
	case POWER_SUSPEND:
		set_status(j, "paused");
		return;
	case POWER_RESUME:
		set_status(j, "resume");
		return;
	default:
		arrakis_job_end(j, r, &e);
	}
}

void arrakis_found_snapshot(struct job *j, const struct guest *g)
{
	const char *const pairs[][2] = {{"snapshotId", j->text}};

	(void)g;
	arrakis_job_send(j, "POST", j->id, "/snapshots", pairs, 1);
}

void arrakis_found_command(struct job *j, const struct guest *g)
{
	const char *const pairs[][2] = {{"cmd", j->text}};
	struct err e;

	if (g->status == GUEST_STOPPED || g->status == GUEST_PAUSED) {
		int r = err_set(&e, -ENOTCONN, "sandbox '%s' is %s", j->id,
				guest_status_name(g->status));
		arrakis_job_end(j, r, &e);
		return;
	}
	arrakis_job_send(j, "POST", j->id, "/cmd", pairs, 1);
}

void arrakis_found_destroy(struct job *j, const struct guest *g)
{
	(void)g;
	arrakis_job_call(j, "DELETE", j->id, "", NULL, arrakis_job_changed);
}

/* A new one: under a name that can be asked for afterwards. */
static void make_vm(struct job *j)
{
	struct err e;
	int r;

	if (vms_name_ok(j->id)) {
		post_vm(j);
		return;
	}
	r = err_set(&e, -EINVAL,
			"no sandbox can be called so: up to %d bytes, no "
			"slash, no control characters",
			VMS_NAME_MAX);
	arrakis_job_end(j, r, &e);
}

void arrakis_found_create(struct job *j, const struct guest *g)
{
	struct err e;
	int r;

	if (!g) {
		make_vm(j);
		return;
	}
	r = err_set(&e, -EEXIST, "there is a sandbox '%s' already", j->id);
	arrakis_job_end(j, r, &e);
}

static void on_gone(void *arg, int r, const struct json *answer,
		const struct err *e)
{
	struct job *j = arg;

	(void)answer;
	if (r < 0) {
		arrakis_job_end(j, r, e);
		return;
	}
	j->is_gone = true;
	post_vm(j);
}

/* A snapshot is restored into a sandbox that is not there. */
void arrakis_found_restore(struct job *j, const struct guest *g)
{
	if (g)
		arrakis_job_call(j, "DELETE", j->id, "", NULL, on_gone);
	else
		make_vm(j);
}
