#include "stream/spice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "proto/rfb.h"
#include "proto/spice_client.h"
#include "stream/talk.h"

/* What is read next, in the order of the wire. */
enum login_state {
	LOGIN_HEADER,
	LOGIN_REPLY,
	LOGIN_RESULT,
	LOGIN_READY,
};

enum {
	LOGIN_OUT_MAX = SPICE_HEADER_LEN + SPICE_BODY_MAX,
};

struct login {
	struct talk talk;
	struct spice_reply reply;
	bool mini; /* the viewer's words: short headers */
	bool owes; /* a display that has not heard of its caches */
	bool paid; /* it has heard it from us */
};

/* ---- what it says ------------------------------------------------------- */

static int login_not_spice(const struct login *l, struct err *e)
{
	const char *other =
			rfb_other_protocol(l->talk.in.data, l->talk.in.done);
	char said[RFB_CLEAN_MAX];

	if (l->talk.in.done >= 4 && memcmp(l->talk.in.data, "RFB ", 4) == 0)
		other = "RFB (VNC)";
	if (other)
		return err_set(e, -EPROTO, "it speaks %s, not SPICE", other);
	rfb_text_clean(l->talk.in.data, l->talk.in.done, said);
	return err_set(e, -EPROTO, "it does not speak SPICE: it said '%s'",
			said);
}

static int login_step_header(struct login *l, struct err *e)
{
	size_t size;
	int r = spice_header_parse(l->talk.in.data, &size);

	if (r == -EPROTONOSUPPORT)
		return err_set(e, -ENOTSUP,
				"the guest speaks version %u of SPICE, which "
				"is not supported",
				spice_u32(l->talk.in.data + 4));
	if (r == -EMSGSIZE)
		return err_set(e, r, "the guest's SPICE reply is too long");
	if (r < 0)
		return login_not_spice(l, e);
	talk_set_state(&l->talk, LOGIN_REPLY, size);
	return 0;
}

static int login_refused(uint32_t error, const char *what, struct err *e)
{
	return err_set(e, spice_errno(error),
			"the guest refused the SPICE %s: %s (%u)", what,
			spice_error_text(error), error);
}

/* The mechanism only where it can select one; then the ticket. */
static int login_say_ticket(struct login *l)
{
	uint8_t ticket[SPICE_TICKET_LEN];
	int r = 0;

	if (spice_caps_has(&l->reply.common, SPICE_CAP_AUTH_SELECTION))
		r = spice_u32_write(&l->talk.out, SPICE_MECHANISM_SPICE);
	if (r == 0) /* with its NUL */
		r = crypto_rsa_seal(l->reply.key, l->talk.password.data,
				l->talk.password.len + 1, ticket);
	if (r == 0)
		r = buf_add(&l->talk.out, ticket, sizeof(ticket));
	return r;
}

static int login_step_reply(struct login *l, struct err *e)
{
	int r = spice_reply_parse(l->talk.in.data, l->talk.in.len, &l->reply);

	if (r < 0)
		return err_set(e, r, "the guest's SPICE reply is malformed");
	if (l->reply.error != SPICE_OK)
		return login_refused(l->reply.error, "link", e);
	if (spice_caps_has(&l->reply.common, SPICE_CAP_AUTH_SELECTION) &&
			!spice_caps_has(&l->reply.common, SPICE_CAP_AUTH_SPICE))
		return err_set(e, -ENOTSUP,
				"the guest offers no SPICE login by password");
	r = login_say_ticket(l);
	if (r == -EINVAL)
		return err_set(e, -EPROTO,
				"the guest's SPICE key is no RSA key of 1024 "
				"bits");
	if (r < 0)
		return talk_failed(&l->talk, r, e);
	talk_set_state(&l->talk, LOGIN_RESULT, SPICE_RESULT_LEN);
	return 0;
}

static int login_step_result(struct login *l, struct err *e)
{
	uint32_t result = spice_u32(l->talk.in.data);

	if (result != SPICE_OK) {
		l->owes = false;
		return login_refused(result, "login", e);
	}
	talk_set_state(&l->talk, LOGIN_READY, 0);
	return 0;
}

/* One for each state: its bytes are there. */
static int (*const login_steps[])(struct login *l, struct err *e) = {
		[LOGIN_HEADER] = login_step_header,
		[LOGIN_REPLY] = login_step_reply,
		[LOGIN_RESULT] = login_step_result,
};

/* ---- the handshake ------------------------------------------------------ */

/* Others say less than a header and wait. */
static bool login_is_foreign(const struct login *l)
{
	return l->talk.state == LOGIN_HEADER &&
	       !spice_header_begins(l->talk.in.data, l->talk.in.done);
}

static int login_broke(struct login *l, int r, struct err *e)
{
	if (r != -ECONNRESET)
		return talk_failed(&l->talk, r, e);
	if (l->talk.state == LOGIN_HEADER && l->talk.in.done == 0)
		return err_set(e, r,
				"the guest's screen closed the connection "
				"before it said anything");
	return err_set(e, r,
			"the guest closed the connection during the SPICE "
			"login");
}

