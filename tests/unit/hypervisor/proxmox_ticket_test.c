#include "hypervisor/proxmox/ticket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret.h"
#include "hypervisor/proxmox/api.h"
#include "proto/json.h"
#include "proto/url.h"
#include "stream/dial.h"
#include "stream/tls.h"
#include "test.h"

static struct dial_plan plan;
static struct err e;

static int make(const char *url, const char *answer, bool terminal)
{
	const struct tls_policy policy = {.verify = TLS_OFF};
	struct secret credential = {0};
	struct json *data = NULL;
	struct url u;
	const struct pve_place place = {&u, "192.0.2.7"};
	struct pve_ticket t = {.place = &place,
			.path = "/nodes/pve2/qemu/100",
			.terminal = terminal,
			.credential = &credential};
	int r;

	dial_plan_done(&plan);
	plan = (struct dial_plan){0};
	CHECK_INT(url_parse(url, &u, NULL), 0);
	CHECK_INT(secret_sets(&credential, "Authorization: PVEAPIToken=x"), 0);
	CHECK_INT(tls_client_context(&t.tls, &policy, NULL), 0);
	CHECK_INT(json_parse(answer, strlen(answer), &data, NULL), 0);
	t.data = data;
	r = pve_ticket_plan(&t, &plan, &e);
	tls_context_unref(t.tls);
	secret_done(&credential);
	json_free(data);
	url_done(&u);
	if (r < 0)
		CHECK_INT(plan.count, 0);
	return r;
}

static const char pve[] = "https://pve1.lan:8006";

static void a_new_server_gives_a_password_and_any_letters(void)
{
	const struct ws_client_options *ws;

	CHECK_INT(make(pve,
				  "{\"port\":\"5901\",\"user\":\"a@pve\","
				  "\"password\":\"%&+;=#?/\","
				  "\"ticket\":\"%&+;=#?/:PVEVNC:65::a+/=\"}",
				  false),
			0);
	CHECK_INT(plan.count, 4);
	CHECK_INT(plan.layers[0].kind, DIAL_TCP);
	CHECK_STR(plan.layers[0].tcp.host, "192.0.2.7");
	CHECK_INT(plan.layers[0].tcp.port, 8006);
	CHECK_INT(plan.layers[1].kind, DIAL_TLS);
	CHECK_STR(plan.layers[1].tls.host, "pve1.lan");
	ws = &plan.layers[2].ws;
	CHECK_STR(ws->host, "pve1.lan:8006");
	CHECK_STR(ws->path, "/api2/json/nodes/pve2/qemu/100/vncwebsocket"
			    "?port=5901&vncticket=%25%26%2B%3B%3D%23%3F%2F%3A"
			    "PVEVNC%3A65%3A%3Aa%2B%2F%3D");
	CHECK_STR(ws->protocol, "binary");
	CHECK_STR(ws->credential.data, "Authorization: PVEAPIToken=x");
	CHECK_INT(plan.layers[3].kind, DIAL_RFB_LOGIN);
	CHECK_STR(plan.layers[3].rfb_login.password.data, "%&+;=#?/");
	dial_plan_done(&plan);
}

static void an_old_server_has_the_ticket_for_a_password(void)
{
	CHECK_INT(make(pve, "{\"port\":5900,\"ticket\":\"PVEVNC:65AB::x\"}",
				  false),
			0);
	CHECK_STR(plan.layers[3].rfb_login.password.data, "PVEVNC:6");
	dial_plan_done(&plan);
}

static void a_literal_address_and_a_prefix_are_kept(void)
{
	CHECK_INT(make("http://[2001:db8::7]:80/pve",
				  "{\"port\":5900,\"ticket\":\"t\"}", false),
			0);
	CHECK_INT(plan.count, 3); /* no TLS */
	CHECK_STR(plan.layers[1].ws.host, "[2001:db8::7]:80");
	CHECK(strncmp(plan.layers[1].ws.path, "/pve/api2/json/nodes/", 21) ==
			0);
	dial_plan_done(&plan);
}

static void a_terminal_logs_in_by_user_and_ticket(void)
{
	CHECK_INT(make(pve,
				  "{\"port\":5900,\"ticket\":\"PVEVNC:6::x\","
				  "\"user\":\"a@pve!t\"}",
				  true),
			0);
	CHECK_INT(plan.layers[3].kind, DIAL_TERM);
	CHECK_STR(plan.layers[3].term.login.data, "a@pve!t:PVEVNC:6::x");
	dial_plan_done(&plan);
}

static void answers_of_no_use_are_refused(void)
{
	/* clang-format off */
	static const char *const cases[] = {
		"{}", "[]", "null", "{\"port\":5900}",
		"{\"port\":5900,\"ticket\":\"\"}",
		"{\"port\":5900,\"ticket\":7}",
		"{\"port\":5899,\"ticket\":\"t\"}",
		"{\"port\":6000,\"ticket\":\"t\"}",
		"{\"port\":\"x\",\"ticket\":\"t\"}",
		"{\"port\":5900.5,\"ticket\":\"t\"}",
	};
	static const char *const terminals[] = {
		"{\"port\":5900,\"ticket\":\"t\"}",
		"{\"port\":5900,\"ticket\":\"t\",\"user\":\"a:b\"}",
		"{\"port\":5900,\"ticket\":\"t\\nx\",\"user\":\"a\"}",
	};
	/* clang-format on */
	char big[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(make(pve, cases[i], false), -EPROTO);
	for (size_t i = 0; i < sizeof(terminals) / sizeof(terminals[0]); i++)
		CHECK_INT(make(pve, terminals[i], true), -EPROTO);
	(void)snprintf(big, sizeof(big),
			"{\"port\":5900,\"ticket\":\"%0600d\"}", 1);
	CHECK_INT(make(pve, big, false), -EPROTO);
}

static void nothing_secret_is_in_the_plans_text(void)
{
	char text[512];

	CHECK_INT(make(pve, "{\"port\":5900,\"ticket\":\"SeCrEt\"}", false), 0);
	dial_plan_text(&plan, text, sizeof(text));
	CHECK(strstr(text, "SeCrEt") == NULL);
	CHECK(strstr(text, "Token") == NULL);
	CHECK_HAS(text, "vncwebsocket");
	dial_plan_done(&plan);
}

TESTS(T(a_new_server_gives_a_password_and_any_letters),
		T(an_old_server_has_the_ticket_for_a_password),
		T(a_literal_address_and_a_prefix_are_kept),
		T(a_terminal_logs_in_by_user_and_ticket),
		T(answers_of_no_use_are_refused),
		T(nothing_secret_is_in_the_plans_text))
