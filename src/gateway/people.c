#include "gateway/people.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/buf.h"
#include "core/crypto.h"
#include "core/log.h"
#include "core/loop.h"
#include "hypervisor/hypervisor.h"

struct people {
	struct loop *control;
	struct person *first;
	struct tick tick;
	struct defer sweep; /* those who are gone */
};

/* ---- who goes -------------------------------------------------------------
 */

static void on_sweep(struct defer *d)
{
	struct people *p = (struct people *)((char *)d -
					     offsetof(struct people, sweep));
	struct person **at = &p->first;

	while (*at) {
		struct person *n = *at;

		if (n->state != PERSON_GONE) {
			at = &n->next;
			continue;
		}
		*at = n->next;
		hypervisor_forsake(n->hypervisor, -EACCES,
				"signed out before this was known; what was "
				"begun goes on");
		free(n);
	}
}

void person_drop(struct person *n)
{
	if (n->state == PERSON_GONE)
		return;
	if (n->state == PERSON_IN)
		log_info(NULL, "event=person_gone user=%s profile=%s",
				log_value(n->name).text,
				log_value(n->profile).text);
	n->state = PERSON_GONE;
	defer_add(n->all->control, &n->all->sweep);
}

static bool is_outdated(const struct person *n, uint64_t now)
{
	uint64_t life = n->state == PERSON_IN ? AUTH_SIGN_IN_MS
					      : PEOPLE_HALF_MS;

	return now - n->since_ms >= life ||
	       (n->state == PERSON_IN && n->hypervisor->lost);
}

static void on_tick(struct tick *t, uint64_t now)
{
	struct people *p = (struct people *)((char *)t -
					     offsetof(struct people, tick));

	for (struct person *n = p->first; n; n = n->next) {
		if (is_outdated(n, now)) {
			person_drop(n);
		} else if (!n->rests && now - n->used_ms > PEOPLE_IDLE_MS) {
			n->rests = true;
			hypervisor_rest(n->hypervisor);
		}
	}
}

int people_new(struct people **ret_people, struct loop *control)
{
	struct people *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->control = control;
	p->sweep.fn = on_sweep;
	p->tick.fn = on_tick;
	tick_add(control, &p->tick);
	*ret_people = p;
	return 0;
}

void people_free(struct people *p)
{
	if (!p)
		return;
	tick_remove(p->control, &p->tick);
	defer_remove(p->control, &p->sweep);
	while (p->first) {
		struct person *next = p->first->next;

		hypervisor_free(p->first->hypervisor);
		free(p->first);
		p->first = next;
	}
	free(p);
}

/* ---- the profile they came by ---------------------------------------------
 */

/* What decides to whom a ticket is sent. */
static void shape_of(const struct config_profile *c, uint8_t ret[SHA256_LEN])
{
	char url[URL_MAX];
	struct buf b;
	int r = 0;

	buf_init(&b, 64 * 1024);
	for (size_t i = 0; r == 0 && i < c->url.count; i++)
		if (url_format(&c->url.items[i], url, sizeof(url)) >= 0)
			r = buf_addf(&b, "%s\n", url);
	if (r == 0)
		r = buf_addf(&b, "%s\n%s\n%s\n%d", c->kind,
				c->tls_fingerprint ? c->tls_fingerprint : "",
				c->ca_file ? c->ca_file : "", c->verify_tls);
	if (r < 0 || crypto_sha256(buf_data(&b), b.len, ret) < 0)
		crypto_random(ret, SHA256_LEN); /* like no other */
	buf_done(&b);
}

void people_configure(struct people *p, const struct config *c)
{
	uint8_t shape[SHA256_LEN];

	for (struct person *n = p->first; n; n = n->next) {
		const struct config_profile *now =
				config_profile(c, n->profile);

		if (now)
			shape_of(now, shape);
		if (now && memcmp(shape, n->shape, sizeof(shape)) == 0)
			n->hypervisor->read_only = now->read_only;
		else
			person_drop(n);
	}
}

