/* Power, snapshots, and the jobs that they are. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "gateway/exchange.h"
#include "gateway/gateway.h"
#include "gateway/jobs.h"
#include "gateway/routes.h"
#include "proto/json.h"

enum { SNAPSHOT_NAME_MAX = 128, SNAPSHOT_ABOUT_MAX = 1024 };

/* An exchange that waits until it is known whether the guest is there and what
 * the account may do with it. */
struct change {
	struct exchange *x;
	struct hypervisor *h;
	char guest[GUEST_ID_MAX];
	char rest[GUEST_ID_MAX];
	unsigned bar;         /* guest_bar: what it takes */
	const char *snapshot; /* that is gone back to; NULL: it is not that */
	bool lists;           /* the snapshots are only listed */
	bool takes;           /* one is taken */
	struct snapshot_wish wish; /* its texts are the request's */
	enum power_verb verb;
};

static void refuse_change(struct change *c, int r, const struct err *e)
{
	enum end_word word = end_of_change(r, &c->x->who);

	if (r == -EPERM)
		exchange_refuse(c->x, word, "%s", e->text);
	else
		exchange_refuse_inner(c->x, word, c->guest, e->text);
}

/* ---- jobs -----------------------------------------------------------------
 */

static void answer_job(struct exchange *x, const struct job *j, unsigned status)
{
	struct json_out o;

	exchange_json(x, &o);
	json_out_object_begin(&o);
	job_put(&o, j, exchange_candid(x, job_guest(j)));
	json_out_object_end(&o);
	exchange_answer_json(x, status, &o);
}

void api_job_get(struct gateway *g, struct exchange *x)
{
	const struct job *j = job_find(g->jobs, route_param(&x->match, "id"),
			g->auth, &x->who);

	if (j)
		answer_job(x, j, 200);
	else
		exchange_refuse_status(x, 404, END_BAD_REQUEST,
				"There is no such job; it is forgotten ten "
				"minutes after its end.");
}

static const char *change_name(const struct change *c)
{
	return c->takes      ? "snapshot"
	       : c->snapshot ? "restore"
			     : power_verb_name(c->verb);
}

static void change_begin(struct change *c)
{
	struct exchange *x = c->x;
	struct job *j;
	int r = job_new(&j, x->gateway->jobs, change_name(c), c->guest,
			&x->who);

	if (r < 0) {
		exchange_refuse(x, r == -EDQUOT ? END_LIMIT : END_INTERNAL,
				r == -EDQUOT ? "Too many changes are under "
					       "way; wait for one to end."
					     : NULL);
		return;
	}
	if (c->takes)
		hypervisor_snapshot(c->h, c->rest, &c->wish, job_snapped, j);
	else if (c->snapshot)
		hypervisor_restore(c->h, c->rest, c->snapshot, job_done, j);
	else
		hypervisor_power(c->h, c->rest, c->verb, job_done, j);
	hypervisor_on_begun(c->h, j, job_begun);
	answer_job(x, j, 202);
}

/* ---- snapshots ------------------------------------------------------------
 */

static void on_snapshots(void *arg, int r, const struct snapshot *all,
		size_t count, const struct err *e)
{
	struct change *c = arg;
	struct json_out o;

	if (r < 0) {
		refuse_change(c, r, e);
		free(c);
		return;
	}
	exchange_json(c->x, &o);
	json_out_object_begin(&o);
	json_out_put_array(&o, "snapshots");
	for (size_t i = 0; i < count; i++) {
		json_out_object_begin(&o);
		json_out_put_text(&o, "name", all[i].name);
		json_out_put_text(&o, "description", all[i].description);
		if (all[i].time > 0)
			json_out_put_int(&o, "time", all[i].time);
		else
			json_out_put_null(&o, "time");
		json_out_put_bool(&o, "memory", all[i].memory);
		json_out_object_end(&o);
	}
	json_out_array_end(&o);
	json_out_object_end(&o);
	exchange_answer_json(c->x, 200, &o);
	free(c);
}

/* ---- what is asked --------------------------------------------------------
 */

/* false: refused. */
static bool guest_allows(const struct change *c, const struct guest *s)
{
	if (!s)
		exchange_refuse(c->x, END_NO_SUCH_GUEST, NULL);
	else if (s->barred & c->bar)
		exchange_refuse(c->x, END_NOT_PERMITTED,
				"The account lacks %s on it.",
				c->bar == GUEST_BARS_POWER ? "VM.PowerMgmt"
				: c->bar == GUEST_BARS_SNAPSHOT
						? "VM.Snapshot"
						: "VM.Snapshot.Rollback");
	else
		return true;
	return false;
}

