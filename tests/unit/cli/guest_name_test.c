#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/guests.h"
#include "proto/json.h"
#include "test.h"

static const char answer[] = "{\"guests\":["
			     "{\"id\":\"home/qemu/100\",\"name\":\"web1\"},"
			     "{\"id\":\"home/lxc/101\",\"name\":\"db\"},"
			     "{\"id\":\"lab/kiosk\",\"name\":\"Lobby\"},"
			     "{\"id\":\"lab/100\",\"name\":\"other\"},"
			     "{\"id\":\"lab/db\",\"name\":\"db\"},"
			     "{\"name\":\"no id\"},7]}";

static struct guest_list list;
static struct err e;

static void begin(void)
{
	struct json *v;

	CHECK_INT(json_parse(answer, strlen(answer), &v, NULL), 0);
	CHECK_INT(guest_list_from_json(v, &list), 0);
	CHECK_INT(list.count, 5);
	json_free(v);
}

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
	begin();
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
	guest_list_done(&list);
}

static void what_may_be_several_lists_them(void)
{
	begin();
	CHECK_STR(find("100"), "several");
	CHECK_STR(e.text, "'100' may be any of home/qemu/100, lab/100");
	CHECK_STR(find("db"), "several");
	CHECK_HAS(e.text, "home/lxc/101, lab/db");
	guest_list_done(&list);
}

static void what_is_unknown_names_the_nearest(void)
{
	begin();
	CHECK_STR(find("kisok"), "none");
	CHECK_HAS(e.text, "did you mean 'kiosk'?");
	CHECK_STR(find("lab/web1"), "none");
	CHECK_STR(find("qemu"), "none");
	CHECK_STR(find(""), "none");
	CHECK_STR(find("/"), "none");
	CHECK_STR(find("lab/"), "none");
	CHECK_STR(find("something else entirely"), "none");
	CHECK_HAS(e.text, "glassbridge ls");
	guest_list_done(&list);
}

static void an_answer_without_guests_is_an_empty_list(void)
{
	struct guest_list l;

	CHECK_INT(guest_list_from_json(NULL, &l), 0);
	CHECK_INT(l.count, 0);
}

TESTS(T(a_guest_is_found_by_id_and_by_name), T(what_may_be_several_lists_them),
		T(what_is_unknown_names_the_nearest),
		T(an_answer_without_guests_is_an_empty_list))
