/* Every layer and every part of a dial plan, where memory runs out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "failing_memory.h"
#include "stream/connect.h"
#include "stream/dial.h"
#include "stream/mem.h"
#include "stream/rfb.h"
#include "stream/rfb_filter.h"
#include "stream/spice.h"
#include "stream/stream.h"
#include "stream/term.h"
#include "stream/tls.h"
#include "stream/ws.h"
#include "test.h"

static struct tls_context *gate, *browser;

static void contexts_up(void)
{
	static const char *const names[] = {"gate.example"};
	const struct tls_policy p = {.verify = TLS_OFF};

	CHECK(tls_server_context_self(&gate, NULL, names, 1, NULL) == 0);
	CHECK(tls_client_context(&browser, &p, NULL) == 0);
}

static void contexts_down(void)
{
	tls_context_unref(gate);
	tls_context_unref(browser);
}

static char host[] = "gate.example", path[] = "/vnc?ticket=1";
static char login_text[] = "ann@pve:ticket", password_text[] = "secret";
static const struct secret login = {login_text, sizeof(login_text) - 1};
static const struct secret password = {
		password_text, sizeof(password_text) - 1};

static int wrap_connect(struct stream **s, struct err *e)
{
	const struct connect_options o = {
			.host = login, .port = 3128, .credential = password};

	return connect_wrap(s, &o, e);
}

static int wrap_tls_connect(struct stream **s, struct err *e)
{
	return tls_connect_wrap(s, browser, host, e);
}

static int wrap_tls_accept(struct stream **s, struct err *e)
{
	return tls_accept_wrap(s, gate, e);
}

static int wrap_ws_connect(struct stream **s, struct err *e)
{
	const struct ws_client_options o = {
			.host = host, .path = path, .protocol = host};

	return ws_connect_wrap(s, &o, e);
}

static int wrap_ws_accept(struct stream **s, struct err *e)
{
	const struct ws_server_options o = {.key = "dGhlIHNhbXBsZSBub25jZQ==",
			.protocol = "binary",
			.early = "early",
			.early_len = 5};

	return ws_accept_wrap(s, &o, e);
}

static int wrap_rfb_login(struct stream **s, struct err *e)
{
	return rfb_login_wrap(s, &password, e);
}

static int wrap_rfb_greet(struct stream **s, struct err *e)
{
	return rfb_greet_wrap(s, &password, e);
}

static int wrap_rfb_filter(struct stream **s, struct err *e)
{
	return rfb_filter_wrap(s, RFB_DROP_INPUT, e);
}

static int wrap_term(struct stream **s, struct err *e)
{
	return term_wrap(s, &login, e);
}

static int wrap_spice_login(struct stream **s, struct err *e)
{
	const struct spice_link link = {0};

	return spice_login_wrap(s, &link, &password, e);
}

static int wrap_spice_greet(struct stream **s, struct err *e)
{
	const struct spice_greet_options o = {.password = password};

	return spice_greet_wrap(s, &o, e);
}

static int (*const wraps[])(struct stream **s, struct err *e) = {
		wrap_connect,
		wrap_tls_connect,
		wrap_tls_accept,
		wrap_ws_connect,
		wrap_ws_accept,
		wrap_rfb_login,
		wrap_rfb_greet,
		wrap_rfb_filter,
		wrap_term,
		wrap_spice_login,
		wrap_spice_greet,
};

static int wrap_failing_at(size_t n, size_t i, struct stream **s)
{
	struct err e = {0};
	int r;

	memory_fail_at(n);
	memory.armed = true;
	r = wraps[i](s, &e);
	memory.armed = false;
	if (r < 0) {
		CHECK_INT(r, -ENOMEM);
		CHECK(*e.text);
	}
	return r;
}

static void a_layer_without_memory_leaves_the_stream_as_it_was(void)
{
	struct stream *bottom = mem_new("");

	contexts_up();
	for (size_t i = 0; i < sizeof(wraps) / sizeof(*wraps); i++) {
		struct stream *s = bottom;
		size_t n = 1;

		while (wrap_failing_at(n, i, &s) < 0) {
			CHECK(s == bottom);
			n++;
		}
		CHECK(n > 1 && memory.count == n - 1);
		CHECK(s != bottom);
		stream_peel(&s);
		CHECK(s == bottom);
	}
	stream_free(bottom);
	contexts_down();
}

static int plan_failing_at(size_t n, struct dial_plan *p)
{
	const struct connect_options c = {
			.host = login, .port = 3128, .credential = password};
	const struct ws_client_options w = {
			.host = host, .path = path, .protocol = host};
	const struct spice_link link = {0};
	int r;

	memory_fail_at(n);
	memory.armed = true;
	r = dial_plan_tcp(p, host, 8006);
	r = r < 0 ? r : dial_plan_connect(p, &c);
	r = r < 0 ? r : dial_plan_tls(p, browser, host);
	r = r < 0 ? r : dial_plan_ws(p, &w);
	r = r < 0 ? r : dial_plan_rfb_login(p, &password);
	r = r < 0 ? r : dial_plan_term(p, &login);
	r = r < 0 ? r : dial_plan_spice_login(p, &link, &password);
	memory.armed = false;
	return r;
}

static void a_plan_without_memory_is_dropped_whole(void)
{
	struct dial_plan p = {0};
	size_t n = 1;
	int r;

	contexts_up();
	while ((r = plan_failing_at(n, &p)) < 0) {
		CHECK_INT(r, -ENOMEM);
		dial_plan_done(&p);
		p = (struct dial_plan){0};
		n++;
	}
	CHECK(n > 7);
	CHECK_INT(p.count, 7);
	dial_plan_done(&p);
	contexts_down();
}

TESTS(T(a_layer_without_memory_leaves_the_stream_as_it_was),
		T(a_plan_without_memory_is_dropped_whole))
