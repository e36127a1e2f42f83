#include "hypervisor/proxmox/task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/loop.h"
#include "hypervisor/proxmox/address.h"
#include "hypervisor/proxmox/api.h"
#include "hypervisor/proxmox/list.h"
#include "proto/json.h"
#include "proto/url.h"

enum {
	UPID_MAX = 256,
	PATH_MAX_LEN = 2 * GUEST_ID_MAX,
	SNAPSHOT_NAME_MIN = 2,
	SNAPSHOT_NAME_MAX = 40,
	FORM_MAX = 64 * 1024, /* a description */
};

struct pve_task {
	struct pve_task *next, *prev;
	struct pve_tasks *all;
	char id[GUEST_ID_MAX];
	char what[4 * GUEST_ID_MAX]; /* "status/start", "snapshot/a/rollback" */
	bool starts;                 /* then it may run already */
	const char *method;
	char *form;                       /* owned; NULL: none */
	char name[SNAPSHOT_NAME_MAX + 1]; /* of the new snapshot */
	pve_fn *answered;                 /* to the first question */
	uint64_t since_ms;
	uint64_t look_ms;
	struct timer *timer;
	char upid[UPID_MAX], node[64];
	/* one of them */
	hypervisor_done_fn *done_fn;
	hypervisor_snapped_fn *snapped_fn;
	hypervisor_snapshots_fn *snapshots_fn;
	hypervisor_addresses_fn *addresses_fn;
	void *arg;
};

static void task_free(struct pve_task *t)
{
	if (t->prev)
		t->prev->next = t->next;
	else
		t->all->first = t->next;
	if (t->next)
		t->next->prev = t->prev;
	timer_free(t->timer);
	free(t->form);
	free(t);
}

void pve_tasks_done(struct pve_tasks *all)
{
	while (all->first)
		task_free(all->first);
}

/* The answer: the receiver may free the hypervisor. */
static void task_end(struct pve_task *t, int r, const struct err *why)
{
	struct pve_task copy = *t;
	struct err e = {0};

	if (r < 0) {
		e = *why;
		e.code = r;
	}
	task_free(t);
	if (copy.done_fn)
		copy.done_fn(copy.arg, r, *copy.upid ? copy.upid : NULL,
				r < 0 ? &e : NULL);
	else if (copy.snapped_fn)
		copy.snapped_fn(copy.arg, r, r == 0 ? copy.name : NULL,
				*copy.upid ? copy.upid : NULL,
				r < 0 ? &e : NULL);
	else if (copy.snapshots_fn)
		copy.snapshots_fn(copy.arg, r, NULL, 0, r < 0 ? &e : NULL);
	else
		copy.addresses_fn(copy.arg, r, NULL, 0, r < 0 ? &e : NULL);
}

static void task_no_memory(struct pve_task *t)
{
	struct err e;
	int r = err_set(&e, -ENOMEM, "no memory");

	task_end(t, r, &e);
}

static void task_ask(struct pve_task *t, const char *method, const char *path,
		const char *form, pve_fn *fn)
{
	const struct pve_ask ask = {
			.method = method, .path = path, .form = form};

	if (pve_call(t->all->api, &ask, fn, t) < 0)
		task_no_memory(t);
}

/* ---- following ------------------------------------------------------------
 */

static void task_wait(struct pve_task *t)
{
	timer_set(t->timer, t->look_ms);
	t->look_ms *= 2;
	if (t->look_ms > PVE_TASK_LOOK_MAX_MS)
		t->look_ms = PVE_TASK_LOOK_MAX_MS;
}

/* "OK", "WARNINGS: 1", or what went wrong. */
static void task_stopped(struct pve_task *t, const char *exit)
{
	struct err e = {0};
	int r = 0;

	if (!exit || (strcmp(exit, "OK") != 0 &&
				     strncmp(exit, "WARNINGS", 8) != 0))
		r = err_set(&e, -EREMOTEIO,
				"the task on %s failed: %s; its log says more",
				t->node, exit ? exit : "it does not say why");
	task_end(t, r, &e);
}

static void on_task(void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct pve_task *t = arg;
	const char *status = json_text(json_get(a->data, "status"));
	struct err late;

	if (r == 0 && status && strcmp(status, "stopped") == 0) {
		task_stopped(t, json_text(json_get(a->data, "exitstatus")));
		return;
	}
	if (r == -EACCES) {
		task_end(t, r, e);
		return;
	}
	if (loop_now_ms(t->all->loop) - t->since_ms < PVE_TASK_MS) {
		task_wait(t); /* also where nobody answered this time */
		return;
	}
	r = err_set(&late, -ETIMEDOUT, "the task on %s still runs after %d min",
			t->node, PVE_TASK_MS / 60000);
	task_end(t, r, &late);
}

