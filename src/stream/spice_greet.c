#include "stream/spice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "stream/talk.h"

/*
 * What is read next, in the order of the wire:
 *
 *	HEADER > LINK > SPOKEN (the handshake's end)
 *	       > [MECHANISM] > TICKET > LET_IN or REFUSED, by
 *	         spice_greet_finish()
 */
enum greet_state {
	GREET_HEADER,
	GREET_LINK,
	GREET_SPOKEN,
	GREET_MECHANISM,
	GREET_TICKET,
	GREET_LET_IN,
	GREET_REFUSED,
};

enum {
	GREET_OUT_MAX = SPICE_HEADER_LEN + SPICE_BODY_MAX,
};

struct greet {
	struct talk talk;
	const struct crypto_rsa *key; /* borrowed */
	struct spice_link link;
};

/* ---- the viewer speaks -------------------------------------------------- */

/* A refusal in place of the reply; as far as the wire takes it at once. */
static void greet_turn_away(struct greet *g, enum spice_error error)
{
	const struct spice_reply no = {.error = error};

	if (spice_reply_write(&g->talk.out, &no) == 0)
		(void)talk_send(&g->talk);
}

static int greet_step_header(struct greet *g, struct err *e)
{
	size_t size;
	int r = spice_header_parse(g->talk.in.data, &size);

	if (r == -EPROTONOSUPPORT) {
		greet_turn_away(g, SPICE_VERSION_MISMATCH);
		return err_set(e, -EPROTO,
				"the viewer speaks version %u of SPICE, which "
				"is not supported",
				spice_u32(g->talk.in.data + 4));
	}
	if (r == -EMSGSIZE)
		return err_set(e, r, "the viewer's SPICE link is too long");
	if (r < 0)
		return err_set(e, r, "the viewer does not speak SPICE");
	talk_set_state(&g->talk, GREET_LINK, size);
	return 0;
}

static int greet_step_link(struct greet *g, struct err *e)
{
	int r = spice_link_parse(g->talk.in.data, g->talk.in.len, &g->link);

	if (r < 0) {
		greet_turn_away(g, SPICE_INVALID_DATA);
		return err_set(e, r, "the viewer's SPICE link is malformed");
	}
	talk_set_state(&g->talk, GREET_SPOKEN, 0);
	return 0;
}

static int greet_handshake(struct stream *s, struct err *e)
{
	struct greet *g = (struct greet *)s;
	int r = 0;

	while (r == 0 && g->talk.state != GREET_SPOKEN) {
		r = exact_read(s->below, &g->talk.in);
		if (g->talk.state == GREET_HEADER &&
				!spice_header_begins(g->talk.in.data,
						g->talk.in.done))
			return err_set(e, -EPROTO,
					"the viewer does not speak SPICE");
		if (r < 0)
			return talk_viewer_failed(&g->talk, r, e);
		r = g->talk.state == GREET_HEADER ? greet_step_header(g, e)
						  : greet_step_link(g, e);
	}
	return r;
}

/* ---- the verdict -------------------------------------------------------- */

/* The greeting is over; nothing more is read of it. */
static void greet_end(struct greet *g, enum greet_state end)
{
	talk_set_state(&g->talk, end, 0);
	talk_forget(&g->talk);
}

static int greet_answer(
		struct greet *g, const struct spice_verdict *v, struct err *e)
{
	struct spice_reply reply = {.error = v->error};
	int r;

	if (v->error == SPICE_OK) {
		crypto_rsa_public(g->key, reply.key);
		reply.common = v->common;
		reply.channel = v->channel;
		spice_caps_own_login(&reply.common);
	}
	r = spice_reply_write(&g->talk.out, &reply);
	if (r < 0)
		return talk_failed(&g->talk, r, e);
	if (v->error != SPICE_OK)
		greet_end(g, GREET_REFUSED);
	else if (spice_caps_has(&g->link.common, SPICE_CAP_AUTH_SELECTION))
		talk_set_state(&g->talk, GREET_MECHANISM, SPICE_MECHANISM_LEN);
	else
		talk_set_state(&g->talk, GREET_TICKET, SPICE_TICKET_LEN);
	return 0;
}

/* In time that tells nothing about the right password. */
static bool greet_ticket_is_right(const struct greet *g)
{
	uint8_t text[RSA_PLAIN_MAX];
	bool right;
	int len;

	if (g->talk.password.len == 0)
		return true;
	len = crypto_rsa_open(g->key, g->talk.in.data, text);
	if (len > 0 && text[len - 1] == '\0')
		len--;
	right = len >= 0 && secret_equal(&g->talk.password, text, (size_t)len);
	secret_wipe(text, sizeof(text));
	return right;
}

