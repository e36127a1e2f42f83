#include "config/edit.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

#include "test.h"

static struct buf text_of(const char *text)
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	CHECK(buf_adds(&b, text) == 0);
	return b;
}

static void check_set(const char *before, const char *path, const char *value,
		const char *after)
{
	struct buf b = text_of(before);
	struct err e = {0};
	char *all;

	if (config_edit_set(&b, path, value, &e) < 0)
		fail_msg("%s", e.text);
	all = buf_take_string(&b);
	CHECK_STR(all, after);
	free(all);
}

static void check_refused(const char *before, const char *path)
{
	struct buf b = text_of(before);
	struct err e = {0};
	char *all;

	CHECK(config_edit_set(&b, path, "x", &e) < 0 && e.text[0]);
	all = buf_take_string(&b);
	CHECK_STR(all, before);
	free(all);
}

static void a_value_is_replaced_where_it_stands(void)
{
	check_set("# mine\n[profiles.home] # h\nurl = 'a'  # old\nuser = "
		  "\"u\"\n",
			"profiles.home.url", "https://b:8006",
			"# mine\n[profiles.home] # h\nurl = "
			"\"https://b:8006\"  # old\nuser = \"u\"\n");
	check_set("[gateway]\nworkers=4# four\n", "gateway.workers", "0",
			"[gateway]\nworkers=0# four\n");
	check_set("[gateway]\nlogin = [ # [\n \"a]\", 'b',\n]\nworkers = 1\n",
			"gateway.login", "link,token",
			"[gateway]\nlogin = [\"link\", \"token\"]\nworkers = "
			"1\n");
	check_set("[profiles.h]\nuser = \"\"\"a\\\"\"\"\"\"\nca_file = ''\n",
			"profiles.h.user", "b",
			"[profiles.h]\nuser = \"b\"\nca_file = ''\n");
	check_set("profiles.h.user = \"\xc3\xa4\" # \xc3\xa4\n",
			"profiles.h.user", "b",
			"profiles.h.user = \"b\" # \xc3\xa4\n");
}

static void a_new_key_stands_with_its_section(void)
{
	check_set("[profiles.home]\nurl = \"a\"\n\n[gateway]\n",
			"profiles.home.user", "ops@pve",
			"[profiles.home]\nurl = \"a\"\nuser = "
			"\"ops@pve\"\n\n[gateway]\n");
	check_set("[profiles.home]\n[gateway]\n", "profiles.home.read_only",
			"true",
			"[profiles.home]\nread_only = true\n[gateway]\n");
	check_set("a = 1", "default", "home", "a = 1\ndefault = \"home\"\n");
	check_set("[ssh]\n", "default", "home", "default = \"home\"\n[ssh]\n");
}

static void a_new_section_stands_at_the_end(void)
{
	check_set("[profiles.home.guests.x]\nvnc = \"a:1\"\n",
			"profiles.home.kind", "static",
			"[profiles.home.guests.x]\nvnc = \"a:1\"\n\n"
			"[profiles.home]\nkind = \"static\"\n");
	check_set("[[rules]]\nwho = \"x\"", "ssh.guests.\"home/100\".host",
			"192.0.2.1",
			"[[rules]]\nwho = \"x\"\n\n[ssh.guests.\"home/100\"]\n"
			"host = \"192.0.2.1\"\n");
}

static void a_profile_at_the_top_is_the_default_one(void)
{
	check_set("url = \"https://a\"\n[ssh]\n", "profiles.default.user", "u",
			"url = \"https://a\"\nuser = \"u\"\n[ssh]\n");
}

static void a_value_cannot_leave_its_quotes(void)
{
	check_set("[ssh]\n", "ssh.user", "a\"\n[gateway]\nx = \"\\",
			"[ssh]\nuser = \"a\\\"\\n[gateway]\\nx = \\\"\\\\\"\n");
}

