/* A certificate of our own making, so that TLS is on before anybody asked. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "stream/tls_internal.h"

#define CERT_NAME "cert.pem"
#define KEY_NAME "key.pem"

enum {
	DAY_S = 24 * 60 * 60,
	CERT_DAYS = 3652,       /* ten years */
	CERT_SPARE_DAYS = 30,   /* with fewer left another one is made */
	CERT_NAME_MAX = 64,     /* a common name's limit (RFC 5280) */
	CERT_SERIAL_BITS = 126, /* random, positive, under 20 bytes */
};

/* ---- making ------------------------------------------------------------- */

static GENERAL_NAME *name_make(const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value;
	uint8_t address[16];
	size_t len = inet_pton(AF_INET, text, address) == 1 ? 4 : 0;

	if (len == 0 && inet_pton(AF_INET6, text, address) == 1)
		len = 16;
	value = len ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	if (!name || !value ||
			ASN1_STRING_set(value, len ? (void *)address : text,
					len ? (int)len : (int)strlen(text)) !=
					1) {
		ASN1_STRING_free(value);
		GENERAL_NAME_free(name);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, len ? GEN_IPADD : GEN_DNS, value);
	return name;
}

static bool add_names(X509 *cert, const char *const *names, size_t count)
{
	GENERAL_NAMES *all = sk_GENERAL_NAME_new_null();
	bool good = all != NULL;

	for (size_t i = 0; good && i < count; i++) {
		GENERAL_NAME *name = name_make(names[i]);

		good = name && sk_GENERAL_NAME_push(all, name) > 0;
		if (!good)
			GENERAL_NAME_free(name);
	}
	if (good && count > 0)
		good = X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0,
				       0) == 1;
	GENERAL_NAMES_free(all);
	return good;
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool good = ext && X509_add_ext(cert, ext, -1) == 1;

	X509_EXTENSION_free(ext);
	return good;
}

static bool set_serial(X509 *cert)
{
	BIGNUM *number = BN_new();
	bool good = number &&
		    BN_rand(number, CERT_SERIAL_BITS, BN_RAND_TOP_ONE,
				    BN_RAND_BOTTOM_ANY) == 1 &&
		    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));

	BN_free(number);
	return good;
}

static bool set_name(X509 *cert, const char *text)
{
	X509_NAME *name = X509_get_subject_name(cert);

	if (!text || strlen(text) > CERT_NAME_MAX)
		text = "Glassbridge";
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
			       (const unsigned char *)text, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(cert, name) == 1;
}

static bool fill_cert(X509 *cert, EVP_PKEY *key, const char *const *names,
		size_t count)
{
	/* a day early: the other clock may be behind ours */
	return X509_set_version(cert, X509_VERSION_3) == 1 &&
	       set_serial(cert) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -DAY_S) &&
	       X509_time_adj_ex(X509_getm_notAfter(cert), CERT_DAYS, 0, NULL) &&
	       set_name(cert, count ? names[0] : NULL) &&
	       X509_set_pubkey(cert, key) == 1 &&
	       add_extension(cert, NID_basic_constraints,
			       "critical,CA:FALSE") &&
	       add_extension(cert, NID_key_usage,
			       "critical,digitalSignature") &&
	       add_extension(cert, NID_ext_key_usage, "serverAuth") &&
	       add_names(cert, names, count) &&
	       X509_sign(cert, key, EVP_sha256()) > 0;
}

static int cert_make(const char *const *names, size_t count, X509 **ret_cert,
		EVP_PKEY **ret_key, struct err *e)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	if (!key || !cert || !fill_cert(cert, key, names, count)) {
		X509_free(cert);
		EVP_PKEY_free(key);
		return tls_library_err(e, -EIO, "making a certificate");
	}
	*ret_cert = cert;
	*ret_key = key;
	return 0;
}

/* ---- keeping ------------------------------------------------------------ */

