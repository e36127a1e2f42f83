#include "auth/failures.h"

#include <stdio.h>

#include "test.h"

static struct failures f;

static void an_address_is_shut_out_for_its_minute(void)
{
	f = (struct failures){0};
	for (int i = 0; i < 3; i++) {
		CHECK(!failures_too_many(&f, "192.0.2.7", 3, 1000));
		failures_count(&f, "192.0.2.7", 1000);
	}
	CHECK(failures_too_many(&f, "192.0.2.7", 3, 1000));
	CHECK(!failures_too_many(&f, "192.0.2.8", 3, 1000));
	CHECK(!failures_too_many(
			&f, "192.0.2.7", 3, 1000 + FAILURES_WINDOW_MS));
}

static void a_flood_of_addresses_costs_no_memory(void)
{
	char from[FAILURES_ADDRESS_MAX];

	f = (struct failures){0};
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(from, sizeof(from), "2001:db8::%x", i);
		failures_count(&f, from, 1000 + (uint64_t)i);
	}
	CHECK(failures_too_many(&f, "2001:db8::1387", 1, 6000));
	CHECK(!failures_too_many(&f, "2001:db8::1", 1, 6000)); /* gave way */
}

TESTS(T(an_address_is_shut_out_for_its_minute),
		T(a_flood_of_addresses_costs_no_memory))
