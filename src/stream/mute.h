/*
 * A terminal that may be looked at only, enforced towards the guest: the layer
 * sits on the client side, and its reads drop every byte, until the end.
 * Writes pass through untouched. Notes are the hearer's to drop.
 */
#ifndef STREAM_MUTE_H
#define STREAM_MUTE_H

#include "core/err.h"

struct stream;

int mute_wrap(struct stream **s, struct err *e);

#endif
