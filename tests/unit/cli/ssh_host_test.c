#include <errno.h>
#include <string.h>

#include "cli/guests.h"
#include "cli/ssh_host.h"
#include "config/config.h"
#include "test.h"

static const char *choose(const char *interface, const char *address)
{
	const struct guest_address one = {interface, address};
	const char *chosen = ssh_choose(&one, 1);

	return chosen ? chosen : "none";
}

static void addresses_that_others_cannot_reach_are_left_out(void)
{
	CHECK_STR(choose("lo", "10.0.0.1"), "none");
	CHECK_STR(choose("eth0", "127.0.0.1"), "none");
	CHECK_STR(choose("eth0", "0.0.0.0"), "none");
	CHECK_STR(choose("eth0", "169.254.3.4"), "none");
	CHECK_STR(choose("eth0", "224.0.0.1"), "none");
	CHECK_STR(choose("eth0", "::1"), "none");
	CHECK_STR(choose("eth0", "::"), "none");
	CHECK_STR(choose("eth0", "fe80::1"), "none");
	CHECK_STR(choose("eth0", "ff02::1"), "none");
	CHECK_STR(choose("docker0", "172.17.0.1"), "none");
	CHECK_STR(choose("br-12ab", "172.18.0.1"), "none");
	CHECK_STR(choose("veth3", "10.0.0.7"), "none");
	CHECK_STR(choose("eth0", "-oProxyCommand=x"), "none");
	CHECK_STR(choose("eth0", ""), "none");
	CHECK(!ssh_choose(NULL, 0));
}

static void ipv4_comes_before_ipv6_and_ipv6_before_nothing(void)
{
	const struct guest_address all[] = {{"lo", "127.0.0.1"},
			{"eth0", "fd00::7"}, {"docker0", "172.17.0.1"},
			{"eth0", "10.0.0.7"}, {"eth1", "10.0.1.7"}};

	CHECK_STR(ssh_choose(all, 5), "10.0.0.7");
	CHECK_STR(ssh_choose(all, 3), "fd00::7");
	CHECK_STR(choose("eth0", "2001:db8::7"), "2001:db8::7");
}

static void words_that_ssh_would_take_for_something_else_are_refused(void)
{
	CHECK(ssh_word_ok("web1.lan"));
	CHECK(ssh_word_ok("2001:db8::7"));
	CHECK(!ssh_word_ok(""));
	CHECK(!ssh_word_ok("-oProxyCommand=x"));
	CHECK(!ssh_word_ok("a b"));
	CHECK(!ssh_word_ok("a\nb"));
	CHECK(!ssh_word_ok("root@web1"));
	CHECK(!ssh_word_ok("a\x7f"));
}

static void a_name_is_no_address(void)
{
	CHECK(ssh_is_name("web1.lan"));
	CHECK(!ssh_is_name("localhost"));
	CHECK(!ssh_is_name("127.0.0.1"));
	CHECK(!ssh_is_name("::1"));
}

/* ---- entries of the configuration ---------------------------------------- */

static struct config_ssh_guest entries[4];
static struct config_profile profiles[2];
static struct config config;
static struct err e;

static const char *entry(const char *id, const char *name)
{
	const struct guest_entry g = {.id = (char *)(uintptr_t)id,
			.name = (char *)(uintptr_t)name};
	const struct config_ssh_guest *found = NULL;
	int r = ssh_entry(&config, &g, &found, &e);

	return r < 0 ? "two" : found ? found->host : "none";
}

static void use(size_t profile_count, size_t entry_count)
{
	static char home[] = "home", work[] = "work";

	profiles[0] = (struct config_profile){.name = home};
	profiles[1] = (struct config_profile){.name = work};
	config = (struct config){.profiles = profiles,
			.profile_count = profile_count,
			.ssh.guests = entries,
			.ssh.guest_count = entry_count};
}

static void a_guest_has_the_entry_that_names_it_best(void)
{
	static char bare[] = "100", short_id[] = "home/100",
		    whole[] = "home/qemu/100", named[] = "db", a[] = "a",
		    b[] = "b", c[] = "c", d[] = "d";

	entries[0] = (struct config_ssh_guest){.id = bare, .host = a};
	entries[1] = (struct config_ssh_guest){.id = named, .host = d};
	entries[2] = (struct config_ssh_guest){.id = short_id, .host = b};
	entries[3] = (struct config_ssh_guest){.id = whole, .host = c};
	use(1, 4);
	CHECK_STR(entry("home/qemu/100", "web1"), "c");
	use(1, 3);
	CHECK_STR(entry("home/qemu/100", "web1"), "b");
	use(1, 2);
	CHECK_STR(entry("home/qemu/100", "web1"), "a");
	CHECK_STR(entry("home/qemu/101", "db"), "d");
	CHECK_STR(entry("home/qemu/1001", "web1"), "none");
	CHECK_STR(entry("home/qemu/10", NULL), "none");
}

static void a_bare_id_in_two_profiles_names_both(void)
{
	static char bare[] = "100", a[] = "a";

	entries[0] = (struct config_ssh_guest){.id = bare, .host = a};
	use(2, 1);
	CHECK_STR(entry("home/qemu/100", "web1"), "two");
	CHECK(strstr(e.text, "\"home/100\" or \"work/100\""));
	CHECK_STR(entry("home/qemu/101", "web2"), "none");
}

TESTS(T(addresses_that_others_cannot_reach_are_left_out),
		T(ipv4_comes_before_ipv6_and_ipv6_before_nothing),
		T(words_that_ssh_would_take_for_something_else_are_refused),
		T(a_name_is_no_address),
		T(a_guest_has_the_entry_that_names_it_best),
		T(a_bare_id_in_two_profiles_names_both))
