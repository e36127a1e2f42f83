#include "stream/ws.h"

#include "ws_pair.h"

/* ---- a pair ------------------------------------------------------------- */

static uint32_t seed;

static uint32_t chance(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 131 + (i >> 8) * 17 + (i >> 16));
}

struct way { /* one direction: what went in so far, and what came out */
	struct stream *from, *to;
	size_t wrote, read, total;
};

/* Write some; what was not taken must be as it was. */
static void way_write(struct way *d)
{
	size_t len = 1 + chance(chance(8) ? 3000 : 2 * ROOM);
	ssize_t n;

	if (len > d->total - d->wrote)
		len = d->total - d->wrote;
	for (size_t i = 0; i < len; i++)
		data[i] = byte_at(d->wrote + i);
	n = stream_write(d->from, data, len);
	if (n == -EAGAIN)
		n = 0;
	CHECK(n >= 0 && n <= (ssize_t)len);
	for (size_t i = (size_t)n; i < len; i++)
		CHECK(data[i] == byte_at(d->wrote + i));
	d->wrote += (size_t)n;
}

static void way_read(struct way *d)
{
	size_t len = 1 + chance(chance(4) ? 2000 : ROOM);
	ssize_t n = stream_read(d->to, data, len);

	if (n == -EAGAIN)
		return;
	CHECK(n > 0 && n <= (ssize_t)len);
	for (size_t i = 0; i < (size_t)n; i++)
		CHECK(data[i] == byte_at(d->read + i));
	d->read += (size_t)n;
}

static void pair_open(struct stream **client, struct stream **server,
		size_t room, bool chop, bool mask_zero)
{
	char host[] = "h", path[] = "/";
	struct ws_client_options c = {
			.host = host, .path = path, .mask_zero = mask_zero};
	struct ws_server_options o = {.key = WS_TEST_KEY};
	struct ws *w;

	CHECK(mem_pair(client, server, room) == 0);
	if (chop)
		CHECK(chop_wrap(client) == 0 && chop_wrap(server) == 0);
	CHECK_INT(ws_connect_wrap(client, &c, NULL), 0);
	CHECK_INT(ws_accept_wrap(server, &o, NULL), 0);
	/* the request is the HTTP server's to read; skip both hellos */
	w = (struct ws *)*client;
	ws_hello_free(w->hello);
	w->hello = NULL;
	buf_done(&((struct ws *)*server)->out);
	(*client)->ready = (*server)->ready = true;
	for (struct stream *s = *client; s; s = s->below)
		s->ready = true;
	for (struct stream *s = *server; s; s = s->below)
		s->ready = true;
}

static void carry(size_t room, size_t total, bool chop, bool mask_zero)
{
	struct stream *client, *server;
	struct note ping = {.kind = NOTE_PING};
	struct heard heard = {0};
	struct way up, down;

	seed = (uint32_t)(room * 7 + total + chop * 2 + mask_zero);
	pair_open(&client, &server, room, chop, mask_zero);
	stream_hear(client, heard_note, &heard);
	up = (struct way){.from = client, .to = server, .total = total};
	down = (struct way){.from = server, .to = client, .total = total};
	for (int i = 0; up.read < total || down.read < total; i++) {
		CHECK(i < 10000000);
		if (up.wrote < total)
			way_write(&up);
		if (down.wrote < total)
			way_write(&down);
		if (chance(50) == 0 && heard.len < 900)
			CHECK_INT(stream_tell(client, &ping), 0);
		(void)stream_flush(client);
		(void)stream_flush(server);
		way_read(&up);
		way_read(&down);
	}
	CHECK_HAS(heard.text, "pong;");
	stream_free(client);
	stream_free(server);
}

static void a_pair_carries_megabytes_through_a_small_room(void)
{
	carry(700, 1 << 20, false, false);
	carry(5000, 4 << 20, false, false);
	carry(200000, 4 << 20, false, false);
}

