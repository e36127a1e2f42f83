#include "auth/auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "core/loop.h"
#include "store/store.h"
#include "test.h"

static struct loop *loop;
static struct store *store;
static struct auth *auth;
static char *patterns[] = {(char *)(uintptr_t) "lab/*"};
static struct config_token tokens[1];
static struct config_rule rules[1];
static struct config config;

/* What the last answer was. */
static int answer;
static struct principal who;
static char code[AUTH_COOKIE_LEN + 1];

static void stop(void *arg)
{
	loop_stop(loop);
}

static void run(void)
{
	struct timer *t;

	CHECK(timer_new(&t, loop, stop, NULL) == 0);
	timer_set(t, 5);
	CHECK(loop_run(loop) == 0);
	timer_free(t);
}

static void up(void)
{
	CHECK(loop_new(&loop) == 0);
	CHECK(store_memory_new(&store, loop, 0) == 0);
	CHECK(auth_new(&auth, loop, store) == 0);
	tokens[0].name = (char *)(uintptr_t) "panel";
	CHECK(crypto_sha256("token", 5, tokens[0].hash) == 0);
	rules[0] = (struct config_rule){.who = tokens[0].name,
			.guests = {patterns, 1},
			.may = CONFIG_MAY_VIEW,
			.deny = CONFIG_DENY_CLIPBOARD};
	config = (struct config){.tokens = tokens,
			.token_count = 1,
			.rules = rules,
			.rule_count = 1};
	auth_configure(auth, &config);
}

static void down(void)
{
	auth_free(auth);
	store_free(store);
	loop_free(loop);
}

static void hear(void *arg, int r, const struct principal *p,
		const struct secret *cookie)
{
	answer = r;
	if (r == 0)
		who = *p;
	if (cookie)
		(void)snprintf(code, sizeof(code), "%s", cookie->data);
}

static void hear_code(void *arg, int r, const struct secret *c)
{
	answer = r;
	if (r == 0)
		(void)snprintf(code, sizeof(code), "%s", c->data);
}

static int sign_in_link(const char *link)
{
	char copy[sizeof(code)];

	(void)snprintf(copy, sizeof(copy), "%s", link);
	answer = 1;
	auth_sign_in_link(auth, copy, "192.0.2.7", hear, NULL);
	run();
	return answer;
}

static int sign_in_token(const char *token, const char *from)
{
	answer = 1;
	auth_sign_in_token(auth, token, from, hear, NULL);
	run();
	return answer;
}

static int by_cookie(void)
{
	answer = 1;
	auth_by_cookie(auth, code, hear, NULL);
	run();
	return answer;
}

static void make_link(uint64_t ttl_ms)
{
	struct principal p = {.via = AUTH_LINK,
			.name = "panel+x",
			.guest = "lab/web1",
			.rights = CONFIG_MAY_VIEW};

	auth_link_new(auth, &p, ttl_ms, hear_code, NULL);
	run();
	CHECK_INT(answer, 0);
	CHECK_INT(strlen(code), AUTH_CODE_LEN);
}

static void a_link_signs_in_once_for_its_guest(void)
{
	char link[sizeof(code)];

	up();
	make_link(60000);
	memcpy(link, code, sizeof(link));
	CHECK_INT(sign_in_link(link), 0);
	CHECK_INT(strlen(code), AUTH_COOKIE_LEN);
	CHECK_INT(by_cookie(), 0);
	CHECK_STR(who.name, "panel+x");
	CHECK_INT(auth_judge(auth, &who, "lab/web1").rights, CONFIG_MAY_VIEW);
	CHECK_INT(auth_judge(auth, &who, "lab/web2").rights, 0);
	CHECK_INT(auth_judge(auth, &who, NULL).rights, 0);
	auth_sign_out(auth, code);
	CHECK_INT(by_cookie(), -ENOENT);
	CHECK_INT(sign_in_link(link), -ENOENT);
	down();
}

static void a_link_that_is_late_is_told_from_an_unknown_one(void)
{
	char link[sizeof(code)];

	up();
	make_link(1000);
	memcpy(link, code, sizeof(link));
	(void)usleep(1100 * 1000);
	CHECK_INT(sign_in_link(link), -ETIME);
	CHECK_INT(sign_in_link(link), -ENOENT); /* it was taken */
	down();
}

static void a_sign_in_ends_when_its_token_is_replaced(void)
{
	up();
	CHECK_INT(sign_in_token("token", "192.0.2.7"), 0);
	CHECK_INT(by_cookie(), 0);
	CHECK_INT(auth_judge(auth, &who, "lab/web1").rights, CONFIG_MAY_VIEW);
	CHECK_INT(auth_judge(auth, &who, "lab/web1").deny,
			CONFIG_DENY_CLIPBOARD);
	CHECK_INT(auth_judge(auth, &who, "home/1").rights, 0);
	/* the same name, another token */
	CHECK(crypto_sha256("other", 5, tokens[0].hash) == 0);
	CHECK_INT(by_cookie(), -ENOENT);
	config.token_count = 0;
	CHECK_INT(by_cookie(), -ENOENT);
	down();
}

static void who_guesses_is_shut_out_and_others_are_not(void)
{
	up();
	for (int i = 0; i < AUTH_FAILURES_MAX; i++)
		CHECK_INT(sign_in_token("guess", "192.0.2.7"), -ENOENT);
	CHECK_INT(sign_in_token("token", "192.0.2.7"), -EDQUOT);
	CHECK_INT(sign_in_link("guess"), -EDQUOT);
	CHECK_INT(sign_in_token("token", "192.0.2.8"), 0);
	down();
}

