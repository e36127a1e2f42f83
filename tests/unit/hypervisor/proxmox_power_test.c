#include "hypervisor/proxmox/proxmox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "home.h"
#include "test.h"

static char task[256];

static void on_done(void *arg, int r, const char *name, const struct err *e)
{
	home_keep(r, e);
	(void)snprintf(task, sizeof(task), "%s", name ? name : "");
	loop_stop(home.loop);
}

static int power(const char *id, enum power_verb verb)
{
	unsigned before = home.told;

	proxmox_hypervisor.power(home.h, id, verb, on_done, NULL);
	CHECK_INT(home.told, before);
	CHECK_INT(loop_run(home.loop), 0);
	CHECK_INT(home.told, before + 1);
	return home.answered;
}

#define UPID "UPID:pve1:0000C530:001C9BEC:677E934A:qmstart:100:ops@pve!gate:"
#define TASK                                                               \
	"GET /nodes/pve1/tasks/UPID%3Apve1%3A0000C530%3A001C9BEC%3A677E93" \
	"4A%3Aqmstart%3A100%3Aops%40pve%21gate%3A/status"

static void a_task_is_followed_to_its_end(void)
{
	home_begin(true);
	server_rule(&home.one, "POST /nodes/pve1/qemu/100/status/start",
			"200 OK", "{\"data\":\"" UPID "\"}");
	server_rule(&home.one, TASK, "200 OK",
			"{\"data\":{\"status\":\"stopped\","
			"\"exitstatus\":\"OK\"}}");
	server_rule_times(&home.one, 1, TASK, "200 OK",
			"{\"data\":{\"status\":\"running\"}}");
	CHECK_INT(power("qemu/100", POWER_START), 0);
	CHECK_STR(task, UPID);
	CHECK_INT(server_count(&home.one, "/status HTTP"), 2);
	server_rule(&home.one, TASK, "200 OK",
			"{\"data\":{\"status\":\"stopped\","
			"\"exitstatus\":\"no space left\"}}");
	CHECK_INT(power("qemu/100", POWER_START), -EREMOTEIO);
	CHECK_HAS(home.error.text, "no space left");
	CHECK_STR(task, UPID);
	home_end();
}

static void what_cannot_be_done_is_told(void)
{
	home_begin(true);
	server_rule(&home.one, "POST /nodes/pve1/qemu/100/status/start",
			"500 VM 100 already running", "");
	CHECK_INT(power("qemu/100", POWER_START), 0);
	CHECK_STR(task, "");
	server_rule(&home.one, "POST /nodes/pve1/qemu/100/status/reset",
			"403 Permission check failed (/vms/100, VM.PowerMgmt)",
			"");
	CHECK_INT(power("qemu/100", POWER_RESET), -EACCES);
	CHECK_HAS(home.error.text, "VM.PowerMgmt");
	server_rule(&home.one, "POST /nodes/pve1/qemu/100/status/stop",
			"200 OK", "{\"data\":\"UPID:a/b:\"}");
	CHECK_INT(power("qemu/100", POWER_STOP), -EPROTO);
	CHECK_INT(power("qemu/999", POWER_STOP), -ENOENT);
	CHECK_INT(power("node/pve1", POWER_STOP), -ENOTSUP);
	CHECK_INT(home.two.asked, 0); /* what changes something is asked once */
	home_end();
}

static void a_change_that_may_have_been_heard_is_not_asked_again(void)
{
	home_begin(true);
	CHECK_INT(home_list(), 0);
	server_rule(&home.one, "POST /nodes/pve1/qemu/100/status/stop",
			"595 Connection refused", "");
	CHECK_INT(power("qemu/100", POWER_STOP), -EHOSTUNREACH);
	CHECK_INT(home.two.asked, 0);
	home_end();
}

static void on_snapped(void *arg, int r, const char *name, const char *upid,
		const struct err *e)
{
	home_keep(r, e);
	(void)snprintf(task, sizeof(task), "%s %s", name ? name : "-",
			upid ? upid : "-");
	loop_stop(home.loop);
}

static int take(const char *id, const char *name, const char *about,
		bool memory)
{
	const struct snapshot_wish w = {name, about, memory};
	unsigned before = home.told;

	proxmox_hypervisor.snapshot(home.h, id, &w, on_snapped, NULL);
	CHECK_INT(loop_run(home.loop), 0);
	CHECK_INT(home.told, before + 1);
	return home.answered;
}