static int login_read(struct login *l, struct err *e)
{
	int r = exact_read(l->talk.stream.below, &l->talk.in);

	if (login_is_foreign(l))
		return login_not_spice(l, e);
	if (r == -EAGAIN)
		return r;
	return r < 0 ? login_broke(l, r, e) : login_steps[l->talk.state](l, e);
}

static int login_handshake(struct stream *s, struct err *e)
{
	struct login *l = (struct login *)s;
	int r;

	do {
		r = talk_send_to_guest(&l->talk);
		if (r < 0 && r != -EAGAIN)
			return login_broke(l, r, e);
		if (r == 0)
			r = login_read(l, e);
	} while (r == 0 && l->talk.state != LOGIN_READY);
	if (r == 0)
		talk_done(&l->talk);
	return r;
}

/* ---- a display that is left ----------------------------------------------
 *
 * QEMU stands still, or falls, when a display was linked and left before it
 * had heard what its viewer can keep (spice-server 0.15.1 and others). So a
 * viewer that has gone before it said that, has it said for it.
 */

static void login_pay(struct login *l)
{
	uint8_t memory[STREAM_HEAD + SPICE_HEAD_LEN + 32];
	struct buf out;
	bool mini = l->mini &&
		    spice_caps_has(&l->reply.common, SPICE_CAP_MINI_HEADER);
	bool said = l->talk.state >= LOGIN_RESULT; /* our ticket */

	if (!l->owes || !said || l->talk.out.len > 0)
		return;
	l->owes = false;
	l->paid = true;
	buf_init(&out, sizeof(memory) - STREAM_HEAD);
	if (spice_display_init_write(&out, mini) == 0) {
		memcpy(memory + STREAM_HEAD, buf_data(&out), out.len);
		/* as far as the wire takes it: there is nobody to wait */
		(void)stream_write(l->talk.stream.below, memory + STREAM_HEAD,
				out.len);
		(void)stream_flush(l->talk.stream.below);
	}
	buf_done(&out);
}

static ssize_t login_write(struct stream *s, uint8_t *data, size_t len)
{
	struct login *l = (struct login *)s;
	ssize_t n = stream_write(s->below, data, len);

	if (n > 0)
		l->owes = false;
	return n;
}

static int login_shutdown(struct stream *s)
{
	struct login *l = (struct login *)s;

	login_pay(l);
	/* not in the same breath: it is closed when it is freed */
	return l->paid ? 0 : stream_shutdown(s->below);
}

static const struct stream_ops login_ops;

bool spice_login_lingers(struct stream *s)
{
	while (s && s->ops != &login_ops)
		s = s->below;
	if (!s)
		return false;
	login_pay((struct login *)s);
	return ((struct login *)s)->paid;
}

static bool login_bare(const struct stream *s, enum stream_op op)
{
	return op == STREAM_READ || !((const struct login *)s)->owes;
}

static void login_free(struct stream *s)
{
	struct login *l = (struct login *)s;

	if (s->below)
		login_pay(l);

	talk_done(&l->talk);
	free(l);
}

static const struct stream_ops login_ops = {
		.name = "spice_login",
		.handshake = login_handshake,
		.write = login_write,
		.shutdown = login_shutdown,
		.want = talk_want,
		.bare = login_bare,
		.free = login_free,
};

const struct spice_reply *spice_login_reply(const struct stream *s)
{
	while (s && s->ops != &login_ops)
		s = s->below;
	return s && s->ready ? &((const struct login *)s)->reply : NULL;
}

static int login_fill(struct login *l, const struct spice_link *link,
		const struct secret *password)
{
	struct spice_link ours = *link;
	int r;

	l->mini = spice_caps_has(&link->common, SPICE_CAP_MINI_HEADER);
	l->owes = link->channel_type == SPICE_DISPLAY;

	r = talk_init(&l->talk, "SPICE login", password, SPICE_BODY_MAX,
			LOGIN_OUT_MAX);
	if (r < 0)
		return r;
	talk_set_state(&l->talk, LOGIN_HEADER, SPICE_HEADER_LEN);
	spice_caps_own_login(&ours.common);
	return spice_link_write(&l->talk.out, &ours);
}

int spice_login_wrap(struct stream **s, const struct spice_link *link,
		const struct secret *password, struct err *e)
{
	struct login *l;
	int r;

	if (password->len > SPICE_PASSWORD_MAX)
		return err_set(e, -EINVAL,
				"SPICE login: a password has %d bytes at most",
				SPICE_PASSWORD_MAX);
	l = calloc(1, sizeof(*l));
	r = l ? login_fill(l, link, password) : -ENOMEM;
	if (r < 0) {
		if (l)
			login_free(&l->talk.stream);
		return err_set(e, r, "SPICE login: %s", strerror(-r));
	}
	layer_push(s, &l->talk.stream, &login_ops);
	return 0;
}
