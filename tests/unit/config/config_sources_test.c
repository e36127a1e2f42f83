#include "scene.h"

static const char *port_of(const struct config *c, char ret[8])
{
	(void)snprintf(ret, 8, "%u", c->gateway.listen.items[0].port);
	return ret;
}

/* Load by searching; which port did the file that was found name? */
static void finds(const struct config_options *o, const char *port)
{
	struct config *c = NULL;
	struct err e = {0};
	char text[8];

	if (config_load(&c, o, &e) < 0)
		fail_msg("%s", e.text);
	CHECK_STR(port_of(c, text), port);
	config_free(c);
}

static void the_nearest_file_is_taken(void)
{
	struct config_options o = scene_options();
	struct config *c = NULL;

	CHECK(config_load(&c, &o, NULL) == 0); /* none at all */
	CHECK(c->file == NULL);
	config_free(c);
	(void)scene_write("system.toml", 0600, "[gateway]\nlisten='a:1'\n");
	finds(&o, "1");
	CHECK(mkdir(scene_path(".config"), 0700) == 0);
	CHECK(mkdir(scene_path(".config/glassbridge"), 0700) == 0);
	(void)scene_write(".config/glassbridge/config.toml", 0600,
			"[gateway]\nlisten='a:2'\n");
	finds(&o, "2");
	CHECK(mkdir(scene_path("xdg"), 0700) == 0);
	CHECK(mkdir(scene_path("xdg/glassbridge"), 0700) == 0);
	(void)scene_write("xdg/glassbridge/config.toml", 0600,
			"[gateway]\nlisten='a:3'\n");
	scene_env("XDG_CONFIG_HOME", scene_path("xdg"));
	finds(&o, "3");
	scene_env("GLASSBRIDGE_CONFIG",
			scene_write("e.toml", 0600, "gateway.listen='a:4'\n"));
	finds(&o, "4");
	o.path = scene_write("f.toml", 0600, "gateway.listen='a:5'\n");
	finds(&o, "5");
}

static void flag_beats_environment_beats_file(void)
{
	static const struct config_flag flag = {"listen", "127.0.0.1:0"};
	struct config_options o = scene_options();

	o.path = scene_write("c.toml", 0600, "[gateway]\nlisten='a:1'\n");
	finds(&o, "1");
	scene_env("GLASSBRIDGE_LISTEN", "a:2, b:3");
	finds(&o, "2");
	o.flags = &flag;
	o.flag_count = 1;
	finds(&o, "0");
}

static void the_environment_sets_the_gateway(void)
{
	struct config *c;

	scene_env("GLASSBRIDGE_PUBLIC_URL", "https://vm.example/desk/");
	scene_env("GLASSBRIDGE_STORE", "memory");
	scene_env("GLASSBRIDGE_MAX_SESSIONS", "7");
	scene_env("GLASSBRIDGE_ALLOWED_ORIGINS",
			"https://A.example:443,http://b:81");
	scene_env("GLASSBRIDGE_OPS_LISTEN", "");
	c = load("");
	CHECK_STR(c->gateway.public_url.items[0].path, "/desk");
	CHECK_INT(c->gateway.store_kind, CONFIG_STORE_MEMORY);
	CHECK_INT(c->gateway.max_sessions, 7);
	CHECK(!c->gateway.sessions_by_default);
	CHECK_INT(c->gateway.allowed_origins.count, 2);
	CHECK_STR(c->gateway.allowed_origins.items[0], "https://a.example");
	CHECK_INT(c->gateway.ops_listen.port, 9443); /* empty: none */
	config_free(c);
}

static void a_wrong_variable_or_flag_is_named(void)
{
	struct config_flag flag = {"listen", "x"};
	struct config_options o = scene_options();
	struct config *c = NULL;
	struct err e = {0};

	scene_env("GLASSBRIDGE_WORKERS", "many");
	refused("", "GLASSBRIDGE_WORKERS: 'many' is not a whole number");
	scene_env("GLASSBRIDGE_WORKERS", "999");
	refused("", "GLASSBRIDGE_WORKERS: 999 is not between 0 and 256");
	unsetenv("GLASSBRIDGE_WORKERS");
	o.flags = &flag;
	o.flag_count = 1;
	CHECK_INT(config_load(&c, &o, &e), -EINVAL);
	CHECK_STR(e.text, "listen: 'x': a port must follow, as in host:5901");
	flag.key = "lisen";
	CHECK_INT(config_load(&c, &o, &e), -EINVAL);
	CHECK_STR(e.text, "unknown setting 'lisen'");
}

