#include "gateway/api_forwards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/log.h"
#include "gateway/exchange.h"
#include "gateway/forwarder.h"
#include "gateway/gateway.h"

/* Nobody has signed in to one: it is the administrators' to see. */
static bool row_shown(const struct exchange *x, const struct forwarder_row *row)
{
	struct auth_verdict v =
			auth_judge(x->gateway->auth, &x->who, row->guest);

	return v.rights & CONFIG_MAY_ADMIN;
}

static void row_put(struct json_out *o, const struct forwarder_row *row)
{
	json_out_object_begin(o);
	json_out_put_text(o, "id", row->id);
	json_out_put_text(o, "guest", row->guest);
	json_out_put_text(o, "kind", FORWARD_KIND);
	json_out_put_text(o, "port", row->port);
	json_out_put_text(o, "listen", row->listen);
	json_out_put_text(o, "from", row->from);
	json_out_put_text(o, "state", row->state);
	json_out_put_int(o, "since", row->since);
	json_out_put_uint(o, "bytes_in", row->up);
	json_out_put_uint(o, "bytes_out", row->down);
	json_out_object_end(o);
}

void forwards_put(
		struct gateway *g, const struct exchange *x, struct json_out *o)
{
	struct forwarder_row *rows;
	size_t count;

	if (forwarder_list(g->forwarder, &rows, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (!x || row_shown(x, &rows[i]))
			row_put(o, &rows[i]);
	free(rows);
}

bool forwards_is(const struct json *row)
{
	const char *kind = json_text(json_get(row, "kind"));

	return kind && strcmp(kind, FORWARD_KIND) == 0;
}

bool forwards_end_named(
		struct gateway *g, const struct exchange *x, const char *id)
{
	const size_t len = strlen(id);
	const struct forwarder_row *found = NULL;
	struct forwarder_row *rows;
	size_t count, hits = 0;
	bool ended = false;

	if (len < 4 || forwarder_list(g->forwarder, &rows, &count) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strncmp(rows[i].id, id, len) == 0 &&
				row_shown(x, &rows[i])) {
			found = &rows[i];
			hits++;
		}
	if (hits == 1)
		ended = forwarder_end(g->forwarder, found->id);
	if (ended)
		log_info(found->id, "event=kill by=%s",
				log_value(x->who.name).text);
	free(rows);
	return ended;
}
