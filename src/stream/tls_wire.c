/* The way of ciphertext between OpenSSL and the layer below. */
#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "stream/tls_internal.h"

enum {
	LENT_ROOM = 68 * 1024, /* a write as records, and a bit of talk */
	READ_AHEAD = 64 * 1024,
	/* One write as records, and what reading made us answer meanwhile; a
	 * peer that makes us answer more and reads nothing is refused. */
	OWNED_MAX = 128 * 1024,
};

/*
 * Ciphertext on its way through a call. A thread lends its buffers to the
 * connection at work and has them back, empty, when the call returns: nothing
 * of one connection can reach the next one. There are two, for reading and
 * writing; TLS inside TLS finds them taken and allocates.
 */
struct lent {
	size_t off, len;
	bool taken;
	uint8_t head[STREAM_HEAD]; /* scratch of the layers below */
	uint8_t data[LENT_ROOM];
};

static _Thread_local struct lent lent_own[2];

/* ---- buffers ------------------------------------------------------------ */

static struct lent *lent_take(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct lent *l = &lent_own[i];

		if (l->taken)
			continue;
		l->taken = true;
		return l;
	}
	return calloc(1, sizeof(struct lent));
}

static void lent_give(struct lent *l)
{
	if (!l)
		return;
	l->off = l->len = 0;
	if (l == &lent_own[0] || l == &lent_own[1])
		l->taken = false;
	else
		free(l);
}

static int owned_add(struct owned *o, const uint8_t *data, size_t len)
{
	uint8_t *base;

	if (len > OWNED_MAX || o->len > OWNED_MAX - len)
		return -ENOBUFS;
	base = malloc(STREAM_HEAD + o->len + len);
	if (!base)
		return -ENOMEM;
	if (o->len > 0)
		memcpy(base + STREAM_HEAD, o->base + o->off, o->len);
	memcpy(base + STREAM_HEAD + o->len, data, len);
	free(o->base);
	o->base = base;
	o->off = STREAM_HEAD;
	o->len += len;
	return 0;
}

static void owned_eat(struct owned *o, size_t len)
{
	o->off += len;
	o->len -= len;
	if (o->len > 0)
		return;
	free(o->base);
	*o = (struct owned){0};
}

/* ---- the wire, as OpenSSL sees it --------------------------------------- */

/* Records are gathered and leave together; OpenSSL is never told to wait. */
static int wire_write(BIO *b, const char *data, int len)
{
	struct tls_wire *w = BIO_get_data(b);
	struct lent *g = w->gather;
	size_t n = (size_t)len;

	BIO_clear_retry_flags(b);
	if (!g)
		g = w->gather = lent_take();
	if (!g)
		w->write_fault = -ENOMEM;
	else if (n > LENT_ROOM - g->len) { /* cannot be; but no overflow */
		w->write_fault = owned_add(&w->out, g->data, g->len);
		g->len = 0;
		if (w->write_fault == 0 && n > LENT_ROOM)
			w->write_fault = -ENOBUFS;
	}
	if (w->write_fault < 0)
		return -1;
	memcpy(g->data + g->len, data, n);
	g->len += n;
	return len;
}

/* Read from below, as much as there is: a read a record would be dear. */
static ssize_t wire_fill(struct tls_wire *w)
{
	struct lent *a = w->ahead;
	ssize_t n;

	if (!a)
		a = w->ahead = lent_take();
	if (!a)
		return -ENOMEM;
	if (w->dry)
		return -EAGAIN;
	n = stream_read(w->below, a->data, READ_AHEAD);
	if (n > 0) {
		a->off = 0;
		a->len = (size_t)n;
		/* a short read has emptied the wire: do not ask again */
		w->dry = n < READ_AHEAD && !stream_pending(w->below);
	} else if (n == -EAGAIN) {
		w->dry = true;
	}
	return n;
}

static int wire_failed(struct tls_wire *w, BIO *b, ssize_t n)
{
	if (n == 0)
		w->ended = true;
	else if (n == -EAGAIN)
		BIO_set_retry_read(b);
	else
		w->fault = (int)n;
	return n == 0 ? 0 : -1;
}

