#include "hypervisor/proxmox/guests.h"

#include <errno.h>
#include <string.h>

#include "hypervisor/proxmox/page.h"
#include "hypervisor/proxmox/tags.h"
#include "proto/json.h"
#include "test.h"

static struct json *parse(const char *text)
{
	struct json *v = NULL;

	CHECK_INT(json_parse(text, strlen(text), &v, NULL), 0);
	return v;
}

static int resource(struct pve_guest *g, const char *text,
		const struct pve_facts *facts)
{
	static const struct pve_facts none = {0};
	struct json *v = parse(text);
	int r = pve_guest_of_resource(g, v, facts ? facts : &none);

	json_free(v);
	return r;
}

static void a_resource_becomes_a_guest(void)
{
	struct pve_guest g;

	CHECK_INT(resource(&g,
				  "{\"id\":\"qemu/100\",\"vmid\":100,"
				  "\"type\":\"qemu\",\"node\":\"pve1\","
				  "\"name\":\"web1\",\"status\":\"running\","
				  "\"tags\":\"prod;web;;x\",\"cpu\":0.1}",
				  NULL),
			0);
	CHECK_STR(g.shown.id, "qemu/100");
	CHECK_STR(g.shown.name, "web1");
	CHECK_STR(g.shown.type, "qemu");
	CHECK_STR(g.shown.node, "pve1");
	CHECK_INT(g.shown.status, GUEST_RUNNING);
	CHECK_INT(g.shown.tag_count, 3);
	CHECK_STR(g.shown.tags[0], "prod");
	CHECK_STR(g.shown.tags[2], "x");
	CHECK(g.shown.lacks[CONSOLE_VNC] == NULL);
	CHECK(g.shown.lacks[CONSOLE_SERIAL] == NULL); /* not known yet */
	pve_guest_done(&g);
}

static void odd_types_and_missing_fields_are_taken(void)
{
	struct pve_guest g;

	CHECK_INT(resource(&g,
				  "{\"vmid\":\"201\",\"type\":\"lxc\","
				  "\"node\":\"pve2\",\"status\":\"unknown\","
				  "\"template\":\"1\"}",
				  NULL),
			0);
	CHECK_STR(g.shown.id, "lxc/201");
	CHECK_STR(g.shown.name, "201");
	CHECK_INT(g.shown.status, GUEST_UNKNOWN);
	for (int k = 0; k < CONSOLE_KINDS; k++)
		CHECK_HAS(g.shown.lacks[k], "template");
	pve_guest_done(&g);
}

static void what_could_steer_a_path_is_no_guest(void)
{
	/* clang-format off */
	static const char *const cases[] = {
		"{\"vmid\":1,\"type\":\"storage\",\"node\":\"a\"}",
		"{\"vmid\":0,\"type\":\"qemu\",\"node\":\"a\"}",
		"{\"vmid\":-5,\"type\":\"qemu\",\"node\":\"a\"}",
		"{\"vmid\":9999999999,\"type\":\"qemu\",\"node\":\"a\"}",
		"{\"vmid\":\"1/../2\",\"type\":\"qemu\",\"node\":\"a\"}",
		"{\"vmid\":1,\"type\":\"qemu\",\"node\":\"a/b\"}",
		"{\"vmid\":1,\"type\":\"qemu\",\"node\":\"..\"}",
		"{\"vmid\":1,\"type\":\"qemu\",\"node\":\"a?b\"}",
		"{\"vmid\":1,\"type\":\"qemu\",\"node\":\"\"}",
		"{\"vmid\":1,\"type\":\"qemu\"}",
		"{\"type\":\"qemu\",\"node\":\"a\"}",
		"[]", "null", "7",
	};
	/* clang-format on */
	struct pve_guest g;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(resource(&g, cases[i], NULL), -EINVAL);
}

static void permissions_are_inherited_and_overridden(void)
{
	struct json *p = parse("{\"/\":{\"Sys.Audit\":1,\"Sys.Console\":0},"
			       "\"/vms\":{\"VM.Console\":1,\"VM.Audit\":1},"
			       "\"/vms/101\":{\"VM.Audit\":1},"
			       "\"/vms/102\":{\"VM.Console\":0},"
			       "\"/pool/red\":{\"VM.Console\":1}}");

	CHECK(pve_may(NULL, "/vms/1", NULL, "VM.Console"));
	CHECK(pve_may(p, "/vms/100", NULL, "VM.Console"));
	CHECK(!pve_may(p, "/vms/101", NULL, "VM.Console"));
	CHECK(pve_may(p, "/vms/101", "red", "VM.Console"));
	CHECK(!pve_may(p, "/vms/101", "blue", "VM.Console"));
	CHECK(pve_may(p, "/vms/102", NULL, "VM.Console")); /* its own */
	CHECK(pve_may(p, "/nodes/a", NULL, "Sys.Audit"));
	CHECK(!pve_may(p, "/nodes/a", NULL, "Sys.Console")); /* not below */
	CHECK(!pve_may(p, "/nodes/a", NULL, "VM.Console"));
	json_free(p);
	p = parse("{}");
	CHECK(!pve_may(p, "/vms/1", NULL, "VM.Console"));
	json_free(p);
}

