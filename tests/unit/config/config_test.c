#include "scene.h"

static void the_example_loads(void)
{
	struct config_options o = scene_options();
	struct config *c = NULL;
	struct err e = {0};
	const struct config_profile *p;

	o.path = SOURCE_ROOT "/examples/config.toml";
	if (config_load(&c, &o, &e) < 0)
		fail_msg("%s", e.text);
	CHECK_STR(c->default_profile, "home");
	CHECK_INT(c->profile_count, 3);
	p = config_profile(c, "home");
	CHECK_STR(p->kind, "proxmox");
	CHECK_STR(p->url.items[0].host, "pve1.lan");
	CHECK_INT(p->url.items[0].port, 8006);
	CHECK(p->verify_tls && !p->read_only && p->token_secret.data);
	CHECK_STR(config_profile(c, "boxes")->kind, "arrakis");
	p = config_profile(c, "lab");
	CHECK_INT(p->guest_count, 1);
	CHECK_STR(p->guests[0].name, "kiosk");
	CHECK_STR(p->guests[0].title, "Kiosk in the hall");
	CHECK_INT(p->guests[0].tags.count, 2);
	CHECK_INT(p->guests[0].vnc.port, 5901);
	CHECK(secret_equal(&p->guests[0].vnc_password, "elara000", 8));
	CHECK_STR(p->guests[0].serial.at.path, "/run/kiosk.serial");
	CHECK(!p->guests[0].spice.host && !p->guests[0].spice_password.data);
	CHECK_STR(c->ssh.user, "root");
	CHECK_STR(c->ssh.guests[0].id, "home/100");
	CHECK_STR(c->ssh.guests[0].host, "10.10.10.100");
	CHECK_INT(c->gateway.public_url.count, 0);
	CHECK(!c->gateway.spice_listen.host);
	CHECK_STR(c->tokens[0].name, "panel");
	CHECK_STR(c->tokens[0].origins.items[0], "https://panel.example");
	CHECK_INT(c->rules[0].may, CONFIG_MAY_VIEW | CONFIG_MAY_CONTROL);
	CHECK_INT(c->rules[0].deny, 15);
	CHECK_INT(c->skipped.count, 0);
	CHECK(config_profile(c, "none") == NULL);
	config_free(c);
}

static void nothing_said_means_the_defaults(void)
{
	struct config *c = load("");

	CHECK_INT(c->profile_count, 0);
	CHECK(c->default_profile == NULL);
	CHECK_INT(c->gateway.listen.count, 1);
	CHECK_STR(c->gateway.listen.items[0].host, "127.0.0.1");
	CHECK_INT(c->gateway.listen.items[0].port, 8443);
	CHECK_INT(c->gateway.ops_listen.port, 9443);
	CHECK_INT(c->gateway.store_kind, CONFIG_STORE_MEMORY);
	CHECK_INT(c->gateway.login, 7);
	CHECK_INT(c->gateway.workers, 0);
	CHECK_INT(c->gateway.max_sessions, 10000);
	CHECK(c->gateway.sessions_by_default);
	CHECK_INT(c->gateway.max_sessions_per_user, 64);
	CHECK_INT(c->gateway.keep_alive, 300);
	CHECK_INT(c->warnings.count, 0);
	config_free(c);
	config_free(NULL);
}

static void a_list_replaces_the_default_and_an_empty_text_unsets(void)
{
	struct config *c = load("[gateway]\nlisten = ['[::]:443', '0.0.0.0:80']"
				"\nops_listen = ''\nlogin = ['token']\n");

	CHECK_INT(c->gateway.listen.count, 2);
	CHECK_STR(c->gateway.listen.items[0].host, "::");
	CHECK(!c->gateway.ops_listen.host && !c->gateway.ops_listen.path);
	CHECK_INT(c->gateway.login, CONFIG_LOGIN_TOKEN);
	config_free(c);
}

