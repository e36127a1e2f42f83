/* What a login's half ticket and a list of realms say, in any bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hypervisor/proxmox/person.h"
#include "hypervisor/proxmox/tags.h"
#include "proto/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tag_style styles[PVE_TAG_STYLES_MAX];
	struct realm realms[REALMS_MAX];
	struct json *v = NULL;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (pve_factors_of(text) & ~(1u << PROOF_TOTP | 1u << PROOF_RECOVERY))
		abort();
	if (json_parse(data, size, &v, NULL) == 0) {
		if (pve_realms_of(v, realms) > REALMS_MAX ||
				pve_tag_styles_of(v, styles) >
						PVE_TAG_STYLES_MAX)
			abort();
	}
	json_free(v);
	free(text);
	return 0;
}
