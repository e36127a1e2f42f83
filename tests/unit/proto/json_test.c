#include "proto/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "test.h"

static struct json *parsed(const char *text)
{
	struct json *v = NULL;
	struct err e = {0};

	if (json_parse(text, strlen(text), &v, &e) != 0)
		fail_msg("%s: %s", text, e.text);
	return v;
}

static void refused(const char *text, size_t len, int code, const char *words)
{
	struct json *v = NULL;
	struct err e = {0};

	CHECK_INT(json_parse(text, len, &v, &e), code);
	CHECK(v == NULL);
	CHECK_HAS(e.text, words);
}

/* ---- reading ----------------------------------------------------------- */

static void a_tree_is_walked_by_its_keys_and_places(void)
{
	struct json *v = parsed("{\"data\":[{\"vmid\":104,\"name\":\"web\","
				"\"cpu\":0.5,\"up\":true,\"tags\":null}]}");
	const struct json *guest = json_at(json_get(v, "data"), 0);
	double cpu = 0;
	int64_t n = 0;
	bool up = false;

	CHECK(json_is_object(v) && json_is_array(json_get(v, "data")));
	CHECK_INT(json_count(json_get(v, "data")), 1);
	CHECK_INT(json_count(guest), 5);
	CHECK_INT(json_int(json_get(guest, "vmid"), &n), 0);
	CHECK_INT(n, 104);
	CHECK_STR(json_text(json_get(guest, "name")), "web");
	CHECK_INT(json_number(json_get(guest, "cpu"), &cpu), 0);
	CHECK(cpu == 0.5);
	CHECK_INT(json_number(json_get(guest, "vmid"), &cpu), 0);
	CHECK(cpu == 104);
	CHECK_INT(json_bool(json_get(guest, "up"), &up), 0);
	CHECK(up);
	CHECK(json_is_null(json_get(guest, "tags")));
	json_free(v);
}

static void what_is_absent_or_of_another_kind_is_no_accident(void)
{
	struct json *v = parsed("{\"a\":[1],\"t\":\"x\",\"n\":1.5,\"i\":7}");
	const struct json *const odd[] = {NULL, v, json_get(v, "a"),
			json_get(v, "none"), json_get(v, "n")};
	double d = 42;
	int64_t n = 42;
	void *at = NULL;
	const char *key;
	bool b = true;

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		CHECK(json_text(odd[i]) == NULL);
		CHECK_INT(json_int(odd[i], &n), -EINVAL);
		CHECK_INT(json_int_or_text(odd[i], &n), -EINVAL);
		CHECK_INT(json_bool(odd[i], &b), -EINVAL);
		CHECK(!json_yes(odd[i]) && !json_is_null(odd[i]));
		CHECK(json_get(json_get(odd[i], "x"), "y") == NULL);
		CHECK(json_at(json_at(odd[i], 9), 0) == NULL);
	}
	CHECK_INT(json_number(json_get(v, "t"), &d), -EINVAL);
	CHECK_INT(json_int(json_get(v, "t"), &n), -EINVAL);
	CHECK(n == 42 && d == 42 && b); /* untouched */
	CHECK_INT(json_count(NULL), 0);
	CHECK_INT(json_count(json_get(v, "t")), 0);
	CHECK(json_next(json_get(v, "a"), &at, &key) == NULL);
	at = NULL;
	CHECK(json_next(NULL, &at, &key) == NULL);
	json_free(v);
	json_free(NULL);
}

static void members_come_in_the_order_of_the_text(void)
{
	struct json *v = parsed("{\"z\":1,\"a\":2,\"m\":3}");
	const struct json *member;
	char keys[8] = "";
	void *at = NULL;
	const char *key;
	int64_t n, sum = 0;

	while ((member = json_next(v, &at, &key))) {
		strcat(keys, key);
		CHECK_INT(json_int(member, &n), 0);
		sum += n;
	}
	CHECK_STR(keys, "zam");
	CHECK_INT(sum, 6);
	json_free(v);
}

