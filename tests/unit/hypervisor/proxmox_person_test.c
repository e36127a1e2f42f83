#include "hypervisor/proxmox/person.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hypervisor/proxmox/rate.h"
#include "proto/json.h"
#include "test.h"

static void a_half_ticket_says_which_factors_it_wants(void)
{
	static const struct {
		const char *ticket;
		unsigned kinds;
	} cases[] = {
			{"PVE:!tfa!{\"totp\"%3Atrue}:65::a", 1u << PROOF_TOTP},
			{"PVE:!tfa!{\"totp\"%3atrue,\"recovery\"%3A[0,2]}:6::a",
					1u << PROOF_TOTP |
							1u << PROOF_RECOVERY},
			{"PVE:!tfa!{\"recovery\"%3A[]}:65::a", 0},
			{"PVE:!tfa!{\"recovery\"%3A\"low\"}:65::a",
					1u << PROOF_RECOVERY},
			{"PVE:!tfa!{\"webauthn\"%3A{\"a\"%3A1}}:65::a", 0},
			{"PVE:!tfa!{\"totp\"%3", 0},
			{"PVE:!tfa!", 0},
			{"PVE:!tfa![[[[", 0},
			{"PVE:ops@pve:65::a", 0},
			{"", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(pve_factors_of(cases[i].ticket), cases[i].kinds);
}

static void a_half_ticket_that_is_too_long_is_none(void)
{
	static char text[8192];

	memset(text, '1', sizeof(text) - 1);
	memcpy(text, "PVE:!tfa!", 9);
	CHECK_INT(pve_factors_of(text), 0);
}

static size_t realms(const char *text, struct realm ret[REALMS_MAX],
		struct json **ret_tree)
{
	CHECK_INT(json_parse(text, strlen(text), ret_tree, NULL), 0);
	return pve_realms_of(*ret_tree, ret);
}

static void realms_have_names_and_at_most_so_many_are_taken(void)
{
	struct realm all[REALMS_MAX];
	static char many[4096] = "[";
	struct json *v = NULL;

	CHECK_INT(realms("[{\"realm\":\"pam\",\"default\":1},{\"realm\":7},"
			 "{\"realm\":\"\"},{},null,"
			 "{\"realm\":\"pve\",\"comment\":\"ours\"}]",
				  all, &v),
			2);
	CHECK_STR(all[0].name, "pam");
	CHECK(all[0].by_default && !all[0].comment);
	CHECK_STR(all[1].comment, "ours");
	json_free(v);
	for (int i = 0; i < 100; i++)
		strcat(many, "{\"realm\":\"a\"},");
	strcat(many, "{}]");
	CHECK_INT(realms(many, all, &v), REALMS_MAX);
	json_free(v);
	CHECK_INT(realms("{\"realm\":\"pve\"}", all, &v), 0);
	json_free(v);
}

static void a_second_s_worth_goes_at_once_and_the_rest_waits_its_turn(void)
{
	struct pve_rate *r = pve_rate_new(10);
	struct pve_rate *same = pve_rate_ref(r);
	uint64_t wait;

	for (int i = 0; i < 10; i++) {
		CHECK_INT(pve_rate_take(r, 5000, &wait), 0);
		CHECK_INT(wait, 0);
	}
	for (unsigned i = 1; i <= 100; i++) { /* whoever asks */
		CHECK_INT(pve_rate_take(i % 2 ? r : same, 5000, &wait), 0);
		CHECK_INT(wait, i * 100);
	}
	CHECK_INT(pve_rate_take(r, 5000, &wait), -EDQUOT);
	CHECK_INT(pve_rate_take(r, 5100, &wait), 0);
	CHECK_INT(wait, PVE_RATE_WAIT_MS);
	CHECK_INT(pve_rate_take(r, 60000, &wait), 0);
	CHECK_INT(wait, 0);
	pve_rate_unref(r);
	pve_rate_unref(same);
	pve_rate_unref(NULL);
}

static void without_a_limit_nobody_waits(void)
{
	struct pve_rate *r = pve_rate_new(0);
	uint64_t wait;

	for (int i = 0; i < 10000; i++) {
		CHECK_INT(pve_rate_take(r, 1, &wait), 0);
		CHECK_INT(wait, 0);
	}
	pve_rate_unref(r);
}

TESTS(T(a_half_ticket_says_which_factors_it_wants),
		T(a_half_ticket_that_is_too_long_is_none),
		T(realms_have_names_and_at_most_so_many_are_taken),
		T(a_second_s_worth_goes_at_once_and_the_rest_waits_its_turn),
		T(without_a_limit_nobody_waits))
