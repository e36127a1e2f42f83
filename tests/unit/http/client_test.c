#include "http/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/loop.h"
#include "core/secret.h"
#include "http/server.h"
#include "stream/tcp.h"
#include "stream/tls.h"
#include "test.h"

/* A server that says what the test set, whatever it is asked. */
struct server {
	int fd;
	uint16_t port;
	struct watch *watch;
	int conn_fd;
	struct watch *conn;
	struct buf heard;  /* all of it, of every connection */
	unsigned accepted; /* connections */
	unsigned asked;    /* heads that ended */
	const char *say;   /* after each head */
	size_t say_len;    /* 0: to the NUL */
	bool close;        /* then */
	bool at_once;      /* close without reading a word */
	unsigned drop;     /* so many heads are heard and not answered */
	/* over TLS the real server answers */
	struct tls_context *tls;
	struct http_conn *http;
};

static struct loop *loop;
static struct timer *limit;
static struct server server;
static struct http_client *client;

/* What came back. */
static int told, answered;
static struct http_reply reply;
static char *body;
static char type[64];
static struct err error;

static void too_late(void *arg)
{
	fail_msg("the loop waits for ever (asked %u)", server.asked);
}

static void conn_close(void)
{
	watch_free(server.conn);
	server.conn = NULL;
	if (server.conn_fd >= 0)
		(void)close(server.conn_fd);
	server.conn_fd = -1;
}

static void conn_say(void)
{
	size_t len = server.say_len ? server.say_len : strlen(server.say);

	(void)send(server.conn_fd, server.say, len,
			MSG_NOSIGNAL | MSG_DONTWAIT);
	if (server.close)
		conn_close();
}

static void on_conn(void *arg, int events)
{
	char data[16384];
	ssize_t n = recv(server.conn_fd, data, sizeof(data), MSG_DONTWAIT);

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			conn_close();
		return;
	}
	CHECK_INT(buf_add(&server.heard, data, (size_t)n), 0);
	if (memmem(data, (size_t)n, "\r\n\r\n", 4)) {
		server.asked++;
		if (server.drop > 0) {
			server.drop--;
			conn_close();
		} else if (server.say) {
			conn_say();
		}
	}
}

static void on_request(
		void *arg, struct http_conn *c, const struct http_request *q)
{
	struct http_response r = {
			.status = 200,
			.type = "text/plain",
			.body = "sealed",
			.body_len = 6,
			.close = true,
	};

	server.asked++;
	http_answer(c, &r);
}

static void on_gone(void *arg, struct http_conn *c)
{
	server.http = NULL;
}

static void tls_accept(int fd)
{
	static const struct http_events events = {on_request, on_gone};
	struct stream *s = NULL;

	CHECK_INT(fd_wrap(&s, fd), 0);
	CHECK_INT(tls_accept_wrap(&s, server.tls, NULL), 0);
	http_conn_free(server.http);
	CHECK_INT(http_conn_new(&server.http, loop, s, &events, NULL), 0);
}