static void a_typo_is_told_with_the_nearest_key(void)
{
	refused("[gateway]\nlisten = 'a:1'\nlisen = 1\n",
			"FILE:3:1: unknown key 'lisen' in [gateway]; did you "
			"mean 'listen'?");
	refused("[gatway]\n", "FILE:1:2: unknown key 'gatway' at the top of "
			      "the file; did you mean 'gateway'?");
	refused("usr = 'x'\n", "FILE:1:1: unknown key 'usr' at the top of the "
			       "file; did you mean 'user'?");
	refused("[profiles.a]\nread_onyl = true\n",
			"FILE:2:1: unknown key 'read_onyl' in [profiles.a]; "
			"did you mean 'read_only'?");
	refused("[profiles.l.guests.k]\nvcn = 'a:1'\n",
			"FILE:2:1: unknown key 'vcn' in [profiles.l.guests.k]; "
			"did you mean 'vnc'?");
	refused("[ssh.guests.\"home/1\"]\nhsot = 'a'\n",
			"FILE:2:1: unknown key 'hsot' in "
			"[ssh.guests.\"home/1\"]; did you mean 'host'?");
	refused("[[tokens]]\nxyzzy = 1\n",
			"FILE:2:1: unknown key 'xyzzy' in [[tokens]]");
	refused("[[rules]]\nmya = 1\n", "FILE:2:1: unknown key 'mya' in "
					"[[rules]]; did you mean 'may'?");
	refused("[ssh]\nuser_file = 'x'\n",
			"FILE:2:1: unknown key 'user_file' in [ssh]");
}

static void a_value_of_another_type_is_told(void)
{
	refused("default = 1\n", "FILE:1:11: default must be a string, not a "
				 "whole number");
	refused("gateway = 1\n", "FILE:1:11: gateway must be a table, not a "
				 "whole number");
	refused("[tokens]\n", "FILE:1:2: tokens must be written as [[tokens]]");
	refused("rules = [1]\n",
			"FILE:1:10: a rule must be a table, not a whole "
			"number");
	refused("[gateway]\nlisten = 8443\n",
			"FILE:2:10: listen must be a string or an array of "
			"strings, not a whole number");
	refused("[gateway]\nlisten = [8443]\n",
			"FILE:2:11: listen must be a string or an array of "
			"strings, not a whole number");
	refused("[gateway]\nlogin = 'link'\n",
			"FILE:2:9: login must be an array of strings, not a "
			"string");
	refused("[gateway]\nworkers = '2'\n",
			"FILE:2:11: workers must be a whole number, not a "
			"string");
	refused("[profiles.a]\nverify_tls = 'no'\n",
			"FILE:2:14: verify_tls must be true or false, not a "
			"string");
	refused("[profiles.a]\npassword = 1\n",
			"FILE:2:12: password must be a string, not a whole "
			"number");
	refused("[profiles.a]\nuser = \"a\\nb\"\n",
			"FILE:2:8: user must not hold a control character");
	refused("[profiles]\na = 1\n", "FILE:2:5: a profile must be a table, "
				       "not a whole number");
}

static void what_is_no_toml_is_told_the_same_way(void)
{
	refused("a = \n", "FILE:1:5: a value is expected, not the end of the "
			  "line");
}

static void a_wrong_value_is_told(void)
{
	refused("[gateway]\nlisten = '8443'\n",
			"FILE:2:10: listen: '8443': a port must follow, as in "
			"host:5901");
	refused("[gateway]\npublic_url = 'vm.example'\n",
			"FILE:2:14: public_url: 'vm.example' is not a URL (as "
			"https://pve1:8006)");
	refused("[gateway]\npublic_url = 'ftp://vm.example:21'\n",
			"FILE:2:14: public_url: 'ftp' is none of: http, https");
	refused("[gateway]\npublic_url = ['http://a', 'http://b']\n",
			"FILE:2:14: public_url is one URL");
	refused("[gateway]\nworkers = 257\n",
			"FILE:2:11: workers: 257 is not between 0 and 256");
	refused("[gateway]\nmax_sessions = -1\n",
			"FILE:2:16: max_sessions: -1 is not between 1 and "
			"1000000");
	refused("[gateway]\nlogin = ['link', 'oidc']\n",
			"FILE:2:18: login: 'oidc' is none of: link, proxmox, "
			"token");
	refused("[gateway]\nallowed_origins = ['https://a/b']\n",
			"FILE:2:20: allowed_origins: 'https://a/b': an origin "
			"has no path");
	refused("[gateway]\ntrusted_proxies = ['10.0.0.0/33']\n",
			"FILE:2:20: trusted_proxies: '10.0.0.0/33': not an "
			"address or a network (as 10.0.0.0/8)");
	refused("[gateway]\nlisten = []\n",
			"[gateway] listen names no address");
	refused("[gateway]\ntls_cert = 'x'\n",
			"[gateway] tls_cert and tls_key go together");
	refused("[profiles.a]\nkind = 'kvm'\n",
			"FILE:2:8: kind: 'kvm' is none of: proxmox, arrakis, "
			"static");
	refused("[profiles.a]\ntls_fingerprint = 'AB:CD'\n",
			"FILE:2:19: tls_fingerprint: 'AB:CD': not a SHA-256 "
			"fingerprint (SHA256: and 64 hexadecimal digits, with "
			"or without colons)");
	refused("[profiles.l.guests.k]\nvnc = 'a:0'\n",
			"FILE:2:7: vnc: 'a:0': a port is a number from 1 on");
	refused("[profiles.'a/b']\n",
			"FILE:1:11: the name of a profile, 'a/b': only "
			"letters, digits and . _ - may stand in it");
	refused("[profiles.l.guests.'-k']\n",
			"FILE:1:20: the name of a guest, '-k': it must begin "
			"with a letter or a digit");
	refused("[ssh]\nuser = '-oProxyCommand=x'\n",
			"FILE:2:8: user: '-oProxyCommand=x': a user must not "
			"begin with '-'");
	refused("[ssh]\nport = 65536\n",
			"FILE:2:8: port: 65536 is not between 1 and 65535");
	refused("[ssh.guests.100]\nhost = '-x'\n",
			"FILE:2:8: host: '-x': not a host name or an address");
	refused("[[tokens]]\nname = 'a'\nhash = 'sha256:12'\n",
			"FILE:3:8: hash: 'sha256:12': not of the form "
			"sha256:<64 hexadecimal digits> (glassbridge token "
			"new NAME prints it)");
	refused("[[rules]]\nwho = 'a'\nguests = ['*']\nmay = ['look']\n",
			"FILE:4:8: may: 'look' is none of: view, control, "
			"power, record, share, admin");
	refused("[[rules]]\nwho = 'a'\nguests = ['']\n",
			"FILE:3:11: guests: an empty text names nothing");
	refused("[[rules]]\ndeny = ['paste']\n",
			"FILE:2:9: deny: 'paste' is none of: clipboard, files, "
			"usb, audio");
}