static void who_lacks_a_privilege_is_told_so(void)
{
	struct json *p = parse("{\"/vms\":{\"VM.Audit\":1}}");
	const struct pve_facts facts = {.permissions = p};
	struct pve_guest g;

	CHECK_INT(resource(&g,
				  "{\"vmid\":100,\"type\":\"qemu\","
				  "\"node\":\"a\",\"status\":\"running\"}",
				  &facts),
			0);
	CHECK_STR(g.shown.lacks[CONSOLE_VNC],
			"The gateway's account on the hypervisor lacks "
			"VM.Console on it.");
	pve_guest_done(&g);
	json_free(p);
}

static void its_own_status_says_which_consoles_it_has(void)
{
	struct json *v = parse("{\"status\":\"running\",\"qmpstatus\":"
			       "\"paused\",\"spice\":1}");
	struct pve_guest g;

	CHECK_INT(resource(&g,
				  "{\"vmid\":100,\"type\":\"qemu\","
				  "\"node\":\"a\",\"status\":\"running\"}",
				  NULL),
			0);
	CHECK_INT(pve_status_of(v), GUEST_PAUSED);
	pve_look_of(v, &g.look);
	g.look.at_ms = 1;
	pve_guest_judge(&g, false);
	CHECK(g.shown.lacks[CONSOLE_VNC] == NULL);
	CHECK_HAS(g.shown.lacks[CONSOLE_SERIAL], "serial port");
	CHECK_INT(g.shown.status, GUEST_PAUSED);
	pve_guest_done(&g);
	json_free(v);
}

static void a_node_is_shown_to_who_may_use_its_shell(void)
{
	struct json *p = parse("{\"/nodes/a\":{\"Sys.Console\":1}}");
	struct json *a = parse("{\"node\":\"a\",\"status\":\"online\"}");
	struct json *b = parse("{\"node\":\"b\",\"status\":\"online\"}");
	struct pve_facts facts = {.permissions = p, .token = true};
	struct pve_guest g;

	CHECK_INT(pve_guest_of_node(&g, b, &facts), -EACCES);
	CHECK_INT(pve_guest_of_node(&g, a, &facts), 0);
	CHECK_STR(g.shown.id, "node/a");
	CHECK_STR(g.shown.type, "node");
	CHECK_INT(g.shown.status, GUEST_RUNNING);
	CHECK_HAS(g.shown.lacks[CONSOLE_VNC], "token");
	CHECK(g.shown.lacks[CONSOLE_SERIAL] == NULL);
	pve_guest_done(&g);
	facts.token = false;
	CHECK_INT(pve_guest_of_node(&g, a, &facts), 0);
	CHECK(g.shown.lacks[CONSOLE_VNC] == NULL);
	pve_guest_done(&g);
	json_free(a);
	json_free(b);
	json_free(p);
}

static void versions_are_compared_by_number(void)
{
	CHECK(pve_version_is_new("9.1.9"));
	CHECK(pve_version_is_new("9.1.10"));
	CHECK(pve_version_is_new("9.2"));
	CHECK(pve_version_is_new("10.0.1"));
	CHECK(!pve_version_is_new("9.1.8"));
	CHECK(!pve_version_is_new("8.4.14"));
	CHECK(!pve_version_is_new("9"));
	CHECK(!pve_version_is_new("new"));
	CHECK(!pve_version_is_new(NULL));
}

static void what_is_known_beside_is_marked_and_what_is_not_is_below_zero(void)
{
	struct pve_conf conf = {0};
	struct pve_guest g;
	struct json *v;

	CHECK_INT(resource(&g,
				  "{\"vmid\":100,\"type\":\"qemu\","
				  "\"node\":\"pve1\",\"status\":\"running\","
				  "\"pool\":\"shop\",\"cpu\":0.25,"
				  "\"maxcpu\":4,\"mem\":\"1024\","
				  "\"uptime\":-3}",
				  NULL),
			0);
	CHECK_STR(g.shown.pool, "shop");
	CHECK(g.shown.marks == &g.marks);
	CHECK_INT(g.marks.cpu * 100, 25);
	CHECK_INT(g.marks.cpus, 4);
	CHECK_INT(g.marks.memory, 1024);
	CHECK_INT(g.marks.memory_max, -1);
	CHECK_INT(g.marks.uptime, -1);
	CHECK_INT(g.marks.agent, -1);
	CHECK_INT(g.marks.audio, -1);
	CHECK(g.shown.reverts);
	CHECK_INT(g.shown.barred, 0);
	CHECK(g.shown.verbs & 1u << POWER_RESET);
	v = parse("{\"ostype\":\"l26\",\"usb0\":\"spice\","
		  "\"audiox\":\"no\"}");
	pve_conf_of(v, &conf);
	json_free(v);
	g.conf = conf;
	g.conf.at_ms = g.look.at_ms = 1;
	g.look.agent = true;
	pve_guest_judge(&g, false);
	CHECK_STR(g.marks.os, "l26");
	CHECK_INT(g.marks.usb, 1);
	CHECK_INT(g.marks.audio, 0);
	CHECK_INT(g.marks.agent, 1);
	CHECK_INT(g.marks.clipboard, 0);
	pve_guest_done(&g);
}

