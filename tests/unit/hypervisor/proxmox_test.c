#include "hypervisor/proxmox/proxmox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"
#include "config/config.h"
#include "core/loop.h"
#include "stream/dial.h"
#include "test.h"

static const char ticket[] = "{\"data\":{\"username\":\"ops@pve\","
			     "\"ticket\":\"PVE:ops@pve:65::a+/=\","
			     "\"CSRFPreventionToken\":\"65:csrf\"}}";
static const char vms[] =
		"{\"data\":[{\"vmid\":100,\"type\":\"qemu\",\"node\":\"pve1\","
		"\"name\":\"web1\",\"status\":\"running\"},"
		"{\"vmid\":200,\"type\":\"lxc\",\"node\":\"pve2\","
		"\"status\":\"running\"}]}";
static const char vms_moved[] =
		"{\"data\":[{\"vmid\":100,\"type\":\"qemu\",\"node\":\"pve2\","
		"\"name\":\"web1\",\"status\":\"running\"}]}";
static const char running[] =
		"{\"data\":{\"status\":\"running\",\"serial\":1}}";
static const char minted[] = "{\"data\":{\"port\":\"5900\",\"user\":\"u@pve\","
			     "\"ticket\":\"PVEVNC:65::x\","
			     "\"password\":\"PassWord\"}}";

static struct loop *loop;
static struct timer *limit;
static struct pve_server one, two;
static struct config_profile profile;
static struct hypervisor *h;

/* What came back. */
static unsigned told;
static int answered;
static struct err error;
static char *ids;
static enum guest_status status; /* of qemu/100 */
static struct dial_plan plan;

static void too_late(void *arg)
{
	fail_msg("the loop waits for ever (asked %u)", one.asked);
}

static void rules(struct pve_server *s)
{
	server_rule(s, "POST /access/ticket", "200 OK", ticket);
	server_rule(s, "GET /cluster/resources?type=vm", "200 OK", vms);
	server_rule(s, "GET /nodes ", "200 OK",
			"{\"data\":[{\"node\":\"pve1\","
			"\"status\":\"online\"}]}");
	server_rule(s, "GET /access/permissions", "200 OK",
			"{\"data\":{\"/\":{\"VM.Console\":1,"
			"\"Sys.Console\":1}}}");
	server_rule(s, "GET /version", "200 OK",
			"{\"data\":{\"version\":\"9.1.9\"}}");
	server_rule(s, "GET /cluster/options", "200 OK",
			"{\"data\":{\"tag-style\":{\"color-map\":"
			"\"prod:ff0000\"}}}");
	server_rule(s, "GET /nodes/pve1/qemu/100/status/current", "200 OK",
			running);
	server_rule(s, "GET /nodes/pve2/qemu/100/status/current", "200 OK",
			running);
	server_rule(s, "GET /nodes/pve2/lxc/200/status/current", "200 OK",
			running);
	server_rule(s, "GET /nodes/pve2/lxc/200/config", "200 OK",
			"{\"data\":{}}");
	server_rule(s, "POST /nodes/", "200 OK", minted);
	server_rule(s, "GET /cluster/status",
			"403 Permission check failed (/, Sys.Audit)", "");
}

static void begin(bool token)
{
	char text[64];

	CHECK_INT(loop_new(&loop), 0);
	CHECK_INT(timer_new(&limit, loop, too_late, NULL), 0);
	timer_set(limit, 20000);
	server_open(&one, loop);
	server_open(&two, loop);
	rules(&one);
	rules(&two);
	profile = (struct config_profile){.name = (char *)"home",
			.user = (char *)"ops@pve",
			.verify_tls = true};
	profile.url.items = calloc(2, sizeof(struct url));
	profile.url.count = 2;
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u", one.port);
	CHECK_INT(url_parse(text, &profile.url.items[0], NULL), 0);
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u", two.port);
	CHECK_INT(url_parse(text, &profile.url.items[1], NULL), 0);
	if (token) {
		profile.token_id = (char *)"gate";
		CHECK_INT(secret_sets(&profile.token_secret, "s3cret"), 0);
	} else {
		CHECK_INT(secret_sets(&profile.password, "p &+=;x"), 0);
	}
	CHECK_INT(proxmox_hypervisor.open(&h, loop, &profile, NULL), 0);
	told = 0;
}

