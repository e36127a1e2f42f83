#include "proto/payload.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../payload_seal.h"
#include "test.h"

#define GOOD                                                          \
	"{\"vmid\":100,\"type\":\"qemu\",\"host\":\"pve1.lan:8006\"," \
	"\"node\":\"pve1\",\"ticket\":\"PVEAPIToken=a@pve!b=c\","     \
	"\"vncticket\":\"PVEVNC:6500::ab+c/=\",\"port\":\"5900\",\"x\":1}"

static const uint8_t key[AES256_KEY_LEN] = "a key of two and thirty bytes..";
static const uint8_t iv[AES_BLOCK_LEN] = "sixteen bytes..";

static char *sealed(const char *text)
{
	return payload_seal(key, iv, text, strlen(text), 1);
}

static int opened(const char *text, struct payload *p,
		struct payload_issues *issues)
{
	char *s = sealed(text);
	int r = payload_open(key, s, strlen(s), p, issues, NULL);

	free(s);
	return r;
}

static void what_a_panel_seals_is_opened(void)
{
	struct payload_issues issues;
	struct secret line = {0};
	struct payload p = {0};
	char *target;

	CHECK_INT(opened(GOOD, &p, &issues), 0);
	CHECK_INT(p.vmid, 100);
	CHECK(!p.lxc);
	CHECK_STR(p.host.host, "pve1.lan");
	CHECK_INT(p.host.port, 8006);
	CHECK_STR(p.node, "pve1");
	CHECK_INT(p.port, 5900);
	CHECK(!p.password.data);
	CHECK_INT(memcmp(p.iv, iv, sizeof(iv)), 0);
	target = payload_target(&p, "/pve");
	CHECK_STR(target, "/pve/api2/json/nodes/pve1/qemu/100/vncwebsocket"
			  "?port=5900&vncticket=PVEVNC%3A6500%3A%3Aab%2Bc%2F"
			  "%3D");
	CHECK_INT(payload_credential(&p, &line), 0);
	CHECK_STR(line.data, "Authorization: PVEAPIToken=a@pve!b=c");
	secret_done(&line);
	free(target);
	payload_done(&p);
	payload_done(&p);
}

/* R3, C1: a session's ticket goes as it does in a cookie. */
static void a_session_ticket_is_told_from_a_token(void)
{
	struct payload_issues issues;
	struct secret line = {0};
	struct payload p = {0};

	CHECK_INT(opened("{\"vmid\":7,\"type\":\"lxc\",\"host\":\"::1\","
			 "\"node\":\"n\",\"ticket\":\"PVE:a@pve:65::b\","
			 "\"vncticket\":\"t\",\"port\":5901}",
				  &p, &issues),
			-EINVAL); /* a bare IPv6 address has no brackets */
	CHECK_INT(opened("{\"vmid\":7,\"type\":\"lxc\",\"host\":\"[::1]:8006\","
			 "\"node\":\"n\",\"ticket\":\"PVE:a@pve:65::b\","
			 "\"vncticket\":\"t\",\"port\":5901,"
			 "\"password\":\"123456789\"}",
				  &p, &issues),
			0);
	CHECK(p.lxc);
	CHECK_STR(p.host.host, "::1");
	CHECK_STR(p.password.data, "12345678");
	CHECK_INT(payload_credential(&p, &line), 0);
	CHECK_STR(line.data, "Authorization: PVEAuthCookie=PVE:a@pve:65::b");
	secret_done(&line);
	payload_done(&p);
}

static void upper_case_hex_opens_too(void)
{
	struct payload_issues issues;
	struct payload p = {0};
	char *s = sealed(GOOD);

	for (char *at = s; *at; at++)
		*at = (char)toupper((unsigned char)*at);
	CHECK_INT(payload_open(key, s, strlen(s), &p, &issues, NULL), 0);
	payload_done(&p);
	free(s);
}

static void a_host_needs_no_port(void)
{
	struct payload_issues issues;
	struct payload p = {0};

	CHECK_INT(opened("{\"vmid\":1,\"type\":\"qemu\",\"host\":\"10.0.0.1\","
			 "\"node\":\"n\",\"ticket\":\"t\",\"vncticket\":\"t\","
			 "\"port\":1}",
				  &p, &issues),
			0);
	CHECK_STR(p.host.host, "10.0.0.1");
	CHECK_INT(p.host.port, 0);
	payload_done(&p);
}

