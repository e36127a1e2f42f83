#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/ws_layer.h"

/*
 * Reading is in place. The wire is read to where the payload should come to
 * lie: a header is expected below `data`, so that a large frame begins right
 * on it and is only unmasked, never moved. Where several frames come in one
 * read, the smaller side of each header is moved over it.
 */

enum {
	WS_TURNS = 16, /* reads in one call that bring no payload at all */
	WS_CUT = 4,    /* a rest above 1/4 of the room is read on its own */
};

struct take {
	uint8_t *at; /* wire bytes not looked at */
	size_t left;
	uint8_t *data; /* the reader's */
	size_t max;
	uint8_t *out; /* payload so far: at most `max`, begins at or below
			 data */
	size_t out_len;
};

static void take_skip(struct ws *w, struct take *t, size_t len)
{
	t->at += len;
	t->left -= len;
	w->in_left -= len;
}

static void unmask(struct ws *w, uint8_t *to, const uint8_t *from, size_t len)
{
	ws_mask(to, from, len, w->in_key, w->in_at);
	w->in_at = (w->in_at + len) % WS_MASK_LEN;
}

static void take_payload(struct ws *w, struct take *t, size_t len)
{
	size_t gap = (size_t)(t->at - (t->out + t->out_len));

	if (t->out_len == 0) {
		t->out = t->at < t->data ? t->at : t->data;
	} else if (t->out_len < len && t->out + gap <= t->data) {
		memmove(t->out + gap, t->out, t->out_len);
		t->out += gap;
	}
	unmask(w, t->out + t->out_len, t->at, len);
	t->out_len += len;
	take_skip(w, t, len);
}

/* Control payload is looked at where it lies; only a cut one is kept. */
static int take_control(struct ws *w, struct take *t, size_t len)
{
	const uint8_t *data = t->at;
	size_t data_len = len;
	struct ws_control *c = w->in_control;
	int r;

	unmask(w, t->at, t->at, len);
	if (!c && len < w->in_left) {
		c = w->in_control = calloc(1, sizeof(*c));
		if (!c)
			return -ENOMEM;
	}
	if (c) {
		memcpy(c->data + c->len, t->at, len);
		c->len += (uint8_t)len;
		data = c->data;
		data_len = c->len;
	}
	take_skip(w, t, len);
	if (w->in_left > 0)
		return 0;
	r = ws_control_heard(w, (enum ws_opcode)w->in_opcode, data, data_len);
	free(c);
	w->in_control = NULL;
	return r;
}

static int take_text(struct ws *w, struct take *t, size_t len)
{
	int r;

	unmask(w, t->at, t->at, len);
	r = ws_text_heard(w, t->at, len);
	take_skip(w, t, len);
	if (r == 0 && w->in_left == 0 && w->in_fin)
		r = ws_text_ended(w);
	return r;
}

/* A piece of the frame under way; of length 0 where the frame is empty. */
static int take_piece(struct ws *w, struct take *t)
{
	size_t len = t->left < w->in_left ? t->left : (size_t)w->in_left;
	int r = 0;

	if (ws_is_control((enum ws_opcode)w->in_opcode))
		r = take_control(w, t, len);
	else if (w->in_note)
		r = take_text(w, t, len);
	else if (len < t->max - t->out_len)
		take_payload(w, t, len);
	else
		take_payload(w, t, t->max - t->out_len);
	w->in_frame = w->in_left > 0;
	return r < 0 ? r : 1;
}

/* Fragments of one message follow each other; only control comes between. */
static int message_goes_on(struct ws *w, const struct ws_header *h)
{
	if (ws_is_control(h->opcode))
		return 0;
	if (w->in_message != (h->opcode == WS_OP_MORE))
		return -EPROTO;
	if (!w->in_message)
		w->in_note = w->notes && h->opcode == WS_OP_TEXT;
	w->in_message = !h->fin;
	return w->in_note && h->len > WS_TEXT_MAX ? -EMSGSIZE : 0;
}

