#include "session/greeting.h"

#include <errno.h>

#include "config/config.h"
#include "core/secret.h"
#include "session/session.h"
#include "stream/mute.h"
#include "stream/rfb.h"
#include "stream/rfb_filter.h"
#include "stream/stream.h"

/* Bytes as they come: nothing is looked at, so nothing can be denied. */
static int wrap_nothing(const struct grant *g, unsigned deny)
{
	return g->rights & CONFIG_MAY_CONTROL && !deny ? 0 : -ENOTSUP;
}

static int wrap_rfb(struct greeting *g, struct stream **client,
		const struct grant *grant, struct err *e)
{
	const struct secret none = {0};
	unsigned drop = 0;
	int r = rfb_greet_wrap(client, &none, e);

	if (r < 0)
		return r;
	g->rfb = true;
	g->wraps = 1;
	if (!(grant->rights & CONFIG_MAY_CONTROL))
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

/* A line has no clipboard and carries nothing else that is denied. */
static int wrap_line(struct greeting *g, struct stream **client,
		const struct grant *grant, struct err *e)
{
	int r = 0;

	if (!(grant->rights & CONFIG_MAY_CONTROL)) {
		r = mute_wrap(client, e);
		g->wraps += r == 0;
	}
	return r;
}

int greeting_wrap(struct greeting *g, struct stream **client,
		const struct grant *grant, bool plain, struct err *e)
{
	if (plain)
		return wrap_nothing(grant, grant->deny);
	if (grant->kind == CONSOLE_VNC)
		return wrap_rfb(g, client, grant, e);
	if (grant->kind == CONSOLE_SERIAL)
		return wrap_line(g, client, grant, e);
	return wrap_nothing(grant, 0);
}

int greeting_admit(struct greeting *g, struct stream *client, struct err *e)
{
	bool rfb = g->rfb;

	g->rfb = false;
	return rfb ? rfb_greet_finish(client, NULL, e) : 0;
}

void greeting_refuse(struct greeting *g, struct stream **client, bool spoken,
		enum end_word word, const char *detail)
{
	struct err e;

	/* what one that has not spoken may still say has no meaning */
	while (!spoken && g->wraps > 0) {
		stream_peel(client);
		g->wraps--;
	}
	if (spoken && g->rfb)
		(void)rfb_greet_finish(*client,
				detail ? detail : end_info(word)->sentence, &e);
	g->rfb = false;
}
