/*
 * Each thing that is asked of Arrakis is a `struct job`: a fresh list, then, if
 * something is to change, one or two calls. A server that answers 500 to them
 * may mean that the sandbox has gone since: the list is asked once more.
 *
 *	provider.c  makes the jobs
 *	job.c       asks the list, makes the calls, ends the job
 *	change.c    what changes a sandbox
 *	way.c       the ways to its screen and its ports
 */
#ifndef HYPERVISOR_ARRAKIS_JOB_H
#define HYPERVISOR_ARRAKIS_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/secret.h"
#include "hypervisor/arrakis/api.h"
#include "hypervisor/hypervisor.h"

struct job;

struct arrakis {
	struct hypervisor hypervisor;
	struct arrakis_api *api;
	struct secret vnc_password;
	bool is_default; /* that password */
	struct job *jobs;
};

/* What to do once it is known whether the sandbox (NULL: none) is there; it
 * goes on by a call, or ends the job. */
typedef void job_fn(struct job *j, const struct guest *g);

struct job {
	struct job *next, *prev;
	struct arrakis *h;
	char id[GUEST_ID_MAX];
	job_fn *found;    /* NULL: the list itself is asked for */
	bool may_be_none; /* found() is called without a guest, too */
	enum console_kind kind;
	uint16_t port; /* 0: the console */
	enum power_verb verb;
	bool is_gone;      /* it was destroyed, to be made again */
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

/* Takes what `from` says; its text is copied. -ENOMEM: nobody is called. */
int arrakis_job_new(struct hypervisor *hv, const char *id, const char *text,
		const struct job *from);
/* Without a word to anybody. */
void arrakis_job_free(struct job *j);
/* It failed, or what there is to say is only that it went well. The receiver
 * may free the provider. */
void arrakis_job_end(struct job *j, int r, const struct err *why);

/* A call, and who hears its answer. `name`: of the sandbox, behind "/vms/"; "":
 * of none. */
void arrakis_job_call(struct job *j, const char *method, const char *name,
		const char *what, const struct buf *body, arrakis_fn *fn);
/* With a body of one or two texts. */
void arrakis_job_send(struct job *j, const char *method, const char *name,
		const char *what, const char *const pairs[][2], size_t count);
/* The usual receiver of that answer. */
void arrakis_job_changed(void *arg, int r, const struct json *answer,
		const struct err *e);

/* What a job does with the sandbox. */
void arrakis_found_power(struct job *j, const struct guest *g);
void arrakis_found_snapshot(struct job *j, const struct guest *g);
void arrakis_found_command(struct job *j, const struct guest *g);
void arrakis_found_destroy(struct job *j, const struct guest *g);
void arrakis_found_create(struct job *j, const struct guest *g);
void arrakis_found_restore(struct job *j, const struct guest *g);
void arrakis_found_plan(struct job *j, const struct guest *g);

#endif
