#include "depart.h"

#include <errno.h>
#include <stdio.h>

#include "stream/tls.h"

static struct tls_context *any_peer(void)
{
	static struct tls_context *context;
	const struct tls_policy off = {.verify = TLS_OFF};

	if (!context && tls_client_context(&context, &off, NULL) < 0)
		give_up("TLS", -EIO);
	return context;
}

void depart(struct loop *l, enum kind kind, uint16_t port, dial_fn *fn,
		void *arg)
{
	char host[32], path[] = "/", protocol[] = "binary";
	struct ws_client_options ws = {
			.host = host, .path = path, .protocol = protocol};
	struct dial_plan plan = {0};
	struct dial *dial;
	int r = dial_plan_tcp(&plan, "127.0.0.1", port);

	(void)snprintf(host, sizeof(host), "127.0.0.1:%u", port);
	if (r == 0 && (kind == KIND_TLS || kind == KIND_WSS))
		r = dial_plan_tls(&plan, any_peer(), NULL);
	if (r == 0 && (kind == KIND_WS || kind == KIND_WSS))
		r = dial_plan_ws(&plan, &ws);
	if (r == 0)
		r = dial_start(&dial, l, &plan, fn, arg);
	if (r < 0)
		give_up("dial", r);
}
