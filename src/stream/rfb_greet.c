#include "stream/rfb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "proto/rfb.h"
#include "stream/talk.h"

/*
 * What is read next; in the order of the wire:
 *
 *	VERSION > [CHOICE] > [RESPONSE] > SPOKEN (the handshake's end)
 *	        > LET_IN or REFUSED, by rfb_greet_finish()
 */
enum greet_state {
	GREET_VERSION,
	GREET_CHOICE,
	GREET_RESPONSE,
	GREET_SPOKEN,
	GREET_LET_IN,
	GREET_REFUSED,
};

enum {
	GREET_OUT_MAX = 64 + RFB_REASON_MAX,
	GREET_IN_MAX = VNC_CHALLENGE_LEN, /* the longest thing a viewer says */
};

struct greet {
	struct talk talk;
	uint8_t challenge[VNC_CHALLENGE_LEN];
	uint8_t response[VNC_CHALLENGE_LEN];
	enum rfb_version version;
	uint8_t type;    /* RFB_SECURITY_NONE or _VNC */
	uint8_t swallow; /* bytes of the greeting still to come: reads drop
			    them; the last one is ClientInit */
};

static int greet_say_u32(struct greet *g, uint32_t n, struct err *e)
{
	int r = rfb_u32_write(&g->talk.out, n);

	return r < 0 ? talk_failed(&g->talk, r, e) : 0;
}

/* ---- the viewer speaks -------------------------------------------------- */

static int greet_challenge(struct greet *g, struct err *e)
{
	crypto_random(g->challenge, sizeof(g->challenge));
	talk_set_state(&g->talk, GREET_RESPONSE, VNC_CHALLENGE_LEN);
	return talk_say(&g->talk, g->challenge, sizeof(g->challenge), e);
}

/* The one type that we offer: 3.3 is told, the others choose. */
static int greet_offer(struct greet *g, struct err *e)
{
	const uint8_t list[2] = {1, g->type};

	if (g->version == RFB_3_3)
		return greet_say_u32(g, g->type, e);
	return talk_say(&g->talk, list, sizeof(list), e);
}

/* Before 3.8, who needs no password is asked nothing after the type: so it is
 * kept back for the verdict (type 0 is the way to refuse). */
static bool greet_keeps_type(const struct greet *g)
{
	return g->type == RFB_SECURITY_NONE && g->version != RFB_3_8;
}

static int greet_step_version(struct greet *g, struct err *e)
{
	const struct exact *in = &g->talk.in;
	const char *other = rfb_other_protocol(in->data, in->done);
	int r;

	if (rfb_version_parse(in->data, in->len, &g->version) <= 0)
		return err_set(e, -EPROTO, "the viewer does not speak RFB%s%s",
				other ? " but " : "", other ? other : "");
	if (greet_keeps_type(g)) {
		talk_set_state(&g->talk, GREET_SPOKEN, 0);
		return 0;
	}
	r = greet_offer(g, e);
	if (r == 0 && g->version == RFB_3_3)
		return greet_challenge(g, e);
	talk_set_state(&g->talk, GREET_CHOICE, 1);
	return r;
}

static int greet_step_choice(struct greet *g, struct err *e)
{
	uint8_t type = g->talk.in.data[0];

	if (type != g->type)
		return err_set(e, -EPROTO,
				"the viewer chose VNC security type %u, which "
				"was not offered",
				type);
	if (type == RFB_SECURITY_VNC)
		return greet_challenge(g, e);
	talk_set_state(&g->talk, GREET_SPOKEN, 0);
	return 0;
}

static int greet_step_response(struct greet *g, struct err *e)
{
	(void)e;
	memcpy(g->response, g->talk.in.data, sizeof(g->response));
	talk_set_state(&g->talk, GREET_SPOKEN, 0);
	return 0;
}

static int (*const greet_steps[])(struct greet *g, struct err *e) = {
		[GREET_VERSION] = greet_step_version,
		[GREET_CHOICE] = greet_step_choice,
		[GREET_RESPONSE] = greet_step_response,
};

static int greet_handshake(struct stream *s, struct err *e)
{
	struct greet *g = (struct greet *)s;
	int r;

	do {
		r = talk_send(&g->talk);
		if (r == 0 && g->talk.state == GREET_SPOKEN)
			return 0;
		if (r == 0)
			r = exact_read(s->below, &g->talk.in);
		if (r < 0)
			return talk_viewer_failed(&g->talk, r, e);
		r = greet_steps[g->talk.state](g, e);
	} while (r == 0);
	return r;
}

/* ---- the verdict -------------------------------------------------------- */

/* In time that tells nothing about the right answer. */
static bool greet_password_is_right(const struct greet *g)
{
	uint8_t right[VNC_CHALLENGE_LEN];
	const struct secret s = {.data = (char *)right, .len = sizeof(right)};
	bool equal;

	if (g->type == RFB_SECURITY_NONE)
		return true;
	if (crypto_vnc_response(g->challenge, g->talk.password.data,
			    g->talk.password.len, right) < 0)
		return false;
	equal = secret_equal(&s, g->response, sizeof(g->response));
	secret_wipe(right, sizeof(right));
	return equal;
}

