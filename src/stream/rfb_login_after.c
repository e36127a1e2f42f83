#include "stream/rfb_login_layer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool login_holds_init(const struct rfb_login *l)
{
	return l->held && l->talk.state == RFB_LOGIN_READY && l->talk.memory;
}

/* What was read of ServerInit comes first. */
ssize_t rfb_login_read(struct stream *s, uint8_t *data, size_t len)
{
	struct rfb_login *l = (struct rfb_login *)s;

	if (!login_holds_init(l))
		return stream_read(s->below, data, len);
	if (len > RFB_LOGIN_INIT_LEN - l->given)
		len = RFB_LOGIN_INIT_LEN - l->given;
	memcpy(data, l->talk.in.data + l->given, len);
	l->given += len;
	if (l->given == RFB_LOGIN_INIT_LEN) {
		free(l->talk.memory);
		l->talk.memory = NULL;
	}
	return (ssize_t)len;
}

bool rfb_login_pending(const struct stream *s)
{
	return login_holds_init((const struct rfb_login *)s);
}

/* A write spoils what it takes: bytes are seen before they are offered. */
ssize_t rfb_login_write(struct stream *s, uint8_t *data, size_t len)
{
	struct rfb_login *l = (struct rfb_login *)s;
	ssize_t n = talk_send_first(&l->talk);

	if (n < 0)
		return n;
	if (len > l->ahead) {
		rfb_client_see(&l->client, data + l->ahead, len - l->ahead);
		l->ahead = len;
	}
	n = stream_write(s->below, data, len);
	if (n > 0)
		l->ahead -= (size_t)n;
	return n;
}

int rfb_login_flush(struct stream *s)
{
	return s->ready ? talk_flush(s) : stream_flush(s->below);
}

int rfb_login_shutdown(struct stream *s)
{
	return s->ready ? talk_shutdown(s) : stream_shutdown(s->below);
}

/* One pixel, if it has changed: nothing that a viewer would not ask for. */
int rfb_login_tell(struct stream *s, const struct note *n)
{
	static const uint8_t one_pixel[] = {3, 1, 0, 0, 0, 0, 0, 1, 0, 1};
	struct rfb_login *l = (struct rfb_login *)s;

	if (n->kind != NOTE_KEEP || l->client.lost)
		return -ENOTSUP;
	if (!s->ready || !rfb_client_between(&l->client) || l->ahead > 0 ||
			l->talk.out.len > 0)
		return 0; /* in the midst of something: the next time */
	return buf_add(&l->talk.out, one_pixel, sizeof(one_pixel));
}

/* What the guest says is never looked at; what the viewer says, until lost. */
bool rfb_login_bare(const struct stream *s, enum stream_op op)
{
	const struct rfb_login *l = (const struct rfb_login *)s;

	if (op == STREAM_READ)
		return !login_holds_init(l);
	return l->client.lost && l->talk.out.len == 0;
}
