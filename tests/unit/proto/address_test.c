#include "proto/address.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static void reads(const char *text, const char *host, uint16_t port)
{
	struct address a = {0};
	struct err e = {0};

	if (address_parse(text, NULL, 0, &a, &e) < 0)
		fail_msg("%s", e.text);
	CHECK_STR(a.host, host);
	CHECK_INT(a.port, port);
	CHECK(a.path == NULL);
	address_done(&a);
}

static void refused(const char *text, const char *sentence)
{
	struct address a = {0};
	struct err e = {0};

	CHECK_INT(address_parse(text, NULL, 0, &a, &e), -EINVAL);
	CHECK_STR(e.text, sentence);
	CHECK(a.host == NULL && a.path == NULL);
}

static void hosts_and_ports_are_read(void)
{
	reads("pve1.lan:8006", "pve1.lan", 8006);
	reads("192.0.2.7:5901", "192.0.2.7", 5901);
	reads("[2001:db8::7]:5901", "2001:db8::7", 5901);
	reads("[fe80::1%eth0]:5901", "fe80::1%eth0", 5901);
	reads("127.0.0.1:0", "127.0.0.1", 0);
	reads("a_b-c:65535", "a_b-c", 65535);
}

static void a_unix_socket_is_a_path(void)
{
	struct address a = {0};
	char text[64];

	CHECK(address_parse("unix:/run/vm1.serial", NULL, 5900, &a, NULL) == 0);
	CHECK(a.host == NULL);
	CHECK_INT(a.port, 0);
	CHECK_STR(a.path, "/run/vm1.serial");
	CHECK_INT(address_format(&a, text, sizeof(text)), 20);
	CHECK_STR(text, "unix:/run/vm1.serial");
	address_done(&a);
}

static void what_is_missing_takes_the_default(void)
{
	struct address a = {0};

	CHECK(address_parse("5901", "127.0.0.1", 0, &a, NULL) == 0);
	CHECK_STR(a.host, "127.0.0.1");
	CHECK_INT(a.port, 5901);
	address_done(&a);
	CHECK(address_parse("pve1", NULL, 8006, &a, NULL) == 0);
	CHECK_STR(a.host, "pve1");
	CHECK_INT(a.port, 8006);
	address_done(&a);
	CHECK(address_parse("[::1]", NULL, 8006, &a, NULL) == 0);
	CHECK_STR(a.host, "::1");
	CHECK_INT(a.port, 8006);
	address_done(&a);
}

static void what_is_wrong_is_named(void)
{
	refused("pve1", "'pve1': a port must follow, as in host:5901");
	refused("pve1:", "'pve1:': a port is a number up to 65535");
	refused("pve1:65536", "'pve1:65536': a port is a number up to 65535");
	refused("pve1:+80", "'pve1:+80': a port is a number up to 65535");
	refused("pve1: 80", "'pve1: 80': a port is a number up to 65535");
	refused(":80", "':80': the host is missing (0.0.0.0 or [::] means "
		       "every address of this machine)");
	refused("", "'': the host is missing (0.0.0.0 or [::] means every "
		    "address of this machine)");
	refused("::1:80", "'::1:80': write an IPv6 address as [::1]:PORT");
	refused("[::1:80", "'[::1:80': write an IPv6 address as [::1]:PORT");
	refused("[::1]80", "'[::1]80': write an IPv6 address as [::1]:PORT");
	refused("[pve1]:80", "'[pve1]:80': 'pve1' is not an IPv6 address");
	refused("[fe80::1%]:80",
			"'[fe80::1%]:80': 'fe80::1%' is not an IPv6 address");
	refused("-oProxy:80", "'-oProxy:80': '-oProxy' is not a host name or "
			      "an address");
	refused("a b:80", "'a b:80': 'a b' is not a host name or an address");
	refused("a..b:80",
			"'a..b:80': 'a..b' is not a host name or an address");
	refused("root@a:80", "'root@a:80': 'root@a' is not a host name or an "
			     "address");
	refused("unix", "'unix': 'unix' is not a host name or an address");
	refused("unix:run/x", "'unix:run/x': the path must begin with '/'");
}

static void a_socket_path_has_a_ceiling(void)
{
	char text[8 + ADDRESS_PATH_MAX] = "unix:/";
	struct address a = {0};
	struct err e = {0};

	memset(text + 6, 'x', ADDRESS_PATH_MAX - 1);
	CHECK(address_parse(text, NULL, 0, &a, NULL) == 0);
	address_done(&a);
	text[5 + ADDRESS_PATH_MAX] = 'x';
	CHECK_INT(address_parse(text, NULL, 0, &a, &e), -EINVAL);
	CHECK_HAS(e.text, "the path of a socket has at most 107 bytes");
}

static void an_address_is_written_as_it_was_read(void)
{
	const char *const texts[] = {
			"pve1.lan:8006", "[2001:db8::7]:5901", "unix:/run/x"};
	char text[64];

	for (size_t i = 0; i < 3; i++) {
		struct address a = {0}, b = {0};

		CHECK(address_parse(texts[i], NULL, 0, &a, NULL) == 0);
		CHECK(address_copy(&b, &a) == 0);
		address_done(&a);
		CHECK(address_format(&b, text, sizeof(text)) > 0);
		CHECK_STR(text, texts[i]);
		CHECK_INT(address_format(&b, text, 5), -EMSGSIZE);
		address_done(&b);
	}
}

static bool local(const char *text)
{
	struct address a = {0};
	bool is;

	CHECK(address_parse(text, NULL, 1, &a, NULL) == 0);
	is = address_is_local(&a);
	address_done(&a);
	return is;
}

static void what_stays_on_this_machine_is_local(void)
{
	CHECK(local("127.0.0.1") && local("127.9.9.9") && local("[::1]"));
	CHECK(local("localhost") && local("LocalHost") && local("unix:/x"));
	CHECK(!local("0.0.0.0") && !local("[::]") && !local("pve1"));
	CHECK(!local("localhost.example") && !local("128.0.0.1"));
}

static void what_a_stranger_names_is_one_machine_of_a_network(void)
{
	static const char *const good[] = {"10.20.1.2", "192.168.1.1",
			"192.0.2.7", "223.255.255.254", "169.253.1.1",
			"fd00::7", "2001:db8::7"};
	static const char *const bad[] = {"127.0.0.1", "127.9.9.9", "0.0.0.0",
			"0.1.2.3", "169.254.169.254", "224.0.0.1",
			"255.255.255.255", "::1", "::", "fe80::1", "ff02::1",
			"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
			"fe80::1%lo", "localhost", "", "10.0.0.1 ", "1"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(address_is_routable(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!address_is_routable(bad[i]));
}

TESTS(T(hosts_and_ports_are_read), T(a_unix_socket_is_a_path),
		T(what_is_missing_takes_the_default), T(what_is_wrong_is_named),
		T(a_socket_path_has_a_ceiling),
		T(an_address_is_written_as_it_was_read),
		T(what_stays_on_this_machine_is_local),
		T(what_a_stranger_names_is_one_machine_of_a_network))