static void end(void)
{
	proxmox_hypervisor.free(h);
	server_close(&one);
	server_close(&two);
	url_done(&profile.url.items[0]);
	url_done(&profile.url.items[1]);
	free(profile.url.items);
	secret_done(&profile.token_secret);
	secret_done(&profile.password);
	timer_free(limit);
	loop_free(loop);
	dial_plan_done(&plan);
	plan = (struct dial_plan){0};
	free(ids);
	ids = NULL;
}

static void keep(int r, const struct err *e)
{
	told++;
	answered = r;
	if (r < 0) {
		error = *e;
		CHECK(*error.text);
	}
}

static void on_list(void *arg, int r, const struct guest *guests, size_t count,
		const struct err *e)
{
	struct buf b;

	keep(r, e);
	buf_init(&b, 4096);
	CHECK_INT(buf_adds(&b, ""), 0);
	for (size_t i = 0; i < count; i++) {
		CHECK_INT(buf_addf(&b, "%s ", guests[i].id), 0);
		if (strcmp(guests[i].id, "qemu/100") == 0)
			status = guests[i].status;
	}
	free(ids);
	ids = buf_take_string(&b);
	loop_stop(loop);
}

static int list(void)
{
	unsigned before = told;

	proxmox_hypervisor.list(h, on_list, NULL);
	CHECK_INT(told, before); /* never from inside */
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(told, before + 1);
	return answered;
}

static int look(const char *id)
{
	unsigned before = told;

	proxmox_hypervisor.look(h, id, on_list, NULL);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(told, before + 1);
	return answered;
}

static void on_plan(
		void *arg, int r, struct dial_plan *from, const struct err *e)
{
	keep(r, e);
	dial_plan_done(&plan);
	plan = (struct dial_plan){0};
	if (r == 0) {
		plan = *from;
		*from = (struct dial_plan){0};
	}
	loop_stop(loop);
}

static int open_console(const char *id, enum console_kind kind)
{
	unsigned before = told;

	proxmox_hypervisor.plan(h, id, kind, on_plan, NULL);
	CHECK_INT(told, before);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(told, before + 1);
	return answered;
}

/* ---- who we are -----------------------------------------------------------
 */

static void a_token_goes_with_every_call_and_no_cookie(void)
{
	begin(true);
	CHECK_INT(list(), 0);
	CHECK_STR(ids, "lxc/200 node/pve1 qemu/100 ");
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(one.asked, 5 + 2 + 1);
	CHECK_INT(server_count(&one, "Authorization: PVEAPIToken="
				     "ops@pve!gate=s3cret\r\n"),
			one.asked);
	CHECK_INT(server_count(&one, "Cookie"), 0);
	CHECK_INT(server_count(&one, "CSRF"), 0);
	CHECK_INT(two.asked, 1); /* which node it is */
	end();
}

static void a_password_logs_in_once_and_its_session_is_used(void)
{
	begin(false);
	CHECK_INT(list(), 0);
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&one, "POST /api2/json/access/ticket"), 1);
	CHECK_INT(server_count(&one, "username=ops%40pve&"
				     "password=p%20%26%2B%3D%3Bx\n"),
			1);
	CHECK_INT(server_count(&one, "Cookie: PVEAuthCookie=PVE%3Aops%40pve%3A"
				     "65%3A%3Aa%2B%2F%3D\r\n"),
			one.asked - 1);
	CHECK_INT(server_count(&one, "CSRFPreventionToken: 65:csrf\r\n"), 1);
	CHECK_INT(server_count(&one, "Authorization"), 0);
	CHECK_STR(plan.layers[1].ws.credential.data,
			"Cookie: PVEAuthCookie=PVE%3Aops%40pve%3A65%3A%3A"
			"a%2B%2F%3D");
	end();
}

static void a_session_that_is_refused_is_renewed_and_the_call_repeated(void)
{
	begin(false);
	CHECK_INT(list(), 0);
	server_rule_times(&one, 1, "GET /nodes/pve1/qemu/100/status",
			"401 Authentication failed!", "");
	server_rule_times(&one, 1, "POST /nodes/pve1/qemu/100/vncproxy",
			"401 Permission denied - invalid csrf token", "");
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&one, "POST /api2/json/access/ticket"), 3);
	server_rule(&one, "GET /nodes/pve1/qemu/100/status",
			"401 Authentication failed!", "");
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), -EACCES);
	CHECK_INT(server_count(&one, "POST /api2/json/access/ticket"), 4);
	end();
}

