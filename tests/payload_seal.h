/* The panel's half of a payload, which the program never does: seal it. */
#ifndef PAYLOAD_SEAL_H
#define PAYLOAD_SEAL_H

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"

/* "IV:SEALED", to be freed. `padded` false: len is a multiple of 16 and the
 * padding is the text's own. */
static inline char *payload_seal(const uint8_t key[AES256_KEY_LEN],
		const uint8_t iv[AES_BLOCK_LEN], const void *text, size_t len,
		int padded)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *sealed = malloc(len + AES_BLOCK_LEN);
	char *out = malloc(2 * (len + 2 * AES_BLOCK_LEN) + 2);
	int n = 0, more = 0;

	assert(ctx && sealed && out);
	assert(EVP_EncryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv));
	assert(EVP_CIPHER_CTX_set_padding(ctx, padded));
	assert(EVP_EncryptUpdate(ctx, sealed, &n, text, (int)len));
	assert(EVP_EncryptFinal_ex(ctx, sealed + n, &more));
	crypto_hex(iv, AES_BLOCK_LEN, out);
	out[2 * AES_BLOCK_LEN] = ':';
	crypto_hex(sealed, (size_t)(n + more), out + 2 * AES_BLOCK_LEN + 1);
	EVP_CIPHER_CTX_free(ctx);
	free(sealed);
	return out;
}

#endif
