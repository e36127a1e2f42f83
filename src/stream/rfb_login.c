#include "stream/rfb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "stream/rfb_login_layer.h"

enum {
	LOGIN_OUT_MAX = 64,
	LOGIN_IN_MAX = RFB_REASON_MAX,
};

/* ---- refusals ----------------------------------------------------------- */

static int login_refused(struct rfb_login *l, const char *reason, struct err *e)
{
	const char *colon = *reason ? ": " : "";

	if (l->result == RFB_RESULT_TOO_MANY || strcasestr(reason, "too many"))
		return err_set(e, -EBUSY,
				"the guest takes no VNC login for now%s%s",
				colon, reason);
	if (!l->chosen)
		return err_set(e, -ECONNREFUSED,
				"the guest refuses VNC connections%s%s", colon,
				reason);
	return err_set(e, -EACCES, "the guest refused the VNC login%s%s", colon,
			reason);
}

static int login_step_reason(struct rfb_login *l, struct err *e)
{
	char reason[RFB_CLEAN_MAX];

	rfb_text_clean(l->talk.in.data, l->talk.in.done, reason);
	return login_refused(l, reason, e);
}

static int login_step_reason_len(struct rfb_login *l, struct err *e)
{
	uint32_t len = rfb_u32(l->talk.in.data);

	if (len == 0)
		return login_refused(l, "", e);
	/* what is past the ceiling is never waited for */
	talk_set_state(&l->talk, RFB_LOGIN_REASON,
			len < RFB_REASON_MAX ? len : RFB_REASON_MAX);
	return 0;
}

static int login_read_reason(struct rfb_login *l)
{
	talk_set_state(&l->talk, RFB_LOGIN_REASON_LEN, 4);
	return 0;
}

/* ---- version ------------------------------------------------------------ */

static int login_not_rfb(const struct rfb_login *l, struct err *e)
{
	const struct exact *in = &l->talk.in;
	const char *other = rfb_other_protocol(in->data, in->done);
	char said[RFB_CLEAN_MAX];

	if (other)
		return err_set(e, -EPROTO, "it speaks %s, not RFB (VNC)",
				other);
	rfb_text_clean(in->data, in->done, said);
	return err_set(e, -EPROTO, "it does not speak RFB (VNC): it said '%s'",
			said);
}

static int login_step_version(struct rfb_login *l, struct err *e)
{
	const struct exact *in = &l->talk.in;
	uint8_t line[RFB_VERSION_LEN];

	if (rfb_version_parse(in->data, in->len, &l->version) <= 0)
		return login_not_rfb(l, e);
	rfb_version_write(l->version, line);
	if (l->version == RFB_3_3)
		talk_set_state(&l->talk, RFB_LOGIN_TYPE_33, 4);
	else
		talk_set_state(&l->talk, RFB_LOGIN_COUNT, 1);
	return talk_say(&l->talk, line, sizeof(line), e);
}

/* ---- security ----------------------------------------------------------- */

static int login_init(struct rfb_login *l, struct err *e)
{
	const uint8_t shared = 1; /* never throw another viewer out */

	if (l->held && l->talk.state != RFB_LOGIN_HELD) {
		talk_set_state(&l->talk, RFB_LOGIN_HELD, 0);
		return 0;
	}
	if (l->held)
		talk_set_state(&l->talk, RFB_LOGIN_INIT, RFB_LOGIN_INIT_LEN);
	else
		talk_set_state(&l->talk, RFB_LOGIN_READY, 0);
	return talk_say(&l->talk, &shared, 1, e);
}

/* It lives: what came is the viewer's. */
static int login_step_init(struct rfb_login *l, struct err *e)
{
	l->talk.state = RFB_LOGIN_READY;
	return 0;
}

/* The type is settled; go on with what it asks for. */
static int login_with(struct rfb_login *l, uint32_t type, struct err *e)
{
	l->chosen = true;
	if (type == RFB_SECURITY_VNC)
		talk_set_state(&l->talk, RFB_LOGIN_CHALLENGE,
				VNC_CHALLENGE_LEN);
	else if (l->version == RFB_3_8)
		talk_set_state(&l->talk, RFB_LOGIN_RESULT, 4);
	else
		return login_init(l, e);
	return 0;
}

