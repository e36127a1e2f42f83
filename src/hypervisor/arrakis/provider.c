/*
 * The provider. Each thing asked for is a `struct job`: a fresh list, then, if
 * something is to change, one or two calls. A server that answers 500 to them
 * may mean that the sandbox has gone since: the list is asked once more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/buf.h"
#include "core/loop.h"
#include "hypervisor/arrakis/api.h"
#include "hypervisor/arrakis/arrakis.h"
#include "hypervisor/arrakis/vms.h"
#include "proto/json.h"
#include "proto/url.h"
#include "stream/dial.h"

/* The documented password of every sandbox's screen (R45). */
#define DEFAULT_PASSWORD "elara0000"

enum { BODY_MAX = 64 * 1024, NAME_ENCODED_MAX = 3 * VMS_NAME_MAX + 1 };

struct arrakis {
	struct hypervisor hypervisor;
	struct arrakis_api *api;
	struct secret vnc_password;
	bool is_default; /* that password */
	struct job *jobs;
};

struct job;

/* What to do once it is known whether the sandbox (NULL: none) is there; it
 * goes on by job_change(), or ends the job. */
typedef void job_fn(struct job *j, const struct guest *g);

struct job {
	struct job *next, *prev;
	struct arrakis *h;
	char id[GUEST_ID_MAX];
	job_fn *found;    /* NULL: the list itself is asked for */
	bool may_be_none; /* found() is called without a guest, too */
	enum console_kind kind;
	uint16_t port;
	enum power_verb verb;
	char *text;        /* snapshot, or command; NULL: none */
	struct err failed; /* why a change has failed, while the list is asked
			    */
	hypervisor_list_fn *list_fn;
	hypervisor_plan_fn *plan_fn;
	hypervisor_done_fn *done_fn;
	hypervisor_snapped_fn *snapped_fn;
	hypervisor_output_fn *output_fn;
	void *arg;
};

/* ---- the end of a job -----------------------------------------------------
 */

static void job_free(struct job *j)
{
	if (j->prev)
		j->prev->next = j->next;
	else
		j->h->jobs = j->next;
	if (j->next)
		j->next->prev = j->prev;
	free(j->text);
	free(j);
}

/* It failed, or what there is to say is only that it went well. The receiver
 * may free the provider. */
static void job_end(struct job *j, int r, const struct err *why)
{
	struct job copy = *j;
	struct err e = {0};

	if (r < 0) {
		e = *why;
		e.code = r;
	}
	job_free(j);
	if (copy.list_fn)
		copy.list_fn(copy.arg, r, NULL, 0, &e);
	else if (copy.plan_fn)
		copy.plan_fn(copy.arg, r, NULL, &e);
	else if (copy.done_fn)
		copy.done_fn(copy.arg, r, NULL, &e);
	else if (copy.snapped_fn)
		copy.snapped_fn(copy.arg, r, NULL, NULL, &e);
	else if (copy.output_fn)
		copy.output_fn(copy.arg, r, NULL, 0, &e);
}

static void job_no_memory(struct job *j)
{
	struct err e;
	int r = err_set(&e, -ENOMEM, "no memory");

	job_end(j, r, &e);
}

static void job_no_guest(struct job *j)
{
	struct err e;
	int r = err_set(&e, -ENOENT, "there is no sandbox '%s' in profile %s",
			j->id, j->h->hypervisor.profile);

	job_end(j, r, &e);
}

/* ---- changing -------------------------------------------------------------
 */

static void job_look(struct job *j);

static void on_changed(void *arg, int r, const struct json *answer,
		const struct err *e)
{
	struct job *j = arg;
	struct job copy = *j;
	const char *said;

	if (r == -EREMOTEIO && !j->may_be_none) {
		j->failed = *e;
		job_look(j);
		return;
	}
	if (r < 0 || j->done_fn) {
		job_end(j, r, e);
		return;
	}
	/* the last words of the answer are used before it goes */
	copy.text = NULL;
	job_free(j);
	if (copy.snapped_fn) {
		said = json_text(json_get(answer, "snapshotId"));
		copy.snapped_fn(copy.arg, 0, said ? said : "", NULL, NULL);
		return;
	}
	said = json_text(json_get(answer, "output"));
	copy.output_fn(copy.arg, 0, said ? said : "", said ? strlen(said) : 0,
			NULL);
}

/* `name`: of the sandbox, behind "/vms/"; "": of none. */
static void job_call(struct job *j, const char *method, const char *name,
		const char *what, const struct buf *body, arrakis_fn *fn)
{
	char coded[NAME_ENCODED_MAX] = "", path[NAME_ENCODED_MAX + 32];

	(void)url_encode(name, strlen(name), coded, sizeof(coded));
	(void)snprintf(path, sizeof(path), "%s%s%s", *name ? "/" : "", coded,
			what);
	if (arrakis_change(j->h->api, method, path, body, fn, j) < 0)
		job_no_memory(j);
}

