#include "home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "hypervisor/proxmox/proxmox.h"
#include "test.h"

const char home_ticket[] = "{\"data\":{\"username\":\"ops@pve\","
			   "\"ticket\":\"PVE:ops@pve:65::a+/=\","
			   "\"CSRFPreventionToken\":\"65:csrf\"}}";
const char home_vms[] =
		"{\"data\":[{\"vmid\":100,\"type\":\"qemu\",\"node\":\"pve1\","
		"\"name\":\"web1\",\"status\":\"running\"},"
		"{\"vmid\":200,\"type\":\"lxc\",\"node\":\"pve2\","
		"\"status\":\"running\"}]}";
const char home_running[] = "{\"data\":{\"status\":\"running\",\"serial\":1}}";
static const char minted[] = "{\"data\":{\"port\":\"5900\",\"user\":\"u@pve\","
			     "\"ticket\":\"PVEVNC:65::x\","
			     "\"password\":\"PassWord\"}}";

struct home home;

static void too_late(void *arg)
{
	fail_msg("the loop waits for ever (asked %u)", home.one.asked);
}

static void rules(struct pve_server *s)
{
	server_rule(s, "POST /access/ticket", "200 OK", home_ticket);
	server_rule(s, "GET /cluster/resources?type=vm", "200 OK", home_vms);
	server_rule(s, "GET /nodes ", "200 OK",
			"{\"data\":[{\"node\":\"pve1\","
			"\"status\":\"online\"}]}");
	server_rule(s, "GET /access/permissions", "200 OK",
			"{\"data\":{\"/\":{\"VM.Console\":1,"
			"\"Sys.Console\":1}}}");
	server_rule(s, "GET /version", "200 OK",
			"{\"data\":{\"version\":\"9.1.9\"}}");
	server_rule(s, "GET /cluster/options", "200 OK",
			"{\"data\":{\"tag-style\":{\"color-map\":"
			"\"prod:ff0000\"}}}");
	server_rule(s, "GET /nodes/pve1/qemu/100/status/current", "200 OK",
			home_running);
	server_rule(s, "GET /nodes/pve2/qemu/100/status/current", "200 OK",
			home_running);
	server_rule(s, "GET /nodes/pve2/lxc/200/status/current", "200 OK",
			home_running);
	server_rule(s, "GET /nodes/pve2/lxc/200/config", "200 OK",
			"{\"data\":{}}");
	server_rule(s, "POST /nodes/", "200 OK", minted);
	server_rule(s, "GET /cluster/status",
			"403 Permission check failed (/, Sys.Audit)", "");
}

void home_begin(bool token)
{
	char text[64];

	CHECK_INT(loop_new(&home.loop), 0);
	CHECK_INT(timer_new(&home.limit, home.loop, too_late, NULL), 0);
	timer_set(home.limit, 20000);
	server_open(&home.one, home.loop);
	server_open(&home.two, home.loop);
	rules(&home.one);
	rules(&home.two);
	home.profile = (struct config_profile){.name = (char *)"home",
			.user = (char *)"ops@pve",
			.verify_tls = true};
	home.profile.url.items = calloc(2, sizeof(struct url));
	home.profile.url.count = 2;
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u",
			home.one.port);
	CHECK_INT(url_parse(text, &home.profile.url.items[0], NULL), 0);
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u",
			home.two.port);
	CHECK_INT(url_parse(text, &home.profile.url.items[1], NULL), 0);
	if (token) {
		home.profile.token_id = (char *)"gate";
		CHECK_INT(secret_sets(&home.profile.token_secret, "s3cret"), 0);
	} else {
		CHECK_INT(secret_sets(&home.profile.password, "p &+=;x"), 0);
	}
	CHECK_INT(proxmox_hypervisor.open(
				  &home.h, home.loop, &home.profile, NULL),
			0);
	home.told = 0;
}

void home_end(void)
{
	proxmox_hypervisor.free(home.h);
	server_close(&home.one);
	server_close(&home.two);
	url_done(&home.profile.url.items[0]);
	url_done(&home.profile.url.items[1]);
	free(home.profile.url.items);
	secret_done(&home.profile.token_secret);
	secret_done(&home.profile.password);
	timer_free(home.limit);
	loop_free(home.loop);
	dial_plan_done(&home.plan);
	home.plan = (struct dial_plan){0};
	free(home.ids);
	home.ids = NULL;
}

void home_keep(int r, const struct err *e)
{
	home.told++;
	home.answered = r;
	if (r < 0) {
		home.error = *e;
		CHECK(*home.error.text);
	}
}

void home_on_list(void *arg, int r, const struct guest *guests, size_t count,
		const struct err *e)
{
	struct buf b;

	home_keep(r, e);
	buf_init(&b, 4096);
	CHECK_INT(buf_adds(&b, ""), 0);
	for (size_t i = 0; i < count; i++) {
		CHECK_INT(buf_addf(&b, "%s ", guests[i].id), 0);
		if (strcmp(guests[i].id, "qemu/100") == 0)
			home.status = guests[i].status;
	}
	free(home.ids);
	home.ids = buf_take_string(&b);
	loop_stop(home.loop);
}

int home_list(void)
{
	unsigned before = home.told;

	proxmox_hypervisor.list(home.h, home_on_list, NULL);
	CHECK_INT(home.told, before); /* never from inside */
	CHECK_INT(loop_run(home.loop), 0);
	CHECK_INT(home.told, before + 1);
	return home.answered;
}

int home_look(const char *id)
{
	unsigned before = home.told;

	proxmox_hypervisor.look(home.h, id, home_on_list, NULL);
	CHECK_INT(loop_run(home.loop), 0);
	CHECK_INT(home.told, before + 1);
	return home.answered;
}

void home_on_plan(void *arg, int r, struct dial_plan *from, const struct err *e)
{
	home_keep(r, e);
	dial_plan_done(&home.plan);
	home.plan = (struct dial_plan){0};
	if (r == 0) {
		home.plan = *from;
		*from = (struct dial_plan){0};
	}
	loop_stop(home.loop);
}

int home_console(const char *id, enum console_kind kind)
{
	unsigned before = home.told;

	proxmox_hypervisor.plan(home.h, id, kind, home_on_plan, NULL);
	CHECK_INT(home.told, before);
	CHECK_INT(loop_run(home.loop), 0);
	CHECK_INT(home.told, before + 1);
	return home.answered;
}
