#include "hypervisor/proxmox/proxmox.h"

#include <errno.h>
#include <stdio.h>

#include "core/loop.h"
#include "home.h"
#include "test.h"

/* ---- hosts ----------------------------------------------------------------
 */

static void a_dead_host_is_passed_by_and_left_out_for_a_while(void)
{
	home_begin(true);
	server_close(&home.one);
	CHECK_INT(home_list(), 0);
	CHECK_STR(home.ids, "lxc/200 node/pve1 qemu/100 ");
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(home.plan.layers[0].tcp.port, home.two.port);
	CHECK_INT(home.two.asked, 7 + 1);
	home_end();
}

static void the_error_names_every_host_where_none_answers(void)
{
	char port[16];

	home_begin(false);
	server_close(&home.one);
	server_close(&home.two);
	CHECK_INT(home_list(), -ECONNREFUSED);
	(void)snprintf(port, sizeof(port), ":%u:", home.one.port);
	CHECK_HAS(home.error.text, port);
	(void)snprintf(port, sizeof(port), ":%u:", home.two.port);
	CHECK_HAS(home.error.text, port);
	home_end();
}

static void another_host_may_reach_a_node_that_one_does_not(void)
{
	home_begin(true);
	server_rule(&home.one, "GET /nodes/pve2/lxc/200/status",
			"595 Connection refused", "");
	CHECK_INT(home_console("lxc/200", CONSOLE_VNC), 0);
	server_rule(&home.two, "GET /nodes/pve2/lxc/200/status",
			"595 Connection refused", "");
	CHECK_INT(home_console("lxc/200", CONSOLE_VNC), -EHOSTUNREACH);
	home_end();
}

static void answers_that_are_none_are_told(void)
{
	home_begin(true);
	server_rule_times(&home.one, 1, "GET /cluster/resources", "200 OK",
			"<html>");
	CHECK_INT(home_list(), -EPROTO);
	server_rule_times(
			&home.one, 1, "GET /cluster/resources", "200 OK", "{}");
	CHECK_INT(home_list(), -EPROTO);
	server_rule_times(&home.one, 1, "GET /cluster/resources", "301 Moved",
			"");
	CHECK_INT(home_list(), -EREMOTEIO);
	server_rule_times(&home.one, 1, "GET /cluster/resources", "200 OK",
			"{\"data\":{\"a\":[[[]]]}}");
	CHECK_INT(home_list(), 0);
	CHECK_STR(home.ids, "node/pve1 ");
	home_end();
}

/* ---- which host is which node ---------------------------------------------
 */

static const char is_pve1[] =
		"{\"data\":[{\"type\":\"cluster\",\"name\":\"pve2\"},"
		"{\"type\":\"node\",\"name\":\"pve2\",\"local\":0,"
		"\"ip\":\"192.0.2.2\"},"
		"{\"type\":\"node\",\"name\":\"pve1\",\"local\":1,"
		"\"ip\":\"192.0.2.1\"}]}";
static const char is_pve2[] =
		"{\"data\":[{\"type\":\"node\",\"name\":\"pve2\","
		"\"local\":1,\"ip\":\"192.0.2.2\"},"
		"{\"type\":\"node\",\"name\":\"pve1\",\"local\":0}]}";
static const char of_status[] = "GET /api2/json/cluster/status";

