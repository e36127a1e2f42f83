#include "http/origin.h"

#include <errno.h>
#include <string.h>

#include "test.h"

static struct origin_list list(const char *const *texts)
{
	struct origin_list l = {0};

	for (; *texts; texts++)
		CHECK_INT(origin_list_add(&l, *texts, NULL), 0);
	return l;
}

static const char *const ours[] = {"https://gate.example", "http://lab:8443",
		"https://[2001:db8::1]:8443", "http://localhost:*", NULL};

static void a_host_must_be_on_the_list(void)
{
	static const char *const good[] = {"gate.example", "GATE.Example",
			"gate.example:443", "lab:8443", "[2001:db8::1]:8443",
			"[2001:DB8:0::0:1]:8443", "localhost", "localhost:9",
			"localhost:65535"};
	static const char *const bad[] = {"", " gate.example", "gate.example ",
			"gate.example.", "gate.example:80", "gate.example:8443",
			"gate.example:443:443", "gate.example:", "gate",
			"example", "xgate.example", "gate.example.evil.test",
			"evil.test", "gate.example@evil.test",
			"evil.test@gate.example", "gate.example/",
			"gate.example#", "gate.example,evil.test", "lab",
			"lab:80", "lab:08443", "lab:+8443", "lab: 8443",
			"lab:8443a", "lab:73979", "2001:db8::1",
			"[2001:db8::1]", "[2001:db8::2]:8443",
			"[2001:db8::1]8443", "[2001:db8::1", "[]:8443",
			"[::ffff:127.0.0.1]", "[lab]:8443", "127.0.0.1",
			"localhost.evil.test", "localhost:0", "localhost:*",
			"null", "*", ".", "-lab:8443", "g%61te.example",
			"gate\xe2\x80\x8b.example"};
	struct origin_list l = list(ours);

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!host_allowed(&l, good[i]))
			fail_msg("'%s' was refused", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (host_allowed(&l, bad[i]))
			fail_msg("'%s' was taken", bad[i]);
	CHECK(!host_allowed(&l, NULL));
	origin_list_done(&l);
}

static void a_page_of_a_stranger_may_not_speak(void)
{
	static const struct {
		bool allowed;
		const char *origin, *host;
	} cases[] = {
			{true, "https://gate.example", "lab:8443"},
			{true, "https://gate.example:443", "lab:8443"},
			{true, "HTTPS://GATE.example", "lab:8443"},
			{true, "http://localhost:1234", "lab:8443"},
			{true, "https://[2001:db8::1]:8443", "lab:8443"},
			/* the page of the host it speaks to */
			{true, "http://lab:8443", "lab:8443"},
			{true, "https://lab:8443", "lab:8443"},
			{false, "http://gate.example:443", "gate.example:443"},
			{false, "http://gate.example", "gate.example"},
			{true, "https://gate.example", "gate.example"},
			/* of that host, but a host that is not ours */
			{false, "http://evil.test", "evil.test"},
			{false, "http://evil.test:8443", "evil.test:8443"},
			{false, "null", "lab:8443"},
			{false, "", "lab:8443"},
			{false, "http://gate.example", "lab:8443"},
			{false, "http://gate.example:80", "gate.example:443"},
			{false, "https://gate.example:8443", "gate.example"},
			{false, "https://gate.example.evil.test",
					"gate.example"},
			{false, "https://evilgate.example", "gate.example"},
			{false, "https://gate.example/", "gate.example"},
			{false, "https://gate.example/x", "gate.example"},
			{false, "https://gate.example evil", "gate.example"},
			{false, "https://a https://gate.example", "lab:8443"},
			{false, "https://u@gate.example", "gate.example"},
			{false, "https:/gate.example", "gate.example"},
			{false, "//gate.example", "gate.example"},
			{false, "gate.example", "gate.example"},
			{false, "file://", "lab:8443"},
			{false, "file://gate.example", "gate.example"},
			{false, "ws://gate.example", "gate.example"},
			{false, "chrome-extension://gate.example",
					"gate.example"},
			{false, "https://localhost:1", "lab:8443"},
			{false, "http://localhost:*", "lab:8443"},
			{false, "https://lab", "lab:8443"},
	};
	struct origin_list l = list(ours);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (origin_allowed(&l, cases[i].origin, cases[i].host) !=
				cases[i].allowed)
			fail_msg("%s to %s", cases[i].origin, cases[i].host);
	CHECK(!origin_allowed(&l, NULL, "lab:8443"));
	CHECK(!origin_allowed(&l, "https://lab:8443", NULL));
	origin_list_done(&l);
}

static void an_empty_list_allows_nobody(void)
{
	struct origin_list l = {0};

	CHECK(!host_allowed(&l, "localhost"));
	CHECK(!origin_allowed(&l, "http://localhost", "localhost"));
	origin_list_done(&l);
}

static void a_wrong_entry_is_refused_with_its_text(void)
{
	static const char *const bad[] = {"gate", "https://", "https://a/",
			"https://a/b", "https://*.a", "*", "null",
			"https://a:80:*", "https://a:", "https://a:0",
			"ftp://a", "https://a b", ":*", "https://:*"};
	struct origin_list l = {0};
	struct err e;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (origin_list_add(&l, bad[i], &e) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
	CHECK_HAS(e.text, "https://:*");
	CHECK_INT(l.count, 0);
}

static void a_list_has_a_limit(void)
{
	struct origin_list l = {0};

	for (int i = 0; i < ORIGIN_LIST_MAX; i++)
		CHECK_INT(origin_list_add(&l, "http://a", NULL), 0);
	CHECK_INT(origin_list_add(&l, "http://a", NULL), -EMSGSIZE);
	origin_list_done(&l);
}

static void a_host_longer_than_any_name_is_refused(void)
{
	char text[300];
	struct origin o;

	memset(text, 'a', sizeof(text));
	text[253] = '\0';
	CHECK_INT(host_parse(text, &o), 0);
	text[253] = 'a';
	text[254] = '\0';
	CHECK_INT(host_parse(text, &o), -EINVAL);
}

TESTS(T(a_host_must_be_on_the_list), T(a_page_of_a_stranger_may_not_speak),
		T(an_empty_list_allows_nobody),
		T(a_wrong_entry_is_refused_with_its_text),
		T(a_list_has_a_limit),
		T(a_host_longer_than_any_name_is_refused))