static void a_refused_token_is_told_and_not_tried_again(void)
{
	begin(true);
	server_rule(&one, "GET /cluster/resources",
			"401 Authentication failed!", "");
	CHECK_INT(list(), -EACCES);
	CHECK_HAS(error.text, "token_secret");
	CHECK_INT(server_count(&one, "GET /api2/json/cluster/resources"), 1);
	CHECK_INT(two.asked, 0);
	end();
}

static void a_refused_password_is_not_tried_at_every_call(void)
{
	begin(false);
	server_rule(&one, "POST /access/ticket", "401 authentication failure",
			"{\"data\":null}");
	CHECK_INT(list(), -EACCES);
	CHECK_HAS(error.text, "password");
	CHECK_INT(list(), -EACCES);
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), -EACCES);
	CHECK_INT(one.asked, 1);
	end();
}

static void a_second_factor_is_told_with_the_way_out(void)
{
	begin(false);
	server_rule(&one, "POST /access/ticket", "200 OK",
			"{\"data\":{\"username\":\"ops@pve\",\"NeedTFA\":1,"
			"\"CSRFPreventionToken\":\"x\","
			"\"ticket\":\"PVE:!tfa!{%3A}:65::a\"}}");
	CHECK_INT(list(), -EACCES);
	CHECK_HAS(error.text, "API token");
	end();
}

static void a_profile_without_a_credential_says_so(void)
{
	begin(false);
	proxmox_hypervisor.free(h);
	secret_done(&profile.password);
	CHECK_INT(proxmox_hypervisor.open(&h, loop, &profile, NULL), 0);
	CHECK_INT(list(), -EACCES);
	CHECK_HAS(error.text, "token_secret");
	CHECK_INT(one.asked, 0);
	end();
}

/* ---- hosts ----------------------------------------------------------------
 */

static void a_dead_host_is_passed_by_and_left_out_for_a_while(void)
{
	begin(true);
	server_close(&one);
	CHECK_INT(list(), 0);
	CHECK_STR(ids, "lxc/200 node/pve1 qemu/100 ");
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(plan.layers[0].tcp.port, two.port);
	CHECK_INT(two.asked, 7 + 1);
	end();
}

static void the_error_names_every_host_where_none_answers(void)
{
	char port[16];

	begin(false);
	server_close(&one);
	server_close(&two);
	CHECK_INT(list(), -ECONNREFUSED);
	(void)snprintf(port, sizeof(port), ":%u:", one.port);
	CHECK_HAS(error.text, port);
	(void)snprintf(port, sizeof(port), ":%u:", two.port);
	CHECK_HAS(error.text, port);
	end();
}

static void another_host_may_reach_a_node_that_one_does_not(void)
{
	begin(true);
	server_rule(&one, "GET /nodes/pve2/lxc/200/status",
			"595 Connection refused", "");
	CHECK_INT(open_console("lxc/200", CONSOLE_VNC), 0);
	server_rule(&two, "GET /nodes/pve2/lxc/200/status",
			"595 Connection refused", "");
	CHECK_INT(open_console("lxc/200", CONSOLE_VNC), -EHOSTUNREACH);
	end();
}