#define LINE "[profiles.a]\nkind = 'static'\n[profiles.a.guests.k]\n"

static void a_serial_line_is_one_of_four(void)
{
	static const struct {
		const char *text;
		enum config_line_kind kind;
		const char *host, *path;
		unsigned port, speed;
	} lines[] = {
			{"'unix:/run/a'", CONFIG_LINE_PLAIN, NULL, "/run/a", 0,
					0},
			{"'box:7001'", CONFIG_LINE_PLAIN, "box", NULL, 7001, 0},
			{"'telnet:[::1]:7001'", CONFIG_LINE_TELNET, "::1", NULL,
					7001, 0},
			{"'telnet:box'", CONFIG_LINE_TELNET, "box", NULL, 23,
					0},
			{"'/dev/ttyUSB0'\nserial_speed = 9600", CONFIG_LINE_TTY,
					NULL, "/dev/ttyUSB0", 0, 9600},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const struct config_guest *g;
		struct config *c;
		char text[200];

		(void)snprintf(text, sizeof(text), LINE "serial = %s\n",
				lines[i].text);
		c = load(text);
		g = &config_profile(c, "a")->guests[0];
		CHECK_INT(g->serial.kind, lines[i].kind);
		CHECK_INT(g->serial.at.port, lines[i].port);
		CHECK_INT(g->serial_speed, lines[i].speed);
		CHECK(!lines[i].host == !g->serial.at.host);
		CHECK(!lines[i].path == !g->serial.at.path);
		if (lines[i].host)
			CHECK_STR(g->serial.at.host, lines[i].host);
		if (lines[i].path)
			CHECK_STR(g->serial.at.path, lines[i].path);
		config_free(c);
	}
	refused(LINE "serial = 'telnet:unix:/x'\n",
			"FILE:4:10: serial: 'telnet:unix:/x' is none of "
			"unix:/path, host:port, telnet:host:port and "
			"/dev/name");
	refused(LINE "serial = 'ttyS0'\n",
			"FILE:4:10: serial: 'ttyS0': a port must follow, as in "
			"host:5901");
	refused(LINE "serial_speed = 110\n",
			"FILE:4:16: serial_speed: 110 is not between 300 and "
			"4000000");
}

