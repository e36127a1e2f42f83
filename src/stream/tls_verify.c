/* How a peer is verified: one callback for every policy, and its sentences. */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "stream/tls_internal.h"

enum {
	SHOWN_MAX = 128,   /* of a name in a sentence */
	SAN_SHOWN_MAX = 3, /* names of a certificate in a sentence */
};

/* What the last refusal on this thread was: OpenSSL's callbacks know no
 * caller, and libcurl would put its own words in place of ours. */
static _Thread_local struct err verdict;

/* ---- sentences ---------------------------------------------------------- */

int tls_library_err(struct err *e, int code, const char *what)
{
	unsigned long first = ERR_peek_error(); /* later ones repeat it */
	const char *reason =
			ERR_SYSTEM_ERROR(first)
					? strerrordesc_np(ERR_GET_REASON(first))
					: ERR_reason_error_string(first);

	err_set(e, code, "%s: %s", what, reason ? reason : "out of memory");
	ERR_clear_error();
	return code;
}

int tls_verdict(struct err *e)
{
	int code = verdict.code;

	if (code < 0)
		err_set(e, code, "%s", verdict.text);
	verdict.code = 0;
	return code;
}

void tls_verdict_forget(void)
{
	verdict.code = 0;
}

static int refuse(X509_STORE_CTX *x, int fault, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));

static int refuse(X509_STORE_CTX *x, int fault, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_setv(&verdict, -EKEYREJECTED, fmt, ap);
	va_end(ap);
	X509_STORE_CTX_set_error(x, fault);
	return 0;
}

void tls_name_value(const X509_NAME *name, int nid, char *ret, size_t ret_max)
{
	int at = X509_NAME_get_index_by_NID((X509_NAME *)name, nid, -1);
	unsigned char *text = NULL;
	int len = -1;

	if (at >= 0)
		len = ASN1_STRING_to_UTF8(&text,
				X509_NAME_ENTRY_get_data(
						X509_NAME_get_entry(name, at)));
	(void)snprintf(ret, ret_max, "%.*s", len < 0 ? 0 : len,
			text ? (const char *)text : "");
	OPENSSL_free(text);
}

int tls_peer_fingerprint(const void *ssl, uint8_t ret[SHA256_LEN])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	X509 *leaf = SSL_get1_peer_certificate(ssl);
	int r = leaf && X509_digest(leaf, EVP_sha256(), digest, NULL) == 1
				? 0
				: -ENOENT;

	X509_free(leaf);
	if (r == 0)
		memcpy(ret, digest, SHA256_LEN);
	return r;
}

static void leaf_fingerprint(const X509 *leaf, char *ret)
{
	uint8_t digest[EVP_MAX_MD_SIZE] = {0};

	(void)X509_digest(leaf, EVP_sha256(), digest, NULL);
	tls_fingerprint_text(digest, ret);
}

static void day_text(const ASN1_TIME *t, char ret[16])
{
	struct tm tm;

	if (!t || ASN1_TIME_to_tm(t, &tm) != 1 ||
			strftime(ret, 16, "%Y-%m-%d", &tm) == 0)
		(void)snprintf(ret, 16, "?");
}

static bool san_text(const GENERAL_NAME *name, char *ret, size_t ret_max)
{
	const ASN1_STRING *value;
	char address[INET6_ADDRSTRLEN];
	int family;

	if (name->type == GEN_DNS) {
		value = name->d.dNSName;
		(void)snprintf(ret, ret_max, "%.*s", ASN1_STRING_length(value),
				ASN1_STRING_get0_data(value));
		return true;
	}
	if (name->type != GEN_IPADD)
		return false;
	value = name->d.iPAddress;
	family = ASN1_STRING_length(value) == 4 ? AF_INET : AF_INET6;
	if (family == AF_INET6 && ASN1_STRING_length(value) != 16)
		return false;
	if (!inet_ntop(family, ASN1_STRING_get0_data(value), address,
			    sizeof(address)))
		return false;
	(void)snprintf(ret, ret_max, "%s", address);
	return true;
}

/* The names a certificate is for, as a person would say them. */
static void leaf_names(const X509 *leaf, char *ret, size_t ret_max)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(
			leaf, NID_subject_alt_name, NULL, NULL);
	size_t len = 0, shown = 0;

	ret[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		char one[64];

		if (shown == SAN_SHOWN_MAX || len + sizeof(one) + 2 > ret_max)
			break;
		if (!san_text(sk_GENERAL_NAME_value(names, i), one,
				    sizeof(one)))
			continue;
		len += (size_t)sprintf(
				ret + len, "%s%s", shown ? ", " : "", one);
		shown++;
	}
	GENERAL_NAMES_free(names);
	if (shown == 0)
		tls_name_value(X509_get_subject_name(leaf), NID_commonName, ret,
				ret_max);
}