static void answers_that_are_none_are_told(void)
{
	begin(true);
	server_rule_times(
			&one, 1, "GET /cluster/resources", "200 OK", "<html>");
	CHECK_INT(list(), -EPROTO);
	server_rule_times(&one, 1, "GET /cluster/resources", "200 OK", "{}");
	CHECK_INT(list(), -EPROTO);
	server_rule_times(&one, 1, "GET /cluster/resources", "301 Moved", "");
	CHECK_INT(list(), -EREMOTEIO);
	server_rule_times(&one, 1, "GET /cluster/resources", "200 OK",
			"{\"data\":{\"a\":[[[]]]}}");
	CHECK_INT(list(), 0);
	CHECK_STR(ids, "node/pve1 ");
	end();
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
	begin(true);
	server_rule(&one, "GET /cluster/status", "200 OK", is_pve1);
	server_rule(&two, "GET /cluster/status", "200 OK", is_pve2);
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(plan.layers[0].tcp.port, one.port);
	CHECK_INT(two.asked, 0);
	CHECK_INT(open_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(plan.layers[0].tcp.port, two.port);
	CHECK_HAS(plan.layers[1].ws.path, "/nodes/pve2/lxc/200/vncwebsocket");
	CHECK_INT(server_count(&one, "vncproxy"), 1);
	CHECK_INT(open_console("lxc/200", CONSOLE_SERIAL), 0);
	CHECK_INT(plan.layers[0].tcp.port, two.port);
	CHECK_INT(server_count(&one, of_status), 1);
	CHECK_INT(server_count(&two, of_status), 1);
	server_close(&two);
	CHECK_INT(open_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(plan.layers[0].tcp.port, one.port);
	end();
}

static void hosts_that_do_not_say_are_asked_once(void)
{
	begin(true);
	CHECK_INT(open_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(plan.layers[0].tcp.port, one.port);
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(open_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&one, of_status), 1);
	CHECK_INT(server_count(&two, of_status), 1);
	end();
}

static void what_a_host_says_may_be_anything(void)
{
	begin(true);
	server_rule(&one, "GET /cluster/status", "200 OK",
			"{\"data\":[7,{\"type\":\"node\",\"local\":1},{"
			"\"type\":"
			"\"node\",\"local\":1,\"name\":\"a234567890b234567890c"
			"234567890d234567890e234567890f234567890g234567890\"},"
			"{\"name\":\"pve2\",\"local\":1}]}");
	server_rule(&two, "GET /cluster/status", "200 OK", "{\"data\":null}");
	CHECK_INT(open_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(plan.layers[0].tcp.port, one.port);
	end();
}

static void on_waited(void *arg)
{
	loop_stop(loop);
}

static void wait_ms(uint64_t ms)
{
	struct timer *t;

	CHECK_INT(timer_new(&t, loop, on_waited, NULL), 0);
	timer_set(t, ms);
	CHECK_INT(loop_run(loop), 0);
	timer_free(t);
}

/* It takes its time; the console does not. */
static void a_host_that_is_slow_to_say_is_not_waited_for(void)
{
	uint64_t since;

	begin(true);
	server_rule(&two, "GET /cluster/status", "200 OK", is_pve2);
	two.rules[two.rule_count - 1].late_ms = 1500;
	since = loop_now_ms(loop);
	CHECK_INT(open_console("lxc/200", CONSOLE_VNC), 0);
	CHECK(loop_now_ms(loop) - since < 1400);
	CHECK_INT(plan.layers[0].tcp.port, one.port);
	wait_ms(1000);
	CHECK_INT(open_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(plan.layers[0].tcp.port, two.port);
	CHECK_INT(server_count(&two, of_status), 1);
	end();
}

static void a_host_that_is_named_as_a_node_is_taken_for_it(void)
{
	char text[64];

	begin(true);
	proxmox_hypervisor.free(h);
	url_done(&profile.url.items[1]);
	(void)snprintf(text, sizeof(text), "http://localhost:%u", two.port);
	CHECK_INT(url_parse(text, &profile.url.items[1], NULL), 0);
	CHECK_INT(proxmox_hypervisor.open(&h, loop, &profile, NULL), 0);
	server_rule(&one, "GET /cluster/resources", "200 OK",
			"{\"data\":[{\"vmid\":200,\"type\":\"lxc\",\"node\":"
			"\"localhost\",\"status\":\"running\"}]}");
	server_rule(&one, "GET /nodes/localhost/lxc/200/status", "200 OK",
			running);
	CHECK_INT(open_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(plan.layers[0].tcp.port, two.port);
	CHECK_INT(server_count(&one, of_status), 0);
	end();
}

static void the_hypervisor_may_go_while_a_host_is_asked(void)
{
	begin(true);
	CHECK_INT(list(), 0);
	two.silent = true;
	proxmox_hypervisor.plan(h, "lxc/200", CONSOLE_VNC, on_plan, NULL);
	wait_ms(200);
	end();
}

/* ---- lists ----------------------------------------------------------------
 */

static void lists_that_are_asked_for_together_are_asked_once(void)
{
	begin(true);
	proxmox_hypervisor.list(h, on_list, NULL);
	proxmox_hypervisor.list(h, on_list, NULL);
	CHECK_INT(list(), 0);
	CHECK_INT(list(), 0); /* still fresh */
	CHECK_INT(server_count(&one, "GET /api2/json/cluster/resources"), 1);
	end();
}

static void what_is_only_good_to_know_may_fail(void)
{
	begin(true);
	server_rule(&one, "GET /nodes ", "500 no", "");
	server_rule(&one, "GET /access/permissions", "500 no", "");
	server_rule(&one, "GET /version", "501 no", "");
	CHECK_INT(list(), 0);
	CHECK_STR(ids, "lxc/200 qemu/100 ");
	end();
}

static void the_hypervisor_may_go_while_answers_are_owed(void)
{
	begin(true);
	proxmox_hypervisor.list(h, on_list, NULL);
	proxmox_hypervisor.plan(h, "qemu/100", CONSOLE_VNC, on_plan, NULL);
	CHECK_INT(list(), 0);
	proxmox_hypervisor.plan(h, "qemu/100", CONSOLE_VNC, on_plan, NULL);
	end();
}

/* ---- consoles -------------------------------------------------------------
 */

static void a_new_server_is_not_asked_for_a_password(void)
{
	begin(true);
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&one, "/qemu/100/vncproxy HTTP"), 1);
	CHECK_INT(server_count(&one, "\r\n\r\nwebsocket=1\n"), 1);
	CHECK_STR(plan.layers[2].rfb_login.password.data, "PassWord");
	end();
}

static void an_old_server_is_asked_for_one_but_never_for_a_container(void)
{
	begin(true);
	server_rule(&one, "GET /version", "200 OK",
			"{\"data\":{\"version\":\"8.4.1\"}}");
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&one, "websocket=1&generate-password=1\n"), 1);
	CHECK_INT(open_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&one, "/nodes/pve2/lxc/200/vncproxy"), 1);
	CHECK_INT(server_count(&one, "\r\n\r\nwebsocket=1\n"), 1);
	end();
}

