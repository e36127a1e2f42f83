#include "stream/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/loop.h"
#include "stream/rfb.h"
#include "stream/stream.h"
#include "stream/tcp.h"
#include "stream/tls.h"
#include "test.h"

/* ---- the peer: a listener on the same loop ------------------------------ */

enum behaviour { SILENT, SPEAKS_TLS, SPEAKS_TLS_AND_RFB };

static struct loop *loop;
static struct timer *limit;
static struct tls_context *server_context;

static struct {
	enum behaviour behaviour;
	int fd;
	uint16_t port;
	struct watch *listening, *watch;
	struct stream *stream;
	bool greeted;
} peer;

static void peer_step(void *arg, int events)
{
	struct err e = {0};
	int r = stream_handshake(peer.stream, &e);

	(void)arg, (void)events;
	if (r == 0 && peer.behaviour == SPEAKS_TLS_AND_RFB && !peer.greeted) {
		peer.greeted = true;
		r = rfb_greet_finish(peer.stream, NULL, &e);
	}
	if (r == 0)
		r = stream_flush(peer.stream);
	(void)watch_set(peer.watch,
			r == -EAGAIN ? stream_want(peer.stream,
						       STREAM_HANDSHAKE)
				     : 0);
}

static void peer_accept(void *arg, int events)
{
	static const struct secret none;
	struct err e = {0};
	int fd = accept(peer.fd, NULL, NULL);

	(void)arg, (void)events;
	CHECK(fd >= 0 && !peer.stream);
	CHECK_INT(fd_wrap(&peer.stream, fd), 0);
	if (peer.behaviour == SILENT)
		return;
	CHECK_INT(tls_accept_wrap(&peer.stream, server_context, &e), 0);
	if (peer.behaviour == SPEAKS_TLS_AND_RFB)
		CHECK_INT(rfb_greet_wrap(&peer.stream, &none, &e), 0);
	CHECK_INT(watch_new(&peer.watch, loop, fd, peer_step, NULL), 0);
	CHECK_INT(watch_set(peer.watch, LOOP_READ), 0);
}

static void peer_listen(enum behaviour behaviour)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	memset(&peer, 0, sizeof(peer));
	peer.behaviour = behaviour;
	peer.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(peer.fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	CHECK(listen(peer.fd, 8) == 0);
	CHECK(getsockname(peer.fd, (struct sockaddr *)&at, &len) == 0);
	peer.port = ntohs(at.sin_port);
	CHECK_INT(watch_new(&peer.listening, loop, peer.fd, peer_accept, NULL),
			0);
	CHECK_INT(watch_set(peer.listening, LOOP_READ), 0);
}

static void peer_gone(void)
{
	watch_free(peer.listening);
	watch_free(peer.watch);
	stream_free(peer.stream);
	if (peer.fd > 0)
		close(peer.fd);
	memset(&peer, 0, sizeof(peer));
}

/* ---- one dial ----------------------------------------------------------- */

static struct {
	int count, r;
	struct stream *stream;
	size_t depth;
	struct err e;
} answer;

static void on_answer(void *arg, int r, struct stream *s, size_t depth,
		const struct err *e)
{
	CHECK(arg == &answer);
	answer.count++;
	answer.r = r;
	answer.stream = s;
	answer.depth = depth;
	answer.e = *e;
	loop_stop(loop);
}

static void too_late(void *arg)
{
	(void)arg;
	fail_msg("the dial waits for ever");
}

static void begin(void)
{
	memset(&answer, 0, sizeof(answer));
	CHECK_INT(loop_new(&loop), 0);
	CHECK_INT(timer_new(&limit, loop, too_late, NULL), 0);
	timer_set(limit, 10000);
}

static void end(void)
{
	stream_free(answer.stream);
	peer_gone();
	timer_free(limit);
	loop_free(loop);
}

static void dial_it(struct dial_plan *p)
{
	struct dial *d;

	CHECK_INT(dial_start(&d, loop, p, on_answer, &answer), 0);
	CHECK_INT(p->count, 0);     /* taken */
	CHECK_INT(answer.count, 0); /* never from inside the call */
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(answer.count, 1);
	if (answer.r < 0)
		CHECK(!answer.stream);
}

static struct tls_context *client_pinning(bool right)
{
	static const char *const names[] = {"gate.example"};
	struct tls_policy p = {.verify = TLS_FINGERPRINT};
	struct tls_context *c = NULL;
	struct err e = {0};

	CHECK_INT(tls_server_context_self(&server_context, NULL, names, 1, &e),
			0);
	if (right)
		tls_context_fingerprint(server_context, p.fingerprint);
	CHECK_INT(tls_client_context(&c, &p, &e), 0);
	return c;
}

static void plan_tls(struct dial_plan *p, bool right)
{
	struct tls_context *c = client_pinning(right);

	CHECK_INT(dial_plan_tcp(p, "127.0.0.1", peer.port), 0);
	CHECK_INT(dial_plan_tls(p, c, "gate.example"), 0);
	tls_context_unref(c); /* the plan has its own */
}

