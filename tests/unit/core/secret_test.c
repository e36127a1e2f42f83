#include "core/secret.h"

#include "test.h"

static void a_secret_equals_only_itself(void)
{
	struct secret s = {0};

	CHECK(!secret_equal(&s, "", 0));
	CHECK(secret_sets(&s, "geheim") == 0);
	CHECK(secret_equal(&s, "geheim", 6));
	CHECK(!secret_equal(&s, "geheiM", 6));
	CHECK(!secret_equal(&s, "gehei", 5));
	secret_done(&s);
	CHECK(s.data == NULL && s.len == 0);
	secret_done(&s);
}

static void a_copy_has_a_life_of_its_own(void)
{
	struct secret a = {0}, b = {0};

	CHECK(secret_set(&a, "x\0y", 3) == 0);
	CHECK(secret_copy(&b, &a) == 0);
	secret_done(&a);
	CHECK(secret_equal(&b, "x\0y", 3));
	CHECK(secret_copy(&b, &a) == 0);
	CHECK(b.data == NULL);
}

TESTS(T(a_secret_equals_only_itself), T(a_copy_has_a_life_of_its_own))
