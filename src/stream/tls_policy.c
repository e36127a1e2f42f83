/* Policies as values, and whom each of them trusts. */
#include <ctype.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream/tls_internal.h"

enum {
	CA_MAX = 256, /* certificates in one ca_text */
};

/* ---- the policy as a value ---------------------------------------------- */

static int copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

int tls_policy_copy(struct tls_policy *to, const struct tls_policy *from)
{
	struct tls_policy p = *from;

	p.ca_file = p.ca_text = p.subject = NULL;
	if (copy_text(&p.ca_file, from->ca_file) < 0 ||
			copy_text(&p.ca_text, from->ca_text) < 0 ||
			copy_text(&p.subject, from->subject) < 0) {
		tls_policy_done(&p);
		return -ENOMEM;
	}
	*to = p;
	return 0;
}

void tls_policy_done(struct tls_policy *p)
{
	free(p->ca_file);
	free(p->ca_text);
	free(p->subject);
	*p = (struct tls_policy){0};
}

bool tls_policy_checks_host(const struct tls_policy *p)
{
	return p->verify == TLS_ROOTS || p->verify == TLS_CA;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int tls_fingerprint_parse(const char *text, uint8_t ret[SHA256_LEN])
{
	uint8_t found[SHA256_LEN];

	if (strncasecmp(text, "SHA256:", 7) == 0)
		text += 7;
	for (size_t i = 0; i < SHA256_LEN; i++) {
		int high, low;

		if (i > 0 && *text == ':')
			text++;
		high = hex_digit(*text);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return -EINVAL;
		found[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return -EINVAL;
	memcpy(ret, found, SHA256_LEN);
	return 0;
}

void tls_fingerprint_text(const uint8_t fingerprint[SHA256_LEN],
		char ret[TLS_FINGERPRINT_TEXT_MAX])
{
	char *at = ret + sprintf(ret, "SHA256");

	for (size_t i = 0; i < SHA256_LEN; i++)
		at += sprintf(at, ":%02X", fingerprint[i]);
}

/* ---- whom to trust ------------------------------------------------------ */

/* Reading the system's roots costs milliseconds: once a process. */
static X509_STORE *trust_roots(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static X509_STORE *roots;
	X509_STORE *ret = NULL;

	pthread_mutex_lock(&lock);
	if (!roots) {
		X509_STORE *store = X509_STORE_new();

		if (store && X509_STORE_set_default_paths(store) == 1)
			roots = store;
		else
			X509_STORE_free(store);
	}
	if (roots && X509_STORE_up_ref(roots) == 1)
		ret = roots;
	pthread_mutex_unlock(&lock);
	return ret;
}

static int trust_text(X509_STORE *store, const char *text, struct err *e)
{
	BIO *in = BIO_new_mem_buf(text, -1);
	int found = 0, r = 0;
	X509 *cert;

	if (!in)
		return err_set(e, -ENOMEM, "out of memory");
	while (r == 0 && (cert = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
		if (++found > CA_MAX)
			r = err_set(e, -EMSGSIZE,
					"more than %d CA certificates", CA_MAX);
		else if (X509_STORE_add_cert(store, cert) != 1)
			r = tls_library_err(e, -EINVAL, "CA certificate");
		X509_free(cert);
	}
	BIO_free(in);
	if (r == 0 && found == 0)
		r = tls_library_err(e, -EINVAL, "no CA certificate in PEM");
	ERR_clear_error(); /* the end of the text is an error to OpenSSL */
	return r;
}

static int trust_ca(
		X509_STORE *store, const struct tls_policy *p, struct err *e)
{
	char what[128];

	/* whom a person names is trusted, also when it is no root */
	(void)X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	if (p->ca_text)
		return trust_text(store, p->ca_text, e);
	if (!p->ca_file)
		return err_set(e, -EINVAL, "a CA policy without a CA");
	if (X509_STORE_load_file(store, p->ca_file) == 1)
		return 0;
	(void)snprintf(what, sizeof(what), "CA file '%.100s'", p->ca_file);
	return tls_library_err(e, -EINVAL, what);
}

static int policy_trust(const struct tls_policy *p, X509_STORE **ret_store,
		struct err *e)
{
	bool by_ca = p->verify == TLS_CA || p->verify == TLS_CA_SUBJECT;
	X509_STORE *store = p->verify == TLS_ROOTS ? trust_roots()
						   : X509_STORE_new();
	int r = 0;

	if (!store)
		return tls_library_err(e, -ENOENT, "trusted roots");
	if (p->verify == TLS_CA_SUBJECT && (!p->subject || !*p->subject))
		r = err_set(e, -EINVAL, "a subject policy without a subject");
	else if (by_ca)
		r = trust_ca(store, p, e);
	if (r < 0) {
		X509_STORE_free(store);
		return r;
	}
	*ret_store = store;
	return 0;
}

static void free_kept_policy(void *parent, void *ptr, CRYPTO_EX_DATA *ad,
		int idx, long argl, void *argp)
{
	(void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
	if (ptr)
		tls_policy_done(ptr);
	free(ptr);
}

static int kept_index = -1;

static void make_kept_index(void)
{
	kept_index = SSL_CTX_get_ex_new_index(
			0, NULL, NULL, NULL, free_kept_policy);
}

/* A copy that lives as long as the SSL_CTX. */
static struct tls_policy *keep_policy(SSL_CTX *ctx, const struct tls_policy *p)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct tls_policy *kept = calloc(1, sizeof(*kept));

	(void)pthread_once(&once, make_kept_index);
	if (!kept || kept_index < 0 || tls_policy_copy(kept, p) < 0) {
		free(kept);
		return NULL;
	}
	if (SSL_CTX_set_ex_data(ctx, kept_index, kept) != 1) {
		tls_policy_done(kept);
		free(kept);
		return NULL;
	}
	return kept;
}

int tls_policy_apply(void *ssl_ctx, const struct tls_policy *p, struct err *e)
{
	struct tls_policy *kept;
	SSL_CTX *ctx = ssl_ctx;
	X509_STORE *trust = NULL;
	int r = policy_trust(p, &trust, e);

	if (r < 0)
		return r;
	kept = keep_policy(ctx, p);
	if (!kept) {
		X509_STORE_free(trust);
		return err_set(e, -ENOMEM, "out of memory");
	}
	SSL_CTX_set_cert_store(ctx, trust); /* the context's now */
	SSL_CTX_set_cert_verify_callback(ctx, tls_verify, kept);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		return tls_library_err(e, -EIO, "TLS 1.2");
	return 0;
}
