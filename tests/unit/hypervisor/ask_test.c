#include "hypervisor/hypervisor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "test.h"

/* A provider that never answers. */
static int silent_open(struct hypervisor **ret_h, struct loop *l,
		const struct config_profile *p, struct err *e)
{
	*ret_h = calloc(1, sizeof(**ret_h));
	return *ret_h ? 0 : -ENOMEM;
}

static void silent_list(struct hypervisor *h, hypervisor_list_fn *fn, void *arg)
{
}

static void silent_plan(struct hypervisor *h, const char *id,
		enum console_kind kind, hypervisor_plan_fn *fn, void *arg)
{
}

static void silent_power(struct hypervisor *h, const char *id,
		enum power_verb v, hypervisor_done_fn *fn, void *arg)
{
}

static void silent_free(struct hypervisor *h)
{
	free(h);
}

static const struct hypervisor_ops silent = {
		.kind = "silent",
		.open = silent_open,
		.list = silent_list,
		.plan = silent_plan,
		.power = silent_power,
		.free = silent_free,
};

static unsigned told;
static int answered;
static struct err error;

static void keep(int r, const struct err *e)
{
	told++;
	answered = r;
	error = *e;
}

static void on_list(void *arg, int r, const struct guest *guests, size_t count,
		const struct err *e)
{
	keep(r, e);
}

static void on_plan(
		void *arg, int r, struct dial_plan *plan, const struct err *e)
{
	keep(r, e);
}

static void on_done(void *arg, int r, const char *task, const struct err *e)
{
	keep(r, e);
}

static void on_proved(
		void *arg, int r, const struct proved *p, const struct err *e)
{
	keep(r, e);
}

static void on_realms(void *arg, int r, const struct realm *all, size_t count,
		const struct err *e)
{
	keep(r, e);
}

static struct hypervisor *silent_new(void)
{
	static const struct hypervisor_ops *const all[] = {&silent, NULL};
	const struct config_profile p = {
			.name = (char *)"home", .kind = (char *)"silent"};
	struct hypervisor *h = NULL;

	told = 0;
	CHECK_INT(hypervisor_open(&h, all, NULL, &p, NULL), 0);
	return h;
}

static void one_that_goes_while_it_owes_leaves_nothing_behind(void)
{
	struct hypervisor *h = silent_new();

	for (int i = 0; i < 3; i++)
		hypervisor_list(h, on_list, NULL);
	hypervisor_plan(h, "a", CONSOLE_VNC, on_plan, NULL);
	CHECK(hypervisor_owes(h));
	hypervisor_free(h); /* the sanitizer finds what is left */
	CHECK_INT(told, 0);
}

static void who_waits_for_one_that_is_forsaken_is_told_once(void)
{
	struct hypervisor *h = silent_new();

	hypervisor_list(h, on_list, NULL);
	hypervisor_look(h, "a", on_list, NULL);
	hypervisor_plan(h, "a", CONSOLE_VNC, on_plan, NULL);
	hypervisor_power(h, "a", POWER_START, on_done, NULL);
	CHECK_INT(told, 0);
	hypervisor_forsake(h, -EACCES, "signed out");
	CHECK_INT(told, 4);
	CHECK_INT(answered, -EACCES);
	CHECK_STR(error.text, "signed out");
}

static void by_one_that_knows_no_people_nobody_signs_in(void)
{
	struct hypervisor *h = silent_new(), *person = NULL;
	size_t count = 7;

	CHECK_INT(hypervisor_enter(h, "a@b", &person, &error), -ENOTSUP);
	CHECK_HAS(error.text, "silent");
	hypervisor_realms(h, on_realms, NULL);
	CHECK_INT(answered, -ENOTSUP);
	hypervisor_prove(h, PROOF_PASSWORD, NULL, on_proved, NULL);
	CHECK_INT(answered, -ENOTSUP);
	CHECK_INT(told, 2);
	CHECK(!hypervisor_tag_styles(h, &count));
	CHECK_INT(count, 0);
	hypervisor_rest(h);
	hypervisor_free(h);
}

static void the_verbs_that_make_sense_depend_on_how_it_is(void)
{
	CHECK_INT(guest_verbs(GUEST_STOPPED), 1u << POWER_START);
	CHECK_INT(guest_verbs(GUEST_UNKNOWN), 0);
	CHECK(guest_verbs(GUEST_RUNNING) & 1u << POWER_SHUTDOWN);
	CHECK(!(guest_verbs(GUEST_RUNNING) & 1u << POWER_START));
	CHECK(guest_verbs(GUEST_PAUSED) & 1u << POWER_RESUME);
}

TESTS(T(one_that_goes_while_it_owes_leaves_nothing_behind),
		T(who_waits_for_one_that_is_forsaken_is_told_once),
		T(by_one_that_knows_no_people_nobody_signs_in),
		T(the_verbs_that_make_sense_depend_on_how_it_is))
