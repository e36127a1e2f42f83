/*
 * HTTP CONNECT towards a proxy (RFC 9110 section 9.3.6), as HTTP/1.0. Request
 * line and Host header carry exactly HOST:PORT, as it was given: Proxmox's
 * host is opaque, full of colons, and the signed ticket itself, so it is a
 * secret and stands in no sentence.
 *
 * The answer is read strictly (proto/http_head.h), and only 200 opens the
 * tunnel. What came behind its head is read first; once that is gone the layer
 * only passes bytes through. A proxy may answer with silence (spiceproxy does
 * where nothing listens behind it): who dials has a limit.
 */
#ifndef STREAM_CONNECT_H
#define STREAM_CONNECT_H

#include <stdint.h>

#include "core/err.h"
#include "core/secret.h"

struct stream;

struct connect_options {
	struct secret host; /* no port; '!' to '~' */
	uint16_t port;
	/* "Proxy-Authorization: ...", no line end; may be empty */
	struct secret credential;
};

int connect_options_copy(
		struct connect_options *to, const struct connect_options *from);
void connect_options_done(struct connect_options *o);

/*
 * As its handshake:
 *   -EACCES        401 or 407: the ticket or the credential is refused
 *   -ECONNREFUSED  any other status but 200
 *   -EPROTO        it does not answer in HTTP
 *   -EMSGSIZE      the head of its answer is too long
 *   -ECONNRESET    it closed without an answer
 * A refusal's sentence carries status and reason phrase.
 */
int connect_wrap(struct stream **s, const struct connect_options *o,
		struct err *e);

#endif
