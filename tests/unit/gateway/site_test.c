#include "gateway/site.h"

#include <string.h>

#include "config/config.h"
#include "http/server.h"
#include "test.h"

static struct site *site;
static struct config config;

static void up(const char *public_url)
{
	static const char *const own[] = {"http://127.0.0.1:8443"};
	static struct url url;
	struct err e;

	config = (struct config){0};
	if (public_url) {
		CHECK(url_parse(public_url, &url, &e) == 0);
		config.gateway.public_url.items = &url;
		config.gateway.public_url.count = 1;
	}
	CHECK(site_new(&site, &config, own, 1, &e) == 0);
}

static void down(void)
{
	site_free(site);
	for (size_t i = 0; i < config.gateway.public_url.count; i++)
		url_done(&config.gateway.public_url.items[i]);
}

static void strips(const char *path, const char *target, const char *to_path,
		const char *to_target)
{
	struct http_request q = {.path = path, .target = target};

	site_strip(site, &q);
	CHECK_STR(q.path, to_path);
	CHECK_STR(q.target, to_target);
}

static void a_prefix_is_taken_off_whole_or_not_at_all(void)
{
	up("https://vm.example/desk");
	strips("/desk/api/x", "/desk/api/x?y=1", "/api/x", "/api/x?y=1");
	strips("/desk", "/desk", "/", "/");
	strips("/desk", "/desk?y=1", "/", "/");
	strips("/desk/", "/desk/", "/", "/");
	strips("/api/x", "/api/x", "/api/x", "/api/x");
	strips("/desktop", "/desktop", "/desktop", "/desktop");
	/* written in another way: the router sees it as it is */
	strips("/desk/x", "/%64esk/x", "/desk/x", "/%64esk/x");
	strips("/desk/x", "/desk%2fx", "/desk/x", "/desk%2fx");
	down();
}

static void without_one_nothing_is_changed(void)
{
	up(NULL);
	strips("/", "/", "/", "/");
	strips("/desk", "/desk", "/desk", "/desk");
	down();
}

static void only_a_public_name_of_https_is_secure_behind_a_proxy(void)
{
	up("https://vm.example/desk");
	CHECK(site_secure(site, "vm.example"));
	CHECK(site_secure(site, "VM.example:443"));
	CHECK(!site_secure(site, "vm.example:80"));
	CHECK(!site_secure(site, "127.0.0.1:8443"));
	CHECK(!site_secure(site, NULL));
	CHECK(!origin_allowed(
			site_hosts(site), "http://vm.example", "vm.example"));
	down();
	up("http://vm.example");
	CHECK(!site_secure(site, "vm.example"));
	down();
}

static void hosts_are_ours_and_the_public_one(void)
{
	up("https://vm.example/desk");
	CHECK(host_allowed(site_hosts(site), "127.0.0.1:8443"));
	CHECK(host_allowed(site_hosts(site), "vm.example"));
	CHECK(!host_allowed(site_hosts(site), "evil.example"));
	CHECK(!host_allowed(site_hosts(site), NULL));
	CHECK(origin_allowed(
			site_hosts(site), "https://vm.example", "vm.example"));
	CHECK(!origin_allowed(site_hosts(site), "https://evil.example",
			"vm.example"));
	CHECK_HAS(site_document_headers(site), "frame-ancestors 'none'");
	down();
}

static void only_the_screen_document_is_framed_by_us_and_plays_sound(void)
{
	const char *all, *screen;

	up(NULL);
	all = site_document_headers(site);
	screen = site_screen_headers(site);
	CHECK_HAS(all, "default-src 'none'");
	CHECK_HAS(all, "frame-src 'self'");
	CHECK(!strstr(all, "media-src") && !strstr(all, "unsafe"));
	CHECK_HAS(screen, "default-src 'none'");
	CHECK_HAS(screen, "frame-ancestors 'self'\r\n");
	CHECK_HAS(screen, "media-src blob:");
	CHECK(!strstr(screen, "frame-src") && !strstr(screen, "unsafe"));
	down();
}

TESTS(T(a_prefix_is_taken_off_whole_or_not_at_all),
		T(without_one_nothing_is_changed),
		T(only_a_public_name_of_https_is_secure_behind_a_proxy),
		T(hosts_are_ours_and_the_public_one),
		T(only_the_screen_document_is_framed_by_us_and_plays_sound))