static void plan_full(struct dial_plan *p)
{
	struct secret none = {0};

	plan_tls(p, true);
	CHECK_INT(dial_plan_rfb_login(p, &none), 0);
}

/* ---- tests -------------------------------------------------------------- */

static void a_plan_becomes_a_ready_stack(void)
{
	struct dial_plan p = {0};

	begin();
	peer_listen(SPEAKS_TLS_AND_RFB);
	plan_full(&p);
	dial_it(&p);
	CHECK_STR(answer.e.text, "");
	CHECK_INT(answer.r, 0);
	CHECK_INT(answer.depth, 3);
	CHECK(answer.stream && stream_fd(answer.stream) >= 0);
	CHECK_INT(stream_handshake(answer.stream, NULL), 0);
	tls_context_unref(server_context);
	end();
}

static void a_port_that_nobody_listens_on_fails_at_depth_0(void)
{
	struct dial_plan p = {0};
	char text[64];

	begin();
	peer_listen(SILENT);
	(void)snprintf(text, sizeof(text), "tcp to 127.0.0.1:%u: ", peer.port);
	CHECK_INT(dial_plan_tcp(&p, "127.0.0.1", peer.port), 0);
	peer_gone();
	dial_it(&p);
	CHECK_INT(answer.r, -ECONNREFUSED);
	CHECK_INT(answer.depth, 0);
	CHECK_HAS(answer.e.text, text);
	CHECK_HAS(answer.e.text, "Connection refused");
	end();
}

static void a_silent_peer_runs_into_the_limit_of_its_layer(void)
{
	struct dial_plan p = {.layer_ms = 60};

	begin();
	peer_listen(SILENT);
	plan_tls(&p, true);
	dial_it(&p);
	CHECK_INT(answer.r, -ETIMEDOUT);
	CHECK_INT(answer.depth, 1);
	CHECK_HAS(answer.e.text, "tls to 127.0.0.1:");
	CHECK_HAS(answer.e.text, "no answer within 60 ms");
	tls_context_unref(server_context);
	end();
}

static void a_certificate_we_do_not_trust_fails_the_tls_layer(void)
{
	struct dial_plan p = {0};

	begin();
	peer_listen(SPEAKS_TLS);
	plan_tls(&p, false);
	dial_it(&p);
	CHECK_INT(answer.r, -EKEYREJECTED);
	CHECK_INT(answer.depth, 1);
	CHECK_HAS(answer.e.text, "tls to 127.0.0.1:");
	CHECK_HAS(answer.e.text, "fingerprint differs");
	tls_context_unref(server_context);
	end();
}

static void a_name_that_does_not_resolve_says_so(void)
{
	struct dial_plan p = {0};

	begin();
	/* no address, and with its colons no name to ask the network for */
	CHECK_INT(dial_plan_tcp(&p, "no:such:host", 5901), 0);
	dial_it(&p);
	CHECK_INT(answer.r, -ENOENT);
	CHECK_INT(answer.depth, 0);
	CHECK_HAS(answer.e.text, "no:such:host");
	end();
}

static void a_unix_socket_is_dialled_by_its_path(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char dir[] = "/tmp/dial_test.XXXXXX";
	struct dial_plan p = {0}, again = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	begin();
	CHECK(mkdtemp(dir));
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", dir);
	CHECK_INT(dial_plan_unix(&p, at.sun_path), 0);
	dial_it(&p);
	CHECK_INT(answer.r, -ENOENT);
	CHECK_HAS(answer.e.text, "unix to unix:/tmp/dial_test.");
	answer.count = 0;
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	CHECK(listen(fd, 1) == 0);
	CHECK_INT(dial_plan_unix(&again, at.sun_path), 0);
	dial_it(&again);
	CHECK_INT(answer.r, 0);
	CHECK_INT(answer.depth, 1);
	close(fd);
	(void)unlink(at.sun_path);
	(void)rmdir(dir);
	end();
}

