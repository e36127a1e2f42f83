#include "stream/term.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/rfb.h"
#include "proto/term.h"
#include "stream/ask.h"
#include "stream/layer.h"

struct term {
	struct stream stream;
	struct ask login; /* until it has gone */
	struct exact in;  /* the OK */
	struct buf out;   /* a resize, or a header that was not taken */
	uint8_t memory[STREAM_HEAD + TERM_OK_LEN]; /* of in */
	uint32_t input_left; /* bytes owed to the message that was begun */
	uint16_t cols, rows;
	bool resize; /* to be told as soon as the message ends */
};

static struct term *term_of(struct stream *s)
{
	return (struct term *)s;
}

/* ---- the handshake ------------------------------------------------------ */

static int term_judge(const struct term *t, struct err *e)
{
	char said[RFB_CLEAN_MAX];

	if (memcmp(t->in.data, "OK", t->in.done) == 0)
		return 0;
	rfb_text_clean(t->in.data, t->in.done, said);
	return err_set(e, -EPROTO,
			"the terminal did not answer OK: it said '%s...'",
			said);
}

static bool is_gone(int r)
{
	return r == -ECONNRESET || r == -EPIPE;
}

static int term_broke(const struct term *t, int r, struct err *e)
{
	if (is_gone(r) && !ask_sends(&t->login) && t->in.done == 0)
		return err_set(e, -EACCES,
				"the terminal refused the login: it closed "
				"instead of OK");
	if (is_gone(r))
		return err_set(e, -ECONNRESET,
				"the terminal closed the connection during the "
				"login");
	return err_set(e, r, "terminal login: %s", strerror(-r));
}

static int term_handshake(struct stream *s, struct err *e)
{
	struct term *t = term_of(s);
	int r = ask_send(&t->login, s->below), wrong;

	if (r == 0)
		r = exact_read(s->below, &t->in);
	wrong = term_judge(t, e);
	if (wrong < 0)
		return wrong;
	return r < 0 && r != -EAGAIN ? term_broke(t, r, e) : r;
}

/* ---- afterwards --------------------------------------------------------- */

static int queue_resize(struct term *t)
{
	uint8_t message[TERM_RESIZE_MAX];
	size_t len = term_resize_write(t->cols, t->rows, message);

	t->resize = false;
	return buf_add(&t->out, message, len);
}

/* Send what must go before the next byte of input. What is in `out` may have
 * been offered already: it is never replaced. */
static int send_own(struct term *t)
{
	int r = 0;

	do {
		if (t->out.len > 0)
			r = layer_send(t->stream.below, &t->out);
		if (r == 0 && t->resize && t->input_left == 0)
			r = queue_resize(t);
	} while (r == 0 && t->out.len > 0);
	return r;
}

static ssize_t write_on(struct term *t, uint8_t *data, size_t len)
{
	ssize_t n = stream_write(t->stream.below, data,
			len < t->input_left ? len : t->input_left);

	if (n > 0)
		t->input_left -= (uint32_t)n;
	return n;
}

/*
 * Header and data in one write. Also where none of it was taken the layer
 * below may have announced a frame of that length: what was offered stands.
 */
static ssize_t write_message(struct term *t, uint8_t *data, size_t len)
{
	uint8_t copy[TERM_HEAD_MAX];
	size_t head, sent;
	ssize_t n;
	int r;

	if (len > TERM_INPUT_MAX)
		len = TERM_INPUT_MAX;
	head = term_input_head(data, len);
	memcpy(copy, data - head, head); /* a write spoils what it takes */
	n = stream_write(t->stream.below, data - head, head + len);
	if (n < 0 && n != -EAGAIN)
		return n;
	sent = n > 0 ? (size_t)n : 0;
	if (sent <= head) {
		t->input_left = (uint32_t)len;
		r = buf_add(&t->out, copy + sent, head - sent);
		return r < 0 ? r : -EAGAIN;
	}
	t->input_left = (uint32_t)(len - (sent - head));
	return (ssize_t)(sent - head);
}

static ssize_t term_write(struct stream *s, uint8_t *data, size_t len)
{
	struct term *t = term_of(s);
	int r;

	if (len == 0)
		return 0;
	r = send_own(t);
	if (r < 0)
		return r;
	return t->input_left > 0 ? write_on(t, data, len)
				 : write_message(t, data, len);
}

static int term_flush(struct stream *s)
{
	int r = s->ready ? send_own(term_of(s)) : 0;

	return r < 0 ? r : stream_flush(s->below);
}

static int term_shutdown(struct stream *s)
{
	int r = s->ready ? send_own(term_of(s)) : 0;

	return r < 0 ? r : stream_shutdown(s->below);
}

static int term_tell(struct stream *s, const struct note *n)
{
	struct term *t = term_of(s);

	if (n->kind != NOTE_RESIZE)
		return -ENOTSUP;
	if (n->resize.cols == 0 || n->resize.rows == 0)
		return -EINVAL;
	t->cols = n->resize.cols;
	t->rows = n->resize.rows;
	t->resize = true;
	return 0;
}

static int term_want(const struct stream *s, enum stream_op op)
{
	const struct term *t = (const struct term *)s;

	if (op != STREAM_HANDSHAKE)
		return 0;
	return stream_want(s->below,
			ask_sends(&t->login) ? STREAM_WRITE : STREAM_READ);
}

static void term_free(struct stream *s)
{
	struct term *t = term_of(s);

	ask_done(&t->login);
	buf_done(&t->out);
	free(t);
}

static const struct stream_ops term_ops = {
		.name = "term",
		.handshake = term_handshake,
		.write = term_write,
		.flush = term_flush,
		.shutdown = term_shutdown,
		.tell = term_tell,
		.want = term_want,
		.free = term_free,
};

/* ---- making ------------------------------------------------------------- */

static int check_login(const struct secret *login, struct err *e)
{
	const char *text = login->len ? login->data : "";

	if (login->len == 0 || login->len >= TERM_LOGIN_MAX ||
			strlen(text) != login->len || text[0] == ':' ||
			!strchr(text, ':') || !ask_is_plain(text, ' '))
		return err_set(e, -EINVAL,
				"terminal login: not a user and a ticket");
	return 0;
}

static int write_login(struct term *t, const struct secret *login)
{
	char *line = ask_room(&t->login, login->len + 1);

	if (!line)
		return -ENOMEM;
	memcpy(line, login->data, login->len);
	line[login->len] = '\n';
	t->login.len = login->len + 1;
	return 0;
}

int term_wrap(struct stream **s, const struct secret *login, struct err *e)
{
	struct term *t;
	int r = check_login(login, e);

	if (r < 0)
		return r;
	t = calloc(1, sizeof(*t));
	r = t ? write_login(t, login) : -ENOMEM;
	if (r < 0) {
		free(t);
		return err_set(e, r, "terminal login: out of memory");
	}
	buf_init(&t->out, TERM_RESIZE_MAX);
	t->in.data = t->memory + STREAM_HEAD;
	t->in.len = TERM_OK_LEN;
	layer_push(s, &t->stream, &term_ops);
	return 0;
}