static void what_the_account_may_not_do_is_barred(void)
{
	struct json *all = parse("{\"/vms\":{\"VM.Audit\":1,"
				 "\"VM.Snapshot.Rollback\":1}}");
	const struct pve_facts facts = {.permissions = all, .person = true};
	struct pve_guest g;

	CHECK_INT(resource(&g,
				  "{\"vmid\":200,\"type\":\"lxc\","
				  "\"node\":\"pve1\",\"status\":\"running\"}",
				  &facts),
			0);
	CHECK_INT(g.shown.barred, GUEST_BARS_CONSOLE | GUEST_BARS_POWER |
						  GUEST_BARS_SNAPSHOT);
	CHECK_HAS(g.shown.lacks[CONSOLE_VNC], "Your account");
	CHECK(!(g.shown.verbs & 1u << POWER_RESET)); /* not of a container */
	pve_guest_done(&g);
	json_free(all);
}

static size_t styles_of(const char *text, struct tag_style *ret)
{
	struct json *v = parse(text);
	size_t count = pve_tag_styles_of(v, ret);

	json_free(v);
	return count;
}

static void tags_have_their_colors_in_both_forms(void)
{
	static struct tag_style s[PVE_TAG_STYLES_MAX];

	CHECK_INT(styles_of("{\"tag-style\":{\"color-map\":"
			    "\"prod:ff0000:00FF00;web:ffffff;;bad:1;:000000;"
			    "worse:zzzzzz\"}}",
				  s),
			2);
	CHECK_STR(s[0].tag, "prod");
	CHECK_STR(s[0].background, "#ff0000");
	CHECK_STR(s[0].color, "#00FF00");
	CHECK_STR(s[1].color, "#000000"); /* can be read on white */
	CHECK_INT(styles_of("{\"tag-style\":"
			    "\"shape=full,color-map=a:000000,x=y:111111\"}",
				  s),
			1);
	CHECK_STR(s[0].color, "#ffffff");
	CHECK_INT(styles_of("{\"tag-style\":[1]}", s), 0);
	CHECK_INT(styles_of("{}", s), 0);
}

static void page_is(const struct guest *g, const char *url)
{
	char got[256];

	CHECK_INT(pve_page("https://pve1.lan:8006/api2/json", g, got,
				  sizeof(got)),
			0);
	CHECK_STR(got, url);
}

static void every_guest_has_a_page_of_the_hypervisors_own(void)
{
	struct guest g = {.id = "qemu/100", .type = "qemu", .node = "pve1"};
	char small[40];

	page_is(&g, "https://pve1.lan:8006/?console=kvm&novnc=1&vmid=100"
		    "&node=pve1&resize=scale");
	CHECK_INT(pve_page("https://pve1/api2/json", &g, small, sizeof(small)),
			-EMSGSIZE);
	CHECK_INT(pve_page("https://pve1", &g, small, sizeof(small)), -ENOTSUP);
	g = (struct guest){.id = "lxc/7&x", .type = "lxc", .node = "a b"};
	page_is(&g, "https://pve1.lan:8006/?console=lxc&novnc=1&vmid=7%26x"
		    "&node=a%20b&resize=scale");
	g = (struct guest){.id = "node/pve2", .type = "node", .node = "pve2"};
	page_is(&g, "https://pve1.lan:8006/?console=shell&novnc=1&node=pve2"
		    "&resize=scale");
	g.node = NULL;
	CHECK_INT(pve_page("https://pve1/api2/json", &g, small, sizeof(small)),
			-ENOTSUP);
}

TESTS(T(every_guest_has_a_page_of_the_hypervisors_own),
		T(what_is_known_beside_is_marked_and_what_is_not_is_below_zero),
		T(what_the_account_may_not_do_is_barred),
		T(tags_have_their_colors_in_both_forms),
		T(a_resource_becomes_a_guest),
		T(odd_types_and_missing_fields_are_taken),
		T(what_could_steer_a_path_is_no_guest),
		T(permissions_are_inherited_and_overridden),
		T(who_lacks_a_privilege_is_told_so),
		T(its_own_status_says_which_consoles_it_has),
		T(a_node_is_shown_to_who_may_use_its_shell),
		T(versions_are_compared_by_number))
