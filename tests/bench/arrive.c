#include "arrive.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop.h"
#include "http/server.h"
#include "stream/stream.h"
#include "stream/tcp.h"
#include "stream/tls.h"
#include "stream/ws.h"

struct listener {
	struct loop *loop;
	struct watch *watch;
	struct tls_context *tls;
	enum kind kind;
	int fd;
	arrived_fn *fn;
	void *arg;
};

struct arrival {
	struct listener *listener;
	struct stream *stream;
	struct watch *watch;
};

void give_up(const char *what, int r)
{
	(void)fprintf(stderr, "bench: %s: %s\n", what, strerror(-r));
	exit(1);
}

enum kind kind_parse(const char *text)
{
	static const char *const names[] = {"tcp", "tls", "ws", "wss"};

	for (int i = 0; i < 4; i++)
		if (strcmp(text, names[i]) == 0)
			return (enum kind)i;
	(void)fprintf(stderr, "bench: '%s' is none of tcp tls ws wss\n", text);
	exit(2);
}

static void arrival_free(struct arrival *a)
{
	watch_free(a->watch);
	stream_free(a->stream);
	free(a);
}

static void arrival_step(void *arg, int events)
{
	struct arrival *a = arg;
	struct listener *l = a->listener;
	struct stream *s = a->stream;
	int r = stream_handshake(s, NULL);

	if (r == -EAGAIN && !a->watch)
		r = watch_new(&a->watch, l->loop, stream_fd(s), arrival_step,
				    a) < 0
				    ? -ENOMEM
				    : r;
	if (r == -EAGAIN) {
		(void)watch_set(a->watch, stream_want(s, STREAM_HANDSHAKE));
		return;
	}
	if (r == 0)
		a->stream = NULL;
	arrival_free(a);
	if (r == 0)
		l->fn(l->arg, s);
}

static void on_request(
		void *arg, struct http_conn *c, const struct http_request *q)
{
	struct arrival *a = arg;
	struct ws_server_options o = {0};
	const char *key = http_header(q, "sec-websocket-key");
	const char *protocol = http_header(q, "sec-websocket-protocol");
	uint8_t *early = NULL;

	if (!q->upgrade || !key) {
		http_answer(c, &(struct http_response){
					       .status = 404, .close = true});
		return;
	}
	(void)snprintf(o.key, sizeof(o.key), "%s", key);
	o.protocol = protocol ? "binary" : NULL;
	a->stream = http_take(c, &early, &o.early_len);
	o.early = early;
	if (ws_accept_wrap(&a->stream, &o, NULL) < 0)
		arrival_free(a);
	else
		arrival_step(a, 0);
	free(early);
}

static void on_gone(void *arg, struct http_conn *c)
{
	arrival_free(arg);
}

static const struct http_events http_events = {on_request, on_gone};

static void arrive(struct listener *l, struct stream *s)
{
	struct arrival *a = calloc(1, sizeof(*a));
	struct http_conn *c;

	if (!a || (l->tls && tls_accept_wrap(&s, l->tls, NULL) < 0)) {
		stream_free(s);
		free(a);
		return;
	}
	a->listener = l;
	if (l->kind == KIND_WS || l->kind == KIND_WSS) {
		if (http_conn_new(&c, l->loop, s, &http_events, a) < 0)
			free(a);
		return;
	}
	a->stream = s;
	arrival_step(a, 0);
}

static void on_listener(void *arg, int events)
{
	struct listener *l = arg;
	int fd;

	while ((fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct stream *s = NULL;

		if (fd_wrap(&s, fd) == 0)
			arrive(l, s);
	}
}

uint16_t arrive_listen(
		struct loop *loop, enum kind kind, arrived_fn *fn, void *arg)
{
	struct listener *l = calloc(1, sizeof(*l));
	struct sockaddr_in a = {.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	if (!l)
		give_up("listen", -ENOMEM);
	*l = (struct listener){.loop = loop, .kind = kind, .fn = fn};
	l->arg = arg;
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&a, len) < 0 ||
			listen(l->fd, 1024) < 0 ||
			getsockname(l->fd, (struct sockaddr *)&a, &len) < 0)
		give_up("listen", -errno);
	if ((kind == KIND_TLS || kind == KIND_WSS) &&
			tls_server_context_self(&l->tls, NULL, NULL, 0, NULL) <
					0)
		give_up("certificate", -EIO);
	if (watch_new(&l->watch, loop, l->fd, on_listener, l) < 0 ||
			watch_set(l->watch, LOOP_READ) < 0)
		give_up("listen", -EIO);
	return ntohs(a.sin_port);
}
