#include "proto/ws_response.h"

#include <errno.h>
#include <string.h>

static bool list_has(struct piece list, const char *word)
{
	while (list.len > 0)
		if (piece_is(piece_trim(piece_until(&list, ',')), word))
			return true;
	return false;
}

/* Once, not empty, and short enough to be what we expect. */
static int keep_once(char to[WS_RESPONSE_VALUE_MAX], struct piece value)
{
	if (to[0] || value.len == 0 || value.len >= WS_RESPONSE_VALUE_MAX)
		return -EPROTO;
	memcpy(to, value.at, value.len);
	to[value.len] = '\0';
	return 0;
}

static int header(struct piece name, struct piece value, struct ws_response *r)
{
	if (piece_is(name, "upgrade")) {
		if (r->upgrade || !piece_is(value, "websocket"))
			return -EPROTO;
		r->upgrade = true;
	} else if (piece_is(name, "connection")) {
		r->connection |= list_has(value, "upgrade");
	} else if (piece_is(name, "sec-websocket-accept")) {
		return keep_once(r->accept, value);
	} else if (piece_is(name, "sec-websocket-protocol")) {
		return keep_once(r->protocol, value);
	} else if (piece_is(name, "sec-websocket-extensions")) {
		r->extensions |= value.len > 0;
	}
	return 0;
}

int ws_response_parse(const uint8_t *data, size_t len, struct ws_response *ret)
{
	struct ws_response found = {0};
	struct piece name, value;
	struct http_head head;
	int used = http_head_parse(data, len, "HTTP/1.", &head);
	int r;

	if (used <= 0)
		return used;
	r = http_status_parse(head.first, &found.status, found.reason);
	while (r == 0 && (r = http_head_next(&head, &name, &value)) > 0)
		r = header(name, value, &found);
	if (r < 0)
		return r;
	*ret = found;
	return used;
}