static void a_server_that_does_not_know_the_parameter_is_asked_without(void)
{
	begin(true);
	server_rule(&one, "GET /version", "200 OK",
			"{\"data\":{\"version\":\"8.4.1\"}}");
	server_rule_times(&one, 1, "POST /nodes/pve1/qemu/100/vncproxy",
			"400 Parameter verification failed.",
			"{\"data\":null,\"errors\":{\"generate-password\":"
			"\"property is not defined in schema\"}}");
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&one, "\r\n\r\nwebsocket=1\n"), 1);
	end();
}

static void a_terminal_is_asked_for_without_a_word(void)
{
	begin(true);
	CHECK_INT(open_console("qemu/100", CONSOLE_SERIAL), 0);
	CHECK_INT(server_count(&one, "POST /api2/json/nodes/pve1/qemu/100/"
				     "termproxy"),
			1);
	CHECK_STR(plan.layers[2].term.login.data, "u@pve:PVEVNC:65::x");
	CHECK_INT(open_console("node/pve1", CONSOLE_SERIAL), 0);
	CHECK_INT(server_count(&one, "POST /api2/json/nodes/pve1/termproxy"),
			1);
	CHECK_HAS(plan.layers[1].ws.path, "/nodes/pve1/vncwebsocket?");
	CHECK_INT(open_console("node/pve1", CONSOLE_VNC), -ENOTSUP);
	end();
}

static void a_stopped_guest_is_told_before_a_ticket_is_minted(void)
{
	begin(true);
	server_rule_times(&one, 1, "GET /nodes/pve1/qemu/100/status", "200 OK",
			"{\"data\":{\"status\":\"stopped\"}}");
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), -ENOTCONN);
	server_rule_times(&one, 1, "GET /nodes/pve1/qemu/100/status", "200 OK",
			"{\"data\":{\"status\":\"running\"}}");
	CHECK_INT(open_console("qemu/100", CONSOLE_SERIAL), -ENOTSUP);
	CHECK_HAS(error.text, "serial port");
	CHECK_INT(server_count(&one, "POST"), 0);
	end();
}

