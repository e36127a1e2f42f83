#include "proto/url.h"

#include <errno.h>
#include <string.h>

#include "test.h"

static void reads(const char *text, const char *scheme, const char *host,
		uint16_t port, const char *path)
{
	struct url u = {0};
	struct err e = {0};

	if (url_parse(text, &u, &e) < 0)
		fail_msg("%s", e.text);
	CHECK_STR(u.scheme, scheme);
	CHECK_STR(u.host, host);
	CHECK_INT(u.port, port);
	CHECK_STR(u.path, path);
	url_done(&u);
}

static void refused(const char *text, const char *sentence)
{
	struct url u = {0};
	struct err e = {0};

	CHECK_INT(url_parse(text, &u, &e), -EINVAL);
	CHECK_STR(e.text, sentence);
	CHECK(u.scheme == NULL);
}

static void a_url_comes_apart(void)
{
	reads("https://pve1.lan:8006", "https", "pve1.lan", 8006, "");
	reads("https://pve1.lan:8006/", "https", "pve1.lan", 8006, "");
	reads("HTTPS://Panel.Example/consoles/", "https", "panel.example", 443,
			"/consoles");
	reads("http://[::1]/a/b", "http", "::1", 80, "/a/b");
	reads("arrakis+http://127.0.0.1:7000", "arrakis+http", "127.0.0.1",
			7000, "");
	reads("arrakis+http://h", "arrakis+http", "h", 80, "");
	reads("rediss://cache/2", "rediss", "cache", 6379, "/2");
}

static void whether_the_port_was_written_is_known(void)
{
	struct url u = {0};

	CHECK(url_parse("https://[::1]", &u, NULL) == 0 && !u.port_given);
	url_done(&u);
	CHECK(url_parse("https://h:443", &u, NULL) == 0 && u.port_given);
	url_done(&u);
}

static void what_is_wrong_is_named(void)
{
	refused("", "'' is not a URL (as https://pve1:8006)");
	refused("pve1:8006", "'pve1:8006' is not a URL (as https://pve1:8006)");
	refused("://x", "'://x' is not a URL (as https://pve1:8006)");
	refused("https://", "'': the host is missing (0.0.0.0 or [::] means "
			    "every address of this machine)");
	refused("https://h:0", "'h:0': a port is a number from 1 on");
	refused("https://h:x", "'h:x': a port is a number up to 65535");
	refused("foo://h", "'h': a port must follow, as in host:5901");
	refused("https://unix:/x", "'unix:': a host is expected");
	refused("https://h/?a=1", "'https://h/?a=1': no '?' and no '#' may "
				  "stand here");
	refused("https://h/#a", "'https://h/#a': no '?' and no '#' may stand "
				"here");
	refused("https://h/a b", "'https://h/a b': a blank or a byte that is "
				 "not ASCII must not stand in a URL");
}

static void a_password_in_a_url_is_refused_and_not_repeated(void)
{
	refused("redis://me:geheim@cache",
			"a URL must not hold a user or a password");
	reads("https://h/a@b", "https", "h", 443, "/a@b");
}

static void an_overlong_url_is_refused(void)
{
	char text[URL_MAX + 2] = "https://h/";

	memset(text + 10, 'a', URL_MAX - 9);
	text[URL_MAX + 1] = '\0';
	CHECK_INT(url_parse(text, &(struct url){0}, NULL), -EINVAL);
}

static void an_origin_is_said_as_browsers_say_it(void)
{
	static const char *const pairs[][2] = {
			{"https://Panel.Example:443/x",
					"https://panel.example"},
			{"http://h:8080", "http://h:8080"},
			{"https://[::1]:8443/", "https://[::1]:8443"},
	};
	char text[64];
	struct url u = {0};

	for (size_t i = 0; i < 3; i++) {
		CHECK(url_parse(pairs[i][0], &u, NULL) == 0);
		CHECK(url_origin(&u, text, sizeof(text)) > 0);
		CHECK_STR(text, pairs[i][1]);
		url_done(&u);
	}
	CHECK(url_parse("https://h:8443/a/", &u, NULL) == 0);
	CHECK_INT(url_format(&u, text, sizeof(text)), 16);
	CHECK_STR(text, "https://h:8443/a");
	CHECK_INT(url_format(&u, text, 16), -EMSGSIZE);
	url_done(&u);
}

static void only_unreserved_bytes_stay_when_encoded(void)
{
	char text[32];

	CHECK_INT(url_encode("aZ9-._~", 7, text, sizeof(text)), 7);
	CHECK_STR(text, "aZ9-._~");
	CHECK_INT(url_encode("a b:/+\xff", 7, text, sizeof(text)), 17);
	CHECK_STR(text, "a%20b%3A%2F%2B%FF");
	CHECK_INT(url_encode("\0", 1, text, 4), 3);
	CHECK_STR(text, "%00");
	CHECK_INT(url_encode(":", 1, text, 3), -EMSGSIZE);
	CHECK_STR(text, "");
	CHECK_INT(url_encode("abc", 3, text, 3), -EMSGSIZE);
	CHECK_INT(url_encode("", 0, text, 0), -EMSGSIZE);
	CHECK_INT(url_encode("", 0, text, 1), 0);
}

