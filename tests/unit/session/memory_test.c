/*
 * A whole session, from the accepted descriptor to its end, with each
 * allocation of ours failing once: it costs that session and nothing else.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/config.h"
#include "core/chunk.h"
#include "core/log.h"
#include "core/loop.h"
#include "failing_memory.h"
#include "http/server.h"
#include "session/console.h"
#include "session/registry.h"
#include "stream/dial.h"
#include "stream/stream.h"
#include "stream/tcp.h"
#include "stream/tls.h"
#include "stream/ws.h"
#include "test.h"

/* ---- what lives through all of it ---------------------------------------- */

static struct {
	struct loop *loop;
	struct registry *registry;
	struct tls_context *gate, *browser;
	struct timer *timer;
	struct session *session;
	struct http_conn *http;
	struct stream *client; /* the browser's */
	int listener, guest;
	char path[64];
	_Atomic size_t load;
	bool told, left; /* what the browser has done */
	size_t heard;    /* bytes of the guest's that reached it */
	size_t typed;    /* bytes of the browser's that reached the guest */
} lab;

static const char viewer[] = "RFB 003.008\n\1\1";
/* No password; and the ServerInit of a screen of 1x1 called "x". */
static const char guest_says[] =
		"RFB 003.008\n\1\1\0\0\0\0"
		"\0\1\0\1\40\30\0\1\0\377\0\377\0\377\20\10\0\0\0\0\0\0\0\1x";
enum { GUEST_LOGIN = 18, GUEST_INIT = 25 };
static const char key_event[] = "\4\1\0\0\0\0\0a";

static void stop(void *arg)
{
	loop_stop(lab.loop);
}

/* Only while our side of it runs may memory fail. */
static void turn(void)
{
	timer_set(lab.timer, 1);
	memory.armed = true;
	CHECK(loop_run(lab.loop) == 0);
	memory.armed = false;
}

/* ---- the guest ----------------------------------------------------------- */