static void wanted_host(X509_STORE_CTX *x, char *ret, size_t ret_max)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(x);
	const char *host = X509_VERIFY_PARAM_get0_host(param, 0);
	char *address = host ? NULL : X509_VERIFY_PARAM_get1_ip_asc(param);

	(void)snprintf(ret, ret_max, "%s",
			host      ? host
			: address ? address
				  : "the peer");
	OPENSSL_free(address);
}

/* The chain did not hold: say which link, and the way out. */
static int refuse_chain(X509_STORE_CTX *x)
{
	const X509 *leaf = X509_STORE_CTX_get0_cert(x);
	const X509 *at = X509_STORE_CTX_get_current_cert(x);
	int fault = X509_STORE_CTX_get_error(x);
	char pin[TLS_FINGERPRINT_TEXT_MAX], who[SHOWN_MAX], host[SHOWN_MAX];
	char day[16];

	at = at ? at : leaf;
	leaf_fingerprint(leaf, pin);
	switch (fault) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		day_text(X509_get0_notAfter(at), day);
		tls_name_value(X509_get_subject_name(at), NID_commonName, who,
				sizeof(who));
		return refuse(x, fault,
				"certificate expired: '%s' was valid until %s; "
				"renew it, or pin it with tls_fingerprint = "
				"\"%s\"",
				who, day, pin);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		day_text(X509_get0_notBefore(at), day);
		return refuse(x, fault,
				"certificate not valid before %s; is the clock "
				"right, here and there?",
				day);
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		wanted_host(x, host, sizeof(host));
		leaf_names(leaf, who, sizeof(who));
		return refuse(x, fault,
				"host name mismatch: the certificate is for "
				"%s, not for %s; use a name it has, or pin it "
				"with tls_fingerprint = \"%s\"",
				who, host, pin);
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE: /* only the name is the same */
		tls_name_value(X509_get_issuer_name(at), NID_commonName, who,
				sizeof(who));
		return refuse(x, fault,
				"unknown CA: the certificate was issued by "
				"'%s', which is not trusted; give its "
				"certificate as ca_file, or pin this one with "
				"tls_fingerprint = \"%s\"",
				who, pin);
	}
	return refuse(x, fault,
			"certificate refused: %s; mend it, or pin it with "
			"tls_fingerprint = \"%s\"",
			X509_verify_cert_error_string(fault), pin);
}

/* ---- verification ------------------------------------------------------- */

static int verify_fingerprint(X509_STORE_CTX *x, const struct tls_policy *p)
{
	const X509 *leaf = X509_STORE_CTX_get0_cert(x);
	uint8_t digest[EVP_MAX_MD_SIZE];
	char seen[TLS_FINGERPRINT_TEXT_MAX], pinned[TLS_FINGERPRINT_TEXT_MAX];
	unsigned int len = 0;

	if (!leaf || X509_digest(leaf, EVP_sha256(), digest, &len) != 1 ||
			len != SHA256_LEN)
		return refuse(x, X509_V_ERR_UNSPECIFIED,
				"the certificate has no fingerprint");
	if (CRYPTO_memcmp(digest, p->fingerprint, SHA256_LEN) == 0)
		return 1;
	tls_fingerprint_text(digest, seen);
	tls_fingerprint_text(p->fingerprint, pinned);
	return refuse(x, X509_V_ERR_APPLICATION_VERIFICATION,
			"fingerprint differs: the certificate has %s, but %s "
			"is pinned; if it was renewed on purpose, set the new "
			"one as tls_fingerprint",
			seen, pinned);
}

static int verify_subject(X509_STORE_CTX *x, const struct tls_policy *p)
{
	const X509 *leaf = X509_STORE_CTX_get0_cert(x);
	char who[SHOWN_MAX];

	if (tls_subject_is(leaf, p->subject))
		return 1;
	tls_name_value(X509_get_subject_name(leaf), NID_commonName, who,
			sizeof(who));
	return refuse(x, X509_V_ERR_SUBJECT_ISSUER_MISMATCH,
			"subject differs: the certificate is of '%s', but "
			"'%.128s' was announced; is the console on another "
			"node by now?",
			who, p->subject);
}

static int verify_chain(X509_STORE_CTX *x)
{
	return X509_verify_cert(x) == 1 ? 1 : refuse_chain(x);
}

int tls_verify(X509_STORE_CTX *x, void *arg)
{
	const struct tls_policy *p = arg;
	int good = 0;

	switch (p->verify) {
	case TLS_ROOTS:
	case TLS_CA:
		good = verify_chain(x);
		break;
	case TLS_CA_SUBJECT:
		good = verify_chain(x) && verify_subject(x, p);
		break;
	case TLS_FINGERPRINT:
		good = verify_fingerprint(x, p);
		break;
	case TLS_OFF:
		good = 1;
		break;
	}
	if (good) /* libcurl looks there as well */
		X509_STORE_CTX_set_error(x, X509_V_OK);
	return good;
}
