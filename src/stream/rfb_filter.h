/*
 * What a viewer may not do, enforced towards the guest: the layer sits on the
 * client side above rfb_greet, and its reads leave out the messages that the
 * drop mask names (proto/rfb_client.h). Writes pass through untouched.
 *
 *	RFB_DROP_INPUT      view-only
 *	RFB_DROP_CLIPBOARD  no cut text towards the guest
 *
 * A message of unknown type could be anything: what came before it is still
 * delivered, then reads answer -EPROTO.
 */
#ifndef STREAM_RFB_FILTER_H
#define STREAM_RFB_FILTER_H

#include "core/err.h"
#include "proto/rfb_client.h"

struct stream;

int rfb_filter_wrap(struct stream **s, unsigned drop, struct err *e);

#endif
