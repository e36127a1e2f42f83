/*
 * The two halves of a SPICE link (proto/spice_link.h), ended on each side on
 * its own: the guest's password is ours, the viewer's ticket is sealed with
 * our key. Above both layers a channel begins with its first message; all that
 * comes then, the session's id included, is between viewer and guest. Each
 * channel is a connection of its own and takes this path once:
 *
 *	viewer   link: which channel, of which session, what it can
 *	         the handshake of spice_greet ends; spice_greet_link() tells
 *	us       may this viewer have that channel? plan, dial
 *	guest    spice_login says the same link, hears the reply, logs in: the
 *	         dial is done; spice_login_reply() tells what the guest can
 *	us       spice_greet_finish(): the reply to the viewer, which can now
 *	         name both the guest's capabilities and any failure so far
 *	viewer   the ticket; it is judged, the result said, and bytes flow
 *
 * The guest comes before the viewer's ticket, because only the reply can tell
 * a viewer what went wrong (a refused ticket asks for the password again). So
 * the ticket is a second lock: whoever gets as far as a link must have shown
 * something else before, a code of the page or the host of a CONNECT, since a
 * main channel throws the guest's other viewer out.
 */
#ifndef STREAM_SPICE_H
#define STREAM_SPICE_H

#include "core/err.h"
#include "core/secret.h"
#include "proto/spice_link.h"

struct crypto_rsa;
struct stream;

/*
 * Towards the guest. The handshake sends `link` (the viewer's, but with the
 * login our own) and logs in with `password` (copied; may be empty).
 *   -EINVAL        the password is longer than SPICE_PASSWORD_MAX
 *   -EACCES        the password is wrong, or its time is over
 *   -ENOENT        it knows no session of that id
 *   -ENODEV        it has no such channel
 *   -ECONNREFUSED  it refuses for another reason, which the sentence names
 *   -ENOTSUP       another major version, or no login that we speak
 *   -EPROTO        it does not speak SPICE
 *   -EMSGSIZE      its answer is too long
 *   -ECONNRESET    it went away in the middle
 * spice_error_for() makes of these what a viewer can be told.
 *
 * A display that is left before its viewer has said a word, is told in its
 * place what it can keep, for some guests fall without (shutdown and free do
 * it, as far as the wire takes it at once); and they fall, too, when it is
 * closed in the same breath: spice_login_lingers().
 */
int spice_login_wrap(struct stream **s, const struct spice_link *link,
		const struct secret *password, struct err *e);

/* What the guest answered, from a stack whose login is done. NULL where it has
 * none. Valid as long as the stream. */
const struct spice_reply *spice_login_reply(const struct stream *s);

/* Before it is freed, from any stack: must this be put off by
 * SPICE_LINGER_MS? */
enum { SPICE_LINGER_MS = 500 };
bool spice_login_lingers(struct stream *s);

struct spice_greet_options {
	const struct crypto_rsa *key; /* borrowed; one per process */
	struct secret password;       /* copied; empty: any ticket is right */
};

/*
 * Towards the viewer. The handshake ends when the link was read.
 *   -EPROTO      it does not speak SPICE (or another version: it is told)
 *   -EMSGSIZE    its link is too long
 *   -ECONNRESET  it went away in the middle
 */
int spice_greet_wrap(struct stream **s, const struct spice_greet_options *o,
		struct err *e);

/* What the viewer asked for, from a stack whose greeting is done; or NULL.
 * Valid as long as the stream. */
const struct spice_link *spice_greet_link(const struct stream *s);

struct spice_verdict {
	enum spice_error error; /* else what the viewer is told, and no more */
	/* what the guest can, as spice_login_reply() has it */
	struct spice_caps common, channel;
};

/*
 * Answer the viewer; reads and writes answer -ENOTCONN before. Step it with
 * the same verdict, as stream_want(s, STREAM_HANDSHAKE) says, within a limit
 * of the caller's:
 *   0            it is let in, or it was refused as the verdict wants
 *   -EAGAIN      the ticket is waited for
 *   -EACCES      its ticket is wrong; it has been told
 *   -EPROTO      it chose another login than the password; it has been told
 *   -ECONNRESET  it went away in the middle
 * What is still to be sent goes by stream_flush(). After a refusal its bytes
 * have no meaning and may be read away. `s` is the stack whose top is the
 * greeting (or has it below).
 */
int spice_greet_finish(
		struct stream *s, const struct spice_verdict *v, struct err *e);

#endif
