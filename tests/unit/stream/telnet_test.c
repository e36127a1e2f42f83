#include "stream/telnet.h"

#include <errno.h>
#include <string.h>

#include "stream/mem.h"
#include "stream/stream.h"
#include "test.h"

#define OFFERS "\377\373\0\377\375\0\377\373\3\377\375\3\377\373\37"

enum { OFFERS_LEN = sizeof(OFFERS) - 1, STEPS = 1000000 };

static uint8_t room[STREAM_HEAD + 70000], *const data = room + STREAM_HEAD;

/* A telnet client whose peer says this, and then nothing. */
static struct stream *telnet_on(struct stream **ret_wire, const void *says,
		size_t len, bool cut)
{
	struct stream *s = mem_new_n(says, len);

	CHECK(s != NULL);
	*ret_wire = s;
	mem_hold_open(s);
	CHECK(!cut || chop_wrap(&s) == 0);
	CHECK_INT(telnet_wrap(&s, NULL), 0);
	for (int i = 0; i < 4; i++)
		(void)stream_handshake(s, NULL);
	return s;
}

static void flush_all(struct stream *s)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < STEPS; i++)
		r = stream_flush(s);
	CHECK_INT(r, 0);
}

/* All there is; then it is dry. */
static size_t read_all(struct stream *s, uint8_t *to, size_t max)
{
	size_t done = 0;
	int dry = 0;

	while (dry < 64) {
		ssize_t n = stream_read(s, to + done, max - done);

		CHECK(n > 0 || n == -EAGAIN);
		done += n > 0 ? (size_t)n : 0;
		dry = n > 0 ? 0 : dry + 1;
	}
	return done;
}

static void write_all(struct stream *s, size_t len)
{
	size_t done = 0;

	for (int i = 0; done < len && i < STEPS; i++) {
		ssize_t n = stream_write(s, data + done, len - done);

		CHECK(n > 0 || n == -EAGAIN);
		done += n > 0 ? (size_t)n : 0;
	}
	CHECK_INT(done, len);
	flush_all(s);
}

static void check_wire(struct stream *wire, const void *bytes, size_t len)
{
	CHECK_INT(mem_output(wire)->len, len);
	CHECK(len == 0 || memcmp(buf_data(mem_output(wire)), bytes, len) == 0);
	mem_forget_output(wire);
}

struct talk {
	const char *says;
	size_t says_len;
	const char *text;
	size_t text_len;
	const char *answer;
	size_t answer_len;
};

#define T3(a, b, c)                                                  \
	{                                                            \
		a, sizeof(a) - 1, b, sizeof(b) - 1, c, sizeof(c) - 1 \
	}

/* What a peer says, the terminal's part of it, and our answer. */
static const struct talk talks[] = {
		T3("plain", "plain", ""), T3("a\377\377b", "a\377b", ""),
		T3("cr\r\0lf\r\nx", "cr\rlf\r\nx", ""),
		T3("\377\373\0cr\r\0", "cr\r\0", ""), /* it is BINARY then */
		T3("\377\373\1\377\373\3ok", "ok",
				"\377\375\1"), /* ECHO, SGA */
		T3("\377\373\1\377\373\1\377\373\1", "", "\377\375\1"),
		T3("\377\373\1\377\374\1", "", "\377\375\1\377\376\1"),
		T3("\377\375\1", "", "\377\374\1"),   /* we shall not echo */
		T3("\377\375\30", "", "\377\374\30"), /* TTYPE */
		T3("\377\373\42", "", "\377\376\42"), /* LINEMODE */
		T3("\377\374\42\377\376\30", "", ""), /* so it is */
		T3("\377\375\0\377\376\0", "", "\377\374\0"),
		T3("\377\376\0\377\374\0", "", ""),   /* our offers declined */
		T3("a\377\361b\377\371c", "abc", ""), /* NOP, GA */
		T3("a\377\372\30\1junk\377\377\377\360b", "ab", ""),
		T3("a\377\372\30\377\1\377\360b", "ab", ""),
		T3("a\377\360b", "ab", ""), /* an end of nothing */
};

static void every_peer_is_understood_and_answered(void)
{
	for (size_t i = 0; i < 2 * sizeof(talks) / sizeof(*talks); i++) {
		const struct talk *t = &talks[i / 2];
		struct stream *wire, *s = telnet_on(&wire, t->says, t->says_len,
						     i % 2);

		flush_all(s);
		check_wire(wire, OFFERS, OFFERS_LEN);
		CHECK_INT(read_all(s, data, 100), t->text_len);
		CHECK(memcmp(data, t->text, t->text_len) == 0);
		flush_all(s);
		check_wire(wire, t->answer, t->answer_len);
		stream_free(s);
	}
}