static int take_header(struct ws *w, struct take *t)
{
	struct ws_header h;
	int used = ws_header_parse(
			t->at, t->left, !w->client, WS_LENGTH_MAX, &h);
	int r = used > 0 ? message_goes_on(w, &h) : used;

	if (r < 0)
		return ws_fail(w, r == -EMSGSIZE ? 1009 : 1002, r);
	if (used == 0)
		return 0;
	t->at += used;
	t->left -= (size_t)used;
	w->in_frame = true;
	w->in_fin = h.fin;
	w->in_opcode = (uint8_t)h.opcode;
	w->in_left = h.len;
	w->in_at = 0;
	memcpy(w->in_key, h.key, WS_MASK_LEN);
	if (!ws_is_control(h.opcode))
		w->in_header = (uint8_t)used;
	return h.len > 0 ? 1 : take_piece(w, t);
}

/* Look at what was read, as far as there is room for its payload. */
static void take_frames(struct ws *w, struct take *t)
{
	int r = 1;

	while (r > 0 && t->left > 0 && t->out_len < t->max && !w->in_end)
		r = w->in_frame ? take_piece(w, t) : take_header(w, t);
	if (r < 0)
		w->in_error = r;
}

/*
 * What was not looked at is at most a cut header, or the few bytes by which a
 * header was shorter than expected; early bytes may be more.
 */
static void take_keep(struct ws *w, struct take *t, size_t held, bool from_wire)
{
	bool full = t->out_len == t->max;

	if (w->in_error || w->in_end) {
		buf_done(&w->raw);
	} else if (!from_wire) {
		buf_eat(&w->raw, held - t->left);
	} else {
		buf_done(&w->raw);
		w->in_error = buf_add(&w->raw, t->at, t->left);
	}
	w->in_ready = w->raw.len > (full ? 0 : t->left);
}

/* How far before data to begin, and how much to ask for. */
static size_t aim(const struct ws *w, size_t len, size_t *ret_len)
{
	size_t head = w->in_header;

	if (w->in_frame && w->raw.len == 0 && w->in_left > len / WS_CUT &&
			!w->in_note &&
			!ws_is_control((enum ws_opcode)w->in_opcode)) {
		*ret_len = w->in_left < len ? (size_t)w->in_left : len;
		return 0; /* then the next read begins with a header */
	}
	if (head + len < WS_HEADER_MAX)
		head = WS_HEADER_MAX - len; /* any header must fit */
	*ret_len = head + len;
	return head;
}

/* > 0 payload; 0 there was none, but things moved; or -errno. */
static ssize_t read_once(struct ws *w, uint8_t *data, size_t len)
{
	size_t want, head = aim(w, len, &want);
	size_t held = w->raw.len < want ? w->raw.len : want;
	struct take t = {.at = data - head,
			.data = data,
			.max = len,
			.out = data};
	bool from_wire = !w->in_ready;
	ssize_t n = 0;

	if (held > 0)
		memcpy(t.at, buf_data(&w->raw), held);
	if (from_wire) {
		n = stream_read(w->stream.below, t.at + held, want - held);
		if (n < 0)
			return n;
		w->in_end = n == 0;
	}
	t.left = held + (size_t)n;
	take_frames(w, &t);
	take_keep(w, &t, held, from_wire);
	if (t.out_len > 0 && t.out != data)
		memmove(data, t.out, t.out_len);
	return (ssize_t)t.out_len;
}

ssize_t ws_read(struct stream *s, uint8_t *data, size_t len)
{
	struct ws *w = ws_of(s);
	ssize_t n = 0;

	w->in_again = false;
	for (int turn = 0; turn < WS_TURNS && len > 0; turn++) {
		if (w->in_error || w->in_end)
			return w->in_error;
		n = read_once(w, data, len);
		if (n != 0)
			return n;
	}
	if (w->in_error || w->in_end)
		return w->in_error;
	w->in_again = true; /* a flood of pings: others must have a turn */
	return -EAGAIN;
}
