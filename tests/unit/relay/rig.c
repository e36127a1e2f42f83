#include "rig.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "stream/layer.h"
#include "stream/mem.h"
#include "stream/stream.h"
#include "stream/tcp.h"
#include "stream/ws.h"
#include "stream/ws_wire.h"

enum { FAR_MAX = 96 * 1024 * 1024, RIG_WIRE = RIG_CHOP - 1 };

/* ---- the far ends -------------------------------------------------------- */

static void far_write(struct far *f)
{
	while (f->say.len > 0) {
		ssize_t n = send(f->fd, buf_data(&f->say), f->say.len,
				MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return;
		buf_eat(&f->say, (size_t)n);
	}
	if (f->shuts)
		(void)shutdown(f->fd, SHUT_WR);
	f->shuts = false;
}

static void far_read(struct far *f)
{
	size_t left = f->reads;

	while (left > 0 && !f->ended) {
		uint8_t data[16384];
		ssize_t n = recv(f->fd, data,
				left < sizeof(data) ? left : sizeof(data),
				MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			return;
		f->was_reset = n < 0;
		f->ended = n <= 0;
		if (n > 0) {
			CHECK(buf_add(&f->got, data, (size_t)n) == 0);
			left -= (size_t)n;
		}
	}
}

static bool far_is_done(const struct far *f)
{
	return f->fd < 0 || f->ended;
}

static void rig_look(void *arg)
{
	struct rig *g = arg;
	struct far *both[] = {&g->client, &g->backend};

	for (int i = 0; i < 2; i++) {
		if (both[i]->fd >= 0) {
			far_write(both[i]);
			far_read(both[i]);
		}
	}
	if (g->overs && (g->stop_when_over ||
					(far_is_done(&g->client) &&
							far_is_done(&g->backend))))
		loop_stop(g->loop);
	timer_set(g->look, 1);
}

static void rig_late(void *arg)
{
	loop_stop(arg);
}

void rig_run(struct rig *g, uint64_t ms)
{
	timer_set(g->late, ms);
	timer_set(g->look, 1);
	CHECK(loop_run(g->loop) == 0);
}

void rig_run_idle(struct rig *g, uint64_t ms)
{
	clock_t before = clock();

	rig_run(g, ms);
	CHECK((uint64_t)(clock() - before) * 1000 / CLOCKS_PER_SEC < ms / 3);
}

void far_says(struct far *f, const char *frames)
{
	wire_add(&f->say, frames, true);
}

void far_close(struct far *f)
{
	CHECK(f->fd < 0 || close(f->fd) == 0);
	f->fd = -1;
}

void far_reset(struct far *f)
{
	struct linger now = {.l_onoff = 1};

	CHECK(setsockopt(f->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	far_close(f);
}

static void heard_frame(struct heard_ws *h, const struct ws_header *head,
		const uint8_t *data)
{
	switch (head->opcode) {
	case WS_OP_CLOSE:
		CHECK(ws_close_parse(data, head->len, &h->code, h->reason) ==
				0);
		break;
	case WS_OP_PING:
		h->pings++;
		break;
	case WS_OP_PONG:
		h->pongs++;
		break;
	default:
		CHECK_INT(h->code, 0); /* nothing comes after a Close */
		CHECK(buf_add(&h->payload, data, head->len) == 0);
	}
}

void far_heard(const struct far *f, struct heard_ws *ret)
{
	const uint8_t *at = buf_data(&f->got), *end = at + f->got.len;
	const uint8_t *head = at ? memmem(at, f->got.len, "\r\n\r\n", 4) : NULL;

	*ret = (struct heard_ws){0};
	buf_init(&ret->payload, FAR_MAX);
	if (!head)
		return;
	at = head + 4;
	while (at < end) {
		struct ws_header h;
		int n = ws_header_parse(
				at, (size_t)(end - at), false, FAR_MAX, &h);

		if (n == 0 || h.len > (size_t)(end - at) - (size_t)n)
			return; /* a cut frame */
		CHECK(n > 0);
		heard_frame(ret, &h, at + n);
		at += (size_t)n + h.len;
	}
}

/* ---- a layer that says what it is told ----------------------------------- */

struct saying {
	struct stream stream;
	struct buf out;
};

static int saying_flush(struct stream *s)
{
	return layer_send(s->below, &((struct saying *)s)->out);
}

static ssize_t saying_write(struct stream *s, uint8_t *data, size_t len)
{
	struct buf *out = &((struct saying *)s)->out;
	int r = out->len ? layer_send(s->below, out) : 0;

	return r < 0 ? r : stream_write(s->below, data, len);
}

static int saying_tell(struct stream *s, const struct note *n)
{
	struct buf *out = &((struct saying *)s)->out;
	char text[32] = "[keep]";

	if (n->kind != NOTE_RESIZE && n->kind != NOTE_KEEP)
		return -ENOTSUP;
	if (n->kind == NOTE_RESIZE)
		(void)snprintf(text, sizeof(text), "[%ux%u]", n->resize.cols,
				n->resize.rows);
	return buf_adds(out, text);
}

static void saying_free(struct stream *s)
{
	buf_done(&((struct saying *)s)->out);
	free(s);
}

static const struct stream_ops saying_ops = {
		.name = "saying",
		.write = saying_write,
		.flush = saying_flush,
		.tell = saying_tell,
		.free = saying_free,
};

void rig_says_notes(struct stream **s)
{
	struct saying *layer = calloc(1, sizeof(*layer));

	CHECK(layer != NULL);
	buf_init(&layer->out, 256);
	layer_push(s, &layer->stream, &saying_ops);
	CHECK_INT(stream_handshake(*s, NULL), 0);
}

/* ---- the relay's ends ---------------------------------------------------- */

void rig_pair(int fd[2])
{
	struct sockaddr_in a = {.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(l >= 0 && bind(l, (struct sockaddr *)&a, len) == 0);
	CHECK(listen(l, 1) == 0);
	CHECK(getsockname(l, (struct sockaddr *)&a, &len) == 0);
	fd[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(connect(fd[1], (struct sockaddr *)&a, len) == 0);
	fd[0] = accept(l, NULL, NULL);
	CHECK(fd[0] >= 0);
	close(l);
}

static void cut(struct stream **s, int kind)
{
	if (kind & RIG_CHOP)
		CHECK_INT(chop_wrap(s), 0);
}

struct stream *rig_stream(int fd, int kind, bool ws)
{
	struct ws_server_options o = {
			.key = "dGhlIHNhbXBsZSBub25jZQ==", .text = true};
	struct stream *s = NULL;
	int r = -EAGAIN;

	CHECK_INT(fd_wrap(&s, fd), 0);
	cut(&s, kind);
	if (ws) {
		CHECK_INT(ws_accept_wrap(&s, &o, NULL), 0);
		cut(&s, kind);
	}
	for (int i = 0; i < 10000 && r == -EAGAIN; i++)
		r = stream_handshake(s, NULL);
	CHECK_INT(r, 0);
	return s;
}

static struct stream *rig_side(struct far *f, int kind, bool ws)
{
	int fd[2];

	rig_pair(fd);
	f->fd = fd[1];
	f->reads = SIZE_MAX;
	buf_init(&f->say, FAR_MAX);
	buf_init(&f->got, FAR_MAX);
	return rig_stream(fd[0], kind, ws);
}

/* ---- its owner ----------------------------------------------------------- */

static void rig_farewell(
		void *arg, const struct relay_end *end, struct note *ret_close)
{
	struct rig *g = arg;

	CHECK_INT(ret_close->close.code, 1000);
	g->end = *end;
	g->farewells++;
	ret_close->close.code = g->close_code;
	strcpy(ret_close->close.reason, "so it is");
}

static void rig_over(void *arg, const struct relay_end *end)
{
	struct rig *g = arg;

	CHECK_INT(g->farewells, 1);
	CHECK_INT(g->end.side, end->side);
	g->end = *end;
	g->overs++;
	if (g->keep)
		return;
	relay_free(g->relay);
	g->relay = NULL;
}

static void rig_note(void *arg, enum relay_side from, const struct note *n)
{
	struct rig *g = arg;

	CHECK_INT(n->kind, NOTE_TEXT);
	CHECK_INT(from, RELAY_CLIENT);
	g->notes++;
	if (g->resize_in_note)
		CHECK_INT(relay_tell(g->relay, RELAY_BACKEND,
					  &(struct note){.kind = NOTE_RESIZE,
							  .resize = {80, 24}}),
				0);
	if (g->end_in_note)
		relay_end(g->relay);
}

static const struct relay_events rig_events = {
		.farewell = rig_farewell,
		.over = rig_over,
		.note = rig_note,
};

void rig_up(struct rig *g, int kind, const struct relay_options *o)
{
	struct stream *c, *b;

	*g = (struct rig){.close_code = 1011};
	CHECK(loop_new(&g->loop) == 0);
	CHECK(timer_new(&g->look, g->loop, rig_look, g) == 0);
	CHECK(timer_new(&g->late, g->loop, rig_late, g->loop) == 0);
	c = rig_side(&g->client, kind, (kind & RIG_WIRE) != RIG_TCP);
	b = rig_side(&g->backend, kind, (kind & RIG_WIRE) == RIG_WS_WS);
	if (kind & RIG_NOTES)
		rig_says_notes(&b);
	CHECK(relay_new(&g->relay, g->loop, c, b, o, &g->counts, &rig_events,
			      g) == 0);
}

static void far_down(struct far *f)
{
	far_close(f);
	buf_done(&f->say);
	buf_done(&f->got);
}

void rig_down(struct rig *g)
{
	relay_free(g->relay);
	far_down(&g->client);
	far_down(&g->backend);
	timer_free(g->look);
	timer_free(g->late);
	loop_free(g->loop);
}

/* ---- bytes --------------------------------------------------------------- */

static uint8_t pattern_at(size_t i)
{
	return (uint8_t)(i ^ i >> 8 ^ i >> 16 ^ i >> 24);
}

void pattern_add(struct buf *b, size_t len)
{
	uint8_t *at = buf_room(b, len);

	CHECK(at != NULL);
	for (size_t i = 0; i < len; i++)
		at[i] = pattern_at(i);
	buf_grew(b, len);
}

bool is_pattern(const struct buf *b, size_t len)
{
	const uint8_t *at = buf_data(b);

	if (b->len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (at[i] != pattern_at(i))
			return false;
	return true;
}
