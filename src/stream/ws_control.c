#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stream/ws_layer.h"

uint64_t ws_now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void ws_choose_close(struct ws *w, uint16_t code, const char *reason)
{
	free(w->close_reason);
	w->close_reason = reason && *reason ? strdup(reason) : NULL;
	w->close_code = code;
	w->close_set = true;
}

int ws_fail(struct ws *w, uint16_t code, int error)
{
	ws_choose_close(w, code, NULL);
	w->close_due = true;
	w->in_error = error;
	return error;
}

/* Only the latest ping needs an answer (RFC 6455 5.5.3). */
static int ping_heard(struct ws *w, const uint8_t *data, size_t len)
{
	if (w->close_due)
		return 0;
	if (!w->pong)
		w->pong = malloc(sizeof(*w->pong));
	if (!w->pong)
		return -ENOMEM;
	w->pong->len = (uint8_t)len;
	memcpy(w->pong->data, data, len);
	return 0;
}

/* A pong that answers no ping of ours says nothing. */
static int pong_heard(struct ws *w, const uint8_t *data, size_t len)
{
	struct note n = {.kind = NOTE_PONG};
	uint64_t ms;

	if (!w->ping_out || len != WS_PING_LEN ||
			memcmp(data, &w->ping_ms, WS_PING_LEN) != 0)
		return 0;
	w->ping_out = false;
	ms = ws_now_ms() - w->ping_ms;
	n.pong.rtt_ms = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
	layer_heard(&w->stream, &n);
	return 0;
}

static int close_heard(struct ws *w, const uint8_t *data, size_t len)
{
	struct note n = {.kind = NOTE_CLOSE};
	int r = ws_close_parse(data, len, &n.close.code, n.close.reason);

	if (r < 0)
		return ws_fail(w, r == -EILSEQ ? 1007 : 1002, -EPROTO);
	w->in_end = true;
	if (!w->close_set)
		ws_choose_close(w, n.close.code, NULL);
	w->close_due = true;
	layer_heard(&w->stream, &n);
	return 0;
}

int ws_control_heard(struct ws *w, enum ws_opcode op, const uint8_t *data,
		size_t len)
{
	switch (op) {
	case WS_OP_PING:
		return ping_heard(w, data, len);
	case WS_OP_PONG:
		return pong_heard(w, data, len);
	default:
		return close_heard(w, data, len);
	}
}

int ws_text_heard(struct ws *w, const uint8_t *data, size_t len)
{
	struct ws_text *t = w->in_text;

	if (len == 0)
		return 0;
	if (!t)
		t = w->in_text = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	if (len > WS_TEXT_MAX - t->len)
		return ws_fail(w, 1009, -EMSGSIZE);
	if (!utf8_feed(&t->utf8, data, len))
		return ws_fail(w, 1007, -EPROTO);
	memcpy(t->data + t->len, data, len);
	t->len += len;
	return 0;
}

int ws_text_ended(struct ws *w)
{
	struct ws_text *t = w->in_text;
	struct note n = {.kind = NOTE_TEXT};

	if (t && !utf8_is_whole(&t->utf8))
		return ws_fail(w, 1007, -EPROTO);
	n.text.data = t ? t->data : "";
	n.text.len = t ? t->len : 0;
	layer_heard(&w->stream, &n);
	free(t);
	w->in_text = NULL;
	return 0;
}