static void what_is_incomplete_is_told(void)
{
	refused("[profiles.a]\n", "FILE:1: [profiles.a] needs a url");
	refused("[profiles.a]\nkind = 'static'\nurl = 'http://a'\n",
			"FILE:1: [profiles.a] is static: it has guests, no "
			"url");
	refused("[profiles.a]\nkind = 'static'\n[profiles.a.guests.k]\n",
			"FILE:3: [profiles.a.guests.k] needs a vnc, serial or "
			"spice address");
	refused("[profiles.a]\nurl = 'http://a'\n[profiles.a.guests.k]\n",
			"FILE:3: [profiles.a] is of kind proxmox: only a "
			"static profile has guests");
	refused("[profiles.a]\nurl = 'http://a'\ntoken_id = 'x'\n",
			"FILE:1: [profiles.a] needs user (as ops@pve)");
	refused("[profiles.a]\nurl = 'http://a'\nuser = 'a@pve'\n"
		"token_id = 'x'\n",
			"FILE:1: [profiles.a] needs token_secret or "
			"token_secret_file");
	refused("[profiles.a]\nurl = 'http://a'\nuser = 'a@pve'\n"
		"token_secret = 'x'\n",
			"FILE:1: [profiles.a] needs token_id");
	refused("[profiles.a]\nurl = 'http://a'\nuser = 'a@pve'\n"
		"auth = 'token'\n",
			"FILE:1: [profiles.a] needs token_id and token_secret "
			"(auth is token)");
	refused("[profiles.a]\nurl = 'http://a'\nuser = 'b@pve'\n"
		"token_id = 'a@pve!x'\ntoken_secret = 's'\n",
			"FILE:1: [profiles.a] token_id is of user 'a@pve', but "
			"user is 'b@pve'");
	refused("[profiles.a]\nurl = 'http://a'\nurls = ['http://b']\n",
			"FILE:3:1: give url or urls, not both");
	refused("[profiles.a]\npassword = 'x'\npassword_file = 'y'\n",
			"FILE:3:1: give password or password_file, not both");
	refused("[ssh.guests.100]\n", "FILE:1:13: [ssh.guests.\"100\"] needs a "
				      "host");
	refused("[[tokens]]\nname = 'a'\n",
			"FILE:1:3: [[tokens]] needs a name and a hash "
			"(glassbridge token new NAME)");
	refused("[[rules]]\nwho = 'a'\n",
			"FILE:1:3: [[rules]] needs who, guests and may");
	refused("default = 'b'\n[profiles.a]\nurl = 'http://a'\n",
			"there is no profile 'b'; known: a");
}

static void a_store_on_redis_needs_a_key(void)
{
	struct config *c;

	refused("[gateway]\nstore = 'redis://cache:6379/2'\n",
			"[gateway] a store on redis needs cluster_key_file: it "
			"seals what is kept there");
	refused("[gateway]\nstore = 'mysql'\n",
			"[gateway] store must be memory, sqlite or "
			"redis://host:port/db, not 'mysql'");
	refused("[gateway]\nstore = 'redis://:geheim@cache'\n",
			"[gateway] store: a URL must not hold a user or a "
			"password (a password goes into store_password_file)");
	refused("[gateway]\nstore = 'redis://cache/x'\n",
			"[gateway] store: behind the host stands the number of "
			"the database, not '/x'");
	c = load("[gateway]\nstore = 'rediss://cache/2'\ncluster_key = 'k'\n");
	CHECK_INT(c->gateway.store_kind, CONFIG_STORE_REDIS);
	CHECK_STR(c->gateway.store_url.scheme, "rediss");
	CHECK_INT(c->gateway.store_url.port, 6379);
	config_free(c);
}

static void unverified_tls_must_be_written_out_and_warns(void)
{
	struct config *c = load("[profiles.a]\nurl = 'https://a'\n"
				"verify_tls = false\n");

	CHECK(!c->profiles[0].verify_tls);
	CHECK_INT(c->warnings.count, 1);
	CHECK_STR(c->warnings.items[0],
			"[profiles.a] verify_tls = false: whoever is on the "
			"way can read the login and the consoles; "
			"tls_fingerprint is as easy");
	config_free(c);
	refused("[profiles.a]\nurl = 'https://a'\nverify_tls = false\n"
		"ca_file = 'x'\n",
			"FILE:1: [profiles.a] verify_tls = false and ca_file "
			"contradict each other");
}