static int wire_read(BIO *b, char *data, int len)
{
	struct tls_wire *w = BIO_get_data(b);
	size_t want = (size_t)len;
	ssize_t n;

	BIO_clear_retry_flags(b);
	if (w->fault)
		return -1;
	if (w->rest.len > 0) {
		want = want < w->rest.len ? want : w->rest.len;
		memcpy(data, w->rest.base + w->rest.off, want);
		owned_eat(&w->rest, want);
		return (int)want;
	}
	if (!w->ahead || w->ahead->len == 0) {
		n = wire_fill(w);
		if (n <= 0)
			return wire_failed(w, b, n);
	}
	want = want < w->ahead->len ? want : w->ahead->len;
	memcpy(data, w->ahead->data + w->ahead->off, want);
	w->ahead->off += want;
	w->ahead->len -= want;
	return (int)want;
}

static long wire_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	const struct tls_wire *w = BIO_get_data(b);

	(void)num, (void)ptr;
	if (cmd == BIO_CTRL_EOF)
		return w->ended;
	return cmd == BIO_CTRL_FLUSH; /* the call's end sends */
}

static BIO_METHOD *wire_method;

static void make_wire_method(void)
{
	BIO_METHOD *m = BIO_meth_new(
			BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");

	if (m && BIO_meth_set_write(m, wire_write) == 1 &&
			BIO_meth_set_read(m, wire_read) == 1 &&
			BIO_meth_set_ctrl(m, wire_ctrl) == 1)
		wire_method = m;
	else
		BIO_meth_free(m);
}

BIO *tls_wire_bio(struct tls_wire *w)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	BIO *b;

	(void)pthread_once(&once, make_wire_method);
	b = wire_method ? BIO_new(wire_method) : NULL;
	if (b) {
		BIO_set_data(b, w);
		BIO_set_init(b, 1);
	}
	return b;
}

/* ---- a call to OpenSSL: before and after -------------------------------- */

int tls_wire_send(struct tls_wire *w)
{
	while (w->write_fault == 0 && w->out.len > 0) {
		ssize_t n = stream_write(
				w->below, w->out.base + w->out.off, w->out.len);

		if (n < 0 && n != -EAGAIN)
			w->write_fault = (int)n;
		if (n < 0)
			return (int)n;
		owned_eat(&w->out, (size_t)n);
	}
	return w->write_fault;
}

/* Pass what was gathered to the layer below, all at once. */
static void wire_release(struct tls_wire *w)
{
	struct lent *g = w->gather;
	ssize_t n = 0;
	int r = 0;

	w->gather = NULL;
	if (!g)
		return;
	if (g->len > 0 && w->out.len == 0)
		n = stream_write(w->below, g->data, g->len);
	if (n == -EAGAIN)
		n = 0;
	if (n < 0)
		r = (int)n;
	else if ((size_t)n < g->len)
		r = owned_add(&w->out, g->data + n, g->len - (size_t)n);
	if (r < 0 && w->write_fault == 0)
		w->write_fault = r;
	lent_give(g);
}

/* Keep what was read ahead and OpenSSL has not asked for. */
static void wire_keep_rest(struct tls_wire *w)
{
	struct lent *a = w->ahead;
	int r = 0;

	w->ahead = NULL;
	if (!a)
		return;
	if (a->len > 0)
		r = owned_add(&w->rest, a->data + a->off, a->len);
	if (r < 0 && w->fault == 0)
		w->fault = r;
	lent_give(a);
}

void tls_wire_begin(struct tls_wire *w)
{
	assert(!w->gather && !w->ahead);
	ERR_clear_error();
	w->dry = false;
}

void tls_wire_end(struct tls_wire *w)
{
	wire_release(w);
	wire_keep_rest(w);
}

void tls_wire_done(struct tls_wire *w)
{
	free(w->out.base);
	free(w->rest.base);
}
