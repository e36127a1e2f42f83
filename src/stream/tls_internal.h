/*
 * What the files of the TLS layer share, and nobody else includes: policies
 * (tls_policy.c), verification by them (tls_verify.c, tls_subject.c),
 * certificates of our own making (tls_cert.c), contexts (tls_context.c), the
 * way of the ciphertext (tls_wire.c) and the layer (tls.c).
 */
#ifndef STREAM_TLS_INTERNAL_H
#define STREAM_TLS_INTERNAL_H

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>

#include "stream/layer.h"
#include "stream/tls.h"

struct tls_context {
	SSL_CTX *ctx;
	atomic_uint refs;
	bool checks_host; /* a client's: wrap has to be given a host */
	uint8_t fingerprint[SHA256_LEN]; /* a server's */
};

/* "what: " and the first sentence of OpenSSL; empties its queue. */
int tls_library_err(struct err *e, int code, const char *what);

/* The first value of a kind in a name (NID_commonName); "" without one. */
void tls_name_value(const X509_NAME *name, int nid, char *ret, size_t ret_max);

/* SSL_CTX_set_cert_verify_callback(); arg is a struct tls_policy. */
int tls_verify(X509_STORE_CTX *x, void *arg);

/* Is the leaf's subject this text, field by field? */
bool tls_subject_is(const X509 *leaf, const char *text);

/* Forget what verifications on this thread said before. */
void tls_verdict_forget(void);

/* Load the certificate and key of `dir`, or make them first. dir NULL: make
 * them in memory. */
int tls_cert_self(const char *dir, const char *const *names, size_t name_count,
		X509 **ret_cert, EVP_PKEY **ret_key, struct err *e);

/* ---- the wire ----------------------------------------------------------- */

/* Ciphertext that outlives a call; holds no memory while empty. */
struct owned {
	uint8_t *base; /* STREAM_HEAD bytes of scratch, then data */
	size_t off, len;
};

/*
 * Between OpenSSL and the layer below. A call to OpenSSL stands between begin
 * and end: what it writes is gathered and leaves with one stream_write() at
 * the end, what it reads is read ahead. OpenSSL is never told to wait for
 * writing.
 */
struct tls_wire {
	struct stream *below; /* borrowed */
	struct lent *gather;  /* records of this call; NULL between calls */
	struct lent *ahead;   /* read from below; NULL between calls */
	struct owned out;     /* what the layer below did not take */
	struct owned rest;    /* read ahead, but not yet asked for */
	int fault;            /* nothing can be read any more */
	int write_fault;      /* nor written; what came before can be read */
	bool dry;             /* below has no more in this call */
	bool ended;           /* what is below has ended */
};

BIO *tls_wire_bio(struct tls_wire *w); /* NULL without memory */
void tls_wire_done(struct tls_wire *w);

void tls_wire_begin(struct tls_wire *w);
void tls_wire_end(struct tls_wire *w);
/* Send what is owned. 0 all gone, -EAGAIN, or what failed. */
int tls_wire_send(struct tls_wire *w);

#endif
