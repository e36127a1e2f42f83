#include "hypervisor/arrakis/arrakis.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cluster.h"
#include "config/config.h"
#include "core/loop.h"
#include "hypervisor/arrakis/vms.h"
#include "proto/json.h"
#include "stream/dial.h"
#include "test.h"

static const struct hypervisor_ops *const providers[] = {
		&arrakis_hypervisor, NULL};

static struct loop *loop;
static struct pve_server server;
static struct hypervisor *h;
static struct url url;

static struct {
	bool done;
	int r;
	char text[512];
	size_t guests, forwards;
	unsigned verbs; /* of the first */
	struct dial_plan plan;
} seen;

#define FOO                                                                    \
	"{\"vmName\":\"foo\",\"status\":\"%s\",\"ip\":\"10.20.1.2/24\","       \
	"\"portForwards\":[{\"hostPort\":\"3000\",\"guestPort\":\"5901\","     \
	"\"description\":\"gui\"},{\"hostPort\":\"3001\",\"guestPort\":\"80\"" \
	",\"description\":\"code (range 80-81)\"}]}"

static void up_as(bool read_only, const char *password)
{
	char name[] = "boxes", kind[] = "arrakis", text[64];
	struct config_profile p = {.name = name,
			.kind = kind,
			.verify_tls = true,
			.read_only = read_only,
			.url = {.items = &url, .count = 1}};
	struct err e;

	CHECK(loop_new(&loop) == 0);
	server_open(&server, loop);
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u", server.port);
	CHECK(url_parse(text, &url, &e) == 0);
	if (password)
		CHECK(secret_sets(&p.vnc_password, password) == 0);
	CHECK(hypervisor_open(&h, providers, loop, &p, &e) == 0);
	secret_done(&p.vnc_password);
	memset(&seen, 0, sizeof(seen));
}

static void up(void)
{
	up_as(false, NULL);
}

static void down(void)
{
	hypervisor_free(h);
	server_close(&server);
	url_done(&url);
	dial_plan_done(&seen.plan);
	loop_free(loop);
}

static void vms_are(const char *format, const char *status)
{
	static char body[4][2048];
	static unsigned turn;
	char *at = body[turn++ % 4];
	int len = snprintf(at, sizeof(body[0]), "{\"vms\":[");

	len += snprintf(at + len, sizeof(body[0]) - (size_t)len, format,
			status); /* NOLINT(clang-diagnostic-format-nonliteral)
				  */
	(void)snprintf(at + len, sizeof(body[0]) - (size_t)len, "]}");
	server_rule(&server, "GET /v1/vms", "200 OK", at);
}

static void heard(int r, const char *text)
{
	CHECK(!seen.done);
	seen.done = true;
	seen.r = r;
	(void)snprintf(seen.text, sizeof(seen.text), "%s", text ? text : "");
	loop_stop(loop);
}

static void on_list(void *arg, int r, const struct guest *all, size_t count,
		const struct err *e)
{
	seen.guests = count;
	for (size_t i = 0; i < count; i++)
		seen.forwards += all[i].forward_count;
	seen.verbs = count > 0 ? all[0].verbs : 0;
	if (count > 0)
		heard(r, all[0].address);
	else
		heard(r, r < 0 ? e->text : NULL);
}

static void on_plan(
		void *arg, int r, struct dial_plan *plan, const struct err *e)
{
	char text[256];

	if (r < 0) {
		heard(r, e->text);
		return;
	}
	dial_plan_text(plan, text, sizeof(text));
	seen.plan = *plan;
	*plan = (struct dial_plan){0};
	heard(r, text);
}

static void on_done(void *arg, int r, const char *task, const struct err *e)
{
	CHECK(!task);
	heard(r, r < 0 ? e->text : NULL);
}

static void on_snapped(void *arg, int r, const char *name, const char *task,
		const struct err *e)
{
	heard(r, r < 0 ? e->text : name);
}