static void a_snapshot_is_taken_under_its_name_or_one_of_ours(void)
{
	home_begin(true);
	server_rule(&home.one, "POST /nodes/pve1/qemu/100/snapshot", "200 OK",
			"{\"data\":\"" UPID "\"}");
	server_rule(&home.one, TASK, "200 OK",
			"{\"data\":{\"status\":\"stopped\","
			"\"exitstatus\":\"OK\"}}");
	CHECK_INT(take("qemu/100", "be-fore_1", "a & b=\xc3\xa4\n", true), 0);
	CHECK_STR(task, "be-fore_1 " UPID);
	CHECK_INT(server_count(&home.one,
				  "\r\n\r\nsnapname=be-fore_1&vmstate=1&"
				  "description=a%20%26%20b%3D%C3%A4%0A\n"),
			1);
	CHECK_INT(take("qemu/100", NULL, NULL, false), 0);
	CHECK_INT(strncmp(task, "glassbridge-2", 13), 0);
	CHECK_INT(strcspn(task, " "), 12 + 8 + 1 + 6);
	CHECK_INT(server_count(&home.one, "\r\n\r\nsnapname=glassbridge-2"), 1);
	server_rule(&home.one, "POST /nodes/pve1/qemu/100/snapshot",
			"500 snapshot name 'a1' already used", "");
	CHECK_INT(take("qemu/100", "a1", NULL, false), -EREMOTEIO);
	CHECK_HAS(home.error.text, "already used");
	CHECK_STR(task, "- -");
	CHECK_INT(home.two.asked, 0);
	home_end();
}

static void a_snapshot_that_cannot_be_is_not_asked_for(void)
{
	static const char *const bad[] = {"", "a", "1st", "a b", "a&vmstate=1",
			"current", "b\xc3\xa4",
			"a234567890b234567890c234567890d2345678901"};

	home_begin(true);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(take("qemu/100", bad[i], NULL, false), -EINVAL);
	CHECK_INT(take("lxc/200", "ok", NULL, true), -ENOTSUP);
	CHECK_HAS(home.error.text, "no memory");
	CHECK_INT(take("qemu/999", "ok", NULL, false), -ENOENT);
	CHECK_INT(server_count(&home.one, "POST"), 0);
	proxmox_hypervisor.snapshot(home.h, "qemu/100",
			&(struct snapshot_wish){.name = "ok"}, on_snapped,
			NULL); /* and goes with it */
	home_end();
}

static char begun[256];

static void on_begun(void *arg, const char *name)
{
	CHECK(arg == begun);
	CHECK_INT(home.told, 0);
	(void)snprintf(begun, sizeof(begun), "%s", name);
}

static void a_task_is_named_when_it_begins(void)
{
	home_begin(true);
	proxmox_hypervisor.free(home.h);
	home.profile.kind = (char *)"proxmox";
	CHECK_INT(hypervisor_open(&home.h,
				  (const struct hypervisor_ops *const[]){
						  &proxmox_hypervisor, NULL},
				  home.loop, &home.profile, NULL),
			0);
	server_rule(&home.one, "POST /nodes/pve1/qemu/100/status/start",
			"200 OK", "{\"data\":\"" UPID "\"}");
	server_rule(&home.one, TASK, "200 OK",
			"{\"data\":{\"status\":\"stopped\","
			"\"exitstatus\":\"OK\"}}");
	hypervisor_power(home.h, "qemu/100", POWER_START, on_done, begun);
	hypervisor_on_begun(home.h, begun, on_begun);
	CHECK_INT(loop_run(home.loop), 0);
	CHECK_STR(begun, UPID);
	CHECK_STR(task, UPID);
	hypervisor_on_begun(
			home.h, begun, on_begun); /* too late: nobody asks */
	hypervisor_begun(home.h, NULL, "x");
	hypervisor_free(home.h);
	CHECK_INT(proxmox_hypervisor.open(
				  &home.h, home.loop, &home.profile, NULL),
			0);
	home_end();
}

static void on_snapshots(void *arg, int r, const struct snapshot *all,
		size_t count, const struct err *e)
{
	home_keep(r, e);
	CHECK_INT(count, 1);
	CHECK_STR(all[0].name, "before");
	CHECK_INT(all[0].time, 1700000000);
	CHECK(all[0].memory);
	loop_stop(home.loop);
}

static void snapshots_are_listed_and_reverted_to(void)
{
	home_begin(true);
	server_rule(&home.one, "GET /nodes/pve1/qemu/100/snapshot", "200 OK",
			"{\"data\":[{\"name\":\"before\",\"snaptime\":"
			"1700000000,\"vmstate\":1},{\"name\":\"current\"},"
			"{\"x\":1}]}");
	proxmox_hypervisor.snapshots(home.h, "qemu/100", on_snapshots, NULL);
	CHECK_INT(loop_run(home.loop), 0);
	CHECK_INT(home.told, 1);
	server_rule(&home.one,
			"POST /nodes/pve1/qemu/100/snapshot/a%2Fb/rollback",
			"500 no such snapshot", "");
	proxmox_hypervisor.restore(home.h, "qemu/100", "a/b", on_done, NULL);
	CHECK_INT(loop_run(home.loop), 0);
	CHECK_INT(home.answered, -EREMOTEIO);
	home_end();
}

TESTS(T(a_task_is_followed_to_its_end), T(what_cannot_be_done_is_told),
		T(a_change_that_may_have_been_heard_is_not_asked_again),
		T(a_snapshot_is_taken_under_its_name_or_one_of_ours),
		T(a_snapshot_that_cannot_be_is_not_asked_for),
		T(a_task_is_named_when_it_begins),
		T(snapshots_are_listed_and_reverted_to))
