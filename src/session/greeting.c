#include "session/greeting.h"

#include <errno.h>
#include <stddef.h>

#include "config/config.h"
#include "core/secret.h"
#include "session/session.h"
#include "stream/mute.h"
#include "stream/rfb.h"
#include "stream/rfb_filter.h"
#include "stream/spice.h"
#include "stream/spice_filter.h"
#include "stream/stream.h"

static bool may_control(const struct grant *g)
{
	return g->rights & CONFIG_MAY_CONTROL;
}

/* Bytes as they come: nothing is looked at, so nothing can be denied. */
static int wrap_nothing(const struct grant *g, unsigned deny)
{
	return may_control(g) && !deny ? 0 : -ENOTSUP;
}

/* ---- VNC ------------------------------------------------------------------
 */

static int wrap_rfb(struct greeting *g, struct stream **client, struct err *e)
{
	const struct grant *grant = g->setup.grant;
	const struct secret none = {0};
	unsigned drop = 0;
	int r = rfb_greet_wrap(client,
			g->setup.password ? g->setup.password : &none, e);

	if (r < 0)
		return r;
	g->kind = GREETING_RFB;
	g->wraps = 1;
	if (!may_control(grant))
		drop |= RFB_DROP_INPUT;
	if (grant->deny & CONFIG_DENY_CLIPBOARD)
		drop |= RFB_DROP_CLIPBOARD;
	if (!drop)
		return 0;
	r = rfb_filter_wrap(client, drop, e);
	if (r == 0)
		g->wraps = 2;
	return r;
}

/* ---- SPICE ----------------------------------------------------------------
 */

/* What each channel takes. Those that carry something to the guest take the
 * right to control it; what is not here, nobody gets. */
static const struct channel {
	const char *name;
	bool known, control;
	unsigned deny;
} channels[] = {
		[SPICE_MAIN] = {"main", true, false, 0},
		[SPICE_DISPLAY] = {"display", true, false, 0},
		[SPICE_INPUTS] = {"inputs", true, true, 0},
		[SPICE_CURSOR] = {"cursor", true, false, 0},
		[SPICE_PLAYBACK] = {"playback", true, false, CONFIG_DENY_AUDIO},
		[SPICE_RECORD] = {"record", true, true, CONFIG_DENY_AUDIO},
		[SPICE_SMARTCARD] = {"smartcard", true, true, CONFIG_DENY_USB},
		[SPICE_USBREDIR] = {"usbredir", true, true, CONFIG_DENY_USB},
		[SPICE_PORT] = {"port", true, true, CONFIG_DENY_FILES},
		[SPICE_WEBDAV] = {"webdav", true, true, CONFIG_DENY_FILES},
};

static const struct channel *channel_of(const struct spice_link *l)
{
	static const struct channel unknown = {"unknown", false, false, 0};

	return l->channel_type < sizeof(channels) / sizeof(channels[0]) &&
					       channels[l->channel_type].known
			       ? &channels[l->channel_type]
			       : &unknown;
}

static int wrap_spice(struct greeting *g, struct stream **client, struct err *e)
{
	const struct spice_greet_options o = {.key = g->setup.spice_key};
	int r;

	if (!o.key)
		return -ENOTSUP;
	r = spice_greet_wrap(client, &o, e);
	if (r < 0)
		return r;
	g->kind = GREETING_SPICE;
	g->wraps = 1;
	return 0;
}

static enum end_word judge_spice(struct greeting *g, const char **ret_detail)
{
	const struct channel *c = channel_of(&g->link);
	const struct grant *grant = g->setup.grant;
	bool main = g->link.channel_type == SPICE_MAIN;

	if (main && g->setup.joins) {
		*ret_detail = "The session has its main channel.";
		return END_BUSY;
	}
	if (!main && !g->setup.joins) {
		*ret_detail = "A session begins with its main channel.";
		return END_PROTOCOL_ERROR;
	}
	/* 0 begins a session at the guest, a main one with it takes over */
	if (main != (g->link.connection_id == 0)) {
		*ret_detail = "The channel names the wrong session.";
		return END_PROTOCOL_ERROR;
	}
	if (c->known && (!c->control || may_control(grant)) &&
			!(c->deny & grant->deny))
		return END_WORDS;
	*ret_detail = "This SPICE channel is not permitted.";
	return END_NOT_PERMITTED;
}