static void on_output(void *arg, int r, const char *output, size_t len,
		const struct err *e)
{
	heard(r, r < 0 ? e->text : output);
}

static int answer(void)
{
	CHECK(loop_run(loop) == 0); /* stopped already: ends at once */
	CHECK(seen.done);
	seen.done = false;
	return seen.r;
}

static int list(void)
{
	seen.guests = seen.forwards = 0;
	hypervisor_list(h, on_list, NULL);
	return answer();
}

static int plan(const char *id, enum console_kind kind)
{
	dial_plan_done(&seen.plan);
	hypervisor_plan(h, id, kind, on_plan, NULL);
	return answer();
}

static int power(enum power_verb v)
{
	hypervisor_power(h, "foo", v, on_done, NULL);
	return answer();
}

static void sandboxes_are_listed_with_their_forwards(void)
{
	up();
	vms_are(FOO, "RUNNING");
	CHECK_INT(list(), 0);
	CHECK_INT(seen.guests, 1);
	CHECK_INT(seen.forwards, 2);
	CHECK_STR(seen.text, "10.20.1.2");
	down();
}

static void the_verbs_are_those_that_make_sense_now(void)
{
	static const struct {
		const char *status;
		unsigned verbs;
	} all[] = {
			{"RUNNING", 1u << POWER_STOP | 1u << POWER_SUSPEND},
			{"STOPPED", 1u << POWER_START},
			{"PAUSED", 1u << POWER_RESUME | 1u << POWER_STOP},
			{"CREATED", 0},
	};

	up();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		vms_are(FOO, all[i].status);
		CHECK_INT(list(), 0);
		CHECK_INT(seen.verbs, all[i].verbs);
	}
	down();
}

static void null_and_absent_are_no_sandboxes(void)
{
	up();
	server_rule(&server, "GET /v1/vms", "200 OK", "{\"vms\":null}");
	CHECK_INT(list(), 0);
	CHECK_INT(seen.guests, 0);
	server_rule(&server, "GET /v1/vms", "200 OK", "{}");
	CHECK_INT(list(), 0);
	CHECK_INT(seen.guests, 0);
	down();
}

static void an_older_server_without_v1_is_found(void)
{
	up();
	server_rule(&server, "GET /v1/vms", "404 Not Found", "404 page");
	server_rule(&server, "GET /vms", "200 OK", "{\"vms\":[]}");
	CHECK_INT(list(), 0);
	CHECK_INT(list(), 0);
	CHECK_INT(server_count(&server, "GET /v1/vms"), 1); /* it is known */
	/* and it may be replaced by a newer one */
	server_rule(&server, "GET /vms", "404 Not Found", "");
	server_rule(&server, "GET /v1/vms", "200 OK", "{\"vms\":[]}");
	CHECK_INT(list(), 0);
	down();
}

static void what_is_no_arrakis_is_told(void)
{
	static const char *const bodies[] = {
			"{\"vms\":[{\"vmName\":", "[]", "", "{\"vms\":7}"};

	up();
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		server_rule(&server, "GET /v1/vms", "200 OK", bodies[i]);
		CHECK_INT(list(), -EPROTO);
		CHECK_HAS(seen.text, "no answer of Arrakis");
	}
	server_rule(&server, "GET ", "404 Not Found", "");
	CHECK_INT(list(), -EPROTO);
	CHECK_HAS(seen.text, "is it an Arrakis server?");
	server_rule(&server, "GET ", "401 Unauthorized", "");
	CHECK_INT(list(), -EACCES);
	down();
}

