/* Contexts: what all connections of a kind share. */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream/tls_internal.h"

/* AES-128 first: as good as 256 for a console, and a little cheaper. */
#define SUITES_13                                        \
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:" \
	"TLS_CHACHA20_POLY1305_SHA256"
#define SUITES_12_SERVER "ECDHE+AESGCM:ECDHE+CHACHA20"

/* No prompt on a terminal for a key with a passphrase. */
static int no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return 0;
}

static SSL_CTX *ctx_new(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (!ctx)
		return NULL;
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
			SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) !=
					1 ||
			SSL_CTX_set_ciphersuites(ctx, SUITES_13) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	/* an end without close_notify is an end: see the header */
	SSL_CTX_set_options(
			ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
					     SSL_OP_IGNORE_UNEXPECTED_EOF |
					     SSL_OP_CIPHER_SERVER_PREFERENCE |
					     SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ctx,
			SSL_MODE_RELEASE_BUFFERS |
					SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					SSL_MODE_AUTO_RETRY);
	/* tickets carry the session; a table here would only grow */
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	return ctx;
}

static struct tls_context *context_new(const SSL_METHOD *method, struct err *e)
{
	struct tls_context *c = calloc(1, sizeof(*c));

	if (c) {
		atomic_init(&c->refs, 1);
		c->ctx = ctx_new(method);
	}
	if (!c || !c->ctx) {
		free(c);
		tls_library_err(e, -ENOMEM, "TLS context");
		return NULL;
	}
	return c;
}

struct tls_context *tls_context_ref(struct tls_context *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

void tls_context_unref(struct tls_context *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) > 1)
		return;
	SSL_CTX_free(c->ctx);
	free(c);
}

void tls_context_fingerprint(
		const struct tls_context *c, uint8_t ret[SHA256_LEN])
{
	memcpy(ret, c->fingerprint, SHA256_LEN);
}

int tls_client_context(struct tls_context **ret_context,
		const struct tls_policy *p, struct err *e)
{
	struct tls_context *c = context_new(TLS_client_method(), e);
	int r;

	if (!c)
		return -ENOMEM;
	r = tls_policy_apply(c->ctx, p, e);
	if (r < 0) {
		tls_context_unref(c);
		return r;
	}
	c->checks_host = tls_policy_checks_host(p);
	*ret_context = c;
	return 0;
}

/* ---- servers ------------------------------------------------------------ */

/* HTTP/1.1 is what we speak; a client without it is not turned away here. */
static int choose_protocol(SSL *ssl, const unsigned char **ret,
		unsigned char *ret_len, const unsigned char *offered,
		unsigned int offered_len, void *arg)
{
	static const char ours[] = "http/1.1";
	const size_t len = sizeof(ours) - 1;

	(void)ssl, (void)arg;
	for (unsigned int i = 0; i < offered_len; i += offered[i] + 1U) {
		if (offered[i] > offered_len - i - 1)
			break;
		if (offered[i] == len &&
				memcmp(offered + i + 1, ours, len) == 0) {
			*ret = offered + i + 1;
			*ret_len = (unsigned char)len;
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_NOACK;
}

static int server_finish(struct tls_context *c, struct err *e)
{
	static const unsigned char id[] = "glassbridge";
	const X509 *cert = SSL_CTX_get0_certificate(c->ctx);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	SSL_CTX_set_alpn_select_cb(c->ctx, choose_protocol, NULL);
	if (SSL_CTX_set_cipher_list(c->ctx, SUITES_12_SERVER) != 1 ||
			SSL_CTX_set_session_id_context(
					c->ctx, id, sizeof(id) - 1) != 1 ||
			!cert ||
			X509_digest(cert, EVP_sha256(), digest, &len) != 1 ||
			len != SHA256_LEN)
		return tls_library_err(e, -EIO, "TLS context");
	memcpy(c->fingerprint, digest, SHA256_LEN);
	return 0;
}

static int load_files(struct tls_context *c, const char *cert_file,
		const char *key_file, struct err *e)
{
	char what[256];

	(void)snprintf(what, sizeof(what), "certificate file '%.200s'",
			cert_file);
	if (SSL_CTX_use_certificate_chain_file(c->ctx, cert_file) != 1)
		return tls_library_err(e, -EINVAL, what);
	(void)snprintf(what, sizeof(what),
			"key file '%.200s' (PEM, no passphrase)", key_file);
	if (SSL_CTX_use_PrivateKey_file(c->ctx, key_file, SSL_FILETYPE_PEM) !=
			1)
		return tls_library_err(e, -EINVAL, what);
	if (SSL_CTX_check_private_key(c->ctx) != 1)
		return tls_library_err(e, -EINVAL,
				"certificate and key do not belong together");
	return 0;
}

static int load_self(struct tls_context *c, const char *dir,
		const char *const *names, size_t name_count, struct err *e)
{
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	int r = tls_cert_self(dir, names, name_count, &cert, &key, e);

	if (r == 0 && (SSL_CTX_use_certificate(c->ctx, cert) != 1 ||
				      SSL_CTX_use_PrivateKey(c->ctx, key) != 1))
		r = tls_library_err(e, -EINVAL, "our own certificate");
	X509_free(cert);
	EVP_PKEY_free(key);
	return r;
}

int tls_server_context(struct tls_context **ret_context, const char *cert_file,
		const char *key_file, struct err *e)
{
	struct tls_context *c = context_new(TLS_server_method(), e);
	int r = c ? load_files(c, cert_file, key_file, e) : -ENOMEM;

	if (r == 0)
		r = server_finish(c, e);
	if (r < 0)
		tls_context_unref(c);
	else
		*ret_context = c;
	return r;
}

int tls_server_context_self(struct tls_context **ret_context, const char *dir,
		const char *const *names, size_t name_count, struct err *e)
{
	struct tls_context *c = context_new(TLS_server_method(), e);
	int r = c ? load_self(c, dir, names, name_count, e) : -ENOMEM;

	if (r == 0)
		r = server_finish(c, e);
	if (r < 0)
		tls_context_unref(c);
	else
		*ret_context = c;
	return r;
}
