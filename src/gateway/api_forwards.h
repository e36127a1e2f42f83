/*
 * Connections of forwards, in the answers about sessions.
 */
#ifndef GATEWAY_API_FORWARDS_H
#define GATEWAY_API_FORWARDS_H

#include <stdbool.h>

struct exchange;
struct gateway;
struct json;
struct json_out;

/* What the `kind` of such a connection is. */
#define FORWARD_KIND "forward"

/* Into an array: those that the asker may see (the right `admin` on the
 * guest); x NULL: all. */
void forwards_put(struct gateway *g, const struct exchange *x,
		struct json_out *o);

/* Is this one of an older worker's list? */
bool forwards_is(const struct json *row);

/* End the one of this id, or of a beginning that only one has, out of those
 * that the asker may see. False: there is none. */
bool forwards_end_named(
		struct gateway *g, const struct exchange *x, const char *id);

#endif