/* Twice over: as the peer wants it, and as it would come back. */
static void every_byte_value_goes_both_ways(void)
{
	for (int i = 0; i < 4; i++) {
		bool binary = i & 1, cut = i & 2;
		struct stream *wire, *back,
				*s = telnet_on(&wire, "\377\375\0", 3, cut);

		flush_all(s);
		if (binary)
			CHECK_INT(read_all(s, data, 10), 0);
		mem_forget_output(wire);
		for (int n = 0; n < 512; n++)
			data[n] = (uint8_t)n;
		write_all(s, 512);
		CHECK_INT(mem_output(wire)->len, binary ? 514 : 516);
		memcpy(data, buf_data(mem_output(wire)), mem_output(wire)->len);
		s = (stream_free(s), telnet_on(&back, data, binary ? 514 : 516,
						     cut));
		if (!binary) {
			CHECK_INT(read_all(s, data, 1000), 512);
			for (int n = 0; n < 512; n++)
				CHECK_INT(data[n], n % 256);
		}
		stream_free(s);
	}
}

static void more_than_a_kernel_takes_is_waited_for(void)
{
	struct stream *wire, *s = telnet_on(&wire, "", 0, false);

	flush_all(s);
	mem_forget_output(wire);
	memset(data, 0xff, 60000);
	mem_write_limit(wire, 0);
	CHECK_INT(stream_write(s, data, 60000), 4096); /* ours to send */
	CHECK_INT(stream_write(s, data + 4096, 100), -EAGAIN);
	CHECK_INT(stream_flush(s), -EAGAIN);
	mem_write_limit(wire, 1000);
	write_all(s, 60000);
	CHECK_INT(mem_output(wire)->len, 2 * (60000 + 4096));
	stream_free(s);
}

static void resize(struct stream *s, uint16_t cols, uint16_t rows)
{
	struct note n = {.kind = NOTE_RESIZE, .resize = {cols, rows}};

	CHECK_INT(stream_tell(s, &n), 0);
}

static void a_size_is_told_to_who_wants_to_know(void)
{
	static const char size[] = "\377\372\37\0\204\0\53\377\360";
	static const char odd[] = "\377\372\37\0\377\377\0\30\377\360";
	struct stream *wire, *s = telnet_on(&wire, "\377\375\37", 3, false);

	resize(s, 80, 24);
	resize(s, 132, 43);
	flush_all(s);
	check_wire(wire, OFFERS, OFFERS_LEN); /* nobody has asked */
	CHECK_INT(read_all(s, data, 10), 0);
	flush_all(s);
	check_wire(wire, size, sizeof(size) - 1);
	resize(s, 1, 1);
	resize(s, 255, 24);
	flush_all(s);
	check_wire(wire, odd, sizeof(odd) - 1); /* the last, and escaped */
	for (uint16_t i = 1; i < 5000; i++) {   /* bounded */
		mem_write_limit(wire, 0);
		resize(s, i, 24);
	}
	stream_free(s);
}

/* It never reads what we answer. */
static void who_negotiates_without_end_is_left(void)
{
	struct stream *wire, *s;
	ssize_t n = -EAGAIN;

	for (size_t i = 0; i < 60000; i++)
		data[i] = (uint8_t) "\377\373\42\377\375\42"[i % 6];
	s = telnet_on(&wire, data, 60000, false);
	mem_write_limit(wire, 0);
	for (int i = 0; n == -EAGAIN && i < 1000; i++) {
		n = stream_read(s, data, 1000);
		CHECK_INT(stream_flush(s), -EAGAIN);
	}
	CHECK_INT(n, -EPROTO);
	CHECK_INT(stream_read(s, data, 1000), -EPROTO);
	stream_free(s);
}

static void its_end_comes_through_in_the_middle_of_a_word(void)
{
	struct stream *wire, *s = telnet_on(&wire, "x\377\373", 3, false);

	mem_end(wire);
	CHECK_INT(stream_read(s, data, 10), 1);
	CHECK_INT(stream_read(s, data, 10), 0);
	CHECK_INT(stream_read(s, data, 10), 0);
	CHECK_INT(stream_shutdown(s), 0);
	CHECK(mem_is_shut(wire));
	CHECK_INT(stream_bare_fd(s, STREAM_READ), -1);
	stream_free(s);
}

TESTS(T(every_peer_is_understood_and_answered),
		T(every_byte_value_goes_both_ways),
		T(more_than_a_kernel_takes_is_waited_for),
		T(a_size_is_told_to_who_wants_to_know),
		T(who_negotiates_without_end_is_left),
		T(its_end_comes_through_in_the_middle_of_a_word))