static void the_environment_makes_or_changes_the_default_profile(void)
{
	struct config *c;

	scene_env("GLASSBRIDGE_URL", "https://pve2:8006");
	c = load("");
	CHECK_STR(c->default_profile, "default");
	CHECK_STR(c->profiles[0].url.items[0].host, "pve2");
	config_free(c);
	scene_env("GLASSBRIDGE_USER", "x@pve");
	c = load("[profiles.a]\nurl='https://pve1'\nuser='a@pve'\n");
	CHECK_STR(c->default_profile, "a");
	CHECK_STR(c->profiles[0].user, "x@pve");
	CHECK_INT(c->profiles[0].url.count, 1);
	config_free(c);
	refused("[profiles.a]\nurl='https://a'\n[profiles.b]\n"
		"url='https://b'\n",
			"the environment speaks of a profile (GLASSBRIDGE_URL "
			"and the like), but which is the default? set "
			"GLASSBRIDGE_PROFILE");
	scene_env("GLASSBRIDGE_PROFILE", "b");
	c = load("[profiles.a]\nurl='https://a'\n[profiles.b]\n"
		 "url='https://b'\n");
	CHECK_STR(c->default_profile, "b");
	CHECK_STR(config_profile(c, "b")->url.items[0].host, "pve2");
	CHECK_STR(config_profile(c, "a")->url.items[0].host, "a");
	config_free(c);
}

static void a_profile_that_is_not_there_is_told(void)
{
	struct config_options o = scene_options();
	struct config *c = NULL;
	struct err e = {0};

	o.profile = "x";
	CHECK_INT(config_load(&c, &o, &e), -EINVAL);
	CHECK_STR(e.text, "there is no profile 'x': none is configured");
}

static const char with_file[] = "[profiles.a]\nurl='https://a'\n"
				"user='a@pve'\ntoken_id='t'\n"
				"token_secret_file='s'\n";

static void a_secret_is_read_from_its_file_beside_the_configuration(void)
{
	struct config *c;

	(void)scene_write("s", 0600, "geheim\n");
	c = load(with_file);
	CHECK(secret_equal(&c->profiles[0].token_secret, "geheim", 6));
	CHECK_INT(c->warnings.count, 0);
	config_free(c);
	(void)scene_write("s", 0600, "ge heim \r\n");
	c = load(with_file);
	CHECK(secret_equal(&c->profiles[0].token_secret, "ge heim ", 8));
	config_free(c);
}

static void a_secret_that_others_can_read_warns(void)
{
	struct config_options o = scene_options();
	struct config *c;
	char want[256];

	(void)scene_write("s", 0640, "geheim");
	c = load(with_file);
	CHECK_INT(c->warnings.count, 1);
	(void)snprintf(want, sizeof(want),
			"%s/s holds a secret and others can read it (mode "
			"0640); chmod 600 it",
			scene);
	CHECK_STR(c->warnings.items[0], want);
	config_free(c);
	o.path = scene_write("open.toml", 0644,
			"[profiles.a]\nurl='https://a'\nuser='a@pve'\n"
			"password='geheim'\n");
	CHECK(config_load(&c, &o, NULL) == 0);
	CHECK_INT(c->warnings.count, 1);
	(void)snprintf(want, sizeof(want),
			"%s holds a secret (profiles.a.password) and others "
			"can read it (mode 0644); chmod 600 it",
			o.path);
	CHECK_STR(c->warnings.items[0], want);
	config_free(c);
	o.path = scene_write("none.toml", 0644, "default = ''\n");
	CHECK(config_load(&c, &o, NULL) == 0);
	CHECK_INT(c->warnings.count, 0);
	config_free(c);
}

/* "FILE:5:19: token_secret_file: SCENE/s WHY" */
static void secret_refused(const char *why)
{
	char want[256];

	(void)snprintf(want, sizeof(want),
			"FILE:5:19: token_secret_file: %s/s %s", scene, why);
	refused(with_file, want);
}

static void a_secret_file_that_is_none_is_told(void)
{
	char *big = calloc(1, CONFIG_SECRET_MAX + 2);

	CHECK(big != NULL);
	memset(big, 'x', CONFIG_SECRET_MAX + 1);
	secret_refused("cannot be read: No such file or directory");
	(void)scene_write("s", 0600, "\n");
	secret_refused("is empty");
	(void)scene_write("s", 0600, big);
	secret_refused("is larger than 65536 bytes");
	CHECK(unlink(scene_path("s")) == 0);
	CHECK(mkfifo(scene_path("s"), 0600) == 0);
	secret_refused("is not a file");
	CHECK(unlink(scene_path("s")) == 0);
	CHECK(mkdir(scene_path("s"), 0700) == 0);
	secret_refused("is a folder, not a file");
	free(big);
}

static void a_secret_comes_from_the_environment_or_its_file(void)
{
	static const char text[] = "[profiles.a]\nurl='https://a'\n"
				   "user='a@pve'\npassword='old'\n";
	struct config *c;

	scene_env("GLASSBRIDGE_PASSWORD_FILE",
			scene_write("p", 0600, "from a file\n"));
	c = load(text);
	CHECK(secret_equal(&c->profiles[0].password, "from a file", 11));
	config_free(c);
	scene_env("GLASSBRIDGE_PASSWORD", "new");
	c = load(text);
	CHECK(secret_equal(&c->profiles[0].password, "new", 3));
	config_free(c);
}