/* Each with one key that is wrong, by its name. */
static void a_wrong_form_is_told_by_key(void)
{
	static const struct {
		const char *key, *text;
	} wrong[] = {
			{"vmid", "\"vmid\":0"},
			{"vmid", "\"vmid\":-1"},
			{"vmid", "\"vmid\":1.5"},
			{"vmid", "\"vmid\":\"100\""},
			{"type", "\"type\":\"openvz\""},
			{"type", "\"type\":1"},
			{"host", "\"host\":\"a b\""},
			{"host", "\"host\":\"unix:/run/x\""},
			{"host", "\"host\":\"pve1:0\""},
			{"host", "\"host\":\"pve1:65536\""},
			{"host", "\"host\":\"pve1/x\""},
			{"host", "\"host\":\"a@b\""},
			{"host", "\"host\":\"\""},
			{"node", "\"node\":\"a/b\""},
			{"node", "\"node\":\"..\""},
			{"node", "\"node\":\"a?b\""},
			{"node", "\"node\":null"},
			{"ticket", "\"ticket\":\"\""},
			{"ticket", "\"ticket\":\"a\\r\\nX: y\""},
			{"ticket", "\"ticket\":\"a b\""},
			{"vncticket", "\"vncticket\":[]"},
			{"port", "\"port\":0"},
			{"port", "\"port\":\"65536\""},
			{"port", "\"port\":\"59x\""},
			{"port", "\"port\":\"5900&x=y\""},
			{"password", "\"password\":\"\""},
			{"password", "\"password\":7"},
	};
	static const struct {
		const char *key, *text;
	} right[] = {
			{"vmid", "\"vmid\":100"},
			{"type", "\"type\":\"qemu\""},
			{"host", "\"host\":\"pve1\""},
			{"node", "\"node\":\"pve1\""},
			{"ticket", "\"ticket\":\"t\""},
			{"vncticket", "\"vncticket\":\"t\""},
			{"port", "\"port\":5900"},
			{"password", "\"password\":\"p\""},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct payload_issues issues;
		struct payload p = {0};
		char text[512] = "{";
		size_t len = 1;

		for (size_t k = 0; k < sizeof(right) / sizeof(right[0]); k++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%s%s", k ? "," : "",
					strcmp(right[k].key, wrong[i].key) == 0
							? wrong[i].text
							: right[k].text);
		(void)snprintf(text + len, sizeof(text) - len, "}");
		if (opened(text, &p, &issues) != -EINVAL || issues.count != 1)
			fail_msg("%s: %zu issues", wrong[i].text, issues.count);
		CHECK_STR(issues.items[0].key, wrong[i].key);
	}
}

static void json_that_is_no_object_lacks_everything(void)
{
	struct payload_issues issues;
	struct payload p = {0};

	CHECK_INT(opened("[]", &p, &issues), -EINVAL);
	CHECK_INT(issues.count, 7);
	CHECK_INT(opened("{}", &p, &issues), -EINVAL);
	CHECK_INT(issues.count, 7);
}

/* C1: a block out of the midst of a ticket, with another IV, is soon some JSON
 * or other. That must look as if it had not opened. */
static void a_block_of_a_ticket_that_was_made_json_does_not_open(void)
{
	static const char *const texts[] = {"\"4f2c19e0-77ab\"",
			"440219307712345", "[\"4f2c19e0-77\"]",
			"{\"4f2c19e0\": 1}", "true           ",
			"null           ", "[440219307712 ]"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct payload_issues issues;
		struct payload p = {0};

		CHECK_INT(strlen(texts[i]), AES_BLOCK_LEN - 1);
		if (opened(texts[i], &p, &issues) != -EBADMSG)
			fail_msg("%s is told from what does not open",
					texts[i]);
	}
}

static void what_does_not_open_has_one_answer(void)
{
	static const uint8_t other[AES256_KEY_LEN] = "another";
	struct payload_issues issues;
	struct payload p = {0};
	char *s = sealed(GOOD), deep[200], *d;
	size_t len = strlen(s);

	CHECK_INT(payload_open(other, s, len, &p, &issues, NULL), -EBADMSG);
	for (size_t cut = 0; cut < len; cut++) {
		char *c = strndup(s, cut);

		CHECK(c);
		if (payload_open(key, c, cut, &p, &issues, NULL) != -EBADMSG)
			fail_msg("cut at %zu", cut);
		free(c);
	}
	memset(deep, '[', sizeof(deep));
	d = payload_seal(key, iv, deep, sizeof(deep), 1);
	CHECK_INT(payload_open(key, d, strlen(d), &p, &issues, NULL), -EBADMSG);
	free(d);
	CHECK_INT(opened("no json", &p, &issues), -EBADMSG);
	CHECK_INT(opened("{\"a\":1}{", &p, &issues), -EBADMSG);
	CHECK_INT(opened("\xff\xfe", &p, &issues), -EBADMSG);
	s[33] = 'g';
	CHECK_INT(payload_open(key, s, len, &p, &issues, NULL), -EBADMSG);
	s[32] = ';';
	CHECK_INT(payload_open(key, s, len, &p, &issues, NULL), -EBADMSG);
	free(s);
	s = malloc(PAYLOAD_TEXT_MAX + 34);
	CHECK(s);
	memset(s, 'a', PAYLOAD_TEXT_MAX + 33);
	s[32] = ':';
	s[PAYLOAD_TEXT_MAX + 33] = '\0';
	CHECK_INT(payload_open(key, s, PAYLOAD_TEXT_MAX + 33, &p, &issues,
				  NULL),
			-EBADMSG);
	free(s);
}

/* A flipped bit opens only where it leaves the form whole: in the IV's part of
 * a value. Nothing else of it may do harm. */
