#include "stream/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stream/layer.h"
#include "stream/tls_internal.h"

enum {
	WRITE_MAX = 64 * 1024, /* plain bytes encrypted at a time */
	HOST_MAX = 255,
};

struct tls {
	struct stream stream;
	struct tls_context *context;
	SSL *ssl;
	struct tls_wire wire;
	bool client;
	bool shaken;
	bool answers; /* the wire holds what reading made us say */
	bool write_waits_read;
	bool said_bye;
	bool over; /* reads have nothing more but this end, or the fault */
};

/* Send what is owned. 0 all gone, -EAGAIN, or what failed. */
static int tls_send(struct tls *t)
{
	int r = t->wire.fault ? t->wire.fault : tls_wire_send(&t->wire);

	if (r == 0)
		t->answers = false;
	return r;
}

/* What a call that answered n <= 0 means. 0 is the end. */
static int tls_failed(struct tls *t, int n)
{
	int why = SSL_get_error(t->ssl, n);

	if (t->wire.fault)
		return t->wire.fault;
	if (t->wire.write_fault && why == SSL_ERROR_SYSCALL)
		return t->wire.write_fault;
	switch (why) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	}
	if (t->wire.ended) /* in the middle of something */
		return 0;
	t->wire.fault = -EPROTO;
	return t->wire.fault;
}

/* ---- handshake ---------------------------------------------------------- */

static int protocol_sentence(const struct tls *t, struct err *e)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);
	int why = ERR_GET_REASON(code);

	if (ERR_GET_LIB(code) != ERR_LIB_SSL)
		return err_set(e, -EPROTO, "TLS failed: %s",
				reason ? reason : "no reason given");
	if (why == SSL_R_HTTP_REQUEST || why == SSL_R_HTTPS_PROXY_REQUEST)
		return err_set(e, -EPROTO,
				"plain HTTP was spoken to a TLS port; use "
				"https://");
	if (why == SSL_R_WRONG_VERSION_NUMBER && t->client)
		return err_set(e, -EPROTO,
				"the peer does not speak TLS on this port");
	if (why > SSL_AD_REASON_OFFSET) /* an alert of the peer */
		return err_set(e, -EPROTO, "the peer refused our TLS: %s",
				reason ? reason : "unknown alert");
	return err_set(e, -EPROTO, "TLS failed: %s",
			reason ? reason : "no reason given");
}

static int handshake_sentence(const struct tls *t, int r, struct err *e)
{
	if (tls_verdict(e) < 0)
		return -EKEYREJECTED;
	if (r == 0)
		return err_set(e, -ECONNRESET,
				"the peer closed the connection in the TLS "
				"handshake");
	if (r == -EPROTO)
		return protocol_sentence(t, e);
	return err_set(e, r, "TLS handshake: %s", strerrordesc_np(-r));
}

/* Belt to the callback's braces: no certificate was seen, none was judged. */
static bool tls_peer_judged(const struct tls *t)
{
	return !t->client ||
	       (SSL_get0_peer_certificate(t->ssl) &&
			       SSL_get_verify_result(t->ssl) == X509_V_OK);
}

static int tls_shake(struct tls *t, struct err *e)
{
	int n, r;

	tls_verdict_forget();
	tls_wire_begin(&t->wire);
	n = SSL_do_handshake(t->ssl);
	r = n == 1 ? 0 : tls_failed(t, n);
	if (n != 1 && r != -EAGAIN)
		r = t->wire.fault = handshake_sentence(t, r, e);
	tls_wire_end(&t->wire); /* also the alert that says why */
	if (n == 1 && !tls_peer_judged(t))
		r = t->wire.fault = err_set(e, -EKEYREJECTED,
				"the peer showed no certificate");
	else if (t->wire.write_fault && (n == 1 || r == -EAGAIN))
		r = handshake_sentence(t, t->wire.write_fault, e);
	t->shaken = r == 0;
	return r;
}