static int greet_result(struct greet *g, enum spice_error error, struct err *e)
{
	int r = spice_u32_write(&g->talk.out, error);

	greet_end(g, error == SPICE_OK ? GREET_LET_IN : GREET_REFUSED);
	return r < 0 ? talk_failed(&g->talk, r, e) : 0;
}

static int greet_step_mechanism(struct greet *g, struct err *e)
{
	uint32_t mechanism = spice_u32(g->talk.in.data);
	int r;

	if (mechanism == SPICE_MECHANISM_SPICE) {
		talk_set_state(&g->talk, GREET_TICKET, SPICE_TICKET_LEN);
		return 0;
	}
	r = greet_result(g, SPICE_INVALID_DATA, e);
	return r < 0 ? r
		     : err_set(e, -EPROTO,
				       "the viewer chose SPICE login %u, which "
				       "was not offered",
				       mechanism);
}

static int greet_step_ticket(struct greet *g, struct err *e)
{
	bool right = greet_ticket_is_right(g);
	int r = greet_result(g, right ? SPICE_OK : SPICE_PERMISSION_DENIED, e);

	if (r < 0 || right)
		return r;
	return err_set(e, -EACCES, "the viewer's SPICE password is wrong");
}

static const struct stream_ops greet_ops;

static struct greet *greet_find(const struct stream *s)
{
	while (s && s->ops != &greet_ops)
		s = s->below;
	return s && s->ready ? (struct greet *)(uintptr_t)s : NULL;
}

const struct spice_link *spice_greet_link(const struct stream *s)
{
	const struct greet *g = greet_find(s);

	return g ? &g->link : NULL;
}

int spice_greet_finish(
		struct stream *s, const struct spice_verdict *v, struct err *e)
{
	struct greet *g = greet_find(s);
	int r = 0;

	if (!g || g->talk.state >= GREET_LET_IN)
		return err_set(e, -EINVAL,
				"SPICE greeting: there is nobody to answer");
	if (g->talk.state == GREET_SPOKEN)
		r = greet_answer(g, v, e);
	while (r == 0 && g->talk.state < GREET_LET_IN) {
		r = talk_send(&g->talk);
		if (r == 0)
			r = exact_read(g->talk.stream.below, &g->talk.in);
		if (r < 0)
			return talk_viewer_failed(&g->talk, r, e);
		r = g->talk.state == GREET_MECHANISM
				    ? greet_step_mechanism(g, e)
				    : greet_step_ticket(g, e);
	}
	return r;
}

/* ---- afterwards --------------------------------------------------------- */

static ssize_t greet_read(struct stream *s, uint8_t *data, size_t len)
{
	if (((struct greet *)s)->talk.state < GREET_LET_IN)
		return -ENOTCONN;
	return stream_read(s->below, data, len);
}

static ssize_t greet_write(struct stream *s, uint8_t *data, size_t len)
{
	struct greet *g = (struct greet *)s;
	int r = talk_send_first(&g->talk);

	if (g->talk.state < GREET_LET_IN)
		return -ENOTCONN;
	return r < 0 ? r : stream_write(s->below, data, len);
}

static bool greet_bare(const struct stream *s, enum stream_op op)
{
	const struct greet *g = (const struct greet *)s;

	return g->talk.state == GREET_LET_IN &&
	       (op == STREAM_READ || g->talk.out.len == 0);
}

static void greet_free(struct stream *s)
{
	struct greet *g = (struct greet *)s;

	talk_done(&g->talk);
	free(g);
}

static const struct stream_ops greet_ops = {
		.name = "spice_greet",
		.handshake = greet_handshake,
		.read = greet_read,
		.write = greet_write,
		.flush = talk_flush,
		.shutdown = talk_shutdown,
		.want = talk_want,
		.bare = greet_bare,
		.free = greet_free,
};

int spice_greet_wrap(struct stream **s, const struct spice_greet_options *o,
		struct err *e)
{
	struct greet *g = calloc(1, sizeof(*g));

	if (!g || talk_init(&g->talk, "SPICE greeting", &o->password,
				  SPICE_BODY_MAX, GREET_OUT_MAX) < 0) {
		if (g)
			greet_free(&g->talk.stream);
		return err_set(e, -ENOMEM, "SPICE greeting: %s",
				strerror(ENOMEM));
	}
	g->key = o->key;
	talk_set_state(&g->talk, GREET_HEADER, SPICE_HEADER_LEN);
	layer_push(s, &g->talk.stream, &greet_ops);
	return 0;
}