/* A node tells the others only now and then that a guest has stopped. */
static void a_guests_own_status_is_newer_than_the_list(void)
{
	begin(true);
	CHECK_INT(list(), 0);
	CHECK_INT(status, GUEST_RUNNING);
	server_rule(&one, "GET /nodes/pve1/qemu/100/status", "200 OK",
			"{\"data\":{\"status\":\"stopped\",\"uptime\":0}}");
	server_rule(&one, "GET /nodes/pve1/qemu/100/config", "200 OK",
			"{\"data\":{}}");
	CHECK_INT(look("qemu/100"), 0);
	CHECK_INT(status, GUEST_STOPPED);
	CHECK_INT(open_console("qemu/101", CONSOLE_VNC), -ENOENT);
	CHECK_INT(server_count(&one, "GET /api2/json/cluster/resources"), 2);
	CHECK_INT(list(), 0);
	CHECK_INT(status, GUEST_STOPPED);
	end();
}

static void a_guest_that_migrated_is_followed_once(void)
{
	begin(true);
	CHECK_INT(list(), 0);
	server_rule(&one, "GET /nodes/pve1/qemu/100/status",
			"500 Configuration file 'nodes/pve1/qemu-server/"
			"100.conf' does not exist",
			"");
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), -ENOENT);
	CHECK_INT(server_count(&one, "GET /api2/json/cluster/resources"), 2);
	server_rule(&one, "GET /cluster/resources", "200 OK", vms_moved);
	CHECK_INT(open_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_HAS(plan.layers[1].ws.path, "/nodes/pve2/qemu/100/vncwebsocket");
	end();
}

static void a_guest_that_is_not_there_is_looked_for_once_more(void)
{
	begin(true);
	CHECK_INT(list(), 0);
	CHECK_INT(open_console("qemu/101", CONSOLE_VNC), -ENOENT);
	CHECK_INT(open_console("100", CONSOLE_VNC), -ENOENT);
	CHECK_INT(open_console("../access", CONSOLE_VNC), -ENOENT);
	CHECK_INT(server_count(&one, "POST"), 0);
	end();
}

/* ---- power and snapshots --------------------------------------------------
 */

static char task[256];

static void on_done(void *arg, int r, const char *name, const struct err *e)
{
	keep(r, e);
	(void)snprintf(task, sizeof(task), "%s", name ? name : "");
	loop_stop(loop);
}

static int power(const char *id, enum power_verb verb)
{
	unsigned before = told;

	proxmox_hypervisor.power(h, id, verb, on_done, NULL);
	CHECK_INT(told, before);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(told, before + 1);
	return answered;
}

#define UPID "UPID:pve1:0000C530:001C9BEC:677E934A:qmstart:100:ops@pve!gate:"
#define TASK                                                               \
	"GET /nodes/pve1/tasks/UPID%3Apve1%3A0000C530%3A001C9BEC%3A677E93" \
	"4A%3Aqmstart%3A100%3Aops%40pve%21gate%3A/status"

static void a_task_is_followed_to_its_end(void)
{
	begin(true);
	server_rule(&one, "POST /nodes/pve1/qemu/100/status/start", "200 OK",
			"{\"data\":\"" UPID "\"}");
	server_rule(&one, TASK, "200 OK",
			"{\"data\":{\"status\":\"stopped\","
			"\"exitstatus\":\"OK\"}}");
	server_rule_times(&one, 1, TASK, "200 OK",
			"{\"data\":{\"status\":\"running\"}}");
	CHECK_INT(power("qemu/100", POWER_START), 0);
	CHECK_STR(task, UPID);
	CHECK_INT(server_count(&one, "/status HTTP"), 2);
	server_rule(&one, TASK, "200 OK",
			"{\"data\":{\"status\":\"stopped\","
			"\"exitstatus\":\"no space left\"}}");
	CHECK_INT(power("qemu/100", POWER_START), -EREMOTEIO);
	CHECK_HAS(error.text, "no space left");
	CHECK_STR(task, UPID);
	end();
}