static void a_number_may_come_as_text_where_it_is_asked_for(void)
{
	struct json *v = parsed("[5900,\"5900\",\"\",\"-1\",\"+1\",\" 1\","
				"\"1.0\",\"9223372036854775807\","
				"\"9223372036854775808\","
				"\"99999999999999999999\",-3,\"007\"]");
	static const int64_t want[] = {5900, 5900, -1, -1, -1, -1, -1,
			INT64_MAX, -1, -1, -3, 7};

	for (size_t i = 0; i < json_count(v); i++) {
		int64_t n = 0;
		int r = json_int_or_text(json_at(v, i), &n);

		CHECK_INT(r, want[i] == -1 ? -EINVAL : 0);
		CHECK(n == (r ? 0 : want[i]));
	}
	json_free(v);
}

static void yes_is_what_proxmox_calls_so(void)
{
	struct json *v = parsed("[true,1,\"1\",false,0,\"0\",2,\"yes\",null,"
				"1.0,[1]]");

	for (size_t i = 0; i < json_count(v); i++)
		CHECK(json_yes(json_at(v, i)) == (i < 3));
	json_free(v);
}

static void any_value_may_stand_alone(void)
{
	static const char *const whole[] = {"1", "\"x\"", "null", " [] ",
			"{}\r\n", "\"\\ud83d\\ude00\\\"]]\""};

	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		json_free(parsed(whole[i]));
}

static void what_is_no_json_is_refused_with_its_place(void)
{
	static const char *const bad[] = {"", " ", "{", "[1,]", "{\"a\":}",
			"{a:1}", "{'a':1}", "[1] 2", "01", "1.", "+1", "NaN",
			"Infinity", "tru", "\"\t\"", "\"\\x\"", "\"a",
			"\"\\ud83d\"", "\xef\xbb\xbf{}", "\"\xff\"", "// x\n1",
			"[99999999999999999999]", "1e999", "]", "[}"};
	struct err e;
	struct json *v;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refused(bad[i], strlen(bad[i]), -EINVAL, "no valid JSON");
	refused("{\"a\":1,\n \"a\":2}", 16, -EINVAL, "line 2");
	refused("{\"a\":1,\n \"a\":2}", 16, -EINVAL, "a key stands twice");
	refused("\"a\\u0000b\"", 10, -EINVAL, "a NUL in a string");
	refused("{\"\\u0000\":1}", 12, -EINVAL, "a NUL in a string");
	refused("\"a\0b\"", 5, -EINVAL, "no valid JSON");
	refused("{}\0", 3, -EINVAL, "something follows");
	CHECK_INT(json_parse("{", 1, &v, NULL), -EINVAL);

	/* the input may be a ticket: no word of it in the sentence */
	CHECK_INT(json_parse("{\"t\":geheim}", 12, &v, &e), -EINVAL);
	CHECK(strstr(e.text, "geheim") == NULL);
}

static void the_size_is_as_given(void)
{
	struct json *v = NULL;

	CHECK_INT(json_parse("12345", 2, &v, NULL), 0);
	CHECK_INT(json_count(v), 0);
	json_free(v);
}

/* `open` levels, each in brackets of its own. */
static int parse_nested(size_t levels, const char *open, const char *close)
{
	struct json *v = NULL;
	struct buf b;
	int r;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < levels; i++)
		CHECK_INT(buf_adds(&b, open), 0);
	CHECK_INT(buf_adds(&b, "\"[[[[\\\"[[[[\""), 0);
	for (size_t i = 0; i < levels; i++)
		CHECK_INT(buf_adds(&b, close), 0);
	r = json_parse(buf_data(&b), b.len, &v, NULL);
	buf_done(&b);
	json_free(v);
	return r;
}

static void nesting_has_a_limit(void)
{
	CHECK_INT(parse_nested(JSON_DEPTH_MAX, "[", "]"), 0);
	CHECK_INT(parse_nested(JSON_DEPTH_MAX, "{\"[\":", "}"), 0);
	CHECK_INT(parse_nested(JSON_DEPTH_MAX + 1, "[", "]"), -EMSGSIZE);
	CHECK_INT(parse_nested(JSON_DEPTH_MAX + 1, "{\"a\":", "}"), -EMSGSIZE);
	CHECK_INT(parse_nested(50000, "[", ""), -EMSGSIZE);
	json_free(parsed(
			"[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
			"[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]"));
}