static void the_way_to_spice_is_of_a_profile_or_of_a_node(void)
{
	struct config *c = load("[profiles.a]\nurl = 'https://a'\n"
				"spice_proxy = ':13128'\n"
				"[profiles.a.nodes.pve1]\n"
				"spice_proxy = 'http://10.0.0.1:3128'\n");

	CHECK_STR(c->profiles[0].spice_proxy, ":13128");
	CHECK_INT(c->profiles[0].node_count, 1);
	CHECK_STR(c->profiles[0].nodes[0].name, "pve1");
	CHECK_STR(c->profiles[0].nodes[0].spice_proxy, "http://10.0.0.1:3128");
	config_free(c);
	refused("[profiles.a]\nurl = 'https://a'\nspice_proxy = 'https://x'\n",
			"FILE:3:15: spice_proxy: 'https://x': not where a "
			"SPICE "
			"proxy is: HOST, HOST:PORT, :PORT or http://HOST:PORT");
	refused("[profiles.a]\nurl = 'https://a'\n[profiles.a.nodes.b]\n",
			"FILE:3:19: [profiles.a.nodes.b] needs a spice_proxy");
	refused("[profiles.a]\nkind = 'arrakis'\nurl = 'http://a'\n"
		"spice_proxy = 'x'\n",
			"FILE:1: [profiles.a] is of kind arrakis: spice_proxy "
			"and nodes are for proxmox only");
}

static void a_file_of_proxxx_loads_and_what_has_no_use_is_told_once(void)
{
	struct config *c = load("url = 'https://pve1.lan:8006/'\n"
				"user = 'root@pam'\nauth = 'token'\n"
				"token_id = 'proxxx'\ntoken_secret = 's'\n"
				"rate_limit = 10\ntls_pin_mode = 'tofu'\n"
				"[telegram]\nbot_token = 'x'\n[[policies]]\n"
				"action = 'delete'\n[ssh]\nmax_concurrent = 8\n"
				"key = '~/.ssh/k'\n[ssh.guests.\"100\"]\n"
				"host = '10.0.0.5'\nport = 22\n");
	static const char *const skipped[] = {"tls_pin_mode", "[telegram]",
			"[policies]", "[ssh] max_concurrent"};

	CHECK_INT(c->profile_count, 1);
	CHECK_STR(c->default_profile, "default");
	CHECK_STR(c->profiles[0].kind, "proxmox");
	CHECK_STR(c->profiles[0].token_id, "proxxx");
	CHECK_INT(c->profiles[0].rate_limit, 10);
	CHECK_HAS(c->ssh.key_path, scene);
	CHECK_HAS(c->ssh.key_path, "/.ssh/k");
	CHECK_INT(c->ssh.guests[0].port, 22);
	CHECK_INT(c->skipped.count, 4);
	for (size_t i = 0; i < 4; i++)
		CHECK_STR(c->skipped.items[i], skipped[i]);
	config_free(c);
	refused("url = 'https://a'\n[profiles.b]\nurl = 'https://b'\n",
			"FILE:1:1: url at the top of the file is a profile of "
			"its own; move it into a [profiles.NAME]");
}

static void a_token_id_may_bring_its_user(void)
{
	struct config *c =
			load("[profiles.a]\nurl = 'https://a'\n"
			     "token_id = 'root@pam!x'\ntoken_secret = 's'\n");

	CHECK_STR(c->profiles[0].user, "root@pam");
	CHECK_STR(c->profiles[0].token_id, "x");
	config_free(c);
}

static void a_token_is_there_once(void)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
			"[[tokens]]\nname = 'a'\nhash = 'sha256:%064d'\n"
			"[[tokens]]\nname = 'a'\nhash = 'sha256:%064d'\n",
			1, 2);
	refused(text, "FILE:4:3: there is a token 'a' already, on line 1");
}

static void a_file_cut_anywhere_loads_or_is_refused(void)
{
	size_t len;
	char *text = test_file("examples/config.toml", &len);
	struct config_options o = scene_options();

	for (size_t cut = 0; cut < len; cut += 7) {
		struct config *c = NULL;
		struct err e = {0};
		char keep = text[cut];

		text[cut] = '\0';
		o.path = scene_write("c.toml", 0600, text);
		text[cut] = keep;
		if (config_load(&c, &o, &e) < 0)
			CHECK(e.text[0] && c == NULL);
		config_free(c);
	}
	free(text);
}

TESTS(S(the_example_loads), S(nothing_said_means_the_defaults),
		S(a_list_replaces_the_default_and_an_empty_text_unsets),
		S(a_typo_is_told_with_the_nearest_key),
		S(a_value_of_another_type_is_told),
		S(what_is_no_toml_is_told_the_same_way),
		S(a_wrong_value_is_told), S(what_is_incomplete_is_told),
		S(a_serial_line_is_one_of_four),
		S(a_store_on_redis_needs_a_key),
		S(unverified_tls_must_be_written_out_and_warns),
		S(the_way_to_spice_is_of_a_profile_or_of_a_node),
		S(a_file_of_proxxx_loads_and_what_has_no_use_is_told_once),
		S(a_token_id_may_bring_its_user), S(a_token_is_there_once),
		S(a_file_cut_anywhere_loads_or_is_refused))