static void on_look(void *arg)
{
	struct pve_task *t = arg;
	char upid[3 * UPID_MAX], path[4 * UPID_MAX];

	(void)url_encode(t->upid, strlen(t->upid), upid, sizeof(upid));
	(void)snprintf(path, sizeof(path), "/nodes/%s/tasks/%s/status", t->node,
			upid);
	task_ask(t, "GET", path, NULL, on_task);
}

/* "UPID:pve1:0000C530:001C9BEC:677E934A:qmstart:100:root@pam:" */
static int take_upid(struct pve_task *t, const char *text)
{
	const char *node = text ? strchr(text, ':') : NULL;
	size_t len = node ? strcspn(node + 1, ":/?#") : 0;

	if (!node || strncmp(text, "UPID:", 5) != 0 || len == 0 ||
			node[1 + len] != ':' || len >= sizeof(t->node) ||
			strlen(text) >= sizeof(t->upid))
		return -EPROTO;
	(void)snprintf(t->node, sizeof(t->node), "%.*s", (int)len, node + 1);
	(void)snprintf(t->upid, sizeof(t->upid), "%s", text);
	return 0;
}

static void on_asked(
		void *arg, int r, struct pve_answer *a, const struct err *why)
{
	struct pve_task *t = arg;
	struct err e = {0};

	if (r == -EALREADY && t->starts) {
		task_end(t, 0, NULL);
	} else if (r < 0) {
		task_end(t, r, why);
	} else if (take_upid(t, json_text(a->data)) < 0) {
		r = err_set(&e, -EPROTO, "the answer names no task");
		task_end(t, r, &e);
	} else {
		hypervisor_begun(t->all->owner, t->arg, t->upid);
		task_wait(t);
	}
}

/* ---- snapshots ------------------------------------------------------------
 */

static void snapshot_of(const struct json *from, struct snapshot *to)
{
	int64_t time = 0;

	to->name = json_text(json_get(from, "name"));
	to->description = json_text(json_get(from, "description"));
	(void)json_int_or_text(json_get(from, "snaptime"), &time);
	to->time = time;
	to->memory = json_yes(json_get(from, "vmstate"));
}

/* One entry is what runs now, and no snapshot. */
static void on_snapshots(
		void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct pve_task *t = arg;
	hypervisor_snapshots_fn *fn = t->snapshots_fn;
	void *fn_arg = t->arg;
	struct snapshot *all;
	size_t count = 0;

	if (r < 0) {
		task_end(t, r, e);
		return;
	}
	all = calloc(json_count(a->data) + 1, sizeof(*all));
	if (!all) {
		task_no_memory(t);
		return;
	}
	for (size_t i = 0; i < json_count(a->data); i++) {
		snapshot_of(json_at(a->data, i), &all[count]);
		count += all[count].name &&
			 strcmp(all[count].name, "current") != 0;
	}
	task_free(t);
	fn(fn_arg, 0, all, count, NULL);
	free(all);
}

/* ---- addresses ------------------------------------------------------------
 */

static void on_addresses(
		void *arg, int r, struct pve_answer *a, const struct err *e)
{
	struct pve_task *t = arg;
	hypervisor_addresses_fn *fn = t->addresses_fn;
	void *fn_arg = t->arg;
	struct pve_addresses all;

	if (r < 0) {
		task_end(t, r, e);
		return;
	}
	if (pve_addresses_of(a->data, &all) < 0) {
		task_no_memory(t);
		return;
	}
	task_free(t);
	fn(fn_arg, 0, all.items, all.count, NULL);
	pve_addresses_done(&all);
}

/* ---- beginning ------------------------------------------------------------
 */

static void on_listed(void *arg, int r, const struct err *why)
{
	struct pve_task *t = arg;
	const struct pve_guest *g = pve_list_find(t->all->list, t->id);
	char path[sizeof(t->what) + PATH_MAX_LEN];
	struct err e = {0};

	if (r == 0 && !g)
		r = err_set(&e, -ENOENT, "there is no guest '%s'", t->id);
	else if (r == 0 && strcmp(g->shown.type, "node") == 0)
		r = err_set(&e, -ENOTSUP,
				"this is asked of guests, not of a node");
	if (r < 0) {
		task_end(t, r, e.code < 0 ? &e : why);
		return;
	}
	(void)snprintf(path, sizeof(path), "/nodes/%s/%s/%s", g->node, t->id,
			t->what);
	task_ask(t, t->method, path, t->form, t->answered);
}

static int task_new(struct pve_tasks *all, const char *id,
		const struct pve_task *from)
{
	struct pve_task *t = malloc(sizeof(*t));
	int r = -ENOMEM;

	if (!t) {
		free(from->form);
		return r;
	}
	*t = *from;
	t->all = all;
	/* a longer one is nobody's: it is not found */
	(void)snprintf(t->id, sizeof(t->id), "%s", id);
	t->since_ms = loop_now_ms(all->loop);
	t->look_ms = PVE_TASK_LOOK_MS;
	t->next = all->first;
	if (t->next)
		t->next->prev = t;
	all->first = t;
	r = timer_new(&t->timer, all->loop, on_look, t);
	if (r == 0)
		r = pve_list_get(all->list, t->since_ms, on_listed, t);
	if (r < 0)
		task_free(t);
	return r;
}

