#include "core/crypto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static void is_hex(const uint8_t *data, size_t len, const char *want)
{
	char text[2 * 64 + 1];

	CHECK(len <= 64);
	crypto_hex(data, len, text);
	CHECK_STR(text, want);
}

/* FIPS 180-4 examples. */
static void digests_are_those_of_the_standard(void)
{
	static const char two[] =
			"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopn"
			"opq";
	uint8_t d[SHA256_LEN];

	CHECK_INT(crypto_sha1("abc", 3, d), 0);
	is_hex(d, SHA1_LEN, "a9993e364706816aba3e25717850c26c9cd0d89d");
	CHECK_INT(crypto_sha1(two, sizeof(two) - 1, d), 0);
	is_hex(d, SHA1_LEN, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
	CHECK_INT(crypto_sha1(NULL, 0, d), 0);
	is_hex(d, SHA1_LEN, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	CHECK_INT(crypto_sha256("abc", 3, d), 0);
	is_hex(d, SHA256_LEN,
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410"
			"ff61f20015ad");
	CHECK_INT(crypto_sha256(two, sizeof(two) - 1, d), 0);
	is_hex(d, SHA256_LEN,
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ec"
			"edd419db06c1");
}

static void hmac(const void *key, size_t key_len, const void *data, size_t len,
		const char *want)
{
	uint8_t d[SHA256_LEN];

	CHECK_INT(crypto_hmac_sha256(key, key_len, data, len, d), 0);
	is_hex(d, SHA256_LEN, want);
}

/* RFC 4231, cases 1, 2, 3, 6. */
static void hmac_is_that_of_the_standard(void)
{
	uint8_t key[131], data[50];

	memset(key, 0x0b, 20);
	hmac(key, 20, "Hi There", 8,
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9"
			"376c2e32cff7");
	hmac("Jefe", 4, "what do ya want for nothing?", 28,
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec"
			"58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	memset(data, 0xdd, sizeof(data));
	hmac(key, 20, data, 50,
			"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d963"
			"5514ced565fe");
	hmac(key, 131,
			"Test Using Larger Than Block-Size Key - Hash Key "
			"First",
			54,
			"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546"
			"040f0ee37f54");
	hmac(NULL, 0, NULL, 0,
			"b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c7"
			"12144292c5ad");
}

static void random_text_is_of_its_alphabet_and_never_the_same(void)
{
	char a[65], b[65];
	uint8_t seen[256] = {0};
	int kinds = 0;

	crypto_random_text(a, 64);
	crypto_random_text(b, 64);
	CHECK_INT(strlen(a), 64);
	CHECK(strcmp(a, b) != 0);
	for (int turn = 0; turn < 100; turn++) {
		crypto_random_text(a, 64);
		for (int i = 0; i < 64; i++)
			seen[(uint8_t)a[i]] = 1;
	}
	for (int c = 0; c < 256; c++)
		kinds += seen[c];
	CHECK_INT(kinds, 64);
	CHECK(seen['A'] && seen['z'] && seen['9'] && seen['-'] && seen['_']);
	crypto_random_text(a, 0);
	CHECK_STR(a, "");
}

/* Made with the openssl program: des-ecb under the mirrored key. */
static void the_vnc_response_is_what_plain_des_gives(void)
{
	uint8_t challenge[VNC_CHALLENGE_LEN], response[VNC_CHALLENGE_LEN];

	for (uint8_t i = 0; i < VNC_CHALLENGE_LEN; i++)
		challenge[i] = i;
	CHECK_INT(crypto_vnc_response(challenge, "password", 8, response), 0);
	is_hex(response, 16, "b866924125c8eebb9debc1db61c538e2");
	CHECK_INT(crypto_vnc_response(
				  challenge, "password and more", 17, response),
			0);
	is_hex(response, 16, "b866924125c8eebb9debc1db61c538e2");
	CHECK_INT(crypto_vnc_response(challenge, "abc", 3, response), 0);
	is_hex(response, 16, "9c22b4f2088c3465a1562c4b9d6edb04");
	CHECK_INT(crypto_vnc_response(challenge, NULL, 0, response), 0);
}

static void hex_is_read_strictly(void)
{
	uint8_t b[2];

	CHECK_INT(crypto_unhex("09aF", b, 2), 0);
	CHECK_MEM(b, "\x09\xaf", 2);
	CHECK_INT(crypto_unhex("", b, 0), 0);
	CHECK_INT(crypto_unhex("09a", b, 2), -EINVAL);
	CHECK_INT(crypto_unhex("09", b, 2), -EINVAL);
	CHECK_INT(crypto_unhex("09afa", b, 2), -EINVAL);
	CHECK_INT(crypto_unhex("09ag", b, 2), -EINVAL);
	CHECK_INT(crypto_unhex(" 9af", b, 2), -EINVAL);
}

/* RFC 4648, section 10. */
static void base64_is_that_of_the_standard_both_ways(void)
{
	static const char *const want[] = {"", "Zg==", "Zm8=", "Zm9v",
			"Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
	char text[16];
	uint8_t back[8];

	for (size_t n = 0; n < 7; n++) {
		crypto_base64("foobar", n, text);
		CHECK_STR(text, want[n]);
		CHECK_INT(crypto_unbase64(text, strlen(text), back, n), (int)n);
		CHECK_MEM(back, "foobar", n);
	}
	crypto_base64("\xfb\xff\xfe", 3, text);
	CHECK_STR(text, "+//+");
}

static void loose_base64_is_refused(void)
{
	static const char *const bad[] = {"Zg", "Zg=", "Z===", "====", "Zh==",
			"Zm9=", "Zg==Zg==", "Zm 9", "Zm9\n", "Zm9-", "=m9v",
			"Zm9vYg=a"};
	uint8_t b[16];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(crypto_unbase64(bad[i], strlen(bad[i]), b, 16),
				-EINVAL);
	CHECK_INT(crypto_unbase64("Zm9v\0m9v", 8, b, 16), -EINVAL);
	CHECK_INT(crypto_unbase64("Zm9v", 4, b, 2), -EINVAL);
}

static void base64_returns_every_byte(void)
{
	uint8_t data[257], back[257];
	char text[4 * 86 + 1];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n <= sizeof(data); n++) {
		crypto_base64(data, n, text);
		CHECK_INT(crypto_unbase64(text, strlen(text), back,
					  sizeof(back)),
				(int)n);
		CHECK_MEM(back, data, n);
	}
}

static void what_is_sealed_for_a_key_is_opened_by_it_alone(void)
{
	struct crypto_rsa *a = crypto_rsa_new(), *b = crypto_rsa_new();
	uint8_t public[RSA_PUBLIC_LEN], sealed[RSA_SEALED_LEN];
	uint8_t again[RSA_SEALED_LEN], text[RSA_PLAIN_MAX], was[RSA_PLAIN_MAX];

	CHECK(a && b);
	crypto_rsa_public(a, public);
	for (size_t len = 0; len <= RSA_PLAIN_MAX; len += 43) {
		crypto_random(was, sizeof(was));
		CHECK_INT(crypto_rsa_seal(public, was, len, sealed), 0);
		CHECK_INT(crypto_rsa_seal(public, was, len, again), 0);
		CHECK(memcmp(sealed, again, sizeof(sealed)) != 0);
		CHECK_INT(crypto_rsa_open(a, sealed, text), len);
		CHECK_MEM(text, was, len);
		CHECK_INT(crypto_rsa_open(b, sealed, text), -EINVAL);
		sealed[5] ^= 1;
		CHECK_INT(crypto_rsa_open(a, sealed, text), -EINVAL);
	}
	memset(sealed, 0xff, sizeof(sealed));
	CHECK_INT(crypto_rsa_open(a, sealed, text), -EINVAL);
	memset(sealed, 0, sizeof(sealed));
	CHECK_INT(crypto_rsa_open(a, sealed, text), -EINVAL);
	crypto_rsa_free(a);
	crypto_rsa_free(b);
	crypto_rsa_free(NULL);
}

static void a_public_key_is_rsa_of_1024_bits_or_none(void)
{
	/* tags, lengths and the name of RSA, up to the modulus */
	static const uint8_t matters[] = {0, 2, 3, 5, 7, 15, 18, 20, 22, 25};
	struct crypto_rsa *k = crypto_rsa_new();
	uint8_t public[RSA_PUBLIC_LEN], wrong[RSA_PUBLIC_LEN];
	uint8_t sealed[RSA_SEALED_LEN], text[RSA_PLAIN_MAX + 1] = {0};

	CHECK(k);
	crypto_rsa_public(k, public);
	CHECK_INT(crypto_rsa_seal(public, text, sizeof(text), sealed), -EINVAL);
	memset(wrong, 0, sizeof(wrong));
	CHECK_INT(crypto_rsa_seal(wrong, text, 1, sealed), -EINVAL);
	for (size_t i = 0; i < sizeof(matters); i++) {
		memcpy(wrong, public, sizeof(wrong));
		wrong[matters[i]] ^= 1;
		if (crypto_rsa_seal(wrong, text, 1, sealed) != -EINVAL)
			fail_msg("byte %u does not matter", matters[i]);
	}
	crypto_rsa_free(k);
}

TESTS(T(digests_are_those_of_the_standard), T(hmac_is_that_of_the_standard),
		T(random_text_is_of_its_alphabet_and_never_the_same),
		T(the_vnc_response_is_what_plain_des_gives),
		T(hex_is_read_strictly),
		T(base64_is_that_of_the_standard_both_ways),
		T(loose_base64_is_refused), T(base64_returns_every_byte),
		T(what_is_sealed_for_a_key_is_opened_by_it_alone),
		T(a_public_key_is_rsa_of_1024_bits_or_none))
