#include "gateway/jobs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/crypto.h"
#include "core/log.h"
#include "core/loop.h"
#include "proto/json.h"

enum { TASK_MAX = 256, NAME_MAX_LEN = 256 };

enum job_state { JOB_RUNNING, JOB_DONE, JOB_FAILED };

struct job {
	struct job *next; /* the younger first */
	struct jobs *all;
	char id[JOB_ID_LEN + 1];
	char guest[GUEST_ID_MAX];
	const char *what;
	enum job_state state;
	struct principal who;
	char task[TASK_MAX];     /* "" while it is not known */
	char name[NAME_MAX_LEN]; /* of the snapshot that it has made, or "" */
	enum end_word word;      /* of a failed one */
	bool plain; /* the detail tells nothing but what it refuses */
	char detail[ERR_TEXT_MAX];
	uint64_t ended_ms;
};

struct jobs {
	struct loop *control;
	struct job *first;
	size_t count;
	struct tick tick;
};

static const char *const state_names[] = {
		[JOB_RUNNING] = "running",
		[JOB_DONE] = "done",
		[JOB_FAILED] = "failed",
};

/* ---- the table ------------------------------------------------------------
 */

static void job_remove(struct jobs *j, struct job **at)
{
	struct job *old = *at;

	*at = old->next;
	j->count--;
	free(old);
}

static void jobs_sweep(struct tick *t, uint64_t now)
{
	struct jobs *j = (struct jobs *)((char *)t -
					 offsetof(struct jobs, tick));
	struct job **at = &j->first;

	while (*at) {
		if ((*at)->state != JOB_RUNNING &&
				now - (*at)->ended_ms > JOBS_KEEP_MS)
			job_remove(j, at);
		else
			at = &(*at)->next;
	}
}

/* The oldest that has ended gives way. */
static bool jobs_make_room(struct jobs *j)
{
	struct job **last = NULL;

	for (struct job **at = &j->first; *at; at = &(*at)->next)
		if ((*at)->state != JOB_RUNNING)
			last = at;
	if (last)
		job_remove(j, last);
	return last != NULL;
}

int jobs_new(struct jobs **ret_jobs, struct loop *control)
{
	struct jobs *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->control = control;
	j->tick.fn = jobs_sweep;
	tick_add(control, &j->tick);
	*ret_jobs = j;
	return 0;
}

void jobs_free(struct jobs *j)
{
	if (!j)
		return;
	tick_remove(j->control, &j->tick);
	while (j->first)
		job_remove(j, &j->first);
	free(j);
}

/* ---- a job ----------------------------------------------------------------
 */

int job_new(struct job **ret_job, struct jobs *j, const char *what,
		const char *guest, const struct principal *who)
{
	struct job *n;

	if (j->count >= JOBS_MAX && !jobs_make_room(j))
		return -EDQUOT;
	n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	crypto_random_text(n->id, JOB_ID_LEN);
	(void)snprintf(n->guest, sizeof(n->guest), "%s", guest);
	n->all = j;
	n->what = what;
	n->who = *who;
	n->next = j->first;
	j->first = n;
	j->count++;
	log_info(NULL, "event=job id=%.4s what=%s guest=%s user=%s", n->id,
			what, log_value(guest).text, log_value(who->name).text);
	*ret_job = n;
	return 0;
}

void job_begun(void *arg, const char *task)
{
	struct job *j = arg;

	(void)snprintf(j->task, sizeof(j->task), "%s", task);
	log_info(NULL,
			"event=job_begun id=%.4s what=%s guest=%s user=%s "
			"task=%s",
			j->id, j->what, log_value(j->guest).text,
			log_value(j->who.name).text, log_value(j->task).text);
}

void job_snapped(void *arg, int r, const char *name, const char *task,
		const struct err *e)
{
	struct job *j = arg;

	(void)snprintf(j->name, sizeof(j->name), "%s", name ? name : "");
	job_done(j, r, task, e);
}

void job_done(void *arg, int r, const char *task, const struct err *e)
{
	struct job *j = arg;

	j->state = r < 0 ? JOB_FAILED : JOB_DONE;
	j->ended_ms = loop_now_ms(j->all->control);
	if (task)
		(void)snprintf(j->task, sizeof(j->task), "%s", task);
	if (r < 0) {
		j->word = end_of_change(r, &j->who);
		j->plain = r == -EPERM || r == -EINVAL;
		(void)snprintf(j->detail, sizeof(j->detail), "%s", e->text);
	}
	log_info(NULL,
			"event=job_%s id=%.4s what=%s guest=%s user=%s task=%s "
			"word=%s detail=%s",
			state_names[j->state], j->id, j->what,
			log_value(j->guest).text, log_value(j->who.name).text,
			log_value(*j->task ? j->task : "-").text,
			r < 0 ? end_info(j->word)->word : "-",
			log_value(r < 0 ? j->detail : "-").text);
}

static bool job_is_of(const struct job *j, const struct principal *who)
{
	return j->who.via == who->via && strcmp(j->who.name, who->name) == 0 &&
	       strcmp(j->who.profile, who->profile) == 0;
}

const struct job *job_find(struct jobs *all, const char *id,
		const struct auth *a, const struct principal *who)
{
	for (const struct job *j = all->first; j; j = j->next)
		if (strcmp(j->id, id) == 0)
			return job_is_of(j, who) || (auth_judge(a, who, j->guest).rights &
								    CONFIG_MAY_ADMIN)
					       ? j
					       : NULL;
	return NULL;
}

const char *job_guest(const struct job *j)
{
	return j->guest;
}

void job_put(struct json_out *o, const struct job *j, bool candid)
{
	const struct end_info *end =
			j->state == JOB_FAILED ? end_info(j->word) : NULL;
	json_out_put_object(o, "job");
	json_out_put_text(o, "id", j->id);
	json_out_put_text(o, "guest", j->guest);
	json_out_put_text(o, "what", j->what);
	json_out_put_text(o, "state", state_names[j->state]);
	json_out_put_text(o, "task", *j->task ? j->task : NULL);
	if (*j->name)
		json_out_put_text(o, "snapshot", j->name);
	json_out_put_text(o, "word", end ? end->word : NULL);
	json_out_put_text(o, "detail",
			!end                 ? NULL
			: candid || j->plain ? j->detail
					     : end->sentence);
	json_out_object_end(o);
}

enum end_word end_of_change(int r, const struct principal *who)
{
	switch (r) {
	case -EPERM:
		return END_NOT_PERMITTED;
	case -EACCES: /* of their own account, or of the gateway's */
		return who->via == AUTH_PROXMOX ? END_NOT_PERMITTED
						: END_HYPERVISOR_REFUSED;
	case -EINVAL:
	case -ENOTSUP:
		return END_BAD_REQUEST;
	case -ETIMEDOUT:
		return END_BACKEND_TIMEOUT;
	default:
		return end_of_plan(r);
	}
}
