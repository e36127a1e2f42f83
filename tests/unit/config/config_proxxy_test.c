#include "scene.h"

#define KEY                                \
	"00112233445566778899aabbccddeeff" \
	"00112233445566778899AABBCCDDEEFF"
#define PIN                                       \
	"SHA256:00112233445566778899aabbccddeeff" \
	"00112233445566778899aabbccddeeff"

/* By the environment alone. */
static struct config *load_env(void)
{
	struct config_options o = scene_options();
	struct config *c = NULL;
	struct err e = {0};

	if (config_load(&c, &o, &e) < 0)
		fail_msg("%s", e.text);
	return c;
}

static void fails(const char *text, const char *words)
{
	struct config_options o = scene_options();
	struct config *c = NULL;
	struct err e = {0};

	if (text)
		o.path = scene_write("c.toml", 0600, text);
	CHECK_INT(config_load(&c, &o, &e), -EINVAL);
	CHECK_HAS(e.text, words);
}

/* R1: the original form only by a switch. */
static void it_is_off_unless_said(void)
{
	struct config *c = load_env();

	CHECK(!c->proxxy.enabled);
	CHECK_INT(c->warnings.count, 0);
	config_free(c);
	c = load("[proxxy]\nkey = '" KEY "'\n");
	CHECK(!c->proxxy.enabled);
	config_free(c);
}

static void on_it_warns_loudly(void)
{
	struct config *c = load(
			"[proxxy]\nenabled = true\nkey = '" KEY "'\n"
			"allowed_hosts = ['pve1', 'pve2:8006', '[::1]:8006', "
			"'*']\nreplay = 'off'\ntls = 'off'\n");

	CHECK(c->proxxy.enabled && c->proxxy.replay_off);
	CHECK_INT(c->proxxy.tls_kind, CONFIG_PROXXY_OFF);
	CHECK_INT(c->proxxy.host_count, 4);
	CHECK_STR(c->proxxy.hosts[0].host, "pve1");
	CHECK_INT(c->proxxy.hosts[0].port, 0);
	CHECK_INT(c->proxxy.hosts[1].port, 8006);
	CHECK_STR(c->proxxy.hosts[2].host, "::1");
	CHECK(!c->proxxy.hosts[3].host);
	CHECK_INT(c->warnings.count, 4);
	CHECK_HAS(c->warnings.items[0], "[proxxy] is on");
	CHECK_HAS(c->warnings.items[1], "*");
	config_free(c);
}

static void a_bad_key_says_what_is_wrong_with_it(void)
{
	refused("[proxxy]\nenabled = true\n",
			"[proxxy] is enabled and needs a key or key_file (or "
			"SIGNATURE_KEY); make one with `openssl rand -hex "
			"32`");
	fails("[proxxy]\nenabled = true\n"
	      "key = '00112233445566778899aabbccddeeff'\n",
			"has 32 characters; AES-256 needs 64 hexadecimal");
	fails("[proxxy]\nenabled = true\nkey = "
	      "'x0112233445566778899aabbccddeeff"
	      "00112233445566778899aabbccddeeff'\n",
			"no hexadecimal digits");
	fails("[proxxy]\nreplay = 'twice'\n", "none of: once, off");
	fails("[proxxy]\nallowed_hosts = ['a b']\n", "not a host");
	fails("[proxxy]\nallowed_hosts = ['unix:/x']\n", "not a host");
	fails("[proxxy]\nallowed_host = []\n", "did you mean 'allowed_hosts'");
}

static void each_host_has_its_fingerprint(void)
{
	struct config *c = load(
			"[proxxy]\nenabled = true\nkey = '" KEY "'\n"
			"tls = 'fingerprint'\nallowed_hosts = ['a', 'b:1']\n"
			"tls_fingerprints = ['" PIN "', 'b=SHA256:"
			"ff112233445566778899aabbccddeeff"
			"00112233445566778899aabbccddeeff']\n");

	CHECK_INT(c->proxxy.hosts[0].fingerprint[0], 0);
	CHECK_INT(c->proxxy.hosts[1].fingerprint[0], 0xff);
	CHECK_INT(c->proxxy.hosts[1].fingerprint[31], 0xff);
	config_free(c);
	fails("[proxxy]\nenabled = true\nkey = '" KEY "'\n"
	      "tls = 'fingerprint'\nallowed_hosts = ['a']\n"
	      "tls_fingerprints = ['b=" PIN "']\n",
			"has none for 'a'");
	fails("[proxxy]\ntls_fingerprints = ['b=12']\n", "not a SHA-256");
}

/* R6: two variables of proxxy's are enough. */
static void two_variables_are_enough(void)
{
	struct config *c;

	scene_env("PORT", "9000"); /* alone it is somebody else's */
	c = load_env();
	CHECK_INT(c->gateway.listen.items[0].port, 8443);
	config_free(c);
	scene_env("SIGNATURE_KEY", KEY);
	scene_env("GLASSBRIDGE_PROXXY_HOSTS", "pve1, pve2:8006");
	scene_env("GLASSBRIDGE_PROXXY_TLS", "off");
	c = load_env();
	CHECK(c->proxxy.enabled);
	CHECK_INT(c->gateway.listen.count, 1);
	CHECK_STR(c->gateway.listen.items[0].host, "127.0.0.1");
	CHECK_INT(c->gateway.listen.items[0].port, 9000);
	CHECK_INT(c->proxxy.host_count, 2);
	CHECK_INT(c->proxxy.tls_kind, CONFIG_PROXXY_OFF);
	config_free(c);
	scene_env("GLASSBRIDGE_LISTEN", "127.0.0.1:9001");
	c = load_env();
	CHECK_INT(c->gateway.listen.items[0].port, 9001);
	config_free(c);
	scene_env("PORT", "x");
	fails(NULL, "PORT: 'x' is not a port");
	scene_env("PORT", "");
	scene_env("SIGNATURE_KEY", "00112233445566778899aabbccddeeff");
	fails(NULL, "SIGNATURE_KEY) has 32 characters");
	scene_env("SIGNATURE_KEY", "");
	scene_env("SIGNATURE_KEY_FILE", scene_write("key", 0600, KEY "\n"));
	c = load_env();
	CHECK(c->proxxy.enabled);
	config_free(c);
	scene_env("GLASSBRIDGE_PROXXY_TLS", "maybe");
	fails(NULL, "GLASSBRIDGE_PROXXY_TLS");
}

TESTS(S(it_is_off_unless_said), S(on_it_warns_loudly),
		S(a_bad_key_says_what_is_wrong_with_it),
		S(each_host_has_its_fingerprint), S(two_variables_are_enough))