int pve_power(struct pve_tasks *all, const char *id, enum power_verb verb,
		hypervisor_done_fn *fn, void *arg)
{
	struct pve_task t = {.done_fn = fn,
			.arg = arg,
			.method = "POST",
			.answered = on_asked,
			.starts = verb == POWER_START};

	(void)snprintf(t.what, sizeof(t.what), "status/%s",
			power_verb_name(verb));
	return task_new(all, id, &t);
}

int pve_restore(struct pve_tasks *all, const char *id, const char *snapshot,
		hypervisor_done_fn *fn, void *arg)
{
	struct pve_task t = {.done_fn = fn,
			.arg = arg,
			.method = "POST",
			.answered = on_asked};
	char name[3 * GUEST_ID_MAX + 1];

	if (url_encode(snapshot, strlen(snapshot), name, sizeof(name)) < 0)
		name[0] = '\0'; /* no snapshot has so long a name */
	(void)snprintf(t.what, sizeof(t.what), "snapshot/%s/rollback", name);
	return task_new(all, id, &t);
}

/* What the cluster takes for a name; "current" is how it calls what runs. */
static bool is_snapshot_name(const char *name)
{
	size_t len = strlen(name);
	bool letter = (*name | 32) >= 'a' && (*name | 32) <= 'z';

	return letter && len >= SNAPSHOT_NAME_MIN && len <= SNAPSHOT_NAME_MAX &&
	       strcmp(name, "current") != 0 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

/* "glassbridge-20261121-074530": UTC, as nobody else calls his. */
static void snapshot_name(char ret[SNAPSHOT_NAME_MAX + 1])
{
	time_t now = time(NULL);
	struct tm tm = {0};

	(void)gmtime_r(&now, &tm);
	(void)strftime(ret, SNAPSHOT_NAME_MAX + 1, "glassbridge-%Y%m%d-%H%M%S",
			&tm);
}

/* The form of the request; NULL: no memory, or a description without end. */
static char *snapshot_form(const char *name, const struct snapshot_wish *w)
{
	const char *about = w->description ? w->description : "";
	size_t room = 3 * strlen(about) + 1;
	char *text = room < FORM_MAX ? malloc(room) : NULL;
	char *form = NULL;

	if (text && url_encode(about, strlen(about), text, room) >= 0 &&
			asprintf(&form, "snapname=%s%s%s%s", name,
					w->memory ? "&vmstate=1" : "",
					*about ? "&description=" : "",
					text) < 0)
		form = NULL;
	free(text);
	return form;
}

int pve_snapshot(struct pve_tasks *all, const char *id,
		const struct snapshot_wish *w, hypervisor_snapped_fn *fn,
		void *arg, struct err *e)
{
	struct pve_task t = {.snapped_fn = fn,
			.arg = arg,
			.method = "POST",
			.answered = on_asked};
	int r;

	if (w->name && !is_snapshot_name(w->name))
		return err_set(e, -EINVAL,
				"a snapshot's name has %d to %d letters, "
				"digits, '_' and '-', and begins with a letter",
				SNAPSHOT_NAME_MIN, SNAPSHOT_NAME_MAX);
	if (w->memory && strncmp(id, "qemu/", 5) != 0)
		return err_set(e, -ENOTSUP,
				"the snapshot of a container holds no memory");
	if (w->name)
		(void)snprintf(t.name, sizeof(t.name), "%s", w->name);
	else
		snapshot_name(t.name);
	(void)snprintf(t.what, sizeof(t.what), "snapshot");
	t.form = snapshot_form(t.name, w);
	r = t.form ? task_new(all, id, &t) : -ENOMEM;
	return r < 0 ? err_set(e, r, "no memory") : 0;
}

int pve_snapshots(struct pve_tasks *all, const char *id,
		hypervisor_snapshots_fn *fn, void *arg)
{
	struct pve_task t = {.snapshots_fn = fn,
			.arg = arg,
			.method = "GET",
			.answered = on_snapshots};

	(void)snprintf(t.what, sizeof(t.what), "snapshot");
	return task_new(all, id, &t);
}

/* A guest asks its agent, a container is asked itself. */
int pve_addresses(struct pve_tasks *all, const char *id,
		hypervisor_addresses_fn *fn, void *arg)
{
	struct pve_task t = {.addresses_fn = fn,
			.arg = arg,
			.method = "GET",
			.answered = on_addresses};
	bool container = strncmp(id, "lxc/", 4) == 0;

	(void)snprintf(t.what, sizeof(t.what), "%s",
			container ? "interfaces"
				  : "agent/network-get-interfaces");
	return task_new(all, id, &t);
}
