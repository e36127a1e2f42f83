/* GET /metrics: of consoles, and of forwards. */
#include "bridge/metrics.h"
#include "bridge/ops.h"
#include "gateway/exchange.h"
#include "gateway/forwarder.h"
#include "gateway/gateway.h"
#include "gateway/routes.h"
#include "session/registry.h"

static void put_consoles(struct buf *to, const struct registry_counts *c)
{
	metrics_plain(to, "glassbridge_consoles_active", "gauge",
			"Consoles that live.", c->active);
	metrics_plain(to, "glassbridge_consoles_total", "counter",
			"Consoles that were begun.", c->total);
	metrics_bytes(to, "glassbridge_console_bytes_total", c->up, c->down);
	metrics_errors(to, "glassbridge_console_errors_total",
			"Consoles that went wrong, by the word of their end.",
			c->ends);
	metrics_histogram(to, "glassbridge_console_connect_seconds",
			"How long it took until a guest's console was there.",
			&c->connects);
	metrics_histogram(to, "glassbridge_console_ping_seconds",
			"How long clients took to answer a ping.", &c->pings);
}

void api_metrics(struct gateway *g, struct exchange *x)
{
	struct registry_counts consoles;
	struct forward_counts forwards;
	struct json_out unused;

	registry_count(g->registry, &consoles);
	forwarder_count(g->forwarder, &forwards);
	exchange_json(x, &unused); /* nothing stands in it */
	put_consoles(&x->answer, &consoles);
	if (ops_metrics(&x->answer, &forwards) < 0)
		exchange_refuse(x, END_INTERNAL, NULL);
	else
		exchange_answer_text(
				x, "text/plain; version=0.0.4; charset=utf-8");
}
