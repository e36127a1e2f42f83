#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "stream/ws_layer.h"

/*
 * Writing owns no payload. A frame is announced as large as the write, and
 * where the wire takes only a part, the next write goes on within the same
 * frame (`frame_left`). Control frames wait for the frame's end.
 */

static bool ws_masks(const struct ws *w)
{
	return w->client && !w->mask_zero;
}

static struct ws_header header_for(
		const struct ws *w, enum ws_opcode op, size_t len)
{
	struct ws_header h = {.len = len,
			.opcode = op,
			.fin = true,
			.masked = w->client};

	if (ws_masks(w))
		crypto_random(h.key, sizeof(h.key));
	return h;
}

static int queue_control(
		struct ws *w, enum ws_opcode op, const void *data, size_t len)
{
	uint8_t frame[WS_HEADER_MAX + WS_CONTROL_MAX];
	uint8_t *payload = frame + WS_HEADER_MAX;
	struct ws_header h = header_for(w, op, len);
	size_t head = ws_header_write(payload, &h);

	ws_mask(payload, data, len, h.key, 0);
	return buf_add(&w->out, payload - head, head + len);
}

static int queue_pong(struct ws *w)
{
	int r = queue_control(w, WS_OP_PONG, w->pong->data, w->pong->len);

	free(w->pong);
	w->pong = NULL;
	return r;
}

/* The time of the ping is its payload; only its sender has to read it. */
static int queue_ping(struct ws *w)
{
	w->ping_due = false;
	w->ping_out = true;
	w->ping_ms = ws_now_ms();
	return queue_control(w, WS_OP_PING, &w->ping_ms, WS_PING_LEN);
}

static int queue_close(struct ws *w)
{
	uint8_t says[WS_CONTROL_MAX];
	size_t len = ws_close_write(w->close_code,
			w->close_reason ? w->close_reason : "", says);

	w->close_out = true;
	return queue_control(w, WS_OP_CLOSE, says, len);
}

/* 0 there is nothing to say now, 1 something was queued. */
static int queue_next(struct ws *w)
{
	int (*next)(struct ws *) = NULL;
	int r;

	if (w->frame_left > 0 || w->close_out)
		return 0;
	if (w->pong)
		next = queue_pong;
	else if (w->close_due)
		next = queue_close;
	else if (w->ping_due)
		next = queue_ping;
	r = next ? next(w) : 0;
	return r < 0 ? r : next != NULL;
}

/* Send what must go before the next payload byte. */
static int send_own(struct ws *w)
{
	int r = 1;

	while (r > 0) {
		r = w->out.len ? layer_send(w->stream.below, &w->out) : 0;
		if (r == 0)
			r = queue_next(w);
	}
	return r;
}

/*
 * Send `len` bytes of payload with `head` bytes of header before them. They
 * are masked only for the time of the call: what the wire does not take is
 * the caller's, and must be as it was. The answer counts the header.
 */
static ssize_t send_payload(
		struct ws *w, uint8_t *data, size_t head, size_t len)
{
	size_t sent;
	ssize_t n;

	if (ws_masks(w))
		ws_mask(data, data, len, w->out_key, w->out_at);
	n = stream_write(w->stream.below, data - head, head + len);
	sent = n > (ssize_t)head ? (size_t)n - head : 0;
	if (ws_masks(w))
		ws_mask(data + sent, data + sent, len - sent, w->out_key,
				w->out_at + sent);
	w->out_at = (w->out_at + sent) % WS_MASK_LEN;
	return n;
}

static ssize_t write_on(struct ws *w, uint8_t *data, size_t len)
{
	ssize_t n = send_payload(
			w, data, 0, len < w->frame_left ? len : w->frame_left);

	if (n > 0)
		w->frame_left -= (uint32_t)n;
	return n;
}

static ssize_t write_frame(struct ws *w, uint8_t *data, size_t len)
{
	uint8_t copy[WS_HEADER_MAX];
	struct ws_header h;
	size_t head, sent;
	ssize_t n;
	int r;

	if (len > WS_FRAME_MAX)
		len = WS_FRAME_MAX;
	h = header_for(w, WS_OP_BINARY, len);
	head = ws_header_write(data, &h);
	memcpy(copy, data - head, head); /* a write spoils what it takes */
	memcpy(w->out_key, h.key, WS_MASK_LEN);
	w->out_at = 0;

	n = send_payload(w, data, head, len);
	if (n <= 0)
		return n < 0 ? n : -EAGAIN; /* no frame was begun */
	sent = (size_t)n;
	if (sent <= head) {
		w->frame_left = (uint32_t)len;
		r = buf_add(&w->out, copy + sent, head - sent);
		return r < 0 ? r : -EAGAIN;
	}
	w->frame_left = (uint32_t)(len - (sent - head));
	return (ssize_t)(sent - head);
}

ssize_t ws_write(struct stream *s, uint8_t *data, size_t len)
{
	struct ws *w = ws_of(s);
	int r;

	if (len == 0)
		return 0;
	r = send_own(w);
	if (r < 0)
		return r;
	if (w->frame_left > 0)
		return write_on(w, data, len);
	return w->close_out ? -EPIPE : write_frame(w, data, len);
}

int ws_flush(struct stream *s)
{
	int r = send_own(ws_of(s));

	return r < 0 ? r : stream_flush(s->below);
}

/*
 * A frame that is still owed can only be broken off: a Close within it would
 * be payload. Else the connection stays for the peer's Close and what comes
 * before it; it is the server that ends it then (RFC 6455 7.1.1).
 */
int ws_shutdown(struct stream *s)
{
	struct ws *w = ws_of(s);
	int r;

	if (w->frame_left > 0)
		return stream_shutdown(s->below);
	w->close_due = true;
	r = ws_flush(s);
	if (r < 0)
		return r;
	if (w->in_error || (w->in_end && !w->client))
		return stream_shutdown(s->below);
	return 0;
}
