#include "hypervisor/proxmox/viewer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"
#include "config/config.h"
#include "core/loop.h"
#include "hypervisor/proxmox/proxmox.h"
#include "hypervisor/proxmox/way.h"
#include "proto/json.h"
#include "test.h"

static struct pve_viewer v;
static struct err e;

static int read_answer(const char *text)
{
	struct json *data;
	int r;

	CHECK_INT(json_parse(text, strlen(text), &data, &e), 0);
	r = pve_viewer_of(data, "pve1.lan", 0, &v, &e);
	for (size_t i = 0; r == 0 && i < v.count; i++) {
		/* the tree ends here */
		v.keys[i].name = strdup(v.keys[i].name);
		v.keys[i].value = strdup(v.keys[i].value);
	}
	json_free(data);
	return r;
}

static const char *value(const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < v.count; i++)
		if (strcmp(v.keys[i].name, name) == 0) {
			CHECK(!found);
			found = v.keys[i].value;
		}
	return found;
}

static void forget(void)
{
	for (size_t i = 0; i < v.count; i++) {
		free((char *)(uintptr_t)v.keys[i].name);
		free((char *)(uintptr_t)v.keys[i].value);
	}
	v.count = 0;
}

static void every_key_is_told_as_it_came_but_the_proxy(void)
{
	CHECK_INT(read_answer("{\"host\":\"pvespiceproxy:65:100:pve1:61000\","
			      "\"password\":\"ab\",\"tls-port\":61000,"
			      "\"proxy\":\"http://pve1.test:3128\","
			      "\"ca\":\"-----\\\\n\",\"new-key\":\"7\","
			      "\"odd\":null,\"odder\":{\"a\":1}}"),
			0);
	CHECK_STR(value("host"), "pvespiceproxy:65:100:pve1:61000");
	CHECK_STR(value("tls-port"), "61000");
	CHECK_STR(value("proxy"), "http://pve1.lan:3128");
	CHECK_STR(value("ca"), "-----\\n");
	CHECK_STR(value("new-key"), "7");
	CHECK_STR(value("type"), "spice");
	CHECK_STR(value("delete-this-file"), "1");
	CHECK_INT(v.count, 8);
	forget();
	CHECK_INT(read_answer("{\"host\":\"a\",\"password\":\"b\","
			      "\"tls-port\":\"61001\",\"type\":\"spice\","
			      "\"delete-this-file\":1}"),
			0);
	CHECK_STR(value("tls-port"), "61001");
	CHECK_INT(v.count, 6);
	forget();
}

static void an_answer_of_no_use_or_without_end_is_refused(void)
{
	char text[32 * 1024];
	size_t len;

	CHECK_INT(read_answer("{}"), -EPROTO);
	CHECK_INT(read_answer("[]"), -EPROTO);
	CHECK_INT(read_answer("{\"host\":7,\"password\":\"b\"}"), -EPROTO);
	len = (size_t)snprintf(text, sizeof(text),
			"{\"host\":\"a\",\"password\":\"b\"");
	for (int i = 0; i < VIEWER_KEYS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
				",\"k%d\":%d", i, i);
	text[len++] = '}';
	text[len] = '\0';
	CHECK_INT(read_answer(text), -EPROTO);
	CHECK_HAS(e.text, "64 keys");
	(void)snprintf(text, sizeof(text),
			"{\"host\":\"a\",\"password\":\"b\",\"ca\":\"%0*d\"}",
			VIEWER_VALUE_MAX + 1, 0);
	CHECK_INT(read_answer(text), -EPROTO);
	CHECK_HAS(e.text, "too long");
}

/* ---- ways ------------------------------------------------------------------
 */

