/*
 * TLS 1.2 and 1.3, by OpenSSL. One policy says how a peer is verified, and it
 * is the same for the API, the WebSocket and the SPICE tunnel.
 *
 * A context is shared by every connection (and every loop) of its kind, so
 * that session tickets work. Writes gather the records of a chunk and leave
 * with one send; what the wire did not take, the layer owns.
 *
 * A peer that is not the one we trust fails the handshake with -EKEYREJECTED,
 * before any byte of ours is sent to it; the sentence names the fingerprint
 * that was seen and the one that was expected.
 */
#ifndef STREAM_TLS_H
#define STREAM_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/crypto.h"
#include "core/err.h"

struct stream;
struct tls_context;

enum tls_verify {
	TLS_ROOTS,       /* the system's roots, host name checked */
	TLS_CA,          /* this CA file or text, host name checked */
	TLS_FINGERPRINT, /* SHA-256 of the leaf certificate, nothing else */
	TLS_CA_SUBJECT,  /* this CA, and the leaf's subject (SPICE) */
	TLS_OFF,         /* said in so many words; the caller warned */
};

struct tls_policy {
	enum tls_verify verify;
	char *ca_file; /* PEM; TLS_CA, TLS_CA_SUBJECT */
	char *ca_text; /* the same as text, instead of a file */
	/* "OU=..,O=..,CN=.." in certificate order. A comma separates fields
	 * only where a known field name and '=' follow; "\\," never does. */
	char *subject;
	uint8_t fingerprint[SHA256_LEN];
};

int tls_policy_copy(struct tls_policy *to, const struct tls_policy *from);
void tls_policy_done(struct tls_policy *p);
/* "SHA256:AB:CD..", "sha256:abcd..", or bare hex of 32 bytes; -EINVAL. */
int tls_fingerprint_parse(const char *text, uint8_t ret[SHA256_LEN]);
enum { TLS_FINGERPRINT_TEXT_MAX = 7 + 3 * SHA256_LEN };
void tls_fingerprint_text(const uint8_t fingerprint[SHA256_LEN],
		char ret[TLS_FINGERPRINT_TEXT_MAX]);

/* Does this policy ask for a host-name check? */
bool tls_policy_checks_host(const struct tls_policy *p);

/*
 * What the HTTP client gives libcurl as its SSL_CTX_FUNCTION's work; once for
 * each SSL_CTX, which keeps a copy of the policy. It replaces the trusted
 * roots and the verification of the context, so CURLOPT_SSL_VERIFYPEER is
 * best 0 (it would only load roots in vain); the host is libcurl's to know:
 * CURLOPT_SSL_VERIFYHOST is tls_policy_checks_host() ? 2 : 0. Sessions are not
 * resumed, for a resumed one would skip the check.
 */
int tls_policy_apply(void *ssl_ctx, const struct tls_policy *p, struct err *e);

/* What the last failed verification on this thread said: -EKEYREJECTED with
 * its sentence, once; 0 where there was none. For users of tls_policy_apply();
 * the layer's own handshake tells it by itself. */
int tls_verdict(struct err *e);

/* SHA-256 of the certificate that the peer of this SSL showed, for users of
 * tls_policy_apply(). 0; -ENOENT: it has shown none. */
int tls_peer_fingerprint(const void *ssl, uint8_t ret[SHA256_LEN]);

/* ---- contexts: reference counted, any thread ---------------------------- */

/* For connecting. The policy is copied. */
int tls_client_context(struct tls_context **ret_context,
		const struct tls_policy *p, struct err *e);
/* For accepting; PEM files. */
int tls_server_context(struct tls_context **ret_context, const char *cert_file,
		const char *key_file, struct err *e);
/* The same with a certificate of our own making: ECDSA P-256, ten years, the
 * names (DNS names and addresses) as subject alternative names; kept in dir
 * (0700; cert.pem, key.pem 0600) and made anew only where it has fewer than 30
 * days left. dir NULL: in memory. */
int tls_server_context_self(struct tls_context **ret_context, const char *dir,
		const char *const *names, size_t name_count, struct err *e);
struct tls_context *tls_context_ref(struct tls_context *c);
void tls_context_unref(struct tls_context *c);
/* SHA-256 of a server context's own certificate. */
void tls_context_fingerprint(
		const struct tls_context *c, uint8_t ret[SHA256_LEN]);

/* ---- the layer ----------------------------------------------------------
 *
 * stream_shutdown() says close_notify and shuts what is below; reading goes
 * on. The peer's close_notify is the end, and so is an end of the connection
 * without one, as many peers do: what is carried has to know by itself
 * whether it is complete. An end inside the handshake is -ECONNRESET.
 */

/* host: name for SNI and the host-name check (no SNI for an address); may be
 * NULL where the policy checks no host. */
int tls_connect_wrap(struct stream **s, struct tls_context *c, const char *host,
		struct err *e);
int tls_accept_wrap(struct stream **s, struct tls_context *c, struct err *e);

/* What the peer of a stack showed, the top of which is this layer and ready.
 */
struct tls_peer {
	uint8_t fingerprint[SHA256_LEN];
	char name[256];    /* its common name: a stranger's text; or "" */
	int64_t not_after; /* seconds since 1970; 0: not known */
};

/* 0, or -ENODATA where it showed no certificate. */
int tls_peer(const struct stream *s, struct tls_peer *ret);

#endif
