#include "proto/connect_request.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "proto/address.h"

static bool is_same(struct piece a, struct piece b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static bool is_plain(struct piece p)
{
	for (size_t i = 0; i < p.len; i++)
		if (p.at[i] < '!' || p.at[i] > '~')
			return false;
	return p.len > 0;
}

static int split_target(struct piece target, struct connect_request *r)
{
	const char *colon = memrchr(target.at, ':', target.len);
	const char *port = colon ? colon + 1 : NULL;

	if (!port || !address_port(port,
				     (size_t)(target.at + target.len - port),
				     false, &r->port))
		return -EPROTO;
	r->host.at = target.at;
	r->host.len = (size_t)(colon - target.at);
	if (r->host.len > CONNECT_HOST_MAX)
		return -EMSGSIZE;
	return is_plain(r->host) ? 0 : -EPROTO;
}

/* CONNECT target HTTP/1.x, one blank between each. */
static int first_line(struct piece line, struct connect_request *r,
		struct piece *ret_target)
{
	(void)piece_until(&line, ' '); /* the method was looked at */
	*ret_target = piece_until(&line, ' ');
	if (line.len != 8 || memcmp(line.at, "HTTP/1.", 7) != 0 ||
			(line.at[7] != '0' && line.at[7] != '1'))
		return -EPROTO;
	r->minor = line.at[7] - '0';
	return split_target(*ret_target, r);
}

int connect_request_parse(
		const uint8_t *data, size_t len, struct connect_request *ret)
{
	struct connect_request found = {0};
	struct piece target, name, value;
	struct http_head head;
	bool host = false;
	int used = http_head_parse(data, len, "CONNECT ", &head);
	int r;

	if (used <= 0)
		return used;
	r = first_line(head.first, &found, &target);
	while (r == 0 && (r = http_head_next(&head, &name, &value)) > 0) {
		r = 0;
		if (!piece_is(name, "host"))
			continue;
		if (host || !is_same(value, target))
			return -EPROTO;
		host = true;
	}
	if (r == 0 && !host && found.minor > 0)
		r = -EPROTO;
	if (r < 0)
		return r;
	*ret = found;
	return used;
}
