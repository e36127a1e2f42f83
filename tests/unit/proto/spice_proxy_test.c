#include "proto/spice_proxy.h"

#include <errno.h>

#include "test.h"

static void a_proxy_is_read_as_people_and_proxmox_write_it(void)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
	} rows[] = {
			{"pve1.lan", "pve1.lan", 0},
			{"pve1.lan:3128", "pve1.lan", 3128},
			{"http://pve1.lan:13128/", "pve1.lan", 13128},
			{"HTTP://192.0.2.7", "192.0.2.7", 0},
			{"[2001:db8::7]", "2001:db8::7", 0},
			{"[2001:db8::7]:3128", "2001:db8::7", 3128},
			{":13128", NULL, 13128},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address a;
		struct err e;

		CHECK_INT(spice_proxy_parse(rows[i].text, &a, &e), 0);
		CHECK_INT(a.port, rows[i].port);
		CHECK(!a.path);
		if (rows[i].host)
			CHECK_STR(a.host, rows[i].host);
		else
			CHECK(!a.host);
		address_done(&a);
	}
}

static void what_is_no_proxy_is_refused(void)
{
	static const char *const wrong[] = {"", ":", ":0", ":x", "a:b",
			"https://pve1", "socks5://pve1:1", "unix:/run/x",
			"http://", "http://a b", "a\nhost=b", "-x", "a:99999"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct address a = {.port = 7};
		struct err e;

		CHECK_INT(spice_proxy_parse(wrong[i], &a, &e), -EINVAL);
		CHECK_INT(a.port, 7);
	}
}

static void viewers_read_it_as_a_url(void)
{
	char text[SPICE_PROXY_MAX];

	CHECK_INT(spice_proxy_format("pve1", 0, text), 0);
	CHECK_STR(text, "http://pve1:3128");
	CHECK_INT(spice_proxy_format("2001:db8::7", 99, text), 0);
	CHECK_STR(text, "http://[2001:db8::7]:99");
}

TESTS(T(a_proxy_is_read_as_people_and_proxmox_write_it),
		T(what_is_no_proxy_is_refused), T(viewers_read_it_as_a_url))
