/*
 * What a SPICE viewer may not say to the guest's agent: the layer sits on the
 * client side of the main channel, above spice_greet, and its reads leave out
 * the messages to the agent (proto/spice_client.h). Clipboard, files and the
 * sizes of screens travel by it, and as the agent is never begun with, the
 * guest has nothing of them to say to the viewer either. Writes pass.
 *
 * A message that is too long for a main channel ends in -EPROTO.
 */
#ifndef STREAM_SPICE_FILTER_H
#define STREAM_SPICE_FILTER_H

#include <stdbool.h>

#include "core/err.h"

struct stream;

/* mini: both sides have agreed on short headers. */
int spice_filter_wrap(struct stream **s, bool mini, struct err *e);

#endif
