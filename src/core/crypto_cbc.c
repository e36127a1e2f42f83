#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>

#include "core/crypto.h"

/* All ones where a == b, and where a < b; no branch and no table. */
static uint32_t mask_equal(uint32_t a, uint32_t b)
{
	uint32_t x = a ^ b;

	return ((x | (0u - x)) >> 31) - 1;
}

static uint32_t mask_less(uint32_t a, uint32_t b)
{
	return 0u - ((a - b) >> 31); /* both are far below 2^31 */
}

/* How much of the last block is padding by PKCS#7, 1 to 16; 0: it is none.
 * Every byte of it is looked at, whatever they are. */
static uint32_t padding_of(const uint8_t last[AES_BLOCK_LEN])
{
	uint32_t pad = last[AES_BLOCK_LEN - 1];
	uint32_t wrong = mask_equal(pad, 0) | mask_less(AES_BLOCK_LEN, pad);

	for (uint32_t i = 0; i < AES_BLOCK_LEN; i++)
		wrong |= mask_less(i, pad) &
			 (last[AES_BLOCK_LEN - 1 - i] ^ pad);
	return pad & mask_equal(wrong, 0);
}

static int decrypt(const uint8_t *key, const uint8_t *iv, const uint8_t *sealed,
		size_t len, uint8_t *ret)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, ok;

	ok = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv) &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0) &&
	     EVP_DecryptUpdate(ctx, ret, &n, sealed, (int)len) && n == (int)len;
	EVP_CIPHER_CTX_free(ctx); /* wipes the key's schedule */
	return ok ? 0 : -EIO;
}

int crypto_cbc_open(const uint8_t key[AES256_KEY_LEN],
		const uint8_t iv[AES_BLOCK_LEN], const uint8_t *sealed,
		size_t len, uint8_t *ret, size_t *ret_padding)
{
	if (len == 0 || len % AES_BLOCK_LEN != 0 || len > INT_MAX)
		return -EIO;
	if (decrypt(key, iv, sealed, len, ret) < 0)
		return -EIO;
	*ret_padding = padding_of(ret + len - AES_BLOCK_LEN);
	return 0;
}
