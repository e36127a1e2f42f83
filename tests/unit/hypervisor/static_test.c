#include "hypervisor/static.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "core/loop.h"
#include "stream/dial.h"
#include "test.h"

static const struct hypervisor_ops *const providers[] = {
		&static_hypervisor, NULL};

static struct loop *loop;
static struct hypervisor *h;
static struct config_guest guests[2];
static int answer;
static char text[128];

static struct config_line line;
static struct address spice;
static struct secret spice_password;

static char *word(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void up(void)
{
	struct config_profile p = {.name = word("lab"),
			.kind = word("static"),
			.guests = guests,
			.guest_count = 2};
	struct err e;

	guests[0] = (struct config_guest){.name = word("web1"),
			.title = word("Web"),
			.spice = spice,
			.spice_password = spice_password,
			.vnc = {.host = word("192.0.2.7"), .port = 5901}};
	guests[1] = (struct config_guest){.name = word("line"), .serial = line};
	answer = 1;
	text[0] = '\0';
	CHECK(loop_new(&loop) == 0);
	CHECK(hypervisor_open(&h, providers, loop, &p, &e) == 0);
}

static void down(void)
{
	hypervisor_free(h);
	loop_free(loop);
}

static void stop(void *arg)
{
	loop_stop(loop);
}

static void run(void)
{
	CHECK(hypervisor_owes(h));
	CHECK_INT(answer, 1); /* never from inside the call */
	CHECK(loop_post(loop, stop, NULL) == 0);
	CHECK(loop_run(loop) == 0);
	CHECK(loop_post(loop, stop, NULL) == 0);
	CHECK(loop_run(loop) == 0);
	CHECK(!hypervisor_owes(h));
}

static void hear_plan(
		void *arg, int r, struct dial_plan *plan, const struct err *e)
{
	answer = r;
	if (r == 0)
		dial_plan_text(plan, text, sizeof(text));
	else
		memcpy(text, e->text, sizeof(text) - 1);
}

static int plan(const char *id, enum console_kind kind)
{
	answer = 1;
	hypervisor_plan(h, id, kind, hear_plan, NULL);
	run();
	return answer;
}

static void hear_list(void *arg, int r, const struct guest *all, size_t count,
		const struct err *e)
{
	answer = r;
	CHECK_INT(count, 2);
	CHECK_STR(all[0].id, "web1");
	CHECK_STR(all[0].name, "Web");
	CHECK(!all[0].lacks[CONSOLE_VNC]);
	CHECK(all[0].lacks[CONSOLE_SPICE]);
	CHECK_STR(all[1].name, "line");
	CHECK(all[1].lacks[CONSOLE_VNC]);
}

static void guests_are_listed_as_configured(void)
{
	up();
	hypervisor_list(h, hear_list, NULL);
	run();
	CHECK_INT(answer, 0);
	down();
}

static void a_plan_leads_to_the_address(void)
{
	up();
	CHECK_INT(plan("web1", CONSOLE_VNC), 0);
	CHECK_STR(text, "tcp 192.0.2.7:5901 > rfb_login");
	down();
}

static void hear_viewer(void *arg, int r, const struct viewer_keys *k,
		const struct err *e)
{
	size_t len = 0;

	answer = r;
	CHECK(r != 0 || k->seconds == 0);
	text[0] = '\0';
	for (size_t i = 0; r == 0 && i < k->count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
				"%s=%s ", k->items[i].name, k->items[i].value);
	if (r < 0)
		memcpy(text, e->text, sizeof(text) - 1);
}

static int viewer(const char *id)
{
	answer = 1;
	hypervisor_viewer(h, id, hear_viewer, NULL);
	run();
	return answer;
}

static void a_viewer_is_told_what_the_configuration_says(void)
{
	up();
	CHECK_INT(viewer("web1"), -ENOTSUP);
	CHECK_HAS(text, "spice");
	CHECK_INT(viewer("nobody"), -ENOENT);
	down();
	spice = (struct address){.host = word("192.0.2.8"), .port = 5930};
	up();
	CHECK_INT(viewer("web1"), 0);
	CHECK_STR(text, "type=spice host=192.0.2.8 port=5930 title=Web "
			"delete-this-file=1 ");
	down();
	spice = (struct address){.path = word("/run/web1.spice")};
	CHECK_INT(secret_sets(&spice_password, "p w"), 0);
	up();
	CHECK_INT(viewer("web1"), 0);
	CHECK_STR(text, "type=spice unix-path=/run/web1.spice password=p w "
			"title=Web delete-this-file=1 ");
	down();
	secret_done(&spice_password);
	spice = (struct address){0};
}

static void a_line_is_reached_as_it_was_written(void)
{
	const struct {
		struct config_line line;
		const char *text;
	} lines[] = {
			{{CONFIG_LINE_PLAIN, {.path = word("/run/line")}},
					"unix /run/line"},
			{{CONFIG_LINE_PLAIN, {.host = word("box"), .port = 7}},
					"tcp box:7"},
			{{CONFIG_LINE_TELNET,
					 {.host = word("box"), .port = 23}},
					"tcp box:23 > telnet"},
			{{CONFIG_LINE_TTY, {.path = word("/dev/ttyS1")}},
					"tty /dev/ttyS1"},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		line = lines[i].line;
		up();
		CHECK_INT(plan("line", CONSOLE_SERIAL), 0);
		CHECK_STR(text, lines[i].text);
		down();
	}
	up();
	CHECK_INT(plan("web1", CONSOLE_SERIAL), -ENOTSUP);
	CHECK_HAS(text, "names no `serial` line");
	down();
}

static void what_is_not_there_has_its_reason(void)
{
	up();
	CHECK_INT(plan("web2", CONSOLE_VNC), -ENOENT);
	CHECK_HAS(text, "web2");
	CHECK_INT(plan("web1", CONSOLE_SPICE), -ENOTSUP);
	CHECK_HAS(text, "spice");
	CHECK_INT(plan("line", CONSOLE_VNC), -ENOTSUP);
	down();
}

static void another_kind_is_not_built(void)
{
	struct config_profile p = {.name = word("x"), .kind = word("vsphere")};
	struct hypervisor *none;
	struct err e;

	CHECK_INT(hypervisor_open(&none, providers, NULL, &p, &e), -ENOTSUP);
	CHECK_HAS(e.text, "vsphere");
}

TESTS(T(guests_are_listed_as_configured), T(a_plan_leads_to_the_address),
		T(a_viewer_is_told_what_the_configuration_says),
		T(a_line_is_reached_as_it_was_written),
		T(what_is_not_there_has_its_reason),
		T(another_kind_is_not_built))