static int tls_handshake(struct stream *s, struct err *e)
{
	struct tls *t = (struct tls *)s;
	int r = tls_send(t);

	if (r < 0)
		return r == -EAGAIN ? r : handshake_sentence(t, r, e);
	if (!t->shaken)
		r = tls_shake(t, e);
	/* not ready before our last word is on its way: who only reads from
	 * here on would never send it */
	return r < 0 ? r : t->wire.out.len > 0 ? -EAGAIN : 0;
}

/* ---- bytes -------------------------------------------------------------- */

static ssize_t tls_read(struct stream *s, uint8_t *data, size_t len)
{
	struct tls *t = (struct tls *)s;
	size_t got = 0;
	int r = 0;

	if (t->wire.fault || len == 0)
		return t->wire.fault ? t->wire.fault : -EAGAIN;
	len = len < INT_MAX ? len : INT_MAX;
	if (t->answers) /* nobody else may be writing */
		(void)tls_send(t);
	tls_wire_begin(&t->wire);
	while (got < len) {
		int n = SSL_read(t->ssl, data + got, (int)(len - got));

		if (n <= 0) {
			r = tls_failed(t, n);
			t->over = r != -EAGAIN;
			break;
		}
		got += (size_t)n;
	}
	if (t->wire.gather)
		t->answers = true;
	tls_wire_end(&t->wire);
	if (t->wire.out.len == 0)
		t->answers = false;
	/* what came before an end or a failure comes first */
	return got > 0 ? (ssize_t)got : t->wire.fault ? t->wire.fault : r;
}

static ssize_t tls_write(struct stream *s, uint8_t *data, size_t len)
{
	struct tls *t = (struct tls *)s;
	int n, r;

	if (t->said_bye)
		return -EPIPE;
	r = tls_send(t);
	if (r < 0 || len == 0)
		return r;
	tls_wire_begin(&t->wire);
	n = SSL_write(t->ssl, data, (int)(len < WRITE_MAX ? len : WRITE_MAX));
	r = n > 0 ? n : tls_failed(t, n);
	t->write_waits_read = r == -EAGAIN;
	tls_wire_end(&t->wire);
	return t->wire.write_fault ? t->wire.write_fault : r == 0 ? -EPIPE : r;
}

static int tls_flush(struct stream *s)
{
	struct tls *t = (struct tls *)s;
	int r = tls_send(t);

	return r < 0 ? r : stream_flush(s->below);
}

static int tls_shutdown(struct stream *s)
{
	struct tls *t = (struct tls *)s;
	int r = tls_send(t);

	if (r < 0)
		return r;
	if (t->shaken && !t->said_bye) {
		t->said_bye = true;
		tls_wire_begin(&t->wire);
		(void)SSL_shutdown(t->ssl);
		tls_wire_end(&t->wire);
		r = tls_send(t);
	}
	return r < 0 ? r : stream_shutdown(s->below);
}

/* A cut record, kept by OpenSSL, does not count: only the wire helps it. An
 * end that came in with the last bytes does: nothing else may ever come. */
static bool tls_pending(const struct stream *s)
{
	const struct tls *t = (const struct tls *)s;

	return t->over || t->wire.fault || t->wire.rest.len > 0 ||
	       SSL_pending(t->ssl) > 0;
}

static int tls_want(const struct stream *s, enum stream_op op)
{
	const struct tls *t = (const struct tls *)s;
	int read = stream_want(s->below, STREAM_READ);
	int write = stream_want(s->below, STREAM_WRITE);

	switch (op) {
	case STREAM_HANDSHAKE:
		return t->wire.out.len > 0 ? write : read;
	case STREAM_READ:
		return t->answers ? read | write : read;
	case STREAM_WRITE:
		break;
	}
	return t->wire.out.len == 0 && t->write_waits_read ? read : write;
}

