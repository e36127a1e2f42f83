/*
 * How the client of a console is greeted, by the kind of the console: which
 * layers of ours are put on its stream, what of it may not pass, and how it is
 * told in its own protocol that the guest is there, or why it is not.
 *
 *	screen      RFB's greeting, then a filter for what is not permitted
 *	line        bytes as they come; without control what is typed is
 *	            dropped (and its size is not passed on: session/console)
 *	plain       nothing, whatever the kind: a page that greets the guest by
 *	            itself (sealed payloads)
 *
 * A greeting has two halves: the handshake of the client's stream ends when
 * the viewer has spoken; then, once the guest has answered or has not,
 * greeting_admit() or greeting_refuse() ends it.
 */
#ifndef SESSION_GREETING_H
#define SESSION_GREETING_H

#include <stdbool.h>

#include "core/err.h"
#include "session/ends.h"

struct grant;
struct stream;

struct greeting {
	bool rfb;       /* a viewer waits for its verdict */
	unsigned wraps; /* layers of ours on the client's stream */
};

/* Put on what this grant needs. -ENOTSUP for a grant that nothing here can
 * enforce; on any failure layers may stay, which go with the stream. */
int greeting_wrap(struct greeting *g, struct stream **client,
		const struct grant *grant, bool plain, struct err *e);

/* The guest is there. 0 the client is let in (what is owed to it goes by
 * stream_flush()); -EACCES its password is wrong, and it has been told. */
int greeting_admit(struct greeting *g, struct stream *client, struct err *e);

/*
 * There will be no console. A viewer that has spoken is told the word's
 * sentence, or the detail in its place (may be NULL); from one that has not,
 * our layers are taken off, so that those below can still say goodbye.
 */
void greeting_refuse(struct greeting *g, struct stream **client, bool spoken,
		enum end_word word, const char *detail);

#endif
