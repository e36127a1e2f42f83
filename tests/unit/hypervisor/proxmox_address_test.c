#include <stdio.h>
#include <string.h>

#include "hypervisor/proxmox/address.h"
#include "proto/json.h"
#include "test.h"

static struct pve_addresses found;

/* "eth0 10.0.0.7;eth0 fd00::7;" */
static const char *of(const char *text)
{
	static char said[4096];
	struct json *v = NULL;
	size_t len = 0;

	CHECK_INT(json_parse(text, strlen(text), &v, NULL), 0);
	CHECK_INT(pve_addresses_of(json_get(v, "data"), &found), 0);
	said[0] = '\0';
	for (size_t i = 0; i < found.count; i++)
		len += (size_t)snprintf(said + len, sizeof(said) - len,
				"%s %s;", found.items[i].interface,
				found.items[i].address);
	pve_addresses_done(&found);
	json_free(v);
	return said;
}

static void an_agent_names_its_interfaces(void)
{
	CHECK_STR(of("{\"data\":{\"result\":[{\"name\":\"lo\",\"ip-addresses\":"
		     "[{\"ip-address\":\"127.0.0.1\",\"prefix\":8}]},"
		     "{\"name\":\"eth0\",\"ip-addresses\":["
		     "{\"ip-address\":\"10.0.0.7\"},"
		     "{\"ip-address\":\"fd00::7\"}]},{\"name\":\"wg0\"}]}}"),
			"lo 127.0.0.1;eth0 10.0.0.7;eth0 fd00::7;");
}

static void a_container_names_each_address_once(void)
{
	CHECK_STR(of("{\"data\":[{\"name\":\"eth0\",\"inet\":\"10.0.0.8/24\","
		     "\"inet6\":\"fd00::8/64\",\"ip-addresses\":"
		     "[{\"ip-address\":\"10.0.0.8\"},"
		     "{\"ip-address\":\"10.0.0.9\"}]}]}"),
			"eth0 10.0.0.8;eth0 fd00::8;eth0 10.0.0.9;");
}

static void nothing_is_no_address(void)
{
	CHECK_STR(of("{\"data\":null}"), "");
	CHECK_STR(of("{\"data\":[]}"), "");
	CHECK_STR(of("{\"data\":{\"result\":7}}"), "");
	CHECK_STR(of("{\"data\":[7,null,{}]}"), "");
}

static void what_a_guest_makes_up_is_left_out(void)
{
	CHECK_STR(of("{\"data\":{\"result\":[{\"name\":7,\"ip-addresses\":"
		     "[{\"ip-address\":\"-oProxyCommand=x\"},"
		     "{\"ip-address\":\"10.0.0.7;reboot\"},"
		     "{\"ip-address\":7},{\"ip-address\":\"\"},"
		     "{\"ip-address\":\"10.0.0.7\"}]}]}}"),
			" 10.0.0.7;");
}

static void there_is_an_end_to_them(void)
{
	char text[16384] = "{\"data\":[{\"name\":\"a\",\"ip-addresses\":[";
	struct json *v = NULL;
	size_t len = strlen(text);

	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
				"{\"ip-address\":\"10.0.0.%d\"},", i);
	(void)snprintf(text + len, sizeof(text) - len, "0]}]}");
	CHECK_INT(json_parse(text, strlen(text), &v, NULL), 0);
	CHECK_INT(pve_addresses_of(json_get(v, "data"), &found), 0);
	CHECK_INT(found.count, PVE_ADDRESSES_MAX);
	pve_addresses_done(&found);
	json_free(v);
}

TESTS(T(an_agent_names_its_interfaces), T(a_container_names_each_address_once),
		T(nothing_is_no_address), T(what_a_guest_makes_up_is_left_out),
		T(there_is_an_end_to_them))
