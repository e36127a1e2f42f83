/*
 * What was asked of a hypervisor and takes its time: power, a snapshot that is
 * gone back to. Who asked looks at the job until it has ended; JOBS_KEEP_MS
 * later it is forgotten. Control loop only.
 *
 *	running > done | failed
 */
#ifndef GATEWAY_JOBS_H
#define GATEWAY_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/auth.h"
#include "core/err.h"
#include "hypervisor/hypervisor.h"
#include "session/ends.h"

struct job;
struct jobs;
struct json_out;
struct loop;

enum {
	JOBS_MAX = 256, /* the oldest that have ended give way */
	JOBS_KEEP_MS = 10 * 60 * 1000,
	JOB_ID_LEN = 22,
};

int jobs_new(struct jobs **ret_jobs, struct loop *control);
/* The hypervisors that owe them an end have gone. Takes NULL. */
void jobs_free(struct jobs *j);

/* One that runs: `what` (a constant) for `who` on `guest`. -EDQUOT where so
 * many run at the same time, -ENOMEM. */
int job_new(struct job **ret_job, struct jobs *j, const char *what,
		const char *guest, const struct principal *who);
/* It has begun: a hypervisor_begun_fn whose arg is the job. */
void job_begun(void *arg, const char *task);
/* A hypervisor_snapped_fn whose arg is the job. */
void job_snapped(void *arg, int r, const char *name, const char *task,
		const struct err *e);
/* Its end: a hypervisor_done_fn whose arg is the job. */
void job_done(void *arg, int r, const char *task, const struct err *e);

/* NULL: none, or not for `who`: one's own, or of a guest one is admin of. */
const struct job *job_find(struct jobs *j, const char *id, const struct auth *a,
		const struct principal *who);
/* Its JSON; `candid`: with sentences that may tell addresses. */
void job_put(struct json_out *o, const struct job *j, bool candid);
const char *job_guest(const struct job *j);

/* The word for what a hypervisor answered to a change. */
enum end_word end_of_change(int r, const struct principal *who);

#endif