static void hostile_names_and_wild_ports_are_left_out(void)
{
	up();
	vms_are("{\"vmName\":\"\"},{\"vmName\":\"..\"},{\"vmName\":\"a/b\"},"
		"{\"vmName\":\"\\u001b[2J\"},{\"vmName\":7},{},7,null,"
		"{\"vmName\":\"ok\",\"ip\":\"10.0.0.999\",\"portForwards\":["
		"{\"hostPort\":\"0\",\"guestPort\":\"5901\"},"
		"{\"hostPort\":\"65536\",\"guestPort\":\"5901\"},"
		"{\"hostPort\":\"1\",\"guestPort\":\"-1\"},7]},"
		"{\"vmName\":\"ok\",\"status\":\"%s\"}",
			"RUNNING");
	CHECK_INT(list(), 0);
	CHECK_INT(seen.guests, 1);
	CHECK_INT(seen.forwards, 0);
	CHECK_INT(plan("ok", CONSOLE_VNC), -ENOTSUP);
	down();
}

/* What a server at `host` makes of the address of a sandbox. */
static bool is_taken(const char *host, const char *ip)
{
	char text[256];
	struct json *answer;
	struct vms v;
	bool taken;

	(void)snprintf(text, sizeof(text),
			"{\"vms\":[{\"vmName\":\"a\",\"ip\":\"%s\"}]}", ip);
	CHECK(json_parse(text, strlen(text), &answer, NULL) == 0);
	CHECK(vms_parse(answer, host, &v, NULL) == 0);
	CHECK_INT(v.count, 1);
	taken = v.guests[0].address != NULL;
	CHECK(taken == !v.guests[0].lacks[CONSOLE_VNC]);
	vms_done(&v);
	json_free(answer);
	return taken;
}

static void no_server_leads_us_to_our_own_services(void)
{
	static const char *const never[] = {"169.254.169.254/16", "0.0.0.0",
			"::ffff:127.0.0.1", "fe80::1", "::", "224.0.0.1",
			"255.255.255.255", "localhost"};
	static const char *const own[] = {"127.0.0.1/8", "127.3.4.5", "::1"};

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		CHECK(!is_taken("192.0.2.1", never[i]));
		CHECK(!is_taken("127.0.0.1", never[i]));
	}
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		CHECK(!is_taken("192.0.2.1", own[i]));
		CHECK(!is_taken("boxes.lan", own[i]));
		/* its machine is ours: what it says of it is its own */
		CHECK(is_taken("127.0.0.1", own[i]));
		CHECK(is_taken("localhost", own[i]));
	}
	CHECK(is_taken("192.0.2.1", "10.20.1.2/24"));
	CHECK(is_taken("192.0.2.1", "fd00::2/64"));
}

static void a_plan_leads_straight_to_it_or_to_the_announced_port(void)
{
	up();
	vms_are(FOO, "RUNNING");
	CHECK_INT(plan("foo", CONSOLE_VNC), 0);
	CHECK_STR(seen.text, "tcp 10.20.1.2:5901 or 127.0.0.1:3000 > "
			     "rfb_login");
	CHECK_INT(seen.plan.wait_ms, DIAL_WAIT_MS);
	CHECK_STR(seen.plan.layers[1].rfb_login.password.data, "elara0000");
	CHECK_HAS(seen.plan.login_hint, "default password");
	/* another port with the next life of it: nothing is kept */
	vms_are("{\"vmName\":\"foo\",\"portForwards\":[{\"hostPort\":3006,"
		"\"guestPort\":5901,\"description\":\"gui\"}],"
		"\"status\":\"%s\"}",
			"RUNNING");
	CHECK_INT(plan("foo", CONSOLE_VNC), 0);
	CHECK_STR(seen.text, "tcp 127.0.0.1:3006 > rfb_login");
	down();
}

static void the_profiles_own_password_is_taken(void)
{
	up_as(false, "geheim");
	vms_are("{\"vmName\":\"foo\",\"ip\":\"10.20.1.2/24\","
		"\"status\":\"%s\"}",
			"CREATED");
	CHECK_INT(plan("foo", CONSOLE_VNC), 0);
	CHECK_STR(seen.text, "tcp 10.20.1.2:5901 > rfb_login");
	CHECK_STR(seen.plan.layers[1].rfb_login.password.data, "geheim");
	CHECK(!strstr(seen.plan.login_hint, "default"));
	down();
}

