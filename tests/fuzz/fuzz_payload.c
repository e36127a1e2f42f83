/* A payload: the text of a URL, or (first byte even) the JSON that the key's
 * holder has sealed. */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../payload_seal.h"
#include "proto/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void use(const struct payload *p)
{
	struct secret line = {0};
	char *target = payload_target(p, "");

	assert(target && payload_credential(p, &line) == 0);
	assert(!strpbrk(target, "\r\n \"#\\"));
	assert(!strpbrk(line.data, "\r\n") && strlen(line.data) == line.len);
	assert(p->vmid > 0 && p->port > 0 && p->host.host && !p->host.path);
	assert(p->password.len <= PAYLOAD_PASSWORD_LEN);
	secret_done(&line);
	free(target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t key[AES256_KEY_LEN], iv[AES_BLOCK_LEN];
	struct payload_issues issues;
	struct payload p = {0};
	char *text;
	int r;

	if (len < 1 || len > 8192)
		return 0;
	if (*data % 2) {
		text = strndup((const char *)data + 1, len - 1);
		assert(text);
	} else {
		text = payload_seal(key, iv, data + 1, len - 1, 1);
	}
	r = payload_open(key, text, strlen(text), &p, &issues, NULL);
	assert(r == 0 || r == -EBADMSG || r == -EINVAL);
	assert((r == -EINVAL) == (issues.count > 0));
	if (r == 0)
		use(&p);
	payload_done(&p);
	free(text);
	return 0;
}
