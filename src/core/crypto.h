/*
 * The one door to OpenSSL's EVP: digests, random bytes, encodings, the DES of
 * VNC authentication, the RSA of SPICE and the AES of payloads. Functions
 * answer 0 or -EIO where the library fails (which a caller treats as a refusal,
 * never as a success).
 */
#ifndef CORE_CRYPTO_H
#define CORE_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

enum { SHA1_LEN = 20, SHA256_LEN = 32, VNC_CHALLENGE_LEN = 16 };

/* "OpenSSL 3.0.22 ...": what runs. */
const char *crypto_library(void);

int crypto_sha1(const void *data, size_t len, uint8_t ret[SHA1_LEN]);
int crypto_sha256(const void *data, size_t len, uint8_t ret[SHA256_LEN]);
int crypto_hmac_sha256(const void *key, size_t key_len, const void *data,
		size_t len, uint8_t ret[SHA256_LEN]);

/* Unpredictable bytes; never fails (without randomness the program aborts:
 * there is nothing safe to do). */
void crypto_random(void *ret, size_t len);
/* `len` characters out of A-Z a-z 0-9 - _ (six bits each), and a NUL. */
void crypto_random_text(char *ret, size_t len);

/*
 * RFC 6143 section 7.2.2: encrypt the challenge with DES, the key being the
 * first 8 bytes of the password (padded with zeros), bits of each byte
 * mirrored. Done as DES-EDE3-ECB with the key three times: plain DES would
 * need OpenSSL's legacy provider.
 */
int crypto_vnc_response(const uint8_t challenge[VNC_CHALLENGE_LEN],
		const char *password, size_t password_len,
		uint8_t ret[VNC_CHALLENGE_LEN]);

/*
 * RSA-OAEP with SHA-1 and 1024 bits, as SPICE wants it: a seal on a password
 * that lives for seconds and travels inside TLS, nothing more. A key may be
 * used by several threads at once.
 */
enum {
	RSA_SEALED_LEN = 128,
	RSA_PUBLIC_LEN = 162, /* SubjectPublicKeyInfo, DER */
	RSA_PLAIN_MAX = 86,
};
struct crypto_rsa;

/* Makes a key pair: NULL where the library fails. Takes some 10 ms. */
struct crypto_rsa *crypto_rsa_new(void);
void crypto_rsa_free(struct crypto_rsa *k); /* takes NULL */
void crypto_rsa_public(const struct crypto_rsa *k, uint8_t ret[RSA_PUBLIC_LEN]);
/* Seal with a stranger's public key. -EINVAL where that is not an RSA key of
 * 1024 bits, or the text is longer than RSA_PLAIN_MAX. */
int crypto_rsa_seal(const uint8_t public[RSA_PUBLIC_LEN], const void *text,
		size_t len, uint8_t ret[RSA_SEALED_LEN]);
/* Bytes of text (the caller wipes them), or -EINVAL: not sealed for this key.
 */
int crypto_rsa_open(const struct crypto_rsa *k,
		const uint8_t sealed[RSA_SEALED_LEN],
		uint8_t ret[RSA_PLAIN_MAX]);

/*
 * AES-256-CBC, opened; len is a multiple of the block, at least one. All `len`
 * bytes are decrypted into ret (the caller wipes them), and *ret_padding is how
 * many of them are PKCS#7 padding, 1 to 16, or 0 where they are none. Nothing
 * here takes a time that depends on the bytes: CBC has no MAC, and who could
 * tell good padding from bad by any sign would read the text. What the caller
 * does with a 0 must not show either.
 */
enum { AES_BLOCK_LEN = 16, AES256_KEY_LEN = 32 };
int crypto_cbc_open(const uint8_t key[AES256_KEY_LEN],
		const uint8_t iv[AES_BLOCK_LEN], const uint8_t *sealed,
		size_t len, uint8_t *ret, size_t *ret_padding);

/* Hex, lower case, `2 * len + 1` bytes with the NUL. */
void crypto_hex(const void *data, size_t len, char *ret);
/* Hex of either case that makes exactly ret_len bytes: 0; else -EINVAL (then
 * ret may be half written). */
int crypto_unhex(const char *text, uint8_t *ret, size_t ret_len);
/* Base64 with padding; ret holds 4 * ((len + 2) / 3) + 1 bytes. */
void crypto_base64(const void *data, size_t len, char *ret);
/* Bytes decoded, or -EINVAL (strict: padding needed, no blanks, no stray bits;
 * or more than ret_max). */
int crypto_unbase64(const char *text, size_t len, uint8_t *ret, size_t ret_max);

#endif
