#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/guests.h"
#include "proto/json.h"
#include "test.h"

static struct guest_entry entries[] = {
		{.id = "home/qemu/100", .name = "web1"},
		{.id = "home/lxc/101", .name = "db"},
		{.id = "lab/kiosk", .name = "Lobby"},
		{.id = "lab/100", .name = "other"},
		{.id = "lab/db", .name = "db"},
};
static const struct guest_list list = {.items = entries, .count = 5};
static struct err e;

static const char *find(const char *text)
{
	const struct guest_entry *g = NULL;
	int r = guest_list_find(&list, text, &g, &e);

	if (r == 0)
		return g->id;
	return r == -ENOENT ? "none" : r == -ENOTUNIQ ? "several" : "?";
}

static void a_guest_is_found_by_id_and_by_name(void)
{
	CHECK_STR(find("home/qemu/100"), "home/qemu/100");
	CHECK_STR(find("home/100"), "home/qemu/100");
	CHECK_STR(find("qemu/100"), "home/qemu/100");
	CHECK_STR(find("101"), "home/lxc/101");
	CHECK_STR(find("web1"), "home/qemu/100");
	CHECK_STR(find("home/web1"), "home/qemu/100");
	CHECK_STR(find("kiosk"), "lab/kiosk");
	CHECK_STR(find("Lobby"), "lab/kiosk");
	CHECK_STR(find("lab/Lobby"), "lab/kiosk");
	CHECK_STR(find("lab/db"), "lab/db");
	CHECK_STR(find("home/db"), "home/lxc/101");
}

static void what_may_be_several_lists_them(void)
{
	CHECK_STR(find("100"), "several");
	CHECK_STR(e.text, "'100' may be any of home/qemu/100, lab/100");
	CHECK_STR(find("db"), "several");
	CHECK_HAS(e.text, "home/lxc/101, lab/db");
}

static void what_is_unknown_names_the_nearest(void)
{
	CHECK_STR(find("kisok"), "none");
	CHECK_HAS(e.text, "did you mean 'kiosk'?");
	CHECK_STR(find("lab/web1"), "none");
	CHECK_STR(find("qemu"), "none");
	CHECK_STR(find(""), "none");
	CHECK_STR(find("/"), "none");
	CHECK_STR(find("lab/"), "none");
	CHECK_STR(find("something else entirely"), "none");
	CHECK_HAS(e.text, "glassbridge ls");
}

static void the_gateways_answer_is_a_list_too(void)
{
	static const char text[] =
			"{\"guests\":[{\"id\":\"lab/kiosk\",\"name\":\"x\"},"
			"{\"name\":\"no id\"},7,{\"id\":\"lab/y\"}]}";
	struct guest_list l;
	struct json *v;

	CHECK_INT(json_parse(text, strlen(text), &v, NULL), 0);
	CHECK_INT(guest_list_from_json(v, &l), 0);
	CHECK_INT(l.count, 2);
	CHECK_STR(l.items[0].name, "x");
	CHECK_STR(l.items[1].id, "lab/y");
	guest_list_done(&l);
	CHECK_INT(guest_list_from_json(NULL, &l), 0);
	CHECK_INT(l.count, 0);
	json_free(v);
}

TESTS(T(a_guest_is_found_by_id_and_by_name), T(what_may_be_several_lists_them),
		T(what_is_unknown_names_the_nearest),
		T(the_gateways_answer_is_a_list_too))