static void a_missing_secret_comes_from_systemds_credentials(void)
{
	static const char text[] =
			"[profiles.a]\nurl='https://a'\nuser='a@pve'\n"
			"token_id='t'\n[profiles.l]\nkind='static'\n"
			"[profiles.l.guests.k]\nvnc='a:1'\n[gateway]\n"
			"store='redis://r'\n";
	struct config *c;

	scene_env("CREDENTIALS_DIRECTORY", scene);
	(void)scene_write("profiles.a.token_secret", 0400, "one\n");
	(void)scene_write("profiles.l.guests.k.vnc_password", 0400, "two");
	(void)scene_write("gateway.cluster_key", 0400, "three");
	c = load(text);
	CHECK(secret_equal(&c->profiles[0].token_secret, "one", 3));
	CHECK(secret_equal(&c->profiles[1].guests[0].vnc_password, "two", 3));
	CHECK(secret_equal(&c->gateway.cluster_key, "three", 5));
	CHECK(!c->profiles[0].password.data);
	config_free(c);
}

static void load_fails(const char *path, int code, const char *why)
{
	struct config_options o = scene_options();
	struct config *c = NULL;
	struct err e = {0};
	char want[256];

	o.path = path;
	CHECK_INT(config_load(&c, &o, &e), code);
	CHECK(c == NULL);
	(void)snprintf(want, sizeof(want), "%s %s", path, why);
	CHECK_STR(e.text, want);
}

static void a_file_that_cannot_be_read_is_told(void)
{
	load_fails(scene_path("none"), -ENOENT,
			"cannot be read: No such file or directory");
	load_fails(scene, -EISDIR, "is a folder, not a file");
	CHECK(mkfifo(scene_path("fifo"), 0600) == 0);
	load_fails(scene_path("fifo"), -EINVAL, "is not a file");
	load_fails("/dev/zero", -EMSGSIZE, "is larger than 1048576 bytes");
}

static void a_file_that_is_not_ours_to_read_is_told(void)
{
	const char *path = scene_write("closed.toml", 0, "");

	if (geteuid() == 0) /* root reads everything: be somebody else */
		CHECK(chown(scene, 65534, 65534) == 0 && seteuid(65534) == 0);
	load_fails(path, -EACCES, "cannot be read: Permission denied");
	CHECK(seteuid(getuid()) == 0);
}

static void a_profile_may_be_a_url_for_a_first_try(void)
{
	struct config_options o = scene_options();
	const struct config_profile *p;
	struct config *c = NULL;
	struct err e = {0};

	o.profile = "arrakis+http://127.0.0.1:7000";
	CHECK(config_load(&c, &o, &e) == 0);
	CHECK_STR(c->default_profile, "arrakis");
	p = config_profile(c, "arrakis");
	CHECK_STR(p->kind, "arrakis");
	CHECK_STR(p->url.items[0].scheme, "http");
	CHECK_INT(p->url.items[0].port, 7000);
	config_free(c);
	o.profile = "https://pve1:8006";
	CHECK(config_load(&c, &o, &e) == 0);
	CHECK_STR(config_profile(c, "proxmox")->url.items[0].host, "pve1");
	config_free(c);
	o.path = scene_write("a.toml", 0600,
			"[profiles.arrakis]\nkind = \"arrakis\"\n"
			"url = \"http://10.0.0.1:7000\"\n");
	o.profile = "arrakis+http://127.0.0.1:7000";
	CHECK(config_load(&c, &o, &e) == 0);
	CHECK_STR(c->default_profile, "arrakis-2");
	config_free(c);
	o.profile = "gopher+http://127.0.0.1:7000";
	CHECK_INT(config_load(&c, &o, &e), -EINVAL);
	CHECK_HAS(e.text, "the profile 'gopher+http://127.0.0.1:7000': ");
}

static void an_empty_device_is_an_empty_configuration(void)
{
	struct config_options o = scene_options();
	struct config *c = NULL;

	scene_env("GLASSBRIDGE_CONFIG", "/dev/null");
	CHECK(config_load(&c, &o, NULL) == 0);
	CHECK_STR(c->file, "/dev/null");
	config_free(c);
	CHECK(setenv("GLASSBRIDGE_CONFIG", scene_path("none"), 1) == 0);
	CHECK_INT(config_load(&c, &o, NULL), -ENOENT); /* named: must exist */
}

TESTS(S(the_nearest_file_is_taken), S(flag_beats_environment_beats_file),
		S(the_environment_sets_the_gateway),
		S(a_wrong_variable_or_flag_is_named),
		S(the_environment_makes_or_changes_the_default_profile),
		S(a_profile_that_is_not_there_is_told),
		S(a_secret_is_read_from_its_file_beside_the_configuration),
		S(a_secret_that_others_can_read_warns),
		S(a_secret_file_that_is_none_is_told),
		S(a_secret_comes_from_the_environment_or_its_file),
		S(a_missing_secret_comes_from_systemds_credentials),
		S(a_file_that_cannot_be_read_is_told),
		S(a_file_that_is_not_ours_to_read_is_told),
		S(a_profile_may_be_a_url_for_a_first_try),
		S(an_empty_device_is_an_empty_configuration))