static void decoding_is_strict(void)
{
	char text[8];

	CHECK_INT(url_decode("a%20%C3%a4", 10, text, sizeof(text)), 4);
	CHECK_STR(text, "a \xc3\xa4");
	CHECK_INT(url_decode("a+b", 3, text, sizeof(text)), 3);
	CHECK_STR(text, "a+b");
	CHECK_INT(url_decode("%", 1, text, sizeof(text)), -EINVAL);
	CHECK_INT(url_decode("%4", 2, text, sizeof(text)), -EINVAL);
	CHECK_INT(url_decode("%4g", 3, text, sizeof(text)), -EINVAL);
	CHECK_INT(url_decode("%00", 3, text, sizeof(text)), -EINVAL);
	CHECK_INT(url_decode("a\0b", 3, text, sizeof(text)), -EINVAL);
	CHECK_INT(url_decode("%%41", 4, text, sizeof(text)), -EINVAL);
	CHECK_INT(url_decode("12345678", 8, text, sizeof(text)), -EMSGSIZE);
	CHECK_INT(url_decode("1234567", 7, text, sizeof(text)), 7);
	CHECK_INT(url_decode("", 0, text, 0), -EMSGSIZE);
	/* what stands behind the length is not looked at */
	CHECK_INT(url_decode("%41", 2, text, sizeof(text)), -EINVAL);
}

static int target(const char *text, struct url_target *t)
{
	return url_target(text, strlen(text), t);
}

static void a_target_comes_apart(void)
{
	struct url_target t = {0};

	CHECK(target("/console/home?kind=vnc", &t) == 0);
	CHECK_INT(t.path_len, 13);
	CHECK_INT(t.query_len, 8);
	CHECK_MEM(t.query, "kind=vnc", 8);
	CHECK(target("/", &t) == 0 && t.query == NULL && t.path_len == 1);
	CHECK(target("/?", &t) == 0 && t.query != NULL && t.query_len == 0);
	CHECK_INT(target("", &t), -EINVAL);
	CHECK_INT(target("*", &t), -EINVAL);
	CHECK_INT(target("http://h/", &t), -EINVAL);
	CHECK_INT(target("/a#b", &t), -EINVAL);
	CHECK_INT(target("/a b", &t), -EINVAL);
	CHECK_INT(target("/a\x7f", &t), -EINVAL);
	CHECK_INT(target("/\xc3\xa4", &t), -EINVAL);
}

static int query(const char *text, const char *key, char *ret, size_t max)
{
	return url_query_get(text, strlen(text), key, ret, max);
}

static void a_query_is_asked_by_key(void)
{
	char v[16];

	CHECK_INT(query("a=1&b=2", "b", v, sizeof(v)), 1);
	CHECK_STR(v, "2");
	CHECK_INT(query("a=1&a=2", "a", v, sizeof(v)), 1);
	CHECK_STR(v, "1");
	CHECK_INT(query("payload=ab%3Acd", "payload", v, sizeof(v)), 5);
	CHECK_STR(v, "ab:cd");
	CHECK_INT(query("payload=ab:cd", "payload", v, sizeof(v)), 5);
	CHECK_INT(query("x&%61=b=c", "a", v, sizeof(v)), 3);
	CHECK_STR(v, "b=c");
	CHECK_INT(query("x&y", "x", v, sizeof(v)), 0);
	CHECK_INT(query("&&=&x", "x", v, sizeof(v)), 0);
	CHECK_INT(query("ab=1", "a", v, sizeof(v)), -ENOENT);
	CHECK_INT(query("", "a", v, sizeof(v)), -ENOENT);
	CHECK_INT(url_query_get(NULL, 0, "a", v, sizeof(v)), -ENOENT);
	CHECK_INT(query("a=%zz", "a", v, sizeof(v)), -EINVAL);
	CHECK_INT(query("a=0123456789abcdef", "a", v, sizeof(v)), -EMSGSIZE);
}

TESTS(T(a_url_comes_apart), T(whether_the_port_was_written_is_known),
		T(what_is_wrong_is_named),
		T(a_password_in_a_url_is_refused_and_not_repeated),
		T(an_overlong_url_is_refused),
		T(an_origin_is_said_as_browsers_say_it),
		T(only_unreserved_bytes_stay_when_encoded),
		T(decoding_is_strict), T(a_target_comes_apart),
		T(a_query_is_asked_by_key))