/* A listener whose queue is full swallows who comes next: nobody answers. */
static int swallower(const struct sockaddr *any, socklen_t len,
		uint16_t *ret_port, int ret_fill[3])
{
	struct sockaddr_storage at;
	int fd = socket(any->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(bind(fd, any, len) == 0 && listen(fd, 0) == 0);
	len = sizeof(at);
	CHECK(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	*ret_port = ntohs(((struct sockaddr_in *)&at)->sin_port);
	for (int i = 0; i < 3; i++) {
		ret_fill[i] = socket(any->sa_family,
				SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(ret_fill[i], (struct sockaddr *)&at, len);
	}
	return fd;
}

static void a_connect_that_nobody_answers_runs_into_the_limit(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct dial_plan p = {.layer_ms = 150};
	int fill[3], fd;
	uint16_t port;

	begin();
	fd = swallower((struct sockaddr *)&at, sizeof(at), &port, fill);
	CHECK_INT(dial_plan_tcp(&p, "127.0.0.1", port), 0);
	dial_it(&p);
	CHECK_INT(answer.r, -ETIMEDOUT);
	CHECK_INT(answer.depth, 0);
	CHECK_HAS(answer.e.text, "no answer within 150 ms");
	for (int i = 0; i < 3; i++)
		close(fill[i]);
	close(fd);
	end();
}

static int turns;

static void on_turn(struct defer *d)
{
	if (turns-- > 0)
		defer_add(loop, d);
	else
		loop_stop(loop);
}

static void a_dial_can_be_cancelled_at_every_stage(void)
{
	bool done = false;

	for (int n = 0; !done && n < 200; n++) {
		struct dial_plan p = {0};
		struct defer turn = {.fn = on_turn};
		struct dial *d;

		begin();
		peer_listen(SPEAKS_TLS_AND_RFB);
		plan_full(&p);
		CHECK_INT(dial_start(&d, loop, &p, on_answer, &answer), 0);
		turns = n;
		defer_add(loop, &turn);
		CHECK_INT(loop_run(loop), 0);
		done = answer.count > 0;
		if (!done)
			dial_free(d);
		defer_remove(loop, &turn);
		tls_context_unref(server_context);
		end();
	}
	CHECK(done);
	dial_free(NULL);
}

static void a_plan_in_words_holds_no_secret(void)
{
	char path[] = "/api2/json/x/vncwebsocket?port=1&vncticket=SESAME";
	struct ws_client_options ws = {.host = path, .path = path};
	struct connect_options connect = {.port = 61000};
	const struct spice_link link = {.channel_type = SPICE_MAIN};
	struct dial_plan p = {0};
	struct secret password = {0};
	struct tls_context *c = client_pinning(true);
	char text[256], small[12];

	CHECK_INT(secret_sets(&password, "SESAME"), 0);
	CHECK_INT(dial_plan_tcp(&p, "2001:db8::7", 8006), 0);
	CHECK_INT(dial_plan_tls(&p, c, NULL), 0);
	CHECK_INT(dial_plan_ws(&p, &ws), 0);
	CHECK_INT(dial_plan_rfb_login(&p, &password), 0);
	dial_plan_text(&p, text, sizeof(text));
	CHECK_STR(text, "tcp [2001:db8::7]:8006 > tls > "
			"ws /api2/json/x/vncwebsocket > rfb_login");
	dial_plan_text(&p, small, sizeof(small));
	CHECK_STR(small, "tcp [2001:d");
	dial_plan_done(&p);
	CHECK_INT(p.count, 0);
	CHECK_INT(dial_plan_unix(&p, "/run/x"), 0);
	dial_plan_text(&p, text, sizeof(text));
	CHECK_STR(text, "unix /run/x");
	CHECK_INT(secret_sets(&connect.host, "pvespiceproxy:65F0::SESAME"), 0);
	CHECK_INT(dial_plan_connect(&p, &connect), 0);
	dial_plan_text(&p, text, sizeof(text));
	CHECK_STR(text, "unix /run/x > connect pvespiceproxy:...");
	CHECK_INT(dial_plan_term(&p, &connect.host), 0);
	dial_plan_text(&p, text, sizeof(text));
	CHECK_STR(text, "unix /run/x > connect pvespiceproxy:... > term");
	CHECK_INT(dial_plan_spice_login(&p, &link, &password), 0);
	dial_plan_text(&p, text, sizeof(text));
	CHECK_HAS(text, "... > term > spice_login");
	CHECK(!strstr(text, "SESAME"));
	connect_options_done(&connect);
	dial_plan_done(&p);
	dial_plan_done(&p);
	secret_done(&password);
	tls_context_unref(c);
	tls_context_unref(server_context);
}

static void a_plan_that_cannot_stand_is_refused(void)
{
	struct dial_plan p = {0};
	struct secret none = {0};
	struct dial *d;

	begin();
	CHECK_INT(dial_start(&d, loop, &p, on_answer, &answer), -EINVAL);
	CHECK_INT(dial_plan_rfb_login(&p, &none), 0);
	CHECK_INT(dial_start(&d, loop, &p, on_answer, &answer), -EINVAL);
	dial_plan_done(&p);
	for (int i = 0; i < DIAL_LAYERS_MAX; i++)
		CHECK_INT(dial_plan_tcp(&p, "x", 1), 0);
	CHECK_INT(dial_plan_tcp(&p, "x", 1), -E2BIG);
	CHECK_INT(dial_plan_unix(&p, "x"), -E2BIG);
	CHECK_INT(dial_plan_rfb_login(&p, &none), -E2BIG);
	CHECK_INT(dial_start(&d, loop, &p, on_answer, &answer), -EINVAL);
	CHECK_INT(p.count, DIAL_LAYERS_MAX); /* still ours */
	dial_plan_done(&p);
	end();
}

TESTS(T(a_plan_becomes_a_ready_stack),
		T(a_port_that_nobody_listens_on_fails_at_depth_0),
		T(a_silent_peer_runs_into_the_limit_of_its_layer),
		T(a_certificate_we_do_not_trust_fails_the_tls_layer),
		T(a_name_that_does_not_resolve_says_so),
		T(a_unix_socket_is_dialled_by_its_path),
		T(a_connect_that_nobody_answers_runs_into_the_limit),
		T(a_dial_can_be_cancelled_at_every_stage),
		T(a_plan_in_words_holds_no_secret),
		T(a_plan_that_cannot_stand_is_refused))
