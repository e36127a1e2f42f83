#include "core/crypto.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret.h"

static int digest(const EVP_MD *md, const void *data, size_t len, uint8_t *ret)
{
	/* of nothing, too: OpenSSL wants a pointer */
	return EVP_Digest(len ? data : "", len, ret, NULL, md, NULL) == 1
			       ? 0
			       : -EIO;
}

const char *crypto_library(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}

int crypto_sha1(const void *data, size_t len, uint8_t ret[SHA1_LEN])
{
	return digest(EVP_sha1(), data, len, ret);
}

int crypto_sha256(const void *data, size_t len, uint8_t ret[SHA256_LEN])
{
	return digest(EVP_sha256(), data, len, ret);
}

int crypto_hmac_sha256(const void *key, size_t key_len, const void *data,
		size_t len, uint8_t ret[SHA256_LEN])
{
	if (key_len > INT_MAX)
		return -EIO;
	/* without a pointer OpenSSL would take the key of last time */
	return HMAC(EVP_sha256(), key_len ? key : "", (int)key_len,
			       len ? data : (const void *)"", len, ret, NULL)
			       ? 0
			       : -EIO;
}

/* ---- randomness -------------------------------------------------------- */

void crypto_random(void *ret, size_t len)
{
	unsigned char *at = ret;

	while (len > 0) {
		int n = len < INT_MAX ? (int)len : INT_MAX;

		if (RAND_bytes(at, n) != 1)
			abort();
		at += n;
		len -= (size_t)n;
	}
}

void crypto_random_text(char *ret, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789-_";

	crypto_random(ret, len);
	for (size_t i = 0; i < len; i++)
		ret[i] = letters[(unsigned char)ret[i] & 63];
	ret[len] = '\0';
}

/* ---- VNC --------------------------------------------------------------- */

#define DES_LEN ((size_t)8)

static uint8_t mirrored(uint8_t byte)
{
	uint8_t out = 0;

	for (int i = 0; i < 8; i++)
		out |= (uint8_t)((byte >> i & 1) << (7 - i));
	return out;
}

static int vnc_encrypt(const uint8_t key[3 * DES_LEN], const uint8_t *challenge,
		uint8_t *ret)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0, ok;

	ok = ctx &&
	     EVP_EncryptInit_ex(ctx, EVP_des_ede3_ecb(), NULL, key, NULL) ==
			     1 &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	     EVP_EncryptUpdate(ctx, ret, &len, challenge, VNC_CHALLENGE_LEN) ==
			     1 &&
	     len == VNC_CHALLENGE_LEN;
	EVP_CIPHER_CTX_free(ctx); /* wipes its copy of the key */
	return ok ? 0 : -EIO;
}

int crypto_vnc_response(const uint8_t challenge[VNC_CHALLENGE_LEN],
		const char *password, size_t password_len,
		uint8_t ret[VNC_CHALLENGE_LEN])
{
	uint8_t key[3 * DES_LEN] = {0};
	int r;

	for (size_t i = 0; i < DES_LEN && i < password_len; i++)
		key[i] = mirrored((uint8_t)password[i]);
	memcpy(key + DES_LEN, key, DES_LEN);
	memcpy(key + 2 * DES_LEN, key, DES_LEN);
	r = vnc_encrypt(key, challenge, ret);
	secret_wipe(key, sizeof(key));
	return r;
}

/* ---- RSA --------------------------------------------------------------- */

enum { RSA_BITS = 8 * RSA_SEALED_LEN };

struct crypto_rsa {
	EVP_PKEY *key;
	uint8_t public[RSA_PUBLIC_LEN];
};

static int rsa_write_public(struct crypto_rsa *k)
{
	uint8_t *at = k->public;

	if (i2d_PUBKEY(k->key, NULL) != RSA_PUBLIC_LEN)
		return -EIO;
	return i2d_PUBKEY(k->key, &at) == RSA_PUBLIC_LEN ? 0 : -EIO;
}

struct crypto_rsa *crypto_rsa_new(void)
{
	struct crypto_rsa *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->key = EVP_RSA_gen(RSA_BITS);
	if (!k->key || rsa_write_public(k) < 0) {
		crypto_rsa_free(k);
		return NULL;
	}
	return k;
}

void crypto_rsa_free(struct crypto_rsa *k)
{
	if (k)
		EVP_PKEY_free(k->key);
	free(k);
}

void crypto_rsa_public(const struct crypto_rsa *k, uint8_t ret[RSA_PUBLIC_LEN])
{
	memcpy(ret, k->public, RSA_PUBLIC_LEN);
}