/* ---- writing ----------------------------------------------------------- */

static void commas_stand_where_they_must(void)
{
	struct json_out o;
	struct buf b;
	char *text;

	buf_init(&b, 1000);
	json_out_init(&o, &b);
	json_out_object_begin(&o);
	json_out_put_text(&o, "name", "web");
	json_out_put_text(&o, "none", NULL);
	json_out_put_int(&o, "low", INT64_MIN);
	json_out_put_uint(&o, "high", UINT64_MAX);
	json_out_put_bool(&o, "up", true);
	json_out_put_null(&o, "tags");
	json_out_put_array(&o, "list");
	json_out_int(&o, 1);
	json_out_object_begin(&o);
	json_out_object_end(&o);
	json_out_array_begin(&o);
	json_out_array_end(&o);
	json_out_bool(&o, false);
	json_out_array_end(&o);
	json_out_put_object(&o, "in");
	json_out_key(&o, "k");
	json_out_text_n(&o, "xyz", 2);
	json_out_object_end(&o);
	json_out_object_end(&o);
	CHECK_INT(json_out_done(&o), 0);
	text = buf_take_string(&b);
	CHECK_STR(text, "{\"name\":\"web\",\"none\":null,"
			"\"low\":-9223372036854775808,"
			"\"high\":18446744073709551615,\"up\":true,"
			"\"tags\":null,\"list\":[1,{},[],false],"
			"\"in\":{\"k\":\"xy\"}}");
	free(text);
}

static void whatever_a_text_holds_comes_back_or_is_replaced(void)
{
	struct json_out o;
	struct json *v = NULL;
	struct buf b;
	char all[256 + 1], many[1001];

	for (int i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	memset(many, '\x1b', 1000);
	many[1000] = '\0';
	buf_init(&b, 1 << 16);
	json_out_init(&o, &b);
	json_out_array_begin(&o);
	json_out_text(&o, all);
	json_out_text(&o, "gr\xc3\xbcn \"\\/\b \xf0\x9f\x98\x80");
	json_out_text(&o, many); /* past the writer's own buffer */
	json_out_text(&o, "");
	json_out_array_end(&o);
	CHECK_INT(json_out_done(&o), 0);
	for (size_t i = 0; i < b.len; i++)
		CHECK(buf_data(&b)[i] >= 0x20 && buf_data(&b)[i] != 0x7f);
	CHECK_INT(json_parse(buf_data(&b), b.len, &v, NULL), 0);
	CHECK_MEM(json_text(json_at(v, 0)), all, 127);
	CHECK_MEM(json_text(json_at(v, 0)) + 127, "\xef\xbf\xbd", 3);
	CHECK_STR(json_text(json_at(v, 1)),
			"gr\xc3\xbcn \"\\/\b \xf0\x9f\x98\x80");
	CHECK_STR(json_text(json_at(v, 2)), many);
	CHECK_STR(json_text(json_at(v, 3)), "");
	json_free(v);
	buf_done(&b);
}

static void the_first_failure_is_kept_to_the_end(void)
{
	struct json_out o;
	struct buf b;

	for (size_t max = 0; max < 20; max++) {
		buf_init(&b, max);
		json_out_init(&o, &b);
		json_out_object_begin(&o);
		json_out_put_text(&o, "key", "a long value");
		json_out_put_int(&o, "n", 1);
		json_out_object_end(&o);
		CHECK_INT(json_out_done(&o), -EMSGSIZE);
		CHECK(b.len <= max);
		buf_done(&b);
	}
}

TESTS(T(a_tree_is_walked_by_its_keys_and_places),
		T(what_is_absent_or_of_another_kind_is_no_accident),
		T(members_come_in_the_order_of_the_text),
		T(a_number_may_come_as_text_where_it_is_asked_for),
		T(yes_is_what_proxmox_calls_so), T(any_value_may_stand_alone),
		T(what_is_no_json_is_refused_with_its_place),
		T(the_size_is_as_given), T(nesting_has_a_limit),
		T(commas_stand_where_they_must),
		T(whatever_a_text_holds_comes_back_or_is_replaced),
		T(the_first_failure_is_kept_to_the_end))