/* Known without asking anybody. false: refused. */
static bool kind_allows(const struct change *c)
{
	const struct hypervisor_ops *ops = c->h->ops;
	bool can = c->lists      ? ops->snapshots != NULL
		   : c->takes    ? ops->snapshot != NULL
		   : c->snapshot ? ops->restore != NULL
				 : ops->power != NULL;

	if (!can)
		exchange_refuse(c->x, END_BAD_REQUEST,
				"Hypervisors of kind '%s' cannot do this.",
				ops->kind);
	else if (c->h->read_only && !c->lists)
		exchange_refuse(c->x, END_NOT_PERMITTED,
				"The profile %s is read_only: it opens "
				"consoles and changes nothing.",
				c->h->profile);
	else
		return true;
	return false;
}

static void change_listed(void *arg, int r, const struct guest *guests,
		size_t count, const struct err *e)
{
	struct change *c = arg;
	const struct guest *s = NULL;

	for (size_t i = 0; r == 0 && i < count && !s; i++)
		if (strcmp(guests[i].id, c->rest) == 0)
			s = &guests[i];
	if (r < 0) {
		refuse_change(c, r, e);
	} else if (guest_allows(c, s)) {
		if (c->lists) {
			hypervisor_snapshots(c->h, c->rest, on_snapshots, c);
			return;
		}
		change_begin(c);
	}
	free(c);
}

/* Power is what it takes; to whom has no right at all, nothing is there. */
static enum end_word change_judge(
		struct gateway *g, struct exchange *x, const char *guest)
{
	struct auth_verdict v = auth_judge(g->auth, &x->who, guest);

	if (!v.rights || strlen(guest) >= GUEST_ID_MAX)
		return END_NO_SUCH_GUEST;
	return v.rights & CONFIG_MAY_POWER ? END_WORDS : END_NOT_PERMITTED;
}

static void change_start(struct gateway *g, struct exchange *x,
		const struct change *from)
{
	const char *guest = route_param(&x->match, "id"), *rest;
	enum end_word word = change_judge(g, x, guest);
	struct hypervisor *h = NULL;
	struct change *c = NULL;

	if (word == END_WORDS) {
		h = gateway_hypervisor_of(g, &x->who, guest, &rest);
		if (!h)
			word = END_NO_SUCH_GUEST;
	}
	if (word == END_WORDS && !(c = malloc(sizeof(*c))))
		word = END_INTERNAL;
	if (word != END_WORDS) {
		exchange_refuse(x, word, NULL);
		return;
	}
	*c = *from;
	c->x = x;
	c->h = h;
	if (!kind_allows(c)) {
		free(c);
		return;
	}
	(void)snprintf(c->guest, sizeof(c->guest), "%s", guest);
	(void)snprintf(c->rest, sizeof(c->rest), "%s", rest);
	hypervisor_list(h, change_listed, c);
}

void api_power_post(struct gateway *g, struct exchange *x)
{
	const char *verb = exchange_text(x, "verb");
	struct change c = {.bar = GUEST_BARS_POWER};

	if (!verb || power_verb_from(verb, &c.verb) < 0)
		exchange_refuse(x, END_BAD_REQUEST,
				"`verb` is start, stop, shutdown, reboot, "
				"reset, suspend or resume.");
	else
		change_start(g, x, &c);
}

void api_snapshots_get(struct gateway *g, struct exchange *x)
{
	const struct change c = {.bar = GUEST_BARS_RESTORE, .lists = true};

	change_start(g, x, &c);
}

/* A text of the request, if there is one: short, and for people to read. */
static bool take_text(const struct exchange *x, const char *key, size_t max,
		const char **ret)
{
	const struct json *value = json_get(x->body, key);
	const char *text = json_text(value);

	if (!value || json_is_null(value))
		return true;
	if (!text || strlen(text) > max)
		return false;
	*ret = text;
	for (; *text; text++)
		if ((unsigned char)*text < ' ' && *text != '\n')
			return false;
	return true;
}

void api_snapshots_post(struct gateway *g, struct exchange *x)
{
	struct change c = {.bar = GUEST_BARS_SNAPSHOT, .takes = true};

	c.wish.memory = exchange_flag(x, "memory");
	if (take_text(x, "name", SNAPSHOT_NAME_MAX, &c.wish.name) &&
			take_text(x, "description", SNAPSHOT_ABOUT_MAX,
					&c.wish.description))
		change_start(g, x, &c);
	else
		exchange_refuse(x, END_BAD_REQUEST,
				"`name` and `description` are short texts.");
}

void api_restore_post(struct gateway *g, struct exchange *x)
{
	const struct change c = {.bar = GUEST_BARS_RESTORE,
			.snapshot = route_param(&x->match, "name")};

	change_start(g, x, &c);
}