static void a_pair_carries_megabytes_with_a_mask_of_zeros(void)
{
	carry(700, 1 << 20, false, true);
	carry(200000, 4 << 20, false, true);
}

static void every_byte_arrives_however_finely_the_wire_is_cut(void)
{
	carry(300, 12000, true, false);
	carry(3, 12000, true, true);
}

/* ---- reading ------------------------------------------------------------ */

static void a_frame_as_large_as_the_room_comes_in_one_read(void)
{
	struct stream *s = ready_server(false, false);

	feed(s, "b*65408 b*65408 b*65408 b*65408", true);
	CHECK(stream_read(s, data, ROOM) > ROOM - WS_HEADER_MAX);
	CHECK_INT(stream_read(s, data, ROOM), ROOM);
	CHECK_INT(stream_read(s, data, ROOM), ROOM);
	stream_free(s);
}

static void small_frames_come_together_in_one_read(void)
{
	struct stream *s = ready_server(false, false);

	feed(s, "b=one b=two p=x b=three", true);
	CHECK_INT(stream_read(s, data, ROOM), 11);
	CHECK_MEM(data, "onetwothree", 11);
	CHECK_INT(stream_read(s, data, ROOM), -EAGAIN);
	stream_free(s);
}

static void early_bytes_are_read_before_the_wire(void)
{
	struct ws_server_options o = {.key = WS_TEST_KEY};
	struct stream *s = mem_new("");
	struct buf early;

	buf_init(&early, WIRE_MAX);
	wire_add(&early, "b=abc b*1000 b=xyz", true);
	o.early = buf_data(&early);
	o.early_len = early.len - 2;
	mem_hold_open(s);
	CHECK_INT(ws_accept_wrap(&s, &o, NULL), 0);
	CHECK_INT(shake(s, NULL), 0);
	CHECK(stream_pending(s));
	CHECK_INT(stream_read(s, data, 3), 3);
	CHECK_MEM(data, "abc", 3);
	CHECK(stream_pending(s));
	CHECK_INT(stream_read(s, data, ROOM), 1001);
	CHECK_MEM(data + 999, "lx", 2);
	CHECK(!stream_pending(s));
	CHECK_INT(stream_read(s, data, ROOM), -EAGAIN);
	CHECK(mem_feed(s, buf_data(&early) + early.len - 2, 2) == 0);
	CHECK_INT(stream_read(s, data, ROOM), 2);
	CHECK_MEM(data, "yz", 2);
	CHECK(is_idle(s));
	buf_done(&early);
	stream_free(s);
}

static void unfinished_fragments_cost_no_memory(void)
{
	struct stream *s = ready_server(false, false);
	size_t got = 0;
	ssize_t n;

	feed(s, "-b=a", true);
	for (int i = 0; i < 1000; i++)
		feed(s, "-m=b -m=b -m=b -m=b -m=b -m=b -m=b -m=b -m=b -m=b",
				true);
	while ((n = stream_read(s, data, 100)) > 0) {
		got += (size_t)n;
		CHECK(((struct ws *)s)->raw.room <= 64);
	}
	CHECK_INT(n, -EAGAIN);
	CHECK_INT(got, 10001);
	CHECK(is_idle(s));
	stream_free(s);
}

static void a_hundred_thousand_empty_fragments_give_others_a_turn(void)
{
	struct stream *s = ready_server(false, false);
	struct buf in;
	int turns = 0;

	buf_init(&in, WIRE_MAX);
	wire_add(&in, "-b", true);
	for (int i = 0; i < 100000; i++)
		wire_add(&in, "-m", true);
	wire_add(&in, "m=end", true);
	CHECK(mem_feed(s, buf_data(&in), in.len) == 0);
	buf_done(&in);
	for (; stream_read(s, data, 1000) == -EAGAIN; turns++) {
		CHECK(stream_pending(s) && turns < 1000);
		CHECK(((struct ws *)s)->raw.room <= 64);
	}
	CHECK(turns > 10);
	CHECK_MEM(data, "end", 3);
	CHECK(is_idle(s));
	stream_free(s);
}

