#include "http/router.h"

#include <stdio.h>
#include <string.h>

#include "http/server.h"
#include "test.h"

static const struct route routes[] = {
		{"GET", "/", NULL, "root"},
		{"GET", "/api/v1/guests", NULL, "list"},
		{"GET", "/api/v1/guests/{id}", NULL, "guest"},
		{"POST", "/api/v1/guests/{id}/power", NULL, "power"},
		{"GET", "/api/v1/guests/{id}/snapshots", NULL, "snaps"},
		{"POST", "/api/v1/guests/{id}/snapshots", NULL, "snap"},
		{"POST", "/api/v1/guests/{id}/snapshots/{name}/restore", NULL,
				"restore"},
		{"DELETE", "/api/v1/sessions/{id}", NULL, "end"},
		{"GET", "/console/{guest*}", NULL, "console"},
};

static unsigned find(
		const char *method, const char *target, struct route_match *m)
{
	struct http_request q = {.method = method, .target = target};

	return route_find(routes, sizeof(routes) / sizeof(*routes), &q, m);
}

static void a_request_finds_its_function(void)
{
	static const struct {
		const char *method, *target, *data;
	} cases[] = {
			{"GET", "/", "root"},
			{"GET", "/?x=/api", "root"},
			{"HEAD", "/", "root"},
			{"GET", "/api/v1/guests", "list"},
			{"GET", "/%61pi/v1/guests", "list"},
			{"GET", "/api/v1/guests/100", "guest"},
			{"GET", "/api/v1/guests/home%2F100?x", "guest"},
			{"POST", "/api/v1/guests/home%2f100/power", "power"},
			{"POST", "/api/v1/guests/a/snapshots/b/restore",
					"restore"},
			{"DELETE", "/api/v1/sessions/7f3a", "end"},
			{"GET", "/console/home/100", "console"},
			{"GET", "/console/home%2F100", "console"},
	};
	struct route_match m;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(find(cases[i].method, cases[i].target, &m), 200);
		CHECK_STR((const char *)m.route->data, cases[i].data);
	}
}

static void what_no_pattern_matches_is_not_found(void)
{
	static const char *const targets[] = {"/x", "/api", "/api/v1/guests/",
			"/api/v1/guests//", "/api/v1/guests/a/b",
			"/api/v1/guests/home/100/power/x", "/api%2Fv1/guests",
			"/API/v1/guests", "/api/v1/guests/a/power/", "/console",
			"/console/", "/console/a/", "/consolex/a",
			"/api/v1/guests/..", "/api/v1/guests/%2e%2e",
			"/api/v1/guests/a%00", "/api/v1/guests/%", ""};
	struct route_match m;

	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		if (find("GET", targets[i], &m) != 404)
			fail_msg("'%s'", targets[i]);
}

static void another_method_is_told_which_are_allowed(void)
{
	struct route_match m;

	CHECK_INT(find("GET", "/api/v1/guests/a/power", &m), 405);
	CHECK_STR(m.allow, "POST");
	CHECK_INT(find("DELETE", "/api/v1/guests/a/snapshots", &m), 405);
	CHECK_STR(m.allow, "GET, HEAD, POST");
	CHECK(m.route == NULL);
}

static void parameters_are_decoded_once(void)
{
	struct route_match m;

	CHECK_INT(find("POST",
				  "/api/v1/guests/home%2F100/snapshots/"
				  "a%252Fb%20c/restore",
				  &m),
			200);
	CHECK_STR(route_param(&m, "id"), "home/100");
	CHECK_STR(route_param(&m, "name"), "a%2Fb c");
	CHECK(route_param(&m, "i") == NULL);
	CHECK(route_param(&m, "names") == NULL);
	CHECK_INT(find("GET", "/console/home/qemu%2F100", &m), 200);
	CHECK_STR(route_param(&m, "guest"), "home/qemu/100");
}

static void a_parameter_has_a_limit(void)
{
	char target[2 * ROUTE_VALUE_MAX] = "/console/";
	size_t at = strlen(target);
	struct route_match m;

	memset(target + at, 'a', ROUTE_VALUE_MAX);
	CHECK_INT(find("GET", target, &m), 200);
	target[at + ROUTE_VALUE_MAX] = 'a';
	CHECK_INT(find("GET", target, &m), 404);
}

TESTS(T(a_request_finds_its_function), T(what_no_pattern_matches_is_not_found),
		T(another_method_is_told_which_are_allowed),
		T(parameters_are_decoded_once), T(a_parameter_has_a_limit))