static void what_cannot_be_done_is_told(void)
{
	begin(true);
	server_rule(&one, "POST /nodes/pve1/qemu/100/status/start",
			"500 VM 100 already running", "");
	CHECK_INT(power("qemu/100", POWER_START), 0);
	CHECK_STR(task, "");
	server_rule(&one, "POST /nodes/pve1/qemu/100/status/reset",
			"403 Permission check failed (/vms/100, VM.PowerMgmt)",
			"");
	CHECK_INT(power("qemu/100", POWER_RESET), -EACCES);
	CHECK_HAS(error.text, "VM.PowerMgmt");
	server_rule(&one, "POST /nodes/pve1/qemu/100/status/stop", "200 OK",
			"{\"data\":\"UPID:a/b:\"}");
	CHECK_INT(power("qemu/100", POWER_STOP), -EPROTO);
	CHECK_INT(power("qemu/999", POWER_STOP), -ENOENT);
	CHECK_INT(power("node/pve1", POWER_STOP), -ENOTSUP);
	CHECK_INT(two.asked, 0); /* what changes something is asked once */
	end();
}

static void a_change_that_may_have_been_heard_is_not_asked_again(void)
{
	begin(true);
	CHECK_INT(list(), 0);
	server_rule(&one, "POST /nodes/pve1/qemu/100/status/stop",
			"595 Connection refused", "");
	CHECK_INT(power("qemu/100", POWER_STOP), -EHOSTUNREACH);
	CHECK_INT(two.asked, 0);
	end();
}

static void on_snapped(void *arg, int r, const char *name, const char *upid,
		const struct err *e)
{
	keep(r, e);
	(void)snprintf(task, sizeof(task), "%s %s", name ? name : "-",
			upid ? upid : "-");
	loop_stop(loop);
}

static int take(const char *id, const char *name, const char *about,
		bool memory)
{
	const struct snapshot_wish w = {name, about, memory};
	unsigned before = told;

	proxmox_hypervisor.snapshot(h, id, &w, on_snapped, NULL);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(told, before + 1);
	return answered;
}

static void a_snapshot_is_taken_under_its_name_or_one_of_ours(void)
{
	begin(true);
	server_rule(&one, "POST /nodes/pve1/qemu/100/snapshot", "200 OK",
			"{\"data\":\"" UPID "\"}");
	server_rule(&one, TASK, "200 OK",
			"{\"data\":{\"status\":\"stopped\","
			"\"exitstatus\":\"OK\"}}");
	CHECK_INT(take("qemu/100", "be-fore_1", "a & b=\xc3\xa4\n", true), 0);
	CHECK_STR(task, "be-fore_1 " UPID);
	CHECK_INT(server_count(&one, "\r\n\r\nsnapname=be-fore_1&vmstate=1&"
				     "description=a%20%26%20b%3D%C3%A4%0A\n"),
			1);
	CHECK_INT(take("qemu/100", NULL, NULL, false), 0);
	CHECK_INT(strncmp(task, "glassbridge-2", 13), 0);
	CHECK_INT(strcspn(task, " "), 12 + 8 + 1 + 6);
	CHECK_INT(server_count(&one, "\r\n\r\nsnapname=glassbridge-2"), 1);
	server_rule(&one, "POST /nodes/pve1/qemu/100/snapshot",
			"500 snapshot name 'a1' already used", "");
	CHECK_INT(take("qemu/100", "a1", NULL, false), -EREMOTEIO);
	CHECK_HAS(error.text, "already used");
	CHECK_STR(task, "- -");
	CHECK_INT(two.asked, 0);
	end();
}

static void a_snapshot_that_cannot_be_is_not_asked_for(void)
{
	static const char *const bad[] = {"", "a", "1st", "a b", "a&vmstate=1",
			"current", "b\xc3\xa4",
			"a234567890b234567890c234567890d2345678901"};

	begin(true);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(take("qemu/100", bad[i], NULL, false), -EINVAL);
	CHECK_INT(take("lxc/200", "ok", NULL, true), -ENOTSUP);
	CHECK_HAS(error.text, "no memory");
	CHECK_INT(take("qemu/999", "ok", NULL, false), -ENOENT);
	CHECK_INT(server_count(&one, "POST"), 0);
	proxmox_hypervisor.snapshot(h, "qemu/100",
			&(struct snapshot_wish){.name = "ok"}, on_snapped,
			NULL); /* and goes with it */
	end();
}

static char begun[256];

static void on_begun(void *arg, const char *name)
{
	CHECK(arg == begun);
	CHECK_INT(told, 0);
	(void)snprintf(begun, sizeof(begun), "%s", name);
}