static EVP_PKEY *rsa_read_public(const uint8_t public[RSA_PUBLIC_LEN])
{
	const uint8_t *at = public;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, RSA_PUBLIC_LEN);

	if (key && (at != public + RSA_PUBLIC_LEN ||
				   EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA ||
				   EVP_PKEY_get_bits(key) != RSA_BITS)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

/* OAEP's hash and mask are SHA-1 unless told otherwise. */
static bool rsa_is_oaep(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1;
}

int crypto_rsa_seal(const uint8_t public[RSA_PUBLIC_LEN], const void *text,
		size_t len, uint8_t ret[RSA_SEALED_LEN])
{
	EVP_PKEY *key = len <= RSA_PLAIN_MAX ? rsa_read_public(public) : NULL;
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	size_t sealed = RSA_SEALED_LEN;
	int ok;

	ok = ctx && EVP_PKEY_encrypt_init(ctx) == 1 && rsa_is_oaep(ctx) &&
	     EVP_PKEY_encrypt(ctx, ret, &sealed, text, len) == 1 &&
	     sealed == RSA_SEALED_LEN;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error(); /* else TLS on this thread would find it */
	return ok ? 0 : -EINVAL;
}

int crypto_rsa_open(const struct crypto_rsa *k,
		const uint8_t sealed[RSA_SEALED_LEN],
		uint8_t ret[RSA_PLAIN_MAX])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->key, NULL);
	uint8_t text[RSA_SEALED_LEN];
	size_t len = sizeof(text);
	int ok;

	ok = ctx && EVP_PKEY_decrypt_init(ctx) == 1 && rsa_is_oaep(ctx) &&
	     EVP_PKEY_decrypt(ctx, text, &len, sealed, RSA_SEALED_LEN) == 1 &&
	     len <= RSA_PLAIN_MAX;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	if (ok)
		memcpy(ret, text, len);
	secret_wipe(text, sizeof(text));
	return ok ? (int)len : -EINVAL;
}

/* ---- encodings --------------------------------------------------------- */

void crypto_hex(const void *data, size_t len, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *from = data;

	for (size_t i = 0; i < len; i++) {
		*ret++ = digits[from[i] >> 4];
		*ret++ = digits[from[i] & 15];
	}
	*ret = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int crypto_unhex(const char *text, uint8_t *ret, size_t ret_len)
{
	for (size_t i = 0; i < ret_len; i++, text += 2) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			return -EINVAL;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return *text ? -EINVAL : 0;
}

static const char base64_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

void crypto_base64(const void *data, size_t len, char *ret)
{
	const uint8_t *from = data;

	for (; len > 0; from += 3, ret += 4) {
		size_t n = len < 3 ? len : 3;
		uint32_t bits = (uint32_t)from[0] << 16;

		bits |= n > 1 ? (uint32_t)from[1] << 8 : 0;
		bits |= n > 2 ? from[2] : 0;
		ret[0] = base64_letters[bits >> 18];
		ret[1] = base64_letters[bits >> 12 & 63];
		ret[2] = n > 1 ? base64_letters[bits >> 6 & 63] : '=';
		ret[3] = n > 2 ? base64_letters[bits & 63] : '=';
		len -= n;
	}
	*ret = '\0';
}

static int base64_digit(char c)
{
	const char *at = c ? strchr(base64_letters, c) : NULL;

	return at ? (int)(at - base64_letters) : -1;
}

/* The 24 bits of four letters, the last `pad` of them padding; or -1. */
static int32_t base64_bits(const char *text, size_t pad)
{
	int32_t bits = 0;

	for (size_t i = 0; i < 4 - pad; i++) {
		int digit = base64_digit(text[i]);

		if (digit < 0)
			return -1;
		bits = bits << 6 | digit;
	}
	return bits << 6 * pad;
}

int crypto_unbase64(const char *text, size_t len, uint8_t *ret, size_t ret_max)
{
	size_t out = 0;

	if (len % 4 != 0 || len / 4 * 3 > INT_MAX)
		return -EINVAL;
	for (; len > 0; text += 4, len -= 4) {
		size_t pad = 0, n;
		int32_t bits;

		if (len == 4)
			pad = text[3] != '=' ? 0 : text[2] != '=' ? 1 : 2;
		n = 3 - pad;
		bits = base64_bits(text, pad);
		if (bits < 0 || ret_max - out < n ||
				(bits & ((1 << 8 * pad) - 1)) != 0)
			return -EINVAL;
		for (size_t i = 0; i < n; i++)
			ret[out++] = (uint8_t)(bits >> (16 - 8 * i));
	}
	return (int)out;
}
