#include "scene.h"

#define PROFILES                                      \
	"[profiles.boxes]\nkind = 'arrakis'\n"        \
	"url = 'http://127.0.0.1:7000'\n"             \
	"[profiles.lab]\nkind = 'static'\n"           \
	"[profiles.lab.guests.box]\nvnc = 'a:5901'\n" \
	"[[forwards]]\n"

static void a_forward_has_the_limits_of_the_command(void)
{
	struct config *c = load(PROFILES "port = 5907\nguest = 'boxes/a-7'\n");
	const struct config_forward *f = &c->forwards[0];

	CHECK_INT(c->forward_count, 1);
	CHECK_INT(f->port, 5907);
	CHECK_STR(f->guest, "boxes/a-7");
	CHECK(f->listen.count == 0 && f->guest_port == 0 && !f->kind);
	CHECK(f->connect_limit == 10 && f->connections == 100);
	CHECK_INT(f->idle_limit, 0);
	CHECK_INT(c->warnings.count, 0);
	config_free(c);
}

static void each_key_of_a_forward_is_taken(void)
{
	struct config *c = load(PROFILES
			"listen = ['10.0.0.1', '::1']\nport = 0\n"
			"guest = 'boxes/a/b'\nguest_port = 3000\n"
			"connect_limit = 3\nconnections = 7\nidle_limit = 300\n"
			"[[forwards]]\nprofile = 'boxes'\nall = true\n"
			"[[forwards]]\nport = 1\nguest = 'lab/box'\n"
			"kind = 'serial'\n");
	const struct config_forward *f = c->forwards;

	CHECK_INT(c->forward_count, 3);
	CHECK(f->listen.count == 2 && f->port == 0 && f->guest_port == 3000);
	CHECK(f->connect_limit == 3 && f->connections == 7);
	CHECK_INT(f->idle_limit, 300);
	CHECK(f[1].all && f[1].port == CONFIG_PORT_NONE);
	CHECK_STR(f[1].profile, "boxes");
	CHECK_STR(f[2].kind, "serial");
	/* who reaches the address reaches the guest */
	CHECK_INT(c->warnings.count, 1);
	CHECK(strstr(c->warnings.items[0], "10.0.0.1"));
	config_free(c);
}

static void what_is_wrong_with_a_forward_is_told(void)
{
	refused(PROFILES "prot = 1\n",
			"FILE:9:1: unknown key 'prot' in [[forwards]]; did you "
			"mean 'port'?");
	refused(PROFILES "port = 70000\n",
			"FILE:9:8: port: 70000 is not between 0 and 65535");
	refused(PROFILES "listen = ['127.0.0.1:80']\n",
			"FILE:9:11: listen: '127.0.0.1:80': not an IP address "
			"(as 127.0.0.1 or ::1; the port is a key of its own)");
	refused(PROFILES "kind = 'vcn'\n",
			"FILE:9:8: kind: 'vcn' is none of: vnc, serial, spice");
	refused(PROFILES, "FILE:8: [[forwards]] needs a port and a guest, or a "
			  "profile and all = true");
	refused(PROFILES "guest = 'boxes/a'\n",
			"FILE:8: [[forwards]] needs a port to listen on (0: "
			"any that is free)");
	refused(PROFILES "guest = 'a'\nport = 1\n",
			"FILE:8: [[forwards]] guest is PROFILE/GUEST, not 'a'");
	refused(PROFILES "guest = 'bxs/a'\nport = 1\n",
			"FILE:8: [[forwards]] there is no profile 'bxs'");
	refused(PROFILES "guest = 'lab/bx'\nport = 1\n",
			"FILE:8: [[forwards]] there is no guest 'lab/bx'");
	refused(PROFILES "guest = 'boxes/a'\nport = 1\nguest_port = 2\n"
			 "kind = 'vnc'\n",
			"FILE:8: [[forwards]] give guest_port or kind, not "
			"both");
	refused(PROFILES "profile = 'boxes'\n",
			"FILE:8: [[forwards]] a profile goes with all = true; "
			"a guest is PROFILE/GUEST");
	refused(PROFILES "all = true\n",
			"FILE:8: [[forwards]] with all = true needs a profile");
	refused(PROFILES "all = true\nprofile = 'boxes'\nport = 1\n",
			"FILE:8: [[forwards]] with all = true takes the ports "
			"that the profile's guests announce: no port, guest, "
			"guest_port or kind");
	refused(PROFILES "all = true\nprofile = 'lab'\n",
			"FILE:8: [[forwards]] all = true follows what a server "
			"of sandboxes announces; [profiles.lab] is of kind "
			"static");
	refused("[profiles.home]\nurl = 'https://a:8006'\nuser = 'a@pam'\n"
		"password = 'x'\n"
		"[[forwards]]\nguest = 'home/qemu/100'\nport = 1\n",
			"FILE:5: [[forwards]] guests of Proxmox VE have no "
			"ports that can be led to; `glassbridge vnc` and "
			"`glassbridge ssh` reach them");
	refused(PROFILES "all = true\nprofile = 'bxs'\n",
			"FILE:8: [[forwards]] there is no profile 'bxs'");
	refused(PROFILES "listen = ['::1', '::2', '::3', '::4', '::5']\n"
			 "port = 1\nguest = 'boxes/a'\n",
			"FILE:8: [[forwards]] more than 4 addresses to listen "
			"on");
	refused("forwards = 1\n",
			"FILE:1:12: forwards must be written as [[forwards]]");
}