static int greet_let_in(struct greet *g, struct err *e)
{
	g->talk.state = GREET_LET_IN;
	if (!greet_keeps_type(g)) {
		g->swallow = 1;
		return greet_say_u32(g, RFB_RESULT_OK, e);
	}
	g->swallow = g->version == RFB_3_3 ? 1 : 2; /* 3.7 says its choice */
	return greet_offer(g, e);
}

static int greet_refuse(struct greet *g, const char *reason, struct err *e)
{
	const uint8_t no_types = 0;
	int r;

	g->talk.state = GREET_REFUSED;
	if (!greet_keeps_type(g))
		r = greet_say_u32(g, RFB_RESULT_FAILED, e);
	else if (g->version == RFB_3_3)
		r = greet_say_u32(g, RFB_SECURITY_INVALID, e);
	else
		r = talk_say(&g->talk, &no_types, 1, e);
	if (r < 0 || (!greet_keeps_type(g) && g->version != RFB_3_8))
		return r; /* there is no place for a reason */
	r = rfb_reason_write(&g->talk.out, reason);
	return r < 0 ? talk_failed(&g->talk, r, e) : 0;
}

static const struct stream_ops greet_ops;

/* The greeting of a stack whose viewer waits for its answer; or NULL. */
static const struct greet *greet_of(const struct stream *s)
{
	const struct greet *g;

	while (s && s->ops != &greet_ops)
		s = s->below;
	g = (const struct greet *)s;
	return g && s->ready && g->talk.state == GREET_SPOKEN ? g : NULL;
}

int rfb_greet_judge(const struct stream *s)
{
	const struct greet *g = greet_of(s);

	if (!g)
		return -EINVAL;
	return greet_password_is_right(g) ? 0 : -EACCES;
}

int rfb_greet_finish(struct stream *s, const char *failure, struct err *e)
{
	struct greet *g = (struct greet *)(uintptr_t)greet_of(s);
	bool right;
	int r;

	if (!g)
		return err_set(e, -EINVAL,
				"VNC greeting: there is nobody to answer");
	right = greet_password_is_right(g);
	secret_done(&g->talk.password);
	if (right)
		return failure ? greet_refuse(g, failure, e)
			       : greet_let_in(g, e);
	r = greet_refuse(g, "Authentication failed", e);
	return r < 0 ? r
		     : err_set(e, -EACCES,
				       "the viewer's VNC password is "
				       "wrong");
}

/* ---- afterwards --------------------------------------------------------- */

/* What the verdict's bytes still bring; 0 when there is nothing left. */
static ssize_t greet_swallow(struct greet *g)
{
	while (g->swallow > 0) {
		ssize_t n = stream_read(g->talk.stream.below, g->talk.in.data,
				g->swallow);

		if (n <= 0)
			return n < 0 ? n : -ENODATA;
		if (g->swallow == 2 && g->talk.in.data[0] != g->type)
			return -EPROTO; /* a choice that was not offered */
		g->swallow -= (uint8_t)n;
	}
	return 0;
}

static ssize_t greet_read(struct stream *s, uint8_t *data, size_t len)
{
	struct greet *g = (struct greet *)s;
	ssize_t r;

	if (g->talk.state == GREET_SPOKEN)
		return -ENOTCONN;
	r = greet_swallow(g);
	if (r == -ENODATA)
		return 0;
	return r < 0 ? r : stream_read(s->below, data, len);
}

static ssize_t greet_write(struct stream *s, uint8_t *data, size_t len)
{
	struct greet *g = (struct greet *)s;
	int r = talk_send_first(&g->talk);

	if (g->talk.state == GREET_SPOKEN)
		return -ENOTCONN;
	return r < 0 ? r : stream_write(s->below, data, len);
}

static bool greet_bare(const struct stream *s, enum stream_op op)
{
	const struct greet *g = (const struct greet *)s;
	bool none = op == STREAM_READ ? g->swallow == 0 : g->talk.out.len == 0;

	return g->talk.state == GREET_LET_IN && none;
}

static void greet_free(struct stream *s)
{
	struct greet *g = (struct greet *)s;

	talk_done(&g->talk);
	free(g);
}

static const struct stream_ops greet_ops = {
		.name = "rfb_greet",
		.handshake = greet_handshake,
		.read = greet_read,
		.write = greet_write,
		.flush = talk_flush,
		.shutdown = talk_shutdown,
		.want = talk_want,
		.bare = greet_bare,
		.free = greet_free,
};

int rfb_greet_wrap(
		struct stream **s, const struct secret *password, struct err *e)
{
	struct greet *g = calloc(1, sizeof(*g));
	uint8_t version[RFB_VERSION_LEN];

	rfb_version_write(RFB_3_8, version);
	if (!g ||
			talk_init(&g->talk, "VNC greeting", password,
					GREET_IN_MAX, GREET_OUT_MAX) < 0 ||
			talk_say(&g->talk, version, sizeof(version), e) < 0) {
		if (g)
			greet_free(&g->talk.stream);
		return err_set(e, -ENOMEM, "VNC greeting: out of memory");
	}
	g->type = password->len > 0 ? RFB_SECURITY_VNC : RFB_SECURITY_NONE;
	talk_set_state(&g->talk, GREET_VERSION, RFB_VERSION_LEN);
	layer_push(s, &g->talk.stream, &greet_ops);
	return 0;
}