static void what_cannot_be_opened_says_why(void)
{
	up();
	vms_are(FOO, "STOPPED");
	CHECK_INT(plan("foo", CONSOLE_VNC), -ENOTCONN);
	CHECK_INT(plan("foo", CONSOLE_SPICE), -ENOTSUP);
	CHECK_INT(plan("bar", CONSOLE_VNC), -ENOENT);
	vms_are(FOO, "PAUSED");
	CHECK_INT(plan("foo", CONSOLE_VNC), -ENOTCONN);
	CHECK_HAS(seen.text, "paused");
	down();
}

static void any_port_of_it_can_be_reached(void)
{
	up();
	vms_are(FOO, "RUNNING");
	hypervisor_reach(h, "foo", 80, on_plan, NULL);
	CHECK_INT(answer(), 0);
	CHECK_STR(seen.text, "tcp 10.20.1.2:80 or 127.0.0.1:3001");
	CHECK_INT(seen.plan.wait_ms, 0);
	dial_plan_done(&seen.plan);
	hypervisor_reach(h, "foo", 22, on_plan, NULL);
	CHECK_INT(answer(), 0);
	CHECK_STR(seen.text, "tcp 10.20.1.2:22");
	down();
}

static void power_verbs_become_its_own_words(void)
{
	up();
	vms_are(FOO, "RUNNING");
	server_rule(&server, "PATCH /v1/vms/foo", "200 OK", "{}");
	CHECK_INT(power(POWER_START), 0); /* it runs: nothing is asked */
	CHECK_INT(server_count(&server, "PATCH"), 0);
	CHECK_INT(power(POWER_STOP), 0);
	CHECK_INT(server_count(&server, "{\"status\":\"stopped\"}"), 1);
	CHECK_INT(power(POWER_SUSPEND), 0);
	CHECK_INT(server_count(&server, "{\"status\":\"paused\"}"), 1);
	CHECK_INT(power(POWER_RESUME), 0);
	CHECK_INT(server_count(&server, "{\"status\":\"resume\"}"), 1);
	CHECK_INT(power(POWER_RESET), -ENOTSUP);
	vms_are(FOO, "STOPPED");
	server_rule(&server, "POST /v1/vms ", "200 OK", "{}");
	CHECK_INT(power(POWER_START), 0);
	CHECK_INT(server_count(&server, "{\"vmName\":\"foo\"}"), 1);
	down();
}

static void one_that_went_in_between_is_no_such_guest(void)
{
	up();
	server_rule(&server, "PATCH /v1/vms/foo", "500 Oops",
			"{\"error\":{\"message\":\"no vm\"}}");
	server_rule(&server, "GET /v1/vms", "200 OK", "{}");
	vms_are(FOO, "RUNNING");
	server.rules[server.rule_count - 1].times = 1;
	CHECK_INT(power(POWER_STOP), -ENOENT);
	vms_are(FOO, "RUNNING");
	CHECK_INT(power(POWER_STOP), -EREMOTEIO); /* it is there: it failed */
	CHECK_HAS(seen.text, "500: no vm");
	down();
}