/* ---- who comes ------------------------------------------------------------
 */

static bool is_same_account(const struct person *a, const struct person *b)
{
	return strcmp(a->name, b->name) == 0 &&
	       strcmp(a->profile, b->profile) == 0;
}

/* Of those in this state, the one that was not seen for the longest (the older
 * ones stand last); `like` NULL: of all accounts. */
static struct person *longest_idle(const struct people *p,
		enum person_state state, const struct person *like)
{
	struct person *found = NULL;

	for (struct person *n = p->first; n; n = n->next)
		if (n->state == state && n != like &&
				(!like || is_same_account(n, like)) &&
				(!found || n->used_ms <= found->used_ms))
			found = n;
	return found;
}

static bool has_room(const struct people *p)
{
	size_t in = 0, busy = 0;
	struct person *idle;

	for (const struct person *n = p->first; n; n = n->next) {
		in += n->state == PERSON_IN;
		busy += n->state != PERSON_IN;
	}
	if (busy >= PEOPLE_BUSY_MAX)
		return false;
	if (in < PEOPLE_MAX)
		return true;
	idle = longest_idle(p, PERSON_IN, NULL);
	if (loop_now_ms(p->control) - idle->used_ms < PEOPLE_IDLE_MS)
		return false;
	person_drop(idle);
	return true;
}

int people_begin(struct people *p, struct person **ret_person,
		struct hypervisor *by, const struct config_profile *profile,
		const char *user, struct err *e)
{
	struct person *n;
	int r;

	if (!has_room(p))
		return err_set(e, -EDQUOT, "too many sign in");
	n = calloc(1, sizeof(*n));
	if (!n)
		return err_set(e, -ENOMEM, "no memory");
	n->all = p;
	(void)snprintf(n->profile, sizeof(n->profile), "%s", profile->name);
	(void)snprintf(n->name, sizeof(n->name), "%s", user);
	shape_of(profile, n->shape);
	r = hypervisor_enter(by, user, &n->hypervisor, e);
	if (r < 0) {
		free(n);
		return r;
	}
	crypto_random_text(n->id, AUTH_PERSON_LEN);
	n->since_ms = n->used_ms = loop_now_ms(p->control);
	n->next = p->first;
	p->first = n;
	*ret_person = n;
	return 0;
}

/* One account has a few sign-ins, and fewer that are not finished: the one that
 * was not seen for the longest gives way. */
static void make_room_of_one(const struct person *n, size_t max)
{
	size_t count = 0;

	for (const struct person *o = n->all->first; o; o = o->next)
		count += o->state == n->state && is_same_account(o, n);
	if (count > max)
		person_drop(longest_idle(n->all, n->state, n));
}

int person_set_state(struct person *n, enum person_state next, const char *name)
{
	if (n->state == PERSON_GONE)
		return -ECANCELED;
	n->state = next;
	n->since_ms = n->used_ms = loop_now_ms(n->all->control);
	crypto_random_text(n->id, AUTH_PERSON_LEN);
	(void)snprintf(n->name, sizeof(n->name), "%s", name);
	make_room_of_one(n, next == PERSON_IN ? PEOPLE_OF_ONE_MAX
					      : PEOPLE_HALF_MAX);
	return 0;
}

struct person *people_find(
		struct people *p, enum person_state state, const char *id)
{
	for (struct person *n = p->first; n; n = n->next)
		if (n->state == state && strcmp(n->id, id) == 0)
			return n;
	return NULL;
}

struct hypervisor *people_hypervisor(struct people *p, const char *id)
{
	struct person *n = people_find(p, PERSON_IN, id);

	if (!n || is_outdated(n, loop_now_ms(p->control)))
		return NULL;
	n->used_ms = loop_now_ms(p->control);
	n->rests = false;
	return n->hypervisor;
}