static int login_no_password(struct err *e)
{
	return err_set(e, -EACCES,
			"the guest asks for a VNC password and none is known");
}

static int login_step_count(struct rfb_login *l, struct err *e)
{
	uint8_t count = l->talk.in.data[0];

	(void)e;
	if (count == 0)
		return login_read_reason(l);
	talk_set_state(&l->talk, RFB_LOGIN_TYPES, count);
	return 0;
}

/* With a password, log in by it: a guest may show less to the others. */
static int login_step_types(struct rfb_login *l, struct err *e)
{
	bool none = memchr(l->talk.in.data, RFB_SECURITY_NONE, l->talk.in.len);
	bool vnc = memchr(l->talk.in.data, RFB_SECURITY_VNC, l->talk.in.len);
	uint8_t type = vnc && l->talk.password.len > 0 ? RFB_SECURITY_VNC
						       : RFB_SECURITY_NONE;
	int r;

	if (!none && !vnc)
		return err_set(e, -ENOTSUP,
				"the guest offers only VNC security types that "
				"are not supported (the first is %u)",
				l->talk.in.data[0]);
	if (!none && type == RFB_SECURITY_NONE)
		return login_no_password(e);
	r = talk_say(&l->talk, &type, 1, e);
	return r < 0 ? r : login_with(l, type, e);
}

static int login_step_type_33(struct rfb_login *l, struct err *e)
{
	uint32_t type = rfb_u32(l->talk.in.data);

	if (type == RFB_SECURITY_INVALID)
		return login_read_reason(l);
	if (type != RFB_SECURITY_NONE && type != RFB_SECURITY_VNC)
		return err_set(e, -ENOTSUP,
				"the guest demands VNC security type %u, which "
				"is not supported",
				type);
	if (type == RFB_SECURITY_VNC && l->talk.password.len == 0)
		return login_no_password(e);
	return login_with(l, type, e);
}

static int login_step_challenge(struct rfb_login *l, struct err *e)
{
	uint8_t response[VNC_CHALLENGE_LEN];
	int r = crypto_vnc_response(l->talk.in.data, l->talk.password.data,
			l->talk.password.len, response);

	if (r < 0)
		return err_set(e, r, "VNC authentication: the cipher failed");
	talk_set_state(&l->talk, RFB_LOGIN_RESULT, 4);
	return talk_say(&l->talk, response, sizeof(response), e);
}

static int login_step_result(struct rfb_login *l, struct err *e)
{
	uint32_t result = rfb_u32(l->talk.in.data);

	if (result == RFB_RESULT_OK)
		return login_init(l, e);
	if (result != RFB_RESULT_FAILED && result != RFB_RESULT_TOO_MANY)
		return err_set(e, -EPROTO,
				"the guest answered the VNC login with "
				"unknown result %u",
				result);
	l->result = (enum rfb_result)result;
	if (l->version != RFB_3_8)
		return login_refused(l, "", e);
	return login_read_reason(l);
}

/* ---- the handshake ------------------------------------------------------ */

/* One for each state: its bytes are there. */
static int (*const login_steps[])(struct rfb_login *l, struct err *e) = {
		[RFB_LOGIN_VERSION] = login_step_version,
		[RFB_LOGIN_COUNT] = login_step_count,
		[RFB_LOGIN_TYPES] = login_step_types,
		[RFB_LOGIN_TYPE_33] = login_step_type_33,
		[RFB_LOGIN_CHALLENGE] = login_step_challenge,
		[RFB_LOGIN_RESULT] = login_step_result,
		[RFB_LOGIN_REASON_LEN] = login_step_reason_len,
		[RFB_LOGIN_REASON] = login_step_reason,
		[RFB_LOGIN_INIT] = login_step_init,
};

static bool login_banner_is_foreign(const struct rfb_login *l)
{
	enum rfb_version v;

	return l->talk.state == RFB_LOGIN_VERSION &&
	       rfb_version_parse(l->talk.in.data, l->talk.in.done, &v) < 0;
}

