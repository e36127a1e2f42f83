#include "stream/connect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/connect_request.h"
#include "proto/http_head.h"
#include "stream/ask.h"
#include "stream/layer.h"

enum { CONNECT_CREDENTIAL_MAX = 4096 };

struct connect {
	struct stream stream;
	struct ask ask; /* then its head: what came too early */
};

struct connect_answer {
	int status;
	char reason[HTTP_REASON_MAX];
};

/* ---- the handshake ------------------------------------------------------ */

static int parse_answer(const uint8_t *data, size_t len, void *ret)
{
	struct connect_answer *a = ret;
	struct piece name, value;
	struct http_head head;
	int used = http_head_parse(data, len, "HTTP/1.", &head);
	int r;

	if (used <= 0)
		return used;
	r = http_status_parse(head.first, &a->status, a->reason);
	while (r == 0 && (r = http_head_next(&head, &name, &value)) > 0)
		r = 0; /* none of them matters */
	return r < 0 ? r : used;
}

static int connect_judge(const struct connect_answer *a, struct err *e)
{
	bool login = a->status == 401 || a->status == 407;

	if (a->status == 200)
		return 0;
	return err_set(e, login ? -EACCES : -ECONNREFUSED,
			"the proxy refused CONNECT: %d %s", a->status,
			a->reason);
}

static int connect_handshake(struct stream *s, struct err *e)
{
	struct connect *c = (struct connect *)s;
	struct connect_answer a = {0};
	int r = ask_send(&c->ask, s->below), used = 0;

	if (r == 0)
		r = used = ask_read(&c->ask, s->below, parse_answer, &a);
	if (r == -EAGAIN)
		return r;
	if (r < 0)
		return err_set(e, r, "the proxy was asked to CONNECT: %s",
				ask_why(r));
	r = connect_judge(&a, e);
	if (r == 0)
		buf_eat(&c->ask.head, (size_t)used);
	return r;
}

/* ---- afterwards --------------------------------------------------------- */

static ssize_t connect_read(struct stream *s, uint8_t *data, size_t len)
{
	struct buf *early = &((struct connect *)s)->ask.head;

	if (early->len == 0)
		return stream_read(s->below, data, len);
	if (len > early->len)
		len = early->len;
	memcpy(data, buf_data(early), len);
	buf_eat(early, len);
	return (ssize_t)len;
}

static bool connect_pending(const struct stream *s)
{
	return s->ready && ((const struct connect *)s)->ask.head.len > 0;
}

static bool connect_bare(const struct stream *s, enum stream_op op)
{
	return op == STREAM_WRITE ||
	       ((const struct connect *)s)->ask.head.len == 0;
}

static int connect_want(const struct stream *s, enum stream_op op)
{
	const struct connect *c = (const struct connect *)s;

	if (op != STREAM_HANDSHAKE)
		return 0;
	return stream_want(s->below,
			ask_sends(&c->ask) ? STREAM_WRITE : STREAM_READ);
}

static void connect_free(struct stream *s)
{
	struct connect *c = (struct connect *)s;

	ask_done(&c->ask);
	free(c);
}

static const struct stream_ops connect_ops = {
		.name = "connect",
		.handshake = connect_handshake,
		.read = connect_read,
		.pending = connect_pending,
		.want = connect_want,
		.bare = connect_bare,
		.free = connect_free,
};

/* ---- making ------------------------------------------------------------- */

static int check_options(const struct connect_options *o, struct err *e)
{
	const char *credential = o->credential.data;

	if (o->host.len == 0 || o->host.len > CONNECT_HOST_MAX ||
			strlen(o->host.data) != o->host.len ||
			!ask_is_plain(o->host.data, '!'))
		return err_set(e, -EINVAL, "CONNECT: not a host to ask for");
	if (o->port == 0)
		return err_set(e, -EINVAL, "CONNECT: not a port to ask for");
	if (o->credential.len > CONNECT_CREDENTIAL_MAX ||
			(credential && (strlen(credential) != o->credential.len ||
						       !ask_is_plain(credential,
								       ' '))))
		return err_set(e, -EINVAL,
				"CONNECT: the credential cannot stand in a "
				"header");
	return 0;
}

static int connect_write(struct ask *a, const struct connect_options *o)
{
	const char *credential = o->credential.len ? o->credential.data : "";
	size_t room = 2 * o->host.len + o->credential.len + 64;
	char *request = ask_room(a, room);

	if (!request)
		return -ENOMEM;
	a->len = (size_t)snprintf(request, room,
			"CONNECT %s:%u HTTP/1.0\r\n"
			"Host: %s:%u\r\n"
			"%s%s\r\n",
			o->host.data, o->port, o->host.data, o->port,
			credential, *credential ? "\r\n" : "");
	return 0;
}

int connect_wrap(struct stream **s, const struct connect_options *o,
		struct err *e)
{
	struct connect *c;
	int r = check_options(o, e);

	if (r < 0)
		return r;
	c = calloc(1, sizeof(*c));
	r = c ? connect_write(&c->ask, o) : -ENOMEM;
	if (r < 0) {
		free(c);
		return err_set(e, r, "CONNECT: out of memory");
	}
	layer_push(s, &c->stream, &connect_ops);
	return 0;
}

int connect_options_copy(
		struct connect_options *to, const struct connect_options *from)
{
	struct connect_options o = {.port = from->port};

	if (secret_copy(&o.host, &from->host) < 0 ||
			secret_copy(&o.credential, &from->credential) < 0) {
		connect_options_done(&o);
		return -ENOMEM;
	}
	*to = o;
	return 0;
}

void connect_options_done(struct connect_options *o)
{
	secret_done(&o->host);
	secret_done(&o->credential);
	*o = (struct connect_options){0};
}