static void a_flipped_bit_opens_nothing_it_should_not(void)
{
	char *s = sealed(GOOD);
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i++) {
		struct payload_issues issues;
		struct payload p = {0};
		char was = s[i];
		int r;

		s[i] = was == '0' ? '1' : '0';
		r = payload_open(key, s, len, &p, &issues, NULL);
		if (r == 0 && i > 32 && was != s[i])
			fail_msg("opened with digit %zu changed", i);
		CHECK(r == 0 || r == -EBADMSG || r == -EINVAL);
		payload_done(&p);
		s[i] = was;
	}
	free(s);
}

/* Padding is 1 to 16 bytes of that value, and nothing but that. */
static void padding_is_judged_strictly(void)
{
	for (unsigned last = 0; last < 256; last++) {
		for (unsigned run = 1; run <= AES_BLOCK_LEN; run++) {
			uint8_t block[AES_BLOCK_LEN], out[AES_BLOCK_LEN];
			uint8_t bytes[AES_BLOCK_LEN];
			size_t padding = 99;
			char *s;

			memset(block, 0xee, sizeof(block));
			memset(block + AES_BLOCK_LEN - run, (int)last, run);
			s = payload_seal(key, iv, block, sizeof(block), 0);
			CHECK_INT(crypto_unhex(s + 33, bytes, sizeof(bytes)),
					0);
			CHECK_INT(crypto_cbc_open(key, iv, bytes, sizeof(bytes),
						  out, &padding),
					0);
			if (padding != (last >= 1 && last <= run ? last : 0))
				fail_msg("%u times %u: %zu", run, last,
						padding);
			CHECK_INT(memcmp(out, block, sizeof(out)), 0);
			free(s);
		}
	}
}

static int by_size(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return x < y ? -1 : x > y;
}

static long nanoseconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

enum { TAILS = 10000 };

/* C1: an attacker who holds a payload tries last blocks. One in 256 has right
 * padding, and none of them may differ from the others. */
static void ten_thousand_tails_look_the_same(void)
{
	static long took[2][TAILS];
	size_t count[2] = {0};
	char *s = sealed(GOOD);
	size_t len = strlen(s);
	struct payload_work first = {0};

	for (int i = 0; i < TAILS; i++) {
		struct payload_issues issues;
		struct payload_work work;
		struct payload p = {0};
		uint8_t tail[AES_BLOCK_LEN], bytes[2 * AES_BLOCK_LEN];
		uint8_t out[2 * AES_BLOCK_LEN];
		size_t padding = 0;
		long began;
		int r;

		crypto_random(tail, sizeof(tail));
		crypto_hex(tail, sizeof(tail), s + len - 2 * sizeof(tail));
		began = nanoseconds();
		r = payload_open(key, s, len, &p, &issues, &work);
		began = nanoseconds() - began;
		CHECK_INT(r, -EBADMSG);
		if (i == 0)
			first = work;
		CHECK_INT(memcmp(&work, &first, sizeof(work)), 0);
		CHECK_INT(crypto_unhex(s + len - 2 * sizeof(bytes), bytes,
					  sizeof(bytes)),
				0);
		CHECK_INT(crypto_cbc_open(key, iv, bytes, sizeof(bytes), out,
					  &padding),
				0);
		took[padding > 0][count[padding > 0]++] = began;
	}
	CHECK(first.decrypted > 0 && first.judged == AES_BLOCK_LEN &&
			first.parsed == first.decrypted);
	for (int k = 0; k < 2; k++) {
		qsort(took[k], count[k], sizeof(long), by_size);
		CHECK(count[k] > 0);
		print_message("# padding %s: %5zu tails, ns: 5%% %ld, median "
			      "%ld, 95%% %ld\n",
				k ? "right" : "wrong", count[k],
				took[k][count[k] / 20], took[k][count[k] / 2],
				took[k][count[k] * 19 / 20]);
	}
	free(s);
}

static void a_key_is_64_hex_digits(void)
{
	static const char hex[] = "00112233445566778899aabbccddeeff"
				  "00112233445566778899AABBCCDDEEFF";
	uint8_t out[AES256_KEY_LEN];

	CHECK_INT(payload_key(hex, 64, out), 0);
	CHECK_INT(out[31], 0xff);
	CHECK_INT(payload_key(hex, 32, out), -EINVAL);
	CHECK_INT(payload_key("", 0, out), -EINVAL);
	CHECK_INT(payload_key("x0112233445566778899aabbccddeeff"
			      "00112233445566778899aabbccddeeff",
				  64, out),
			-EINVAL);
}

TESTS(T(what_a_panel_seals_is_opened), T(a_session_ticket_is_told_from_a_token),
		T(upper_case_hex_opens_too), T(a_host_needs_no_port),
		T(a_wrong_form_is_told_by_key),
		T(json_that_is_no_object_lacks_everything),
		T(a_block_of_a_ticket_that_was_made_json_does_not_open),
		T(what_does_not_open_has_one_answer),
		T(a_flipped_bit_opens_nothing_it_should_not),
		T(padding_is_judged_strictly),
		T(ten_thousand_tails_look_the_same), T(a_key_is_64_hex_digits))