static void tls_free(struct stream *s)
{
	struct tls *t = (struct tls *)s;

	SSL_free(t->ssl);
	tls_wire_done(&t->wire);
	tls_context_unref(t->context);
	free(t);
}

static const struct stream_ops tls_ops = {
		.name = "tls",
		.handshake = tls_handshake,
		.read = tls_read,
		.write = tls_write,
		.flush = tls_flush,
		.shutdown = tls_shutdown,
		.pending = tls_pending,
		.want = tls_want,
		.free = tls_free,
};

/* ---- putting it on ------------------------------------------------------ */

static struct tls *tls_new(struct tls_context *c, struct err *e)
{
	struct tls *t = calloc(1, sizeof(*t));
	BIO *wire = NULL;

	if (t) {
		t->ssl = SSL_new(c->ctx);
		wire = t->ssl ? tls_wire_bio(&t->wire) : NULL;
	}
	if (!wire) {
		if (t)
			SSL_free(t->ssl);
		free(t);
		tls_library_err(e, -ENOMEM, "TLS");
		return NULL;
	}
	SSL_set_bio(t->ssl, wire, wire);
	t->context = tls_context_ref(c);
	return t;
}

/* SNI for names, and what the certificate has to be for. */
static int tls_set_host(struct tls *t, const char *host, struct err *e)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);
	char name[HOST_MAX + 1] = "";
	uint8_t address[16];
	size_t len = host ? strcspn(host, "%") : 0; /* "fe80::1%eth0" */
	bool numeric, good = true;

	if (len > HOST_MAX || (len == 0 && t->context->checks_host))
		return err_set(e, -EINVAL, "TLS needs a host name to check");
	if (len == 0)
		return 0;
	memcpy(name, host, len);
	if (len > 1 && name[len - 1] == '.')
		name[len - 1] = '\0';
	numeric = inet_pton(AF_INET, name, address) == 1 ||
		  inet_pton(AF_INET6, name, address) == 1;
	if (!numeric)
		good = SSL_set_tlsext_host_name(t->ssl, name) == 1;
	if (good && t->context->checks_host && numeric)
		good = X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
	else if (good && t->context->checks_host)
		good = X509_VERIFY_PARAM_set1_host(param, name, 0) == 1;
	X509_VERIFY_PARAM_set_hostflags(
			param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return good ? 0 : tls_library_err(e, -EINVAL, "TLS host name");
}

int tls_connect_wrap(struct stream **s, struct tls_context *c, const char *host,
		struct err *e)
{
	struct tls *t = tls_new(c, e);
	int r;

	if (!t)
		return -ENOMEM;
	t->client = true;
	r = tls_set_host(t, host, e);
	if (r < 0) {
		tls_free(&t->stream);
		return r;
	}
	SSL_set_connect_state(t->ssl);
	t->wire.below = *s;
	layer_push(s, &t->stream, &tls_ops);
	return 0;
}

int tls_accept_wrap(struct stream **s, struct tls_context *c, struct err *e)
{
	struct tls *t = tls_new(c, e);

	if (!t)
		return -ENOMEM;
	SSL_set_accept_state(t->ssl);
	t->wire.below = *s;
	layer_push(s, &t->stream, &tls_ops);
	return 0;
}

/* ---- who it is ---------------------------------------------------------- */

static int64_t not_after(const X509 *leaf)
{
	struct tm tm = {0};

	if (ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm);
}

int tls_peer(const struct stream *s, struct tls_peer *ret)
{
	const struct tls *t = (const struct tls *)s;
	X509 *leaf = SSL_get0_peer_certificate(t->ssl);
	unsigned len = 0;

	*ret = (struct tls_peer){0};
	if (!leaf || X509_digest(leaf, EVP_sha256(), ret->fingerprint, &len) !=
					1)
		return -ENODATA;
	tls_name_value(X509_get_subject_name(leaf), NID_commonName, ret->name,
			sizeof(ret->name));
	ret->not_after = not_after(leaf);
	return 0;
}