static void guest_up(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	(void)snprintf(lab.path, sizeof(lab.path), "/tmp/memory_test.%d",
			(int)getpid());
	(void)unlink(lab.path);
	memcpy(a.sun_path, lab.path, strlen(lab.path) + 1);
	lab.listener = socket(
			AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(bind(lab.listener, (struct sockaddr *)&a, sizeof(a)) == 0);
	CHECK(listen(lab.listener, 4) == 0);
}

static void guest_step(void)
{
	char data[256];
	ssize_t n;

	if (lab.guest < 0) {
		lab.guest = accept4(lab.listener, NULL, NULL,
				SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (lab.guest < 0)
			return;
		(void)send(lab.guest, guest_says, sizeof(guest_says) - 1,
				MSG_NOSIGNAL);
	}
	n = recv(lab.guest, data, sizeof(data), 0);
	if (n > 0)
		lab.typed += (size_t)n;
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		close(lab.guest);
		lab.guest = -1;
	}
}

/* ---- the browser --------------------------------------------------------- */

static void browser_up(int fd)
{
	char gate[] = "gate", top[] = "/";
	const struct ws_client_options o = {.host = gate, .path = top};

	CHECK(fd_wrap(&lab.client, fd) == 0);
	CHECK(tls_connect_wrap(&lab.client, lab.browser, NULL, NULL) == 0);
	CHECK(ws_connect_wrap(&lab.client, &o, NULL) == 0);
	lab.told = lab.left = false;
	lab.heard = lab.typed = 0;
}

static void browser_gone(void)
{
	stream_free(lab.client);
	lab.client = NULL;
}

static ssize_t browser_write(const char *text, size_t len)
{
	uint8_t data[STREAM_HEAD + 64];

	memcpy(data + STREAM_HEAD, text, len);
	return stream_write(lab.client, data + STREAM_HEAD, len);
}

static void browser_step(void)
{
	uint8_t data[STREAM_HEAD + 256];
	struct err e;
	ssize_t n;
	int r = lab.client ? stream_handshake(lab.client, &e) : -EAGAIN;

	if (r == -EAGAIN)
		return;
	if (r < 0) {
		browser_gone();
		return;
	}
	if (!lab.told)
		(void)browser_write(viewer, sizeof(viewer) - 1);
	lab.told = true;
	n = stream_read(lab.client, data + STREAM_HEAD, 256);
	if (n > 0)
		lab.heard += (size_t)n;
	if (!lab.left && lab.heard >= GUEST_LOGIN + GUEST_INIT) {
		(void)browser_write(key_event, sizeof(key_event) - 1);
		(void)stream_shutdown(lab.client);
		lab.left = true;
	}
	if (n == 0 || (n < 0 && n != -EAGAIN))
		browser_gone();
}

/* ---- the gateway, as gateway/front.c has it ------------------------------ */

static void plan(void *arg, struct session *s, struct console *c)
{
	struct dial_plan p = {0};
	const struct secret none = {0};
	struct err e = {0};
	int r = dial_plan_unix(&p, lab.path);

	if (r == 0)
		r = dial_plan_rfb_login(&p, &none);
	if (r < 0)
		(void)err_set(&e, r, "out of memory");
	console_planned(c, r, &p, END_INTERNAL, &e);
	dial_plan_done(&p);
}

static void console_up(struct stream *s)
{
	const struct console_setup setup = {.loop = lab.loop,
			.control = lab.loop,
			.session = lab.session,
			.client = s,
			.plan = plan,
			.load = &lab.load};

	if (console_start(&setup) == 0)
		return;
	atomic_fetch_sub(&lab.load, 1);
	console_never_was(lab.loop, lab.session, END_INTERNAL);
}

static void on_request(
		void *arg, struct http_conn *c, const struct http_request *q)
{
	struct ws_server_options o = {.protocol = NULL};
	struct stream *s;
	uint8_t *early;
	int r;

	(void)snprintf(o.key, sizeof(o.key), "%s",
			http_header(q, "sec-websocket-key"));
	s = http_take(c, &early, &o.early_len);
	lab.http = NULL;
	o.early = early;
	r = ws_accept_wrap(&s, &o, NULL);
	free(early);
	if (r == 0) {
		console_up(s);
		return;
	}
	stream_free(s);
	atomic_fetch_sub(&lab.load, 1);
	console_never_was(lab.loop, lab.session, END_INTERNAL);
}

static void on_gone(void *arg, struct http_conn *c)
{
	lab.http = NULL;
	atomic_fetch_sub(&lab.load, 1);
	console_never_was(lab.loop, lab.session, END_CLIENT_CLOSED);
}

static const struct http_events events = {
		.request = on_request, .gone = on_gone};

static void gateway_accepts(int fd)
{
	struct stream *s = NULL;
	int r = fd_wrap(&s, fd);

	if (r == 0) {
		r = tls_accept_wrap(&s, lab.gate, NULL);
		if (r == 0)
			r = http_conn_new(
					&lab.http, lab.loop, s, &events, NULL);
		else
			stream_free(s);
	}
	if (r == 0)
		return;
	CHECK_INT(r, -ENOMEM);
	atomic_fetch_sub(&lab.load, 1);
	console_never_was(lab.loop, lab.session, END_INTERNAL);
}

/* ---- a session from its beginning to its end ----------------------------- */

static bool is_over(void)
{
	return lab.session->state == SESSION_ENDED &&
	       atomic_load(&lab.load) == 0 && !lab.client && lab.guest < 0;
}

static void session_runs(size_t n)
{
	struct grant g = {.guest = "lab/web1",
			.user = "ann",
			.rights = CONFIG_MAY_VIEW | CONFIG_MAY_CONTROL};
	int fd[2];

	(void)snprintf(g.id, sizeof(g.id), "0123456789abcdefAB%04zu",
			n % 10000);
	atomic_store(&lab.load, 1);
	lab.guest = -1;
	CHECK(registry_add(lab.registry, &g, "192.0.2.7", &lab.session) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	browser_up(fd[1]);
	memory_fail_at(n);
	memory.armed = true;
	gateway_accepts(fd[0]);
	memory.armed = false;
	for (int i = 0; i < 5000 && !is_over(); i++) {
		turn();
		browser_step();
		guest_step();
	}
	if (!is_over())
		fail_msg("it never ended when allocation %zu failed", n);
	CHECK_INT(registry_live(lab.registry), 0);
	CHECK_INT(loop_chunks(lab.loop)->taken, 0);
}

static void lab_up(void)
{
	static const char *const names[] = {"gate.example"};
	const struct log_options quiet = {.level = LOG_ERROR};
	struct tls_policy p = {.verify = TLS_FINGERPRINT};
	struct err e;

	log_setup(&quiet);
	CHECK(loop_new(&lab.loop) == 0);
	CHECK(registry_new(&lab.registry, lab.loop) == 0);
	CHECK(timer_new(&lab.timer, lab.loop, stop, NULL) == 0);
	CHECK(tls_server_context_self(&lab.gate, NULL, names, 1, &e) == 0);
	tls_context_fingerprint(lab.gate, p.fingerprint);
	CHECK(tls_client_context(&lab.browser, &p, &e) == 0);
	guest_up();
}

static void lab_down(void)
{
	close(lab.listener);
	(void)unlink(lab.path);
	tls_context_unref(lab.gate);
	tls_context_unref(lab.browser);
	timer_free(lab.timer);
	registry_free(lab.registry);
	loop_free(lab.loop);
}

static void memory_that_fails_ends_one_session_only(void)
{
	size_t n = 0;

	lab_up();
	do {
		session_runs(++n);
	} while (memory.count >= n);
	CHECK(n > 30); /* there was memory to fail */
	CHECK_INT(lab.heard, GUEST_LOGIN + GUEST_INIT);
	CHECK_STR(end_info(lab.session->word)->word, "client_closed");
	CHECK(lab.session->said_goodbye);
	/* its login, ClientInit, and the key */
	CHECK_INT(lab.typed, 12 + 1 + 1 + sizeof(key_event) - 1);
	lab_down();
}

TESTS(T(memory_that_fails_ends_one_session_only))