static void on_accept(void *arg, int events)
{
	int fd = accept4(server.fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	server.accepted++;
	if (server.at_once) {
		(void)close(fd);
		return;
	}
	if (server.tls) {
		tls_accept(fd);
		return;
	}
	conn_close();
	server.conn_fd = fd;
	CHECK_INT(watch_new(&server.conn, loop, fd, on_conn, NULL), 0);
	CHECK_INT(watch_set(server.conn, LOOP_READ), 0);
}

static void server_listen(const struct sockaddr *a, socklen_t len)
{
	server.fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(server.fd >= 0);
	CHECK_INT(bind(server.fd, a, len), 0);
	CHECK_INT(listen(server.fd, 8), 0);
	CHECK_INT(watch_new(&server.watch, loop, server.fd, on_accept, NULL),
			0);
	CHECK_INT(watch_set(server.watch, LOOP_READ), 0);
}

static void server_tcp(void)
{
	struct sockaddr_in a = {
			.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(a);

	server_listen((struct sockaddr *)&a, sizeof(a));
	CHECK_INT(getsockname(server.fd, (struct sockaddr *)&a, &len), 0);
	server.port = ntohs(a.sin_port);
}

static void begin_with(const struct http_client_options *o)
{
	server = (struct server){.conn_fd = -1, .fd = -1};
	buf_init(&server.heard, 1024 * 1024);
	told = answered = 0;
	body = NULL;
	CHECK_INT(loop_new(&loop), 0);
	CHECK_INT(timer_new(&limit, loop, too_late, NULL), 0);
	timer_set(limit, 8000);
	CHECK_INT(http_client_new(&client, loop, o, NULL), 0);
}

static void begin(void)
{
	begin_with(NULL);
	server_tcp();
}

static void end(void)
{
	http_client_free(client);
	http_conn_free(server.http);
	tls_context_unref(server.tls);
	conn_close();
	watch_free(server.watch);
	if (server.fd >= 0)
		(void)close(server.fd);
	buf_done(&server.heard);
	timer_free(limit);
	loop_free(loop);
	free(body);
}

static void on_told(void *arg, int r, const struct http_reply *a,
		const struct err *e)
{
	told++;
	answered = r;
	free(body);
	body = NULL;
	if (r == 0) {
		reply = *a;
		body = strdup(a->body);
		CHECK_INT(strlen(a->body), a->body_len);
		(void)snprintf(type, sizeof(type), "%s",
				a->type ? a->type : "(none)");
	} else {
		CHECK(a == NULL);
		error = *e;
	}
	loop_stop(loop);
}

static const char *url_of(const char *scheme, const char *host)
{
	static char text[256];

	(void)snprintf(text, sizeof(text), "%s://%s:%u/api?x=1", scheme, host,
			server.port);
	return text;
}

static int call(const struct http_call_options *o)
{
	int before = told;

	CHECK_INT(http_call(NULL, client, o, on_told, NULL, &error), 0);
	CHECK_INT(told, before); /* never from within */
	CHECK_INT(loop_run(loop), 0);
	CHECK_INT(told, before + 1);
	return answered;
}

static int get(void)
{
	const struct http_call_options o = {
			.method = "GET",
			.url = url_of("http", "127.0.0.1"),
	};

	return call(&o);
}

static const char *heard(void)
{
	CHECK_INT(buf_add(&server.heard, "", 1), 0);
	server.heard.len--;
	return (const char *)buf_data(&server.heard);
}

static bool heard_has(const char *words)
{
	return strcasestr(heard(), words) != NULL;
}

/* ---- what is asked ------------------------------------------------------ */

static void a_get_is_lean_and_its_answer_comes_whole(void)
{
	begin();
	server.say = "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\n"
		     "Content-Length: 5\r\n\r\nhello";
	CHECK_INT(get(), 0);
	CHECK_INT(reply.status, 200);
	CHECK_STR(reply.reason, "OK");
	CHECK_STR(reply.address, "127.0.0.1");
	CHECK_STR(type, "text/x");
	CHECK_STR(body, "hello");
	CHECK_HAS(heard(), "GET /api?x=1 HTTP/1.1\r\nHost: 127.0.0.1:");
	CHECK(!heard_has("accept"));
	CHECK(!heard_has("user-agent"));
	CHECK(!heard_has("content-"));
	end();
}

static void every_other_method_says_its_length(void)
{
	static const char *const methods[] = {"POST", "PUT", "DELETE"};

	begin();
	server.say = "HTTP/1.1 204 No Content\r\n\r\n";
	for (size_t i = 0; i < 3; i++) {
		const struct http_call_options o = {
				.method = methods[i],
				.url = url_of("http", "127.0.0.1"),
		};

		CHECK_INT(call(&o), 0);
		CHECK_INT(reply.status, 204);
		CHECK_HAS(heard(), methods[i]);
		CHECK_HAS(heard(), "Content-Length: 0\r\n");
		CHECK(!heard_has("content-type"));
		CHECK(!heard_has("expect"));
		buf_eat(&server.heard, server.heard.len);
	}
	end();
}

static void a_body_and_secret_lines_are_sent(void)
{
	struct secret token = {0};
	const struct http_line lines[] = {
			{.name = "Content-Type", .value = "application/json"},
			{.name = "Authorization", .secret = &token},
			{.name = "X-Empty", .value = ""},
	};
	struct http_call_options o = {
			.method = "POST",
			.lines = lines,
			.line_count = 3,
			.body = "{\"a\":1}",
			.body_len = 7,
	};

	begin();
	server.say = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	CHECK_INT(secret_sets(&token, "Bearer abc"), 0);
	o.url = url_of("http", "127.0.0.1");
	CHECK_INT(call(&o), 0);
	CHECK_HAS(heard(), "Authorization: Bearer abc\r\n");
	CHECK_HAS(heard(), "Content-Type: application/json\r\n");
	CHECK_HAS(heard(), "X-Empty:\r\n");
	CHECK_HAS(heard(), "Content-Length: 7\r\n");
	CHECK_HAS(heard(), "\r\n\r\n{\"a\":1}");
	secret_done(&token);
	end();
}

static void a_call_that_cannot_be_sent_as_one_is_refused(void)
{
	const struct http_line split = {.name = "X", .value = "a\r\nY: b"};
	const struct http_line odd = {.name = "X: y\r\nZ", .value = "a"};
	const struct http_call_options cases[] = {
			{.method = "GET", .url = "ftp://127.0.0.1/"},
			{.method = "GET", .url = "file:///etc/passwd"},
			{.method = "GET", .url = "http://me:pw@127.0.0.1/"},
			{.method = "GET", .url = "nonsense"},
			{.method = "GE T", .url = "http://127.0.0.1/"},
			{.method = "GET",
					.url = "http://127.0.0.1/",
					.lines = &split,
					.line_count = 1},
			{.method = "GET",
					.url = "http://127.0.0.1/",
					.lines = &odd,
					.line_count = 1},
			{.method = "GET",
					.url = "http://127.0.0.1/",
					.address = "a name"},
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(http_call(NULL, client, &cases[i], on_told, NULL,
					  &error),
				-EINVAL);
	CHECK_INT(told, 0);
	end();
}

static void a_name_is_looked_up_and_a_pinned_address_goes_before_it(void)
{
	struct http_call_options o = {.method = "GET"};

	begin();
	server.say = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	o.url = url_of("http", "localhost");
	CHECK_INT(call(&o), 0);
	o.url = url_of("http", "no-such-name.invalid");
	o.address = "127.0.0.1";
	CHECK_INT(call(&o), 0);
	CHECK_STR(reply.address, "127.0.0.1");
	CHECK_HAS(heard(), "Host: no-such-name.invalid:");
	o.address = NULL;
	CHECK(call(&o) == -ENOENT || answered == -EHOSTUNREACH);
	end();
}

static void a_connection_is_used_again(void)
{
	begin();
	server.say = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	CHECK_INT(get(), 0);
	CHECK_INT(get(), 0);
	CHECK_INT(server.asked, 2);
	CHECK_INT(server.accepted, 1);
	end();
}

static int post(void)
{
	const struct http_call_options o = {
			.method = "POST",
			.url = url_of("http", "127.0.0.1"),
	};

	return call(&o);
}

static void an_idle_connection_that_closes_is_asked_again_but_never_a_post(void)
{
	begin();
	server.say = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	CHECK_INT(get(), 0);
	server.drop = 1;
	CHECK_INT(get(), 0);
	CHECK_INT(server.asked, 3);
	CHECK_INT(server.accepted, 2);
	server.drop = 1;
	CHECK_INT(post(), -EPROTO);
	CHECK_INT(server.asked, 4);
	CHECK_INT(server.accepted, 3);
	server.drop = 1; /* on a fresh one nothing is asked again */
	CHECK_INT(get(), -EPROTO);
	CHECK_INT(server.asked, 5);
	end();
}

static void a_peer_that_does_not_shake_hands_is_not_there(void)
{
	const struct http_client_options o = {.connect_ms = 200};
	struct http_call_options q = {.method = "GET"};

	begin_with(&o);
	server_tcp();
	q.url = url_of("https", "127.0.0.1");
	CHECK_INT(call(&q), -EHOSTUNREACH);
	CHECK_INT(server.accepted, 1);
	end();
}

static void a_unix_socket_is_called(void)
{
	char path[] = "/tmp/gb-client-XXXXXX";
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const struct http_client_options o = {.unix_path = a.sun_path};
	const struct http_call_options q = {
			.method = "GET", .url = "http://localhost/x"};

	CHECK(mkdtemp(path) != NULL);
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/s", path);
	begin_with(&o);
	CHECK_INT(call(&q), -ECONNREFUSED);
	CHECK_HAS(error.text, a.sun_path);
	server_listen((struct sockaddr *)&a, sizeof(a));
	server.say = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	CHECK_INT(call(&q), 0);
	CHECK_STR(body, "ok");
	CHECK_STR(reply.address, "");
	CHECK_HAS(heard(), "GET /x HTTP/1.1\r\nHost: localhost\r\n");
	end();
	(void)unlink(a.sun_path);
	(void)rmdir(path);
}

/* ---- what comes back ---------------------------------------------------- */

static void a_redirect_is_an_answer_and_not_followed(void)
{
	begin();
	server.say = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n"
		     "Content-Length: 0\r\n\r\n";
	CHECK_INT(get(), 0);
	CHECK_INT(reply.status, 302);
	CHECK_INT(server.asked, 1);
	end();
}

static void the_reason_phrase_is_kept_and_cleaned(void)
{
	begin();
	server.say = "HTTP/1.1 401 permission denied - in\x1bvalid ticket\r\n"
		     "\r\n";
	server.close = true;
	CHECK_INT(get(), 0);
	CHECK_INT(reply.status, 401);
	CHECK_STR(reply.reason, "permission denied - in?valid ticket");
	CHECK_STR(body, "");
	end();
}

static void a_body_without_a_length_ends_with_the_connection(void)
{
	begin();
	server.say = "HTTP/1.1 500 no\r\n\r\nto the end";
	server.close = true;
	CHECK_INT(get(), 0);
	CHECK_STR(body, "to the end");
	end();
}

static void a_chunked_body_is_taken(void)
{
	begin();
	server.say = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		     "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
	CHECK_INT(get(), 0);
	CHECK_STR(body, "abcde");
	server.say = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		     "3\r\nabc\r\n0\r\nX-After: y\r\n\r\n";
	CHECK_INT(get(), 0);
	CHECK_STR(body, "abc");
	end();
}

static void what_is_too_large_is_refused_announced_or_not(void)
{
	const struct http_client_options small = {.body_max = 8};

	begin_with(&small);
	server_tcp();
	server.say = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789";
	CHECK_INT(get(), -EMSGSIZE);
	server.say = "HTTP/1.1 200 OK\r\n\r\n123456789";
	server.close = true;
	CHECK_INT(get(), -EMSGSIZE);
	server.say = "HTTP/1.1 200 OK\r\n\r\n12345678";
	CHECK_INT(get(), 0);
	end();
}

static void a_head_has_a_limit(void)
{
	struct buf b;

	begin();
	buf_init(&b, 1024 * 1024);
	CHECK_INT(buf_adds(&b, "HTTP/1.1 200 OK\r\n"), 0);
	while (b.len <= HTTP_CALL_HEAD_MAX)
		CHECK_INT(buf_addf(&b, "X-%zu: %0200d\r\n", b.len, 0), 0);
	CHECK_INT(buf_adds(&b, "\r\n"), 0);
	server.say = (const char *)buf_data(&b);
	server.say_len = b.len;
	server.close = true;
	CHECK_INT(get(), -EMSGSIZE);
	CHECK_HAS(error.text, "head");
	buf_done(&b);
	end();
}

static void garbage_and_a_cut_answer_are_no_answer(void)
{
	static const char *const cases[] = {
			"RFB 003.008\n",
			"HTTP/1.1 200 OK\r\nContent-Len",
			"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			"zz\r\nabc\r\n",
			"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
			"Content-Length: 1\r\n\r\nx",
	};

	begin();
	server.close = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		server.say = cases[i];
		if (get() != -EPROTO)
			fail_msg("case %zu: %d", i, answered);
	}
	server.say = NULL;
	server.at_once = true;
	CHECK_INT(get(), -EPROTO);
	end();
}

static void nobody_there_is_told(void)
{
	begin();
	watch_free(server.watch);
	server.watch = NULL;
	CHECK_INT(close(server.fd), 0);
	server.fd = -1;
	CHECK_INT(get(), -ECONNREFUSED);
	CHECK_HAS(error.text, "127.0.0.1:");
	end();
}

static void silence_and_a_slow_body_run_into_the_limit(void)
{
	const struct http_client_options quick = {.call_ms = 150};

	begin_with(&quick);
	server_tcp();
	CHECK_INT(get(), -ETIMEDOUT);
	server.say = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234";
	CHECK_INT(get(), -ETIMEDOUT);
	server.say = "HTTP/1.1 100 Continue\r\n\r\n";
	CHECK_INT(get(), -ETIMEDOUT);
	end();
}

static void the_proxy_of_the_environment_is_not_asked(void)
{
	CHECK_INT(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	CHECK_INT(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
	begin();
	server.say = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	CHECK_INT(get(), 0);
	end();
	CHECK_INT(unsetenv("http_proxy"), 0);
	CHECK_INT(unsetenv("ALL_PROXY"), 0);
}

/* ---- whoever lets go ----------------------------------------------------- */

static void stop(void *arg)
{
	loop_stop(loop);
}

static void turn_for(uint64_t ms)
{
	struct timer *t;

	CHECK_INT(timer_new(&t, loop, stop, NULL), 0);
	timer_set(t, ms);
	CHECK_INT(loop_run(loop), 0);
	timer_free(t);
}

static void a_cancelled_call_is_never_told(void)
{
	struct http_call *q[2];
	struct http_call_options o = {.method = "GET"};

	begin();
	o.url = url_of("http", "127.0.0.1");
	for (int i = 0; i < 2; i++)
		CHECK_INT(http_call(&q[i], client, &o, on_told, NULL, NULL), 0);
	http_call_cancel(q[1]); /* at once, */
	turn_for(30);
	http_call_cancel(q[0]); /* with the question asked, */
	o.url = "http://localhost/";
	CHECK_INT(http_call(&q[0], client, &o, on_told, NULL, NULL), 0);
	http_call_cancel(q[0]); /* while its name is looked up, */
	o.url = url_of("http", "127.0.0.1");
	CHECK_INT(http_call(NULL, client, &o, on_told, NULL, NULL), 0);
	turn_for(10);
	CHECK_INT(told, 0);
	end(); /* and with the client */
	CHECK_INT(told, 0);
}

static void free_all(void *arg, int r, const struct http_reply *a,
		const struct err *e)
{
	told++;
	http_client_free(client);
	client = NULL;
	loop_stop(loop);
}

static void the_receiver_may_free_the_client(void)
{
	struct http_call_options o = {.method = "GET"};

	begin();
	server.at_once = true;
	o.url = url_of("http", "127.0.0.1");
	for (int i = 0; i < 3; i++)
		CHECK_INT(http_call(NULL, client, &o, free_all, NULL, NULL), 0);
	turn_for(50);
	CHECK_INT(told, 1);
	end();
}

/* ---- TLS ------------------------------------------------------------------
 */

static int get_sealed(const char *host)
{
	const struct http_call_options o = {
			.method = "GET",
			.url = url_of("https", host),
	};

	return call(&o);
}

static void server_tls(void)
{
	static const char *const names[] = {"localhost"};

	CHECK_INT(tls_server_context_self(&server.tls, NULL, names, 1, NULL),
			0);
	server_tcp();
}

static void the_certificate_that_is_pinned_is_taken(void)
{
	struct tls_policy p = {.verify = TLS_FINGERPRINT};
	const struct http_client_options o = {.tls = &p};

	begin_with(NULL);
	server_tls();
	tls_context_fingerprint(server.tls, p.fingerprint);
	http_client_free(client);
	CHECK_INT(http_client_new(&client, loop, &o, NULL), 0);
	CHECK_INT(get_sealed("127.0.0.1"), 0);
	CHECK_STR(body, "sealed");
	CHECK(reply.certified);
	assert_memory_equal(reply.certificate, p.fingerprint, SHA256_LEN);
	end();
}

static void another_certificate_is_refused_before_anything_is_asked(void)
{
	struct tls_policy p = {.verify = TLS_FINGERPRINT};
	const struct http_client_options o = {.tls = &p};

	begin_with(&o);
	server_tls();
	CHECK_INT(get_sealed("127.0.0.1"), -EKEYREJECTED);
	CHECK_HAS(error.text, "SHA256:");
	CHECK_INT(server.asked, 0);
	end();
	begin_with(NULL); /* the system's roots do not know it either */
	server_tls();
	CHECK_INT(get_sealed("localhost"), -EKEYREJECTED);
	CHECK_INT(server.asked, 0);
	end();
}

TESTS(T(a_get_is_lean_and_its_answer_comes_whole),
		T(every_other_method_says_its_length),
		T(a_body_and_secret_lines_are_sent),
		T(a_call_that_cannot_be_sent_as_one_is_refused),
		T(a_name_is_looked_up_and_a_pinned_address_goes_before_it),
		T(a_connection_is_used_again),
		T(an_idle_connection_that_closes_is_asked_again_but_never_a_post),
		T(a_peer_that_does_not_shake_hands_is_not_there),
		T(a_unix_socket_is_called),
		T(a_redirect_is_an_answer_and_not_followed),
		T(the_reason_phrase_is_kept_and_cleaned),
		T(a_body_without_a_length_ends_with_the_connection),
		T(a_chunked_body_is_taken),
		T(what_is_too_large_is_refused_announced_or_not),
		T(a_head_has_a_limit),
		T(garbage_and_a_cut_answer_are_no_answer),
		T(nobody_there_is_told),
		T(silence_and_a_slow_body_run_into_the_limit),
		T(the_proxy_of_the_environment_is_not_asked),
		T(a_cancelled_call_is_never_told),
		T(the_receiver_may_free_the_client),
		T(the_certificate_that_is_pinned_is_taken),
		T(another_certificate_is_refused_before_anything_is_asked))
