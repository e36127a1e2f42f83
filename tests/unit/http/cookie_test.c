#include "http/cookie.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "test.h"

static void one_cookie_is_found_among_others(void)
{
	static const struct {
		const char *header, *value; /* NULL: not found */
	} cases[] = {
			{"sid=abc", "abc"},
			{"a=b; sid=abc; c=d", "abc"},
			{"a=b;sid=abc", "abc"},
			{"sid=abc ", "abc"},
			{"sid=", ""},
			{"a=\"x y\"; sid=abc", "abc"},
			{"junk; =; ;; sid=a=b", "a=b"},
			{"", NULL},
			{"sid", NULL},
			{"SID=abc", NULL},
			{"xsid=abc", NULL},
			{"sidx=abc", NULL},
			{"a=sid=abc", NULL},
			{"sid =abc", NULL},
			{"sid=a b", NULL},
			{"sid=\"abc\"", NULL},
			{"sid=a,b", NULL},
			{"sid=a\\b", NULL},
			{"sid=\xc3\xa9", NULL},
			{"sid=a; sid=a", NULL},
			{"sid=a; x=y; sid=b", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len = 0;
		const char *v = cookie_find(cases[i].header, "sid", &len);

		if (!v != !cases[i].value)
			fail_msg("'%s'", cases[i].header);
		if (!v)
			continue;
		CHECK_INT(len, strlen(cases[i].value));
		CHECK_MEM(v, cases[i].value, len);
	}
	CHECK(cookie_find(NULL, "sid", NULL) == NULL);
}

static void an_endless_value_is_not_found(void)
{
	char text[COOKIE_VALUE_MAX + 8] = "sid=";
	size_t len;

	memset(text + 4, 'a', COOKIE_VALUE_MAX);
	CHECK(cookie_find(text, "sid", &len) == text + 4);
	text[COOKIE_VALUE_MAX + 4] = 'a';
	CHECK(cookie_find(text, "sid", &len) == NULL);
}

static void check_line(const char *want, long max_age, bool tls)
{
	struct buf b;
	char *line;

	buf_init(&b, 4096);
	CHECK_INT(cookie_write(&b, "sid", "abc", 3, max_age, tls), 0);
	line = buf_take_string(&b);
	CHECK_STR(line, want);
	free(line);
}

static void our_cookies_are_out_of_reach_of_scripts_and_other_sites(void)
{
	check_line("Set-Cookie: sid=abc; Path=/; HttpOnly; "
		   "SameSite=Strict\r\n",
			COOKIE_SESSION, false);
	check_line("Set-Cookie: __Host-sid=abc; Path=/; HttpOnly; "
		   "SameSite=Strict; Max-Age=60; Secure\r\n",
			60, true);
	check_line("Set-Cookie: sid=abc; Path=/; HttpOnly; "
		   "SameSite=Strict; Max-Age=0\r\n",
			COOKIE_DELETE, false);
}

static void a_value_cannot_add_a_line(void)
{
	struct buf b;

	buf_init(&b, 4096);
	CHECK_INT(cookie_write(&b, "sid", "a\r\nX: y", 7, 0, true), -EINVAL);
	CHECK_INT(cookie_write(&b, "sid", "a; Domain=x", 11, 0, true), -EINVAL);
	CHECK_INT(cookie_write(&b, "s=d", "a", 1, 0, true), -EINVAL);
	CHECK_INT(cookie_write(&b, "", "a", 1, 0, true), -EINVAL);
	CHECK_INT(b.len, 0);
}

TESTS(T(one_cookie_is_found_among_others), T(an_endless_value_is_not_found),
		T(our_cookies_are_out_of_reach_of_scripts_and_other_sites),
		T(a_value_cannot_add_a_line))