static void sandboxes_are_made_snapped_restored_and_ended(void)
{
	up();
	server_rule(&server, "POST /v1/vms", "200 OK", "{}");
	server_rule(&server, "POST /v1/vms/foo/snapshots", "200 OK",
			"{\"snapshotId\":\"s1\"}");
	server_rule(&server, "DELETE /v1/vms/foo", "200 OK", "{}");
	vms_are(FOO, "RUNNING");
	hypervisor_create(h, "foo", NULL, on_done, NULL);
	CHECK_INT(answer(), -EEXIST);
	hypervisor_create(h, "a/b", NULL, on_done, NULL);
	CHECK_INT(answer(), -EINVAL);
	hypervisor_restore(h, "a/b", "s0", on_done, NULL);
	CHECK_INT(answer(), -EINVAL); /* nobody could ask for it */
	CHECK_INT(server_count(&server, "POST"), 0);
	hypervisor_create(h, "new", "s0", on_done, NULL);
	CHECK_INT(answer(), 0);
	CHECK_INT(server_count(&server,
				  "{\"vmName\":\"new\",\"snapshotId\":\"s0\"}"),
			1);
	hypervisor_snapshot(
			h, "foo", &(struct snapshot_wish){0}, on_snapped, NULL);
	CHECK_INT(answer(), 0);
	CHECK_STR(seen.text, "s1");
	hypervisor_restore(h, "foo", "s1", on_done, NULL);
	CHECK_INT(answer(), 0);
	CHECK_INT(server_count(&server, "DELETE /v1/vms/foo"), 1);
	CHECK_INT(server_count(&server,
				  "{\"vmName\":\"foo\",\"snapshotId\":\"s1\"}"),
			1);
	hypervisor_destroy(h, "foo", on_done, NULL);
	CHECK_INT(answer(), 0);
	CHECK_INT(server_count(&server, "DELETE /v1/vms/foo"), 2);
	down();
}

static void a_command_is_run_in_the_guest(void)
{
	up();
	vms_are(FOO, "RUNNING");
	server_rule(&server, "POST /v1/vms/foo/cmd", "200 OK",
			"{\"output\":\"hi\\n\"}");
	hypervisor_command(h, "foo", "echo \"hi\"", on_output, NULL);
	CHECK_INT(answer(), 0);
	CHECK_STR(seen.text, "hi\n");
	CHECK_INT(server_count(&server, "{\"cmd\":\"echo \\\"hi\\\"\","
					"\"blocking\":true}"),
			1);
	down();
}

static void a_read_only_profile_changes_nothing(void)
{
	up_as(true, NULL);
	CHECK_INT(power(POWER_STOP), -EPERM);
	hypervisor_create(h, "new", NULL, on_done, NULL);
	CHECK_INT(answer(), -EPERM);
	hypervisor_destroy(h, "foo", on_done, NULL);
	CHECK_INT(answer(), -EPERM);
	hypervisor_snapshot(
			h, "foo", &(struct snapshot_wish){0}, on_snapped, NULL);
	CHECK_INT(answer(), -EPERM);
	hypervisor_command(h, "foo", "reboot", on_output, NULL);
	CHECK_INT(answer(), -EPERM);
	CHECK_INT(server.asked, 0);
	down();
}

static void freed_with_calls_under_way_nobody_is_called(void)
{
	up();
	server.silent = true;
	hypervisor_list(h, on_list, NULL);
	hypervisor_plan(h, "foo", CONSOLE_VNC, on_plan, NULL);
	hypervisor_destroy(h, "foo", on_done, NULL);
	CHECK(hypervisor_owes(h));
	down();
	CHECK(!seen.done);
}

TESTS(T(sandboxes_are_listed_with_their_forwards),
		T(the_verbs_are_those_that_make_sense_now),
		T(null_and_absent_are_no_sandboxes),
		T(an_older_server_without_v1_is_found),
		T(what_is_no_arrakis_is_told),
		T(hostile_names_and_wild_ports_are_left_out),
		T(no_server_leads_us_to_our_own_services),
		T(a_plan_leads_straight_to_it_or_to_the_announced_port),
		T(the_profiles_own_password_is_taken),
		T(what_cannot_be_opened_says_why),
		T(any_port_of_it_can_be_reached),
		T(power_verbs_become_its_own_words),
		T(one_that_went_in_between_is_no_such_guest),
		T(sandboxes_are_made_snapped_restored_and_ended),
		T(a_command_is_run_in_the_guest),
		T(a_read_only_profile_changes_nothing),
		T(freed_with_calls_under_way_nobody_is_called))