static void a_task_is_named_when_it_begins(void)
{
	begin(true);
	proxmox_hypervisor.free(h);
	profile.kind = (char *)"proxmox";
	CHECK_INT(hypervisor_open(&h,
				  (const struct hypervisor_ops *const[]){
						  &proxmox_hypervisor, NULL},
				  loop, &profile, NULL),
			0);
	server_rule(&one, "POST /nodes/pve1/qemu/100/status/start", "200 OK",
			"{\"data\":\"" UPID "\"}");
	server_rule(&one, TASK, "200 OK",
			"{\"data\":{\"status\":\"stopped\","
			"\"exitstatus\":\"OK\"}}");
	hypervisor_power(h, "qemu/100", POWER_START, on_done, begun);
	hypervisor_on_begun(h, begun, on_begun);
	CHECK_INT(loop_run(loop), 0);
	CHECK_STR(begun, UPID);
	CHECK_STR(task, UPID);
	hypervisor_on_begun(h, begun, on_begun); /* too late: nobody asks */
	hypervisor_begun(h, NULL, "x");
	hypervisor_free(h);
	CHECK_INT(proxmox_hypervisor.open(&h, loop, &profile, NULL), 0);
	end();
}

static void on_snapshots(void *arg, int r, const struct snapshot *all,
		size_t count, const struct err *e)
{
	keep(r, e);
	CHECK_INT(count, 1);
	CHECK_STR(all[0].name, "before");
	CHECK_INT(all[0].time, 1700000000);
	CHECK(all[0].memory);
	loop_stop(loop);
}

static void snapshots_are_listed_and_reverted_to(void)
{
	begin(true);
	server_rule(&one, "GET /nodes/pve1/qemu/100/snapshot", "200 OK",
			"{\"data\":[{\"name\":\"before\",\"snaptime\":"
			"1700000000,\"vmstate\":1},{\"name\":\"current\"},"
			"{\"x\":1}]}");
	proxmox_hypervisor.snapshots(h, "qemu/100", on_snapshots, NULL);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(told, 1);
	server_rule(&one, "POST /nodes/pve1/qemu/100/snapshot/a%2Fb/rollback",
			"500 no such snapshot", "");
	proxmox_hypervisor.restore(h, "qemu/100", "a/b", on_done, NULL);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(answered, -EREMOTEIO);
	end();
}

TESTS(T(a_task_is_followed_to_its_end), T(what_cannot_be_done_is_told),
		T(a_change_that_may_have_been_heard_is_not_asked_again),
		T(snapshots_are_listed_and_reverted_to),
		T(a_snapshot_is_taken_under_its_name_or_one_of_ours),
		T(a_snapshot_that_cannot_be_is_not_asked_for),
		T(a_task_is_named_when_it_begins),
		T(a_token_goes_with_every_call_and_no_cookie),
		T(a_password_logs_in_once_and_its_session_is_used),
		T(a_session_that_is_refused_is_renewed_and_the_call_repeated),
		T(a_refused_token_is_told_and_not_tried_again),
		T(a_refused_password_is_not_tried_at_every_call),
		T(a_second_factor_is_told_with_the_way_out),
		T(a_profile_without_a_credential_says_so),
		T(a_dead_host_is_passed_by_and_left_out_for_a_while),
		T(the_error_names_every_host_where_none_answers),
		T(another_host_may_reach_a_node_that_one_does_not),
		T(answers_that_are_none_are_told),
		T(a_console_goes_by_the_host_that_is_its_node),
		T(hosts_that_do_not_say_are_asked_once),
		T(what_a_host_says_may_be_anything),
		T(a_host_that_is_slow_to_say_is_not_waited_for),
		T(a_host_that_is_named_as_a_node_is_taken_for_it),
		T(the_hypervisor_may_go_while_a_host_is_asked),
		T(lists_that_are_asked_for_together_are_asked_once),
		T(what_is_only_good_to_know_may_fail),
		T(the_hypervisor_may_go_while_answers_are_owed),
		T(a_new_server_is_not_asked_for_a_password),
		T(an_old_server_is_asked_for_one_but_never_for_a_container),
		T(a_server_that_does_not_know_the_parameter_is_asked_without),
		T(a_terminal_is_asked_for_without_a_word),
		T(a_stopped_guest_is_told_before_a_ticket_is_minted),
		T(a_guests_own_status_is_newer_than_the_list),
		T(a_guest_that_migrated_is_followed_once),
		T(a_guest_that_is_not_there_is_looked_for_once_more))