/* A foreign banner may be shorter than a version: its line is over then. */
static bool login_banner_is_over(const struct rfb_login *l)
{
	return login_banner_is_foreign(l) &&
	       memchr(l->talk.in.data, '\n', l->talk.in.done);
}

/* Reading ended before its time: say what is known by then. */
static int login_broke(struct rfb_login *l, int r, struct err *e)
{
	if (login_banner_is_foreign(l))
		return login_not_rfb(l, e);
	if (l->talk.state == RFB_LOGIN_REASON ||
			l->talk.state == RFB_LOGIN_REASON_LEN) {
		if (l->talk.state == RFB_LOGIN_REASON_LEN)
			l->talk.in.done = 0; /* half a number is no text */
		return login_step_reason(l, e);
	}
	if (l->talk.state == RFB_LOGIN_VERSION && l->talk.in.done == 0)
		return err_set(e, r,
				"the guest's screen closed the connection "
				"before it said anything");
	if (r == -ECONNRESET)
		return err_set(e, r,
				"the guest closed the connection during the "
				"VNC login");
	return talk_failed(&l->talk, r, e);
}

static int login_read(struct rfb_login *l, struct err *e)
{
	int r = exact_read(l->talk.stream.below, &l->talk.in);

	if (r == -EAGAIN && login_banner_is_over(l))
		return login_not_rfb(l, e);
	if (r == -EAGAIN)
		return r;
	return r < 0 ? login_broke(l, r, e) : login_steps[l->talk.state](l, e);
}

/* Its own half is done. */
static void login_done(struct rfb_login *l)
{
	if (!l->held)
		talk_done(&l->talk);
	else if (l->talk.state == RFB_LOGIN_HELD)
		secret_done(&l->talk.password);
}

static int login_handshake(struct stream *s, struct err *e)
{
	struct rfb_login *l = (struct rfb_login *)s;
	int r;

	do {
		r = l->talk.state == RFB_LOGIN_READY
				    ? talk_send(&l->talk)
				    : talk_send_to_guest(&l->talk);
		if (r < 0 && r != -EAGAIN)
			return login_broke(l, r, e);
		if (r == 0 && (l->talk.state == RFB_LOGIN_READY ||
					      l->talk.state ==
							      RFB_LOGIN_HELD)) {
			login_done(l);
			return 0;
		}
		if (r == 0)
			r = login_read(l, e);
	} while (r == 0);
	return r;
}

void rfb_login_hold(struct stream *s)
{
	((struct rfb_login *)s)->held = true;
}

void rfb_login_go(struct stream *s)
{
	struct rfb_login *l = (struct rfb_login *)s;
	struct err e;

	s->ready = false;
	(void)login_init(l, &e); /* a byte, for which there is room */
}

static void login_free(struct stream *s)
{
	struct rfb_login *l = (struct rfb_login *)s;

	talk_done(&l->talk);
	free(l);
}

static const struct stream_ops login_ops = {
		.name = "rfb_login",
		.handshake = login_handshake,
		.read = rfb_login_read,
		.write = rfb_login_write,
		.pending = rfb_login_pending,
		.flush = rfb_login_flush,
		.shutdown = rfb_login_shutdown,
		.tell = rfb_login_tell,
		.want = talk_want,
		.bare = rfb_login_bare,
		.free = login_free,
};

int rfb_login_wrap(
		struct stream **s, const struct secret *password, struct err *e)
{
	struct rfb_login *l = calloc(1, sizeof(*l));

	if (!l || talk_init(&l->talk, "VNC login", password, LOGIN_IN_MAX,
				  LOGIN_OUT_MAX) < 0) {
		if (l)
			login_free(&l->talk.stream);
		return err_set(e, -ENOMEM, "VNC login: out of memory");
	}
	rfb_client_init(&l->client, 0);
	talk_set_state(&l->talk, RFB_LOGIN_VERSION, RFB_VERSION_LEN);
	layer_push(s, &l->talk.stream, &login_ops);
	return 0;
}
