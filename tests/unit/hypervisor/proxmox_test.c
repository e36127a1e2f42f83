#include "hypervisor/proxmox/proxmox.h"

#include <errno.h>

#include "core/loop.h"
#include "home.h"
#include "test.h"

/* ---- who we are -----------------------------------------------------------
 */

static void a_token_goes_with_every_call_and_no_cookie(void)
{
	home_begin(true);
	CHECK_INT(home_list(), 0);
	CHECK_STR(home.ids, "lxc/200 node/pve1 qemu/100 ");
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(home.one.asked, 5 + 2 + 1);
	CHECK_INT(server_count(&home.one, "Authorization: PVEAPIToken="
					  "ops@pve!gate=s3cret\r\n"),
			home.one.asked);
	CHECK_INT(server_count(&home.one, "Cookie"), 0);
	CHECK_INT(server_count(&home.one, "CSRF"), 0);
	CHECK_INT(home.two.asked, 1); /* which node it is */
	home_end();
}

static void a_password_logs_in_once_and_its_session_is_used(void)
{
	home_begin(false);
	CHECK_INT(home_list(), 0);
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&home.one, "POST /api2/json/access/ticket"), 1);
	CHECK_INT(server_count(&home.one, "username=ops%40pve&"
					  "password=p%20%26%2B%3D%3Bx\n"),
			1);
	CHECK_INT(server_count(&home.one,
				  "Cookie: PVEAuthCookie=PVE%3Aops%40pve%3A"
				  "65%3A%3Aa%2B%2F%3D\r\n"),
			home.one.asked - 1);
	CHECK_INT(server_count(&home.one, "CSRFPreventionToken: 65:csrf\r\n"),
			1);
	CHECK_INT(server_count(&home.one, "Authorization"), 0);
	CHECK_STR(home.plan.layers[1].ws.credential.data,
			"Cookie: PVEAuthCookie=PVE%3Aops%40pve%3A65%3A%3A"
			"a%2B%2F%3D");
	home_end();
}

static void a_session_that_is_refused_is_renewed_and_the_call_repeated(void)
{
	home_begin(false);
	CHECK_INT(home_list(), 0);
	server_rule_times(&home.one, 1, "GET /nodes/pve1/qemu/100/status",
			"401 Authentication failed!", "");
	server_rule_times(&home.one, 1, "POST /nodes/pve1/qemu/100/vncproxy",
			"401 Permission denied - invalid csrf token", "");
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&home.one, "POST /api2/json/access/ticket"), 3);
	server_rule(&home.one, "GET /nodes/pve1/qemu/100/status",
			"401 Authentication failed!", "");
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), -EACCES);
	CHECK_INT(server_count(&home.one, "POST /api2/json/access/ticket"), 4);
	home_end();
}

static void a_refused_token_is_told_and_not_tried_again(void)
{
	home_begin(true);
	server_rule(&home.one, "GET /cluster/resources",
			"401 Authentication failed!", "");
	CHECK_INT(home_list(), -EACCES);
	CHECK_HAS(home.error.text, "token_secret");
	CHECK_INT(server_count(&home.one, "GET /api2/json/cluster/resources"),
			1);
	CHECK_INT(home.two.asked, 0);
	home_end();
}

static void a_refused_password_is_not_tried_at_every_call(void)
{
	home_begin(false);
	server_rule(&home.one, "POST /access/ticket",
			"401 authentication failure", "{\"data\":null}");
	CHECK_INT(home_list(), -EACCES);
	CHECK_HAS(home.error.text, "password");
	CHECK_INT(home_list(), -EACCES);
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), -EACCES);
	CHECK_INT(home.one.asked, 1);
	home_end();
}

static void a_second_factor_is_told_with_the_way_out(void)
{
	home_begin(false);
	server_rule(&home.one, "POST /access/ticket", "200 OK",
			"{\"data\":{\"username\":\"ops@pve\",\"NeedTFA\":1,"
			"\"CSRFPreventionToken\":\"x\","
			"\"ticket\":\"PVE:!tfa!{%3A}:65::a\"}}");
	CHECK_INT(home_list(), -EACCES);
	CHECK_HAS(home.error.text, "API token");
	home_end();
}

static void a_profile_without_a_credential_says_so(void)
{
	home_begin(false);
	proxmox_hypervisor.free(home.h);
	secret_done(&home.profile.password);
	CHECK_INT(proxmox_hypervisor.open(
				  &home.h, home.loop, &home.profile, NULL),
			0);
	CHECK_INT(home_list(), -EACCES);
	CHECK_HAS(home.error.text, "token_secret");
	CHECK_INT(home.one.asked, 0);
	home_end();
}

/* ---- lists ----------------------------------------------------------------
 */

static void lists_that_are_asked_for_together_are_asked_once(void)
{
	home_begin(true);
	proxmox_hypervisor.list(home.h, home_on_list, NULL);
	proxmox_hypervisor.list(home.h, home_on_list, NULL);
	CHECK_INT(home_list(), 0);
	CHECK_INT(home_list(), 0); /* still fresh */
	CHECK_INT(server_count(&home.one, "GET /api2/json/cluster/resources"),
			1);
	home_end();
}

static void what_is_only_good_to_know_may_fail(void)
{
	home_begin(true);
	server_rule(&home.one, "GET /nodes ", "500 no", "");
	server_rule(&home.one, "GET /access/permissions", "500 no", "");
	server_rule(&home.one, "GET /version", "501 no", "");
	CHECK_INT(home_list(), 0);
	CHECK_STR(home.ids, "lxc/200 qemu/100 ");
	home_end();
}

static void the_hypervisor_may_go_while_answers_are_owed(void)
{
	home_begin(true);
	proxmox_hypervisor.list(home.h, home_on_list, NULL);
	proxmox_hypervisor.plan(
			home.h, "qemu/100", CONSOLE_VNC, home_on_plan, NULL);
	CHECK_INT(home_list(), 0);
	proxmox_hypervisor.plan(
			home.h, "qemu/100", CONSOLE_VNC, home_on_plan, NULL);
	home_end();
}

TESTS(T(a_token_goes_with_every_call_and_no_cookie),
		T(a_password_logs_in_once_and_its_session_is_used),
		T(a_session_that_is_refused_is_renewed_and_the_call_repeated),
		T(a_refused_token_is_told_and_not_tried_again),
		T(a_refused_password_is_not_tried_at_every_call),
		T(a_second_factor_is_told_with_the_way_out),
		T(a_profile_without_a_credential_says_so),
		T(lists_that_are_asked_for_together_are_asked_once),
		T(what_is_only_good_to_know_may_fail),
		T(the_hypervisor_may_go_while_answers_are_owed))