static void a_flood_of_pings_neither_grows_nor_starves(void)
{
	struct stream *s = ready_server(false, false);
	struct buf in;
	int turns = 0;

	buf_init(&in, WIRE_MAX);
	for (int i = 0; i < 20000; i++)
		wire_add(&in, "p*125", true);
	wire_add(&in, "p=last b=data", true);
	CHECK(mem_feed(s, buf_data(&in), in.len) == 0);
	buf_done(&in);
	mem_write_limit(s, 0);
	for (; stream_read(s, data, 1000) == -EAGAIN; turns++) {
		CHECK(stream_pending(s) && turns < 1000);
		(void)stream_flush(s);
		CHECK(((struct ws *)s)->out.room <= 256);
	}
	CHECK_MEM(data, "data", 4);
	mem_write_limit(s, SIZE_MAX);
	CHECK_INT(stream_flush(s), 0);
	check_sent(s, "o*125 o=last", false);
	CHECK(is_idle(s));
	stream_free(s);
}

/* ---- text notes --------------------------------------------------------- */

static void text_becomes_a_note_and_binary_stays_payload(void)
{
	struct stream *s = ready_server(false, true);
	struct heard heard = {0};

	stream_hear(s, heard_note, &heard);
	feed(s, "b=ls t={\"resize\":[80,24]} b=-l -t=a p=x -m m=b t b=!", true);
	CHECK_INT(stream_read(s, data, ROOM), 5);
	CHECK_MEM(data, "ls-l!", 5);
	CHECK_STR(heard.text, "text {\"resize\":[80,24]};text ab;text ;");
	CHECK_INT(stream_flush(s), 0);
	check_sent(s, "o=x", false);
	CHECK(is_idle(s));
	stream_free(s);
}

static void a_long_text_note_is_refused(void)
{
	static const char *const longs[] = {
			"t*4097", "-t*4096 m=x", "-t*4000 -m*96 p m=x"};

	for (size_t i = 0; i < 3; i++) {
		struct stream *s = ready_server(false, true);
		struct heard heard = {0};

		stream_hear(s, heard_note, &heard);
		feed(s, "t*4096", true);
		feed(s, longs[i], true);
		CHECK_INT(stream_read(s, data, ROOM), -EMSGSIZE);
		CHECK_STR(heard.text, "text #4096;");
		mem_forget_output(s);
		(void)stream_shutdown(s);
		CHECK(mem_is_shut(s));
		stream_free(s);
	}
}

static void an_end_that_came_with_bytes_is_pending_until_it_is_read(void)
{
	const char *const ends[] = {"b=abc c1000=bye", "b=abc xB"};

	for (size_t i = 0; i < 2; i++) {
		struct stream *s = ready_server(false, false);
		struct buf in;

		buf_init(&in, WIRE_MAX);
		wire_add(&in, ends[i], true);
		CHECK(mem_feed(s, buf_data(&in), in.len) == 0);
		CHECK_INT(stream_read(s, data, ROOM), 3);
		CHECK(stream_pending(s));
		CHECK_INT(stream_read(s, data, ROOM), i == 0 ? 0 : -EPROTO);
		buf_done(&in);
		stream_free(s);
	}
}

TESTS(T(an_end_that_came_with_bytes_is_pending_until_it_is_read),
		T(a_pair_carries_megabytes_through_a_small_room),
		T(a_pair_carries_megabytes_with_a_mask_of_zeros),
		T(every_byte_arrives_however_finely_the_wire_is_cut),
		T(a_frame_as_large_as_the_room_comes_in_one_read),
		T(small_frames_come_together_in_one_read),
		T(early_bytes_are_read_before_the_wire),
		T(unfinished_fragments_cost_no_memory),
		T(a_hundred_thousand_empty_fragments_give_others_a_turn),
		T(a_flood_of_pings_neither_grows_nor_starves),
		T(text_becomes_a_note_and_binary_stays_payload),
		T(a_long_text_note_is_refused))