static char *word(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void check_way(const struct pve_ways *w, const char *node,
		const char *host, uint16_t port)
{
	const char *got;
	uint16_t got_port;

	pve_ways_find(w, node, "api.lan", &got, &got_port);
	CHECK_STR(got, host);
	CHECK_INT(got_port, port);
}

static void the_way_is_the_apis_unless_the_profile_says_otherwise(void)
{
	struct config_node nodes[] = {
			{word("pve1"), word("10.0.0.1")},
			{word("pve2"), word(":77")},
			{word("pve3"), word("edge:3128")},
	};
	struct config_profile p = {.name = word("home")};
	struct pve_ways *w;

	CHECK_INT(pve_ways_new(&w, &p, &e), 0);
	check_way(w, "pve1", "api.lan", 3128);
	pve_ways_unref(w);
	p.nodes = nodes;
	p.node_count = 3;
	p.spice_proxy = word(":99");
	CHECK_INT(pve_ways_new(&w, &p, &e), 0);
	check_way(pve_ways_ref(w), "PVE1", "10.0.0.1", 99);
	pve_ways_unref(w);
	check_way(w, "pve2", "api.lan", 77);
	check_way(w, "pve3", "edge", 3128);
	check_way(w, "pve4", "api.lan", 99);
	pve_ways_unref(w);
	p.spice_proxy = word("https://x");
	CHECK_INT(pve_ways_new(&w, &p, &e), -EINVAL);
}

/* ---- tickets --------------------------------------------------------------
 */

static struct loop *loop;
static struct timer *limit;
static struct pve_server server;
static struct hypervisor *h;
static int answers[3];
static unsigned told;

static void too_late(void *arg)
{
	fail_msg("the loop waits for ever");
}

static void on_viewer(void *arg, int r, const struct viewer_keys *k,
		const struct err *why)
{
	answers[told++] = r;
	if (r == 0) {
		CHECK_INT(k->seconds, 30);
		for (size_t i = 0; i < k->count; i++)
			if (strcmp(k->items[i].name, "proxy") == 0)
				CHECK_STR(k->items[i].value,
						"http://127.0.0.1:3128");
	}
	if (told == 3)
		loop_stop(loop);
}

static void begin(void)
{
	struct config_profile p = {.name = word("home"),
			.user = word("ops@pve"),
			.token_id = word("gate"),
			.verify_tls = true};
	struct url url;
	char text[64];

	told = 0;
	CHECK_INT(loop_new(&loop), 0);
	CHECK_INT(timer_new(&limit, loop, too_late, NULL), 0);
	timer_set(limit, 20000);
	server_open(&server, loop);
	server_rule(&server, "GET /", "200 OK", "{\"data\":{}}");
	server_rule(&server, "GET /access/permissions", "200 OK",
			"{\"data\":{\"/\":{\"VM.Console\":1}}}");
	server_rule(&server, "GET /cluster/resources?type=vm", "200 OK",
			"{\"data\":[{\"vmid\":100,\"type\":\"qemu\","
			"\"node\":\"pve1\",\"status\":\"running\"}]}");
	server_rule(&server, "GET /nodes ", "200 OK", "{\"data\":[]}");
	server_rule(&server, "GET /nodes/pve1/qemu/100/status/current",
			"200 OK",
			"{\"data\":{\"status\":\"running\",\"spice\":1}}");
	server_rule(&server, "POST /nodes/pve1/qemu/100/spiceproxy", "200 OK",
			"{\"data\":{\"host\":\"a\",\"password\":\"b\"}}");
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u", server.port);
	CHECK_INT(url_parse(text, &url, NULL), 0);
	p.url.items = &url;
	p.url.count = 1;
	CHECK_INT(secret_sets(&p.token_secret, "s3cret"), 0);
	CHECK_INT(proxmox_hypervisor.open(&h, loop, &p, NULL), 0);
	url_done(&url);
	secret_done(&p.token_secret);
}

static void end(void)
{
	proxmox_hypervisor.free(h);
	server_close(&server);
	timer_free(limit);
	loop_free(loop);
}

static void ask_three(void)
{
	for (int i = 0; i < 3; i++)
		proxmox_hypervisor.viewer(h, "qemu/100", on_viewer, NULL);
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(told, 3);
}

static void each_viewer_has_a_ticket_of_its_own_one_after_the_other(void)
{
	begin();
	ask_three();
	for (int i = 0; i < 3; i++)
		CHECK_INT(answers[i], 0);
	CHECK_INT(server_count(&server, "/nodes/pve1/qemu/100/spiceproxy"), 3);
	end();
}

static void a_refusal_is_told_to_each_who_waited(void)
{
	begin();
	server_rule(&server, "POST /nodes/pve1/qemu/100/spiceproxy",
			"500 no spice port", "{\"data\":null}");
	ask_three();
	for (int i = 0; i < 3; i++)
		CHECK_INT(answers[i], -ENOTSUP);
	end();
}

TESTS(T(every_key_is_told_as_it_came_but_the_proxy),
		T(an_answer_of_no_use_or_without_end_is_refused),
		T(the_way_is_the_apis_unless_the_profile_says_otherwise),
		T(each_viewer_has_a_ticket_of_its_own_one_after_the_other),
		T(a_refusal_is_told_to_each_who_waited))