/* Clipboard and files travel by the guest's agent, and so does the size of
 * its screens. */
static bool agent_is_denied(const struct greeting *g)
{
	const struct grant *grant = g->setup.grant;

	return g->link.channel_type == SPICE_MAIN &&
	       (!may_control(grant) ||
			       grant->deny & (CONFIG_DENY_CLIPBOARD |
							     CONFIG_DENY_FILES));
}

static int admit_spice(struct greeting *g, struct stream **client,
		const struct stream *guest, struct err *e)
{
	const struct spice_reply *reply = spice_login_reply(guest);
	struct spice_verdict v = {0};
	int r;

	if (reply) {
		v.common = reply->common;
		v.channel = reply->channel;
	}
	g->answered = true;
	r = spice_greet_finish(*client, &v, e);
	if (r < 0 || !agent_is_denied(g))
		return r;
	return spice_filter_wrap(client,
			spice_caps_has(&v.common, SPICE_CAP_MINI_HEADER) &&
					spice_caps_has(&g->link.common,
							SPICE_CAP_MINI_HEADER),
			e);
}

/* A viewer that is told "permission denied" may ask for a password, which
 * none of ours is. */
static enum spice_error spice_error_of(enum end_word word)
{
	switch (word) {
	case END_NOT_PERMITTED:
	case END_NO_SUCH_CONSOLE:
		return spice_error_for(-ENODEV);
	case END_GUEST_CLOSED:
		return spice_error_for(-ENOENT);
	default:
		return spice_error_for(-ECONNREFUSED);
	}
}

const char *greeting_channel(const struct greeting *g)
{
	return g->kind == GREETING_SPICE ? channel_of(&g->link)->name : "";
}

/* ---- lines ----------------------------------------------------------------
 */

/* A line has no clipboard and carries nothing else that is denied. */
static int wrap_line(struct greeting *g, struct stream **client, struct err *e)
{
	int r = 0;

	if (!may_control(g->setup.grant)) {
		r = mute_wrap(client, e);
		g->wraps += r == 0;
	}
	return r;
}

/* ---- all of them ----------------------------------------------------------
 */

int greeting_wrap(struct greeting *g, const struct greeting_setup *setup,
		struct stream **client, struct err *e)
{
	g->setup = *setup;
	if (setup->plain)
		return wrap_nothing(setup->grant, setup->grant->deny);
	switch (setup->grant->kind) {
	case CONSOLE_VNC:
		return wrap_rfb(g, client, e);
	case CONSOLE_SPICE:
		return wrap_spice(g, client, e);
	case CONSOLE_SERIAL:
		return wrap_line(g, client, e);
	default:
		return -ENOTSUP;
	}
}

enum end_word greeting_judge(struct greeting *g, const struct stream *client,
		const char **ret_detail)
{
	*ret_detail = NULL;
	if (g->kind == GREETING_RFB && rfb_greet_judge(client) < 0) {
		*ret_detail = "The viewer's VNC password is wrong.";
		return END_LOGIN_FAILED;
	}
	if (g->kind != GREETING_SPICE)
		return END_WORDS;
	g->link = *spice_greet_link(client);
	return judge_spice(g, ret_detail);
}

int greeting_admit(struct greeting *g, struct stream **client,
		const struct stream *guest, struct err *e)
{
	if (g->kind == GREETING_SPICE)
		return admit_spice(g, client, guest, e);
	g->answered = true;
	return g->kind == GREETING_RFB ? rfb_greet_finish(*client, NULL, e) : 0;
}

static void refuse_viewer(const struct greeting *g, struct stream *client,
		enum end_word word, const char *detail)
{
	const struct spice_verdict v = {.error = spice_error_of(word)};
	struct err e;

	if (g->kind == GREETING_SPICE)
		(void)spice_greet_finish(client, &v, &e);
	else if (g->kind == GREETING_RFB)
		(void)rfb_greet_finish(client,
				detail ? detail : end_info(word)->sentence, &e);
}

void greeting_refuse(struct greeting *g, struct stream **client, bool spoken,
		enum end_word word, const char *detail)
{
	if (spoken && !g->answered) {
		g->answered = true;
		refuse_viewer(g, *client, word, detail);
		return;
	}
	/* what one that has not spoken may still say has no meaning */
	while (g->wraps > 0 && (!spoken || g->kind == GREETING_SPICE)) {
		stream_peel(client);
		g->wraps--;
	}
}
