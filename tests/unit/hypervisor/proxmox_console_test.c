#include "hypervisor/proxmox/proxmox.h"

#include <errno.h>

#include "core/loop.h"
#include "home.h"
#include "test.h"

static const char vms_moved[] =
		"{\"data\":[{\"vmid\":100,\"type\":\"qemu\",\"node\":\"pve2\","
		"\"name\":\"web1\",\"status\":\"running\"}]}";

static void a_new_server_is_not_asked_for_a_password(void)
{
	home_begin(true);
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&home.one, "/qemu/100/vncproxy HTTP"), 1);
	CHECK_INT(server_count(&home.one, "\r\n\r\nwebsocket=1\n"), 1);
	CHECK_STR(home.plan.layers[2].rfb_login.password.data, "PassWord");
	home_end();
}

static void an_old_server_is_asked_for_one_but_never_for_a_container(void)
{
	home_begin(true);
	server_rule(&home.one, "GET /version", "200 OK",
			"{\"data\":{\"version\":\"8.4.1\"}}");
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&home.one, "websocket=1&generate-password=1\n"),
			1);
	CHECK_INT(home_console("lxc/200", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&home.one, "/nodes/pve2/lxc/200/vncproxy"), 1);
	CHECK_INT(server_count(&home.one, "\r\n\r\nwebsocket=1\n"), 1);
	home_end();
}

static void a_server_that_does_not_know_the_parameter_is_asked_without(void)
{
	home_begin(true);
	server_rule(&home.one, "GET /version", "200 OK",
			"{\"data\":{\"version\":\"8.4.1\"}}");
	server_rule_times(&home.one, 1, "POST /nodes/pve1/qemu/100/vncproxy",
			"400 Parameter verification failed.",
			"{\"data\":null,\"errors\":{\"generate-password\":"
			"\"property is not defined in schema\"}}");
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_INT(server_count(&home.one, "\r\n\r\nwebsocket=1\n"), 1);
	home_end();
}

static void a_terminal_is_asked_for_without_a_word(void)
{
	home_begin(true);
	CHECK_INT(home_console("qemu/100", CONSOLE_SERIAL), 0);
	CHECK_INT(server_count(&home.one, "POST /api2/json/nodes/pve1/qemu/100/"
					  "termproxy"),
			1);
	CHECK_STR(home.plan.layers[2].term.login.data, "u@pve:PVEVNC:65::x");
	CHECK_INT(home_console("node/pve1", CONSOLE_SERIAL), 0);
	CHECK_INT(server_count(&home.one,
				  "POST /api2/json/nodes/pve1/termproxy"),
			1);
	CHECK_HAS(home.plan.layers[1].ws.path, "/nodes/pve1/vncwebsocket?");
	CHECK_INT(home_console("node/pve1", CONSOLE_VNC), -ENOTSUP);
	home_end();
}

static void a_stopped_guest_is_told_before_a_ticket_is_minted(void)
{
	home_begin(true);
	server_rule_times(&home.one, 1, "GET /nodes/pve1/qemu/100/status",
			"200 OK", "{\"data\":{\"status\":\"stopped\"}}");
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), -ENOTCONN);
	server_rule_times(&home.one, 1, "GET /nodes/pve1/qemu/100/status",
			"200 OK", "{\"data\":{\"status\":\"running\"}}");
	CHECK_INT(home_console("qemu/100", CONSOLE_SERIAL), -ENOTSUP);
	CHECK_HAS(home.error.text, "serial port");
	CHECK_INT(server_count(&home.one, "POST"), 0);
	home_end();
}

/* A node tells the others only now and then that a guest has stopped. */
static void a_guests_own_status_is_newer_than_the_list(void)
{
	home_begin(true);
	CHECK_INT(home_list(), 0);
	CHECK_INT(home.status, GUEST_RUNNING);
	server_rule(&home.one, "GET /nodes/pve1/qemu/100/status", "200 OK",
			"{\"data\":{\"status\":\"stopped\",\"uptime\":0}}");
	server_rule(&home.one, "GET /nodes/pve1/qemu/100/config", "200 OK",
			"{\"data\":{}}");
	CHECK_INT(home_look("qemu/100"), 0);
	CHECK_INT(home.status, GUEST_STOPPED);
	CHECK_INT(home_console("qemu/101", CONSOLE_VNC), -ENOENT);
	CHECK_INT(server_count(&home.one, "GET /api2/json/cluster/resources"),
			2);
	CHECK_INT(home_list(), 0);
	CHECK_INT(home.status, GUEST_STOPPED);
	home_end();
}

static void a_guest_that_migrated_is_followed_once(void)
{
	home_begin(true);
	CHECK_INT(home_list(), 0);
	server_rule(&home.one, "GET /nodes/pve1/qemu/100/status",
			"500 Configuration file 'nodes/pve1/qemu-server/"
			"100.conf' does not exist",
			"");
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), -ENOENT);
	CHECK_INT(server_count(&home.one, "GET /api2/json/cluster/resources"),
			2);
	server_rule(&home.one, "GET /cluster/resources", "200 OK", vms_moved);
	CHECK_INT(home_console("qemu/100", CONSOLE_VNC), 0);
	CHECK_HAS(home.plan.layers[1].ws.path,
			"/nodes/pve2/qemu/100/vncwebsocket");
	home_end();
}

static void a_guest_that_is_not_there_is_looked_for_once_more(void)
{
	home_begin(true);
	CHECK_INT(home_list(), 0);
	CHECK_INT(home_console("qemu/101", CONSOLE_VNC), -ENOENT);
	CHECK_INT(home_console("100", CONSOLE_VNC), -ENOENT);
	CHECK_INT(home_console("../access", CONSOLE_VNC), -ENOENT);
	CHECK_INT(server_count(&home.one, "POST"), 0);
	home_end();
}

TESTS(T(a_new_server_is_not_asked_for_a_password),
		T(an_old_server_is_asked_for_one_but_never_for_a_container),
		T(a_server_that_does_not_know_the_parameter_is_asked_without),
		T(a_terminal_is_asked_for_without_a_word),
		T(a_stopped_guest_is_told_before_a_ticket_is_minted),
		T(a_guests_own_status_is_newer_than_the_list),
		T(a_guest_that_migrated_is_followed_once),
		T(a_guest_that_is_not_there_is_looked_for_once_more))
