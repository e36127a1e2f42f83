/* The ways to a sandbox's screen and its ports. */
#include <errno.h>

#include "hypervisor/arrakis/job.h"
#include "hypervisor/arrakis/vms.h"
#include "stream/dial.h"

/* Straight to the sandbox, else by the port that the server announces. */
static int plan_port(const struct guest *g, const struct guest_forward *f,
		uint16_t port, struct dial_plan *plan)
{
	int r;

	if (!g->address)
		return dial_plan_tcp(plan, g->host, f->host_port);
	r = dial_plan_tcp(plan, g->address, f ? f->guest_port : port);
	if (r == 0 && f)
		r = dial_plan_tcp_other(plan, g->host, f->host_port);
	return r;
}

static int plan_vnc(struct job *j, const struct guest *g,
		struct dial_plan *plan, struct err *e)
{
	int r;

	if (g->lacks[j->kind])
		return err_set(e, -ENOTSUP, "%s", g->lacks[j->kind]);
	if (g->status == GUEST_STOPPED || g->status == GUEST_PAUSED)
		return err_set(e, -ENOTCONN, "sandbox '%s' is %s", j->id,
				guest_status_name(g->status));
	r = plan_port(g, vms_gui(g), VMS_GUI_PORT, plan);
	if (r == 0)
		r = dial_plan_rfb_login(plan, &j->h->vnc_password);
	plan->wait_ms = DIAL_WAIT_MS;
	plan->login_hint =
			j->h->is_default
					? "the default password of Arrakis was "
					  "tried; set vnc_password in its "
					  "profile"
					: "vnc_password of its profile was "
					  "tried";
	return r < 0 ? err_set(e, r, "no memory") : 0;
}

static int plan_reach(struct job *j, const struct guest *g,
		struct dial_plan *plan, struct err *e)
{
	const struct guest_forward *f = vms_forward(g, j->port);
	int r;

	if (!g->address && !f)
		return err_set(e, -ENOTSUP,
				"Arrakis says no address of sandbox '%s', and "
				"no forward to its port %u",
				j->id, j->port);
	r = plan_port(g, f, j->port, plan);
	return r < 0 ? err_set(e, r, "no memory") : 0;
}

void arrakis_found_plan(struct job *j, const struct guest *g)
{
	hypervisor_plan_fn *fn = j->plan_fn;
	void *arg = j->arg;
	struct dial_plan plan = {0};
	struct err e = {0};
	int r = j->port ? plan_reach(j, g, &plan, &e)
			: plan_vnc(j, g, &plan, &e);

	arrakis_job_free(j);
	fn(arg, r, r == 0 ? &plan : NULL, &e);
	dial_plan_done(&plan);
}