static void hear_value(void *arg, int r, const void *value, size_t len)
{
	int *taken = arg;

	CHECK(r == 0 || r == -ENOENT);
	if (r == 0)
		CHECK_MEM(value, "grant", 5);
	*taken += r == 0;
}

static void of_many_that_take_a_code_one_has_it(void)
{
	int taken = 0;

	up();
	auth_code_put(auth, "grant", 5, 60000, hear_code, NULL);
	run();
	CHECK_INT(answer, 0);
	for (int i = 0; i < 24; i++)
		auth_code_take(auth, code, hear_value, &taken);
	run();
	CHECK_INT(taken, 1);
	down();
}

/* ---- accounts of a hypervisor's own ----------------------------------------
 */

static struct principal person(const char *name, const char *profile)
{
	struct principal p = {.via = AUTH_PROXMOX};

	(void)snprintf(p.name, sizeof(p.name), "%s", name);
	(void)snprintf(p.profile, sizeof(p.profile), "%s", profile);
	(void)snprintf(p.person, sizeof(p.person), "ab");
	return p;
}

static unsigned may(const char *name, const char *profile, const char *guest)
{
	struct principal p = person(name, profile);

	return auth_judge(auth, &p, guest).rights;
}

static void without_rules_the_hypervisor_alone_decides(void)
{
	const unsigned all =
			CONFIG_MAY_VIEW | CONFIG_MAY_CONTROL | CONFIG_MAY_POWER;
	struct principal p = person("ops@pve", "lab");
	struct guest s = {.barred = GUEST_BARS_CONSOLE};
	struct auth_verdict v;

	up();
	config.rule_count = 0;
	CHECK_INT(may("ops@pve", "lab", "lab/qemu/100"), all);
	CHECK_INT(may("ops@pve", "lab", "lab2/qemu/100"), 0);
	CHECK_INT(may("ops@pve", "la", "lab/qemu/100"), 0);
	CHECK_INT(may("ops@pve", "lab", NULL), all);
	v = auth_narrow(auth_judge(auth, &p, "lab/qemu/100"), &p, &s);
	CHECK_INT(v.rights, CONFIG_MAY_POWER);
	s.barred = GUEST_BARS_POWER;
	v = auth_narrow(auth_judge(auth, &p, "lab/qemu/100"), &p, &s);
	CHECK_INT(v.rights, CONFIG_MAY_VIEW | CONFIG_MAY_CONTROL);
	auth_owner(&p, AUTH_LOCAL, "local"); /* the account is the gateway's */
	v = auth_narrow(auth_judge(auth, &p, "lab/qemu/100"), &p, &s);
	CHECK(v.rights & CONFIG_MAY_POWER);
	down();
}

static void with_rules_both_have_to_allow(void)
{
	static const struct {
		const char *who, *name, *profile;
		bool matches;
	} cases[] = {
			{"ops@pve", "ops@pve", "lab", true},
			{"ops@pve", "ops@pam", "lab", false},
			{"*@pve", "ops@pve", "lab", true},
			{"*@pve", "ops@xpve", "lab", false},
			{"*@pve", "ops@pve2", "lab", false},
			{"*@pve/lab", "ops@pve", "lab", true},
			{"*@pve/home", "ops@pve", "lab", false},
			{"ops@pve/lab", "ops@pve", "lab", true},
			{"ops@pve/lab", "opsx@pve", "lab", false},
			{"*", "ops@pve", "lab", true},
			{"panel", "ops@pve", "lab", false},
	};

	up();
	rules[0].may |= CONFIG_MAY_ADMIN; /* no hypervisor gives that */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rules[0].who = (char *)(uintptr_t)cases[i].who;
		CHECK_INT(may(cases[i].name, cases[i].profile, "lab/qemu/100"),
				cases[i].matches ? CONFIG_MAY_VIEW : 0);
	}
	down();
}

static void a_person_who_was_found_out_elsewhere_is_known_by_the_cookie(void)
{
	struct principal p = person("ops@pve", "lab");

	up();
	auth_sign_in_as(auth, &p, hear, NULL);
	run();
	CHECK_INT(answer, 0);
	memset(&who, 0, sizeof(who));
	auth_by_cookie(auth, code, hear, NULL);
	run();
	CHECK_INT(answer, 0);
	CHECK_INT(who.via, AUTH_PROXMOX);
	CHECK_STR(who.name, "ops@pve");
	CHECK_STR(who.profile, "lab");
	CHECK_STR(who.person, "ab");
	down();
}

static void tries_at_the_same_time_are_counted_before_they_fail(void)
{
	up();
	for (int i = 0; i < AUTH_FAILURES_MAX; i++)
		CHECK(auth_try(auth, "192.0.2.7"));
	CHECK(!auth_try(auth, "192.0.2.7"));
	CHECK(auth_try(auth, "192.0.2.8"));
	auth_tried_well(auth, "192.0.2.7");
	CHECK(auth_try(auth, "192.0.2.7"));
	CHECK(!auth_try(auth, "192.0.2.7"));
	down();
}

TESTS(T(a_link_signs_in_once_for_its_guest),
		T(a_link_that_is_late_is_told_from_an_unknown_one),
		T(a_sign_in_ends_when_its_token_is_replaced),
		T(who_guesses_is_shut_out_and_others_are_not),
		T(of_many_that_take_a_code_one_has_it),
		T(without_rules_the_hypervisor_alone_decides),
		T(with_rules_both_have_to_allow),
		T(a_person_who_was_found_out_elsewhere_is_known_by_the_cookie),
		T(tries_at_the_same_time_are_counted_before_they_fail))