/* With a body of one or two texts. */
static void job_send(struct job *j, const char *method, const char *name,
		const char *what, const char *const pairs[][2], size_t count)
{
	struct json_out o;
	struct buf body;

	buf_init(&body, BODY_MAX);
	json_out_init(&o, &body);
	json_out_object_begin(&o);
	for (size_t i = 0; i < count; i++)
		if (pairs[i][1])
			json_out_put_text(&o, pairs[i][0], pairs[i][1]);
	if (j->output_fn) /* to its end, so that there is an answer */
		json_out_put_bool(&o, "blocking", true);
	json_out_object_end(&o);
	if (json_out_done(&o) < 0)
		job_no_memory(j);
	else
		job_call(j, method, name, what, &body, on_changed);
	buf_done(&body);
}

static void set_status(struct job *j, const char *status)
{
	const char *const pairs[][2] = {{"status", status}};

	job_send(j, "PATCH", j->id, "", pairs, 1);
}

static void post_vm(struct job *j)
{
	const char *const pairs[][2] = {
			{"vmName", j->id}, {"snapshotId", j->text}};

	job_send(j, "POST", "", "", pairs, 2);
}

static void found_power(struct job *j, const struct guest *g)
{
	struct err e;
	int r = err_set(&e, -ENOTSUP,
			"Arrakis knows no '%s': start, stop, suspend and "
			"resume are all",
			power_verb_name(j->verb));

	switch (j->verb) {
	case POWER_START:
		if (g->status == GUEST_RUNNING)
			job_end(j, 0, NULL);
		else if (g->status == GUEST_PAUSED)
			set_status(j, "resume");
		else
			post_vm(j);
		return;
	case POWER_STOP:
		if (g->status == GUEST_STOPPED)
			job_end(j, 0, NULL);
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
		job_end(j, r, &e);
	}
}

static void found_snapshot(struct job *j, const struct guest *g)
{
	const char *const pairs[][2] = {{"snapshotId", j->text}};

	(void)g;
	job_send(j, "POST", j->id, "/snapshots", pairs, 1);
}

static void found_command(struct job *j, const struct guest *g)
{
	const char *const pairs[][2] = {{"cmd", j->text}};
	struct err e;

	if (g->status == GUEST_STOPPED || g->status == GUEST_PAUSED) {
		int r = err_set(&e, -ENOTCONN, "sandbox '%s' is %s", j->id,
				guest_status_name(g->status));
		job_end(j, r, &e);
		return;
	}
	job_send(j, "POST", j->id, "/cmd", pairs, 1);
}

static void found_destroy(struct job *j, const struct guest *g)
{
	(void)g;
	job_call(j, "DELETE", j->id, "", NULL, on_changed);
}

static void found_create(struct job *j, const struct guest *g)
{
	struct err e;
	int r;

	if (g) {
		r = err_set(&e, -EEXIST, "there is a sandbox '%s' already",
				j->id);
		job_end(j, r, &e);
	} else if (!vms_name_ok(j->id)) {
		r = err_set(&e, -EINVAL,
				"no sandbox can be called so: up to %d bytes, "
				"no slash, no control characters",
				VMS_NAME_MAX);
		job_end(j, r, &e);
	} else {
		post_vm(j);
	}
}

static void on_gone(void *arg, int r, const struct json *answer,
		const struct err *e)
{
	struct job *j = arg;

	(void)answer;
	if (r < 0)
		job_end(j, r, e);
	else
		post_vm(j);
}

/* A snapshot is restored into a sandbox that is not there. */
static void found_restore(struct job *j, const struct guest *g)
{
	if (g)
		job_call(j, "DELETE", j->id, "", NULL, on_gone);
	else
		post_vm(j);
}

/* ---- the way to a port ----------------------------------------------------
 */

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

static void found_plan(struct job *j, const struct guest *g)
{
	hypervisor_plan_fn *fn = j->plan_fn;
	void *arg = j->arg;
	struct dial_plan plan = {0};
	struct err e = {0};
	int r = j->port ? plan_reach(j, g, &plan, &e)
			: plan_vnc(j, g, &plan, &e);

	job_free(j);
	fn(arg, r, r == 0 ? &plan : NULL, &e);
	dial_plan_done(&plan);
}

/* ---- the list, with which all begins --------------------------------------
 */

static void on_listed(void *arg, int r, const struct json *answer,
		const struct err *why)
{
	struct job *j = arg;
	const struct guest *g;
	struct vms v = {0};
	struct err e = {0};

	if (r < 0)
		e = *why;
	else
		r = vms_parse(answer, arrakis_api_host(j->h->api), &v, &e);
	g = j->found && r == 0 ? vms_find(&v, j->id) : NULL;
	if (r < 0) {
		job_end(j, r, &e);
	} else if (!j->found) {
		hypervisor_list_fn *fn = j->list_fn;
		void *fn_arg = j->arg;

		job_free(j);
		fn(fn_arg, 0, v.guests, v.count, NULL);
	} else if (!g && !j->may_be_none) {
		job_no_guest(j);
	} else if (j->failed.code < 0) {
		e = j->failed;
		job_end(j, e.code, &e);
	} else {
		j->found(j, g);
	}
	vms_done(&v);
}