static void one_port_is_listened_on_by_one_forward(void)
{
	refused(PROFILES "port = 1\nguest = 'boxes/a'\n"
			 "[[forwards]]\nport = 1\nguest = 'boxes/b'\n",
			"FILE:11: [[forwards]] the forward on line 8 listens "
			"there already");
	refused(PROFILES "profile = 'boxes'\nall = true\n"
			 "[[forwards]]\nprofile = 'boxes'\nall = true\n",
			"FILE:11: [[forwards]] the forward on line 8 listens "
			"there already");
	config_free(load(PROFILES "port = 1\nguest = 'boxes/a'\n"
				  "listen = ['127.0.0.2']\n"
				  "[[forwards]]\nport = 1\nguest = 'boxes/b'\n"
				  "listen = ['127.0.0.3']\n"
				  "[[forwards]]\nport = 0\nguest = 'boxes/b'\n"
				  "[[forwards]]\nport = 0\n"
				  "guest = 'boxes/b'\nguest_port = 1\n"));
}

static void where_it_listens_unless_said_is_taken_too(void)
{
	refused(PROFILES "port = 1\nguest = 'boxes/a'\n"
			 "[[forwards]]\nport = 1\nguest = 'boxes/b'\n"
			 "listen = ['127.0.0.1']\n",
			"FILE:11: [[forwards]] the forward on line 8 listens "
			"there already");
	refused(PROFILES "port = 1\nguest = 'boxes/a'\n"
			 "[[forwards]]\nport = 1\nguest = 'boxes/b'\n"
			 "listen = ['127.0.0.2', '0:0::1']\n",
			"FILE:11: [[forwards]] the forward on line 8 listens "
			"there already");
}

static void an_address_is_written_in_one_way(void)
{
	struct config *c = load(
			PROFILES "port = 1\nguest = 'boxes/a'\n"
				 "listen = ['0:0:0:0:0:0:0:1', 'FD00::0:7', "
				 "'1::2:3:4:5:6:7']\n");
	char *const *at = c->forwards[0].listen.items;

	CHECK_STR(at[0], "::1"); /* as the kernel says it (SIGUSR2) */
	CHECK_STR(at[1], "fd00::7");
	CHECK_STR(at[2], "1::2:3:4:5:6:7"); /* the usual one is longer */
	config_free(c);
}

static void two_consoles_of_one_guest_have_any_port_each(void)
{
	config_free(load(PROFILES "port = 0\nguest = 'lab/box'\n"
				  "[[forwards]]\nport = 0\nguest = 'lab/box'\n"
				  "kind = 'serial'\n"));
	refused(PROFILES "port = 0\nguest = 'lab/box'\n"
			 "[[forwards]]\nport = 0\nguest = 'lab/box'\n"
			 "kind = 'vnc'\n",
			"FILE:11: [[forwards]] the forward on line 8 listens "
			"there already");
}

TESTS(S(a_forward_has_the_limits_of_the_command),
		S(each_key_of_a_forward_is_taken),
		S(what_is_wrong_with_a_forward_is_told),
		S(one_port_is_listened_on_by_one_forward),
		S(where_it_listens_unless_said_is_taken_too),
		S(an_address_is_written_in_one_way),
		S(two_consoles_of_one_guest_have_any_port_each))