static void what_a_program_cannot_write_is_left_alone(void)
{
	check_refused("profiles = {home = {url = \"a\"}}\n",
			"profiles.home.user");
	check_refused("[profiles]\nhome.url = \"a\"\n", "profiles.home.user");
	check_refused("not toml", "ssh.user");
	for (const char *const *p = (const char *const[]){"", ".", "a..b", "a.",
			     "\"a", "a.b.c.d.e.f.g", NULL};
			*p; p++)
		check_refused("[ssh]\n", *p);
}

static void a_cut_file_is_never_read_past_its_end(void)
{
	const char all[] = "[profiles.\"h\"] # x\nurl = \"\"\"a\"\"\"\n"
			   "x = [1, '''b''']\n[ssh]\nuser = 'x'";

	for (size_t len = 0; len < sizeof(all); len++) {
		char *part = strndup(all, len);
		struct buf b = text_of(part);
		struct err e;

		(void)config_edit_set(&b, "profiles.h.user", "u", &e);
		(void)config_edit_set(&b, "ssh.user", "u", &e);
		buf_done(&b);
		free(part);
	}
}

static void the_kind_of_a_key_is_known(void)
{
	CHECK(config_edit_kind("profiles.x.token_secret") ==
			CONFIG_EDIT_SECRET);
	CHECK(config_edit_kind("profiles.x.token_secret_file") ==
			CONFIG_EDIT_TEXT);
	CHECK(config_edit_kind("profiles.x.verify_tls") == CONFIG_EDIT_PLAIN);
	CHECK(config_edit_kind("gateway.listen") == CONFIG_EDIT_TEXTS);
	CHECK(config_edit_kind("profiles.lab.guests.k.vnc_password") ==
			CONFIG_EDIT_SECRET);
	CHECK(config_edit_kind("gateway.lisen") == CONFIG_EDIT_UNKNOWN);
	CHECK(config_edit_kind("profiles") == CONFIG_EDIT_UNKNOWN);
}

static void relative_paths_begin_at_their_old_folder(void)
{
	struct buf b = text_of("[profiles.a]\ntoken_secret_file = 't' # x\n"
			       "ca_file = \"/abs\"\nuser = \"rel\"\n"
			       "[ssh]\nkey_path = \"~/.ssh/k\"\n"
			       "[ssh.guests.\"100\"]\nkey_path = \"k/2\"\n"
			       "[telegram]\ntoken_secret_file = \"z\"\n");
	struct err e;
	char *all;

	CHECK(config_edit_move(&b, "/old", &e) == 0);
	all = buf_take_string(&b);
	CHECK_STR(all, "[profiles.a]\ntoken_secret_file = \"/old/t\" # x\n"
		       "ca_file = \"/abs\"\nuser = \"rel\"\n"
		       "[ssh]\nkey_path = \"~/.ssh/k\"\n"
		       "[ssh.guests.\"100\"]\nkey_path = \"/old/k/2\"\n"
		       "[telegram]\ntoken_secret_file = \"z\"\n");
	free(all);
}

static void a_text_is_read_back(void)
{
	struct buf b = text_of("url = \"u\"\n[profiles.a]\nuser = 'me'\n");
	char *user = config_edit_get(&b, "profiles.a.user");

	CHECK_STR(user, "me");
	free(user);
	CHECK(config_edit_get(&b, "profiles.b.user") == NULL);
	buf_done(&b);
}

TESTS(T(a_value_is_replaced_where_it_stands),
		T(a_new_key_stands_with_its_section),
		T(a_new_section_stands_at_the_end),
		T(a_profile_at_the_top_is_the_default_one),
		T(a_value_cannot_leave_its_quotes),
		T(what_a_program_cannot_write_is_left_alone),
		T(a_cut_file_is_never_read_past_its_end),
		T(the_kind_of_a_key_is_known),
		T(relative_paths_begin_at_their_old_folder),
		T(a_text_is_read_back))