/* Under another name first: a reader sees all of it or nothing. */
static int put_file(int dir, const char *name, BIO *content, mode_t mode)
{
	char fresh[32], *data;
	long len = BIO_get_mem_data(content, &data);
	int fd, r;

	(void)snprintf(fresh, sizeof(fresh), ".%s.new", name);
	(void)unlinkat(dir, fresh, 0); /* of a start that was cut short */
	fd = openat(dir, fresh,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			mode);
	if (fd < 0)
		return -errno;
	r = file_write(fd, data, (size_t)len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	if (r == 0 && renameat(dir, fresh, dir, name) < 0)
		r = -errno;
	if (r == 0 && fsync(dir) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, fresh, 0);
	return r;
}

static int cert_save(int dir, X509 *cert, EVP_PKEY *key)
{
	/* the key's text is wiped when freed */
	BIO *cert_text = BIO_new(BIO_s_mem());
	BIO *key_text = BIO_new(BIO_s_secmem());
	int r = -ENOMEM;

	if (cert_text && key_text && PEM_write_bio_X509(cert_text, cert) == 1 &&
			PEM_write_bio_PKCS8PrivateKey(key_text, key, NULL, NULL,
					0, NULL, NULL) == 1) {
		/* the key first: a certificate that is there is complete */
		r = put_file(dir, KEY_NAME, key_text, 0600);
		if (r == 0)
			r = put_file(dir, CERT_NAME, cert_text, 0644);
	}
	BIO_free(key_text);
	BIO_free(cert_text);
	return r;
}

static BIO *open_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	BIO *in = file ? BIO_new_fp(file, BIO_CLOSE) : NULL;

	if (!in && file)
		(void)fclose(file);
	else if (!file && fd >= 0)
		close(fd);
	return in;
}

static int cert_load(int dir, const char *dir_name, X509 **ret_cert,
		EVP_PKEY **ret_key, struct err *e)
{
	BIO *cert_in = open_file(dir, CERT_NAME);
	BIO *key_in = open_file(dir, KEY_NAME);
	X509 *cert = cert_in ? PEM_read_bio_X509(cert_in, NULL, NULL, NULL)
			     : NULL;
	EVP_PKEY *key = key_in ? PEM_read_bio_PrivateKey(
						 key_in, NULL, NULL, (void *)"")
			       : NULL;

	BIO_free(cert_in);
	BIO_free(key_in);
	if (cert && key && X509_check_private_key(cert, key) == 1) {
		*ret_cert = cert;
		*ret_key = key;
		return 0;
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return err_set(e, -EINVAL,
			CERT_NAME
			" and " KEY_NAME " in '%.200s' cannot be "
			"read or do not belong together; remove both to have "
			"new ones made",
			dir_name);
}

/* One that ends soon is made anew at the next start, before it is refused. */
static bool lasts(const X509 *cert)
{
	int days, seconds;

	return ASN1_TIME_diff(&days, &seconds, NULL,
			       X509_get0_notAfter(cert)) == 1 &&
	       days >= CERT_SPARE_DAYS;
}

static bool have(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, 0) == 0;
}

static int open_dir(const char *path, struct err *e)
{
	int dir;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_set(e, -errno, "cannot make directory '%.200s': %s",
				path, strerrordesc_np(errno));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* two that start at once make one certificate */
	if (dir < 0 || flock(dir, LOCK_EX) < 0) {
		int r = -errno;

		if (dir >= 0)
			close(dir);
		return err_set(e, r, "cannot open directory '%.200s': %s", path,
				strerrordesc_np(-r));
	}
	return dir;
}

int tls_cert_self(const char *dir_name, const char *const *names, size_t count,
		X509 **ret_cert, EVP_PKEY **ret_key, struct err *e)
{
	X509 *cert = NULL;
	EVP_PKEY *key = NULL;
	int dir, r;

	if (!dir_name)
		return cert_make(names, count, ret_cert, ret_key, e);
	dir = open_dir(dir_name, e);
	if (dir < 0)
		return dir;
	if (have(dir, CERT_NAME) && have(dir, KEY_NAME)) {
		r = cert_load(dir, dir_name, &cert, &key, e);
		if (r < 0)
			goto out;
		if (lasts(cert))
			goto give;
		X509_free(cert);
		EVP_PKEY_free(key);
		cert = NULL;
		key = NULL;
	}
	r = cert_make(names, count, &cert, &key, e);
	if (r < 0)
		goto out;
	r = cert_save(dir, cert, key);
	if (r < 0) {
		err_set(e, r, "cannot keep a certificate in '%.200s': %s",
				dir_name, strerrordesc_np(-r));
		goto out;
	}
give:
	*ret_cert = cert;
	*ret_key = key;
	cert = NULL;
	key = NULL;
out:
	X509_free(cert);
	EVP_PKEY_free(key);
	close(dir);
	return r;
}
