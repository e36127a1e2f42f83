#include "hypervisor/arrakis/job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "hypervisor/arrakis/vms.h"
#include "proto/json.h"
#include "proto/url.h"

enum { BODY_MAX = 64 * 1024, NAME_ENCODED_MAX = 3 * VMS_NAME_MAX + 1 };

/* ---- the end of a job -----------------------------------------------------
 */

void arrakis_job_free(struct job *j)
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

void arrakis_job_end(struct job *j, int r, const struct err *why)
{
	struct job copy = *j;
	struct err e = {0};

	if (r < 0) {
		e = *why;
		e.code = r;
		if (j->is_gone)
			(void)err_prefix(&e,
					"sandbox '%s' was destroyed to be "
					"made again, and that failed",
					j->id);
	}
	arrakis_job_free(j);
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

	arrakis_job_end(j, r, &e);
}

static void job_no_guest(struct job *j)
{
	struct err e;
	int r = err_set(&e, -ENOENT, "there is no sandbox '%s' in profile %s",
			j->id, j->h->hypervisor.profile);

	arrakis_job_end(j, r, &e);
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
		arrakis_job_end(j, r, &e);
	} else if (!j->found) {
		hypervisor_list_fn *fn = j->list_fn;
		void *fn_arg = j->arg;

		arrakis_job_free(j);
		fn(fn_arg, 0, v.guests, v.count, NULL);
	} else if (!g && !j->may_be_none) {
		job_no_guest(j);
	} else if (j->failed.code < 0) {
		e = j->failed;
		arrakis_job_end(j, e.code, &e);
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

int arrakis_job_new(struct hypervisor *hv, const char *id, const char *text,
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
		arrakis_job_free(j);
		return -ENOMEM;
	}
	return 0;
}

/* ---- its calls -------------------------------------------------------------
 */

void arrakis_job_changed(void *arg, int r, const struct json *answer,
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
		arrakis_job_end(j, r, e);
		return;
	}
	/* the last words of the answer are used before it goes */
	copy.text = NULL;
	arrakis_job_free(j);
	if (copy.snapped_fn) {
		said = json_text(json_get(answer, "snapshotId"));
		copy.snapped_fn(copy.arg, 0, said ? said : "", NULL, NULL);
		return;
	}
	said = json_text(json_get(answer, "output"));
	copy.output_fn(copy.arg, 0, said ? said : "", said ? strlen(said) : 0,
			NULL);
}

void arrakis_job_call(struct job *j, const char *method, const char *name,
		const char *what, const struct buf *body, arrakis_fn *fn)
{
	char coded[NAME_ENCODED_MAX] = "", path[NAME_ENCODED_MAX + 32];

	(void)url_encode(name, strlen(name), coded, sizeof(coded));
	(void)snprintf(path, sizeof(path), "%s%s%s", *name ? "/" : "", coded,
			what);
	if (arrakis_change(j->h->api, method, path, body, fn, j) < 0)
		job_no_memory(j);
}

void arrakis_job_send(struct job *j, const char *method, const char *name,
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
		arrakis_job_call(j, method, name, what, &body,
				arrakis_job_changed);
	buf_done(&body);
}
