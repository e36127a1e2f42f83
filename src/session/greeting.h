/*
 * How the client of a console is greeted, by the kind of the console: which
 * layers of ours are put on its stream, what of it may not pass, and how it is
 * told in its own protocol that the guest is there, or why it is not.
 *
 *	vnc         RFB's greeting, then a filter for what is not permitted
 *	spice       a link for each channel; channels that are not permitted
 *	            are refused, and of the main one what is said to the
 *	            guest's agent (stream/spice_filter.h)
 *	serial      bytes as they come; without control what is typed is
 *	            dropped (and its size is not passed on: session/console)
 *	plain       nothing, whatever the kind: a page that greets the guest by
 *	            itself (sealed payloads)
 *
 * A greeting has two halves: the handshake of the client's stream ends when
 * the viewer has spoken, greeting_judge() says whether it may have what it
 * asked for; then, once the guest has answered or has not, greeting_admit() or
 * greeting_refuse() ends it.
 */
#ifndef SESSION_GREETING_H
#define SESSION_GREETING_H

#include <stdbool.h>

#include "core/err.h"
#include "proto/spice_link.h"
#include "session/ends.h"

struct crypto_rsa;
struct grant;
struct secret;
struct stream;

struct greeting_setup {
	const struct grant *grant;          /* borrowed */
	bool plain;                         /* bytes as they come */
	bool joins;                         /* not a session's first wire */
	const struct crypto_rsa *spice_key; /* borrowed; NULL: no SPICE */
	const struct secret
			*password; /* borrowed; of a VNC viewer; NULL: none */
};

enum greeting_kind { GREETING_NONE, GREETING_RFB, GREETING_SPICE };

struct greeting {
	struct greeting_setup setup;
	enum greeting_kind kind;
	bool answered;          /* the viewer has heard from us */
	unsigned wraps;         /* layers of ours on the client's stream */
	struct spice_link link; /* of a SPICE viewer, once it was judged */
};

/* Put on what this grant needs. -ENOTSUP for a grant that nothing here can
 * enforce; on any failure layers may stay, which go with the stream. */
int greeting_wrap(struct greeting *g, const struct greeting_setup *setup,
		struct stream **client, struct err *e);

/* It has spoken: END_WORDS, or why it does not get what it asked for (a VNC
 * viewer's password is wrong: no guest is bothered then) and the sentence (or
 * NULL). */
enum end_word greeting_judge(struct greeting *g, const struct stream *client,
		const char **ret_detail);

/*
 * The guest is there: let the client in. Step it, as stream_want() says for
 * STREAM_HANDSHAKE:
 *   0        it is in (what is owed to it goes by stream_flush())
 *   -EAGAIN  its ticket is waited for
 *   -EACCES  its password is wrong, and it has been told
 *   others   as spice_greet_finish(), or -ENOMEM
 */
int greeting_admit(struct greeting *g, struct stream **client,
		const struct stream *guest, struct err *e);

/*
 * There will be no console. A viewer that has spoken and not been answered is
 * told the word, by its sentence or the detail in its place (may be NULL); from
 * others our layers are taken off, so that those below can still say goodbye.
 */
void greeting_refuse(struct greeting *g, struct stream **client, bool spoken,
		enum end_word word, const char *detail);

/* "inputs", for the log; "" where there are no channels. */
const char *greeting_channel(const struct greeting *g);

#endif