static void a_console_goes_by_the_host_that_is_its_node(void)
{
	home_begin(true);
	server_rule(&home.one, "GET /cluster/status", "200 OK", is_pve1);
	server_rule(&home.two, "GET /cluster/status", "200 OK", is_pve2);
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(home.plan.layers[0].tcp.port, home.one.port);
	CHECK_INT(home.two.asked, 0);
	CHECK_INT(home_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(home.plan.layers[0].tcp.port, home.two.port);
	CHECK_HAS(home.plan.layers[1].ws.path,
			"/nodes/pve2/lxc/200/vncwebsocket");
	CHECK_INT(server_count(&home.one, "vncproxy"), 1);
	CHECK_INT(home_console("lxc/200", CONSOLE_SERIAL), 0);
	CHECK_INT(home.plan.layers[0].tcp.port, home.two.port);
	CHECK_INT(server_count(&home.one, of_status), 1);
	CHECK_INT(server_count(&home.two, of_status), 1);
	server_close(&home.two);
	CHECK_INT(home_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(home.plan.layers[0].tcp.port, home.one.port);
	home_end();
}

static void hosts_that_do_not_say_are_asked_once(void)
{
	home_begin(true);
	CHECK_INT(home_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(home.plan.layers[0].tcp.port, home.one.port);
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(home_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&home.one, of_status), 1);
	CHECK_INT(server_count(&home.two, of_status), 1);
	home_end();
}

static void what_a_host_says_may_be_anything(void)
{
	home_begin(true);
	server_rule(&home.one, "GET /cluster/status", "200 OK",
			"{\"data\":[7,{\"type\":\"node\",\"local\":1},{"
			"\"type\":"
			"\"node\",\"local\":1,\"name\":\"a234567890b234567890c"
			"234567890d234567890e234567890f234567890g234567890\"},"
			"{\"name\":\"pve2\",\"local\":1}]}");
	server_rule(&home.two, "GET /cluster/status", "200 OK",
			"{\"data\":null}");
	CHECK_INT(home_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(home.plan.layers[0].tcp.port, home.one.port);
	home_end();
}

static void on_waited(void *arg)
{
	loop_stop(home.loop);
}

static void wait_ms(uint64_t ms)
{
	struct timer *t;

	CHECK_INT(timer_new(&t, home.loop, on_waited, NULL), 0);
	timer_set(t, ms);
	CHECK_INT(loop_run(home.loop), 0);
	timer_free(t);
}

/* It takes its time; the console does not. */
static void a_host_that_is_slow_to_say_is_not_waited_for(void)
{
	uint64_t since;

	home_begin(true);
	server_rule(&home.two, "GET /cluster/status", "200 OK", is_pve2);
	home.two.rules[home.two.rule_count - 1].late_ms = 1500;
	since = loop_now_ms(home.loop);
	CHECK_INT(home_console("lxc/200", CONSOLE_VNC), 0);
	CHECK(loop_now_ms(home.loop) - since < 1400);
	CHECK_INT(home.plan.layers[0].tcp.port, home.one.port);
	wait_ms(1000);
	CHECK_INT(home_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(home.plan.layers[0].tcp.port, home.two.port);
	CHECK_INT(server_count(&home.two, of_status), 1);
	home_end();
}

static void a_host_that_is_named_as_a_node_is_taken_for_it(void)
{
	char text[64];

	home_begin(true);
	proxmox_hypervisor.free(home.h);
	url_done(&home.profile.url.items[1]);
	(void)snprintf(text, sizeof(text), "http://localhost:%u",
			home.two.port);
	CHECK_INT(url_parse(text, &home.profile.url.items[1], NULL), 0);
	CHECK_INT(proxmox_hypervisor.open(
				  &home.h, home.loop, &home.profile, NULL),
			0);
	server_rule(&home.one, "GET /cluster/resources", "200 OK",
			"{\"data\":[{\"vmid\":200,\"type\":\"lxc\",\"node\":"
			"\"localhost\",\"status\":\"running\"}]}");
	server_rule(&home.one, "GET /nodes/localhost/lxc/200/status", "200 OK",
			home_running);
	CHECK_INT(home_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(home.plan.layers[0].tcp.port, home.two.port);
	CHECK_INT(server_count(&home.one, of_status), 0);
	home_end();
}

static void the_hypervisor_may_go_while_a_host_is_asked(void)
{
	home_begin(true);
	CHECK_INT(home_list(), 0);
	home.two.silent = true;
	proxmox_hypervisor.plan(
			home.h, "lxc/200", CONSOLE_VNC, home_on_plan, NULL);
	wait_ms(200);
	home_end();
}

TESTS(T(a_dead_host_is_passed_by_and_left_out_for_a_while),
		T(the_error_names_every_host_where_none_answers),
		T(another_host_may_reach_a_node_that_one_does_not),
		T(answers_that_are_none_are_told),
		T(a_console_goes_by_the_host_that_is_its_node),
		T(hosts_that_do_not_say_are_asked_once),
		T(what_a_host_says_may_be_anything),
		T(a_host_that_is_slow_to_say_is_not_waited_for),
		T(a_host_that_is_named_as_a_node_is_taken_for_it),
		T(the_hypervisor_may_go_while_a_host_is_asked))
