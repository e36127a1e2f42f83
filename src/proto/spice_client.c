#include "proto/spice_client.h"

#include <errno.h>
#include <string.h>

#include "proto/spice_link.h"

int spice_message_parse(
		const uint8_t *head, bool mini, struct spice_message *ret)
{
	const uint8_t *type = mini ? head : head + 8;
	uint32_t size = spice_u32(type + 2);

	if (size > SPICE_MESSAGE_MAX)
		return -EMSGSIZE;
	if (!mini && spice_u32(head + 14) != 0)
		return -EPROTO;
	ret->type = (uint16_t)(type[0] | type[1] << 8);
	ret->size = size;
	return 0;
}

bool spice_message_is_agents(const struct spice_message *m)
{
	return m->type >= SPICE_MAIN_AGENT_START &&
	       m->type <= SPICE_MAIN_AGENT_TOKEN;
}

int spice_display_init_write(struct buf *out, bool mini)
{
	/* cache id (1), its size (8), dictionary id (1), its size (4): 1 Mi
	 * pixels each, for some servers take nothing for an answer badly */
	enum { SIZE = 14 };
	uint8_t message[SPICE_HEAD_LEN + SIZE] = {0};
	size_t head = mini ? SPICE_MINI_LEN : SPICE_HEAD_LEN;
	uint8_t *type = mini ? message : message + 8, *body = message + head;

	if (!mini)
		message[0] = 1; /* the first */
	type[0] = SPICE_DISPLAY_INIT;
	type[2] = SIZE;
	body[0] = body[9] = 1;
	body[3] = body[12] = 0x10;
	return buf_add(out, message, head + SIZE);
}
