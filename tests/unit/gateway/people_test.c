#include "gateway/people.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/log.h"
#include "core/loop.h"
#include "hypervisor/hypervisor.h"
#include "test.h"

/* A hypervisor of people that never answers. */
static int silent_enter(struct hypervisor *from, const char *user,
		struct hypervisor **ret_person, struct err *e)
{
	*ret_person = calloc(1, sizeof(**ret_person));
	return *ret_person ? 0 : -ENOMEM;
}

static void silent_prove(struct hypervisor *person, enum proof_kind kind,
		const struct secret *value, hypervisor_proved_fn *fn, void *arg)
{
}

static unsigned freed;

static void silent_free(struct hypervisor *h)
{
	freed++;
	free(h);
}

static const struct hypervisor_ops silent = {
		.kind = "silent",
		.enter = silent_enter,
		.prove = silent_prove,
		.free = silent_free,
};

static struct hypervisor by = {.ops = &silent, .profile = (char *)"home"};
static struct config_profile profile = {
		.name = (char *)"home", .kind = (char *)"silent"};
static struct loop *loop;
static struct people *people;

static void up(void)
{
	const struct log_options quiet = {.level = LOG_ERROR};

	log_setup(&quiet);
	freed = 0;
	CHECK(loop_new(&loop) == 0);
	CHECK(people_new(&people, loop) == 0);
}

static void down(void)
{
	people_free(people);
	loop_free(loop);
}

static void on_over(void *arg)
{
	loop_stop(loop);
}

static void turn(void)
{
	struct timer *t;

	CHECK(timer_new(&t, loop, on_over, NULL) == 0);
	timer_set(t, 10);
	CHECK(loop_run(loop) == 0);
	timer_free(t);
}

static struct person *begun(const char *user)
{
	struct person *n;
	struct err e;

	return people_begin(people, &n, &by, &profile, user, &e) < 0 ? NULL : n;
}

static struct person *in(const char *user)
{
	struct person *n = begun(user);

	CHECK(n);
	CHECK_INT(person_set_state(n, PERSON_IN, user), 0);
	return n;
}

static void who_is_in_is_known_by_a_new_id(void)
{
	char id[AUTH_PERSON_LEN + 1];
	struct person *n;

	up();
	n = begun("ops@pve");
	CHECK(n);
	memcpy(id, n->id, sizeof(id));
	CHECK(!people_find(people, PERSON_IN, id));
	CHECK_INT(person_set_state(n, PERSON_HALF, "ops@pve"), 0);
	CHECK(strcmp(id, n->id) != 0);
	CHECK(people_find(people, PERSON_HALF, n->id) == n);
	CHECK(!people_hypervisor(people, n->id)); /* half is not in */
	memcpy(id, n->id, sizeof(id));
	CHECK_INT(person_set_state(n, PERSON_IN, "ops@pve"), 0);
	CHECK(!people_find(people, PERSON_HALF, id));
	CHECK(people_hypervisor(people, n->id) == n->hypervisor);
	down();
	CHECK_INT(freed, 1);
}

static int proved;

static void on_proved(
		void *arg, int r, const struct proved *p, const struct err *e)
{
	proved = r;
}

static void who_is_let_go_learns_it_and_comes_back_by_no_late_answer(void)
{
	const struct secret password = {.data = (char *)"p", .len = 1};
	struct person *n;

	up();
	n = begun("ops@pve");
	CHECK(n);
	proved = 0;
	hypervisor_prove(n->hypervisor, PROOF_PASSWORD, &password, on_proved,
			NULL);
	person_drop(n);
	/* the hypervisor's answer in the same turn */
	CHECK_INT(person_set_state(n, PERSON_IN, "ops@pve"), -ECANCELED);
	CHECK(!people_hypervisor(people, n->id));
	CHECK_INT(freed, 0);
	turn();
	CHECK_INT(freed, 1);
	CHECK_INT(proved, -EACCES);
	down();
}

static void one_account_has_so_many_sign_ins_and_the_table_is_not_full(void)
{
	struct person *first;

	up();
	first = in("ops@pve");
	for (int i = 0; i < PEOPLE_OF_ONE_MAX; i++)
		(void)in("ops@pve");
	CHECK_INT(first->state, PERSON_GONE);
	turn();
	CHECK_INT(freed, 1);
	(void)in("other@pve");
	turn();
	CHECK_INT(freed, 1);
	down();
}

static void only_so_many_are_under_way_at_once(void)
{
	up();
	for (int i = 0; i < PEOPLE_BUSY_MAX; i++)
		CHECK(begun("ops@pve"));
	CHECK(!begun("ops@pve"));
	down();
	CHECK_INT(freed, PEOPLE_BUSY_MAX);
}

static void another_server_behind_the_profile_signs_its_people_out(void)
{
	struct config c = {.profiles = &profile, .profile_count = 1};
	struct person *n;

	up();
	n = in("ops@pve");
	profile.read_only = true;
	people_configure(people, &c);
	CHECK_INT(n->state, PERSON_IN);
	CHECK(n->hypervisor->read_only);
	profile.tls_fingerprint = (char *)"SHA256:00";
	people_configure(people, &c);
	CHECK_INT(n->state, PERSON_GONE);
	turn();
	CHECK_INT(freed, 1);
	profile = (struct config_profile){
			.name = (char *)"home", .kind = (char *)"silent"};
	down();
}

TESTS(T(who_is_in_is_known_by_a_new_id),
		T(who_is_let_go_learns_it_and_comes_back_by_no_late_answer),
		T(one_account_has_so_many_sign_ins_and_the_table_is_not_full),
		T(only_so_many_are_under_way_at_once),
		T(another_server_behind_the_profile_signs_its_people_out))