static void job_look(struct job *j)
{
	if (arrakis_list(j->h->api, on_listed, j) < 0)
		job_no_memory(j);
}

/* Takes what `from` says; its text is copied. -ENOMEM: nobody is called. */
static int job_new(struct hypervisor *hv, const char *id, const char *text,
		const struct job *from)
{
	struct arrakis *h = (struct arrakis *)hv;
	struct job *j = malloc(sizeof(*j));

	if (!j)
		return -ENOMEM;
	*j = *from;
	j->h = h;
	j->text = text ? strdup(text) : NULL;
	/* a longer one is nobody's: it is not found */
	(void)snprintf(j->id, sizeof(j->id), "%s", id ? id : "");
	j->next = h->jobs;
	if (j->next)
		j->next->prev = j;
	h->jobs = j;
	if ((text && !j->text) || arrakis_list(h->api, on_listed, j) < 0) {
		job_free(j);
		return -ENOMEM;
	}
	return 0;
}

/* ---- what is asked --------------------------------------------------------
 */

static void arrakis_ops_list(
		struct hypervisor *h, hypervisor_list_fn *fn, void *arg)
{
	const struct job j = {.list_fn = fn, .arg = arg};
	struct err e;

	if (job_new(h, NULL, NULL, &j) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, 0, &e);
}

static void arrakis_ops_plan(struct hypervisor *h, const char *id,
		enum console_kind kind, hypervisor_plan_fn *fn, void *arg)
{
	const struct job j = {.found = found_plan,
			.kind = kind,
			.plan_fn = fn,
			.arg = arg};
	struct err e;

	if (job_new(h, id, NULL, &j) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, &e);
}

static void arrakis_ops_reach(struct hypervisor *h, const char *id,
		uint16_t guest_port, hypervisor_plan_fn *fn, void *arg)
{
	const struct job j = {.found = found_plan,
			.port = guest_port,
			.plan_fn = fn,
			.arg = arg};
	struct err e;

	if (guest_port == 0)
		fn(arg, err_set(&e, -ENOTSUP, "there is no port 0"), NULL, &e);
	else if (job_new(h, id, NULL, &j) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, &e);
}

static void done_job(struct hypervisor *h, const char *id, const char *text,
		const struct job *j)
{
	struct err e;

	if (job_new(h, id, text, j) < 0)
		j->done_fn(j->arg, err_set(&e, -ENOMEM, "no memory"), NULL, &e);
}

static void arrakis_ops_power(struct hypervisor *h, const char *id,
		enum power_verb verb, hypervisor_done_fn *fn, void *arg)
{
	const struct job j = {.found = found_power,
			.verb = verb,
			.done_fn = fn,
			.arg = arg};

	done_job(h, id, NULL, &j);
}

static void arrakis_ops_restore(struct hypervisor *h, const char *id,
		const char *snapshot, hypervisor_done_fn *fn, void *arg)
{
	const struct job j = {.found = found_restore,
			.may_be_none = true,
			.done_fn = fn,
			.arg = arg};

	done_job(h, id, snapshot, &j);
}

static void arrakis_ops_create(struct hypervisor *h, const char *id,
		const char *snapshot, hypervisor_done_fn *fn, void *arg)
{
	const struct job j = {.found = found_create,
			.may_be_none = true,
			.done_fn = fn,
			.arg = arg};

	done_job(h, id, snapshot, &j);
}

static void arrakis_ops_destroy(struct hypervisor *h, const char *id,
		hypervisor_done_fn *fn, void *arg)
{
	const struct job j = {
			.found = found_destroy, .done_fn = fn, .arg = arg};

	done_job(h, id, NULL, &j);
}

/* It always holds the memory, and nothing is said of it. */
static void arrakis_ops_snapshot(struct hypervisor *h, const char *id,
		const struct snapshot_wish *w, hypervisor_snapped_fn *fn,
		void *arg)
{
	const struct job j = {
			.found = found_snapshot, .snapped_fn = fn, .arg = arg};
	struct err e;

	if (job_new(h, id, w->name, &j) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, NULL, &e);
}

static void arrakis_ops_command(struct hypervisor *h, const char *id,
		const char *command, hypervisor_output_fn *fn, void *arg)
{
	const struct job j = {
			.found = found_command, .output_fn = fn, .arg = arg};
	struct err e;

	if (job_new(h, id, command, &j) < 0)
		fn(arg, err_set(&e, -ENOMEM, "no memory"), NULL, 0, &e);
}

/* ---- life -----------------------------------------------------------------
 */

static void arrakis_ops_free(struct hypervisor *hv)
{
	struct arrakis *h = (struct arrakis *)hv;

	arrakis_api_free(h->api); /* cancels what the jobs wait for */
	while (h->jobs)
		job_free(h->jobs);
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
