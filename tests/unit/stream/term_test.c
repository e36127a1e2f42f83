#include "stream/term.h"

#include "proto/term.h"
#include "term_wire.h"
#include "ws_pair.h"

#define LOGIN "root@pam!gate:PVEVNC:65F0::c2lnbmF0dXJl=="

static struct stream *login_on(struct stream *s)
{
	struct secret login = {0};

	CHECK_INT(secret_sets(&login, LOGIN), 0);
	CHECK_INT(term_wrap(&s, &login, NULL), 0);
	secret_done(&login);
	return s;
}

/* Logged in over a WebSocket; nothing sent that a test would have to skip. */
static struct stream *ready_term(bool chop)
{
	struct stream *s = login_on(ready_client(chop, true));

	feed(s, "b=OK", false);
	CHECK_INT(shake(s, NULL), 0);
	mem_forget_output(s);
	return s;
}

static void resize(struct stream *s, uint16_t cols, uint16_t rows)
{
	struct note n = {.kind = NOTE_RESIZE, .resize = {cols, rows}};

	CHECK_INT(stream_tell(s, &n), 0);
}

static int flush_all(struct stream *s)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < 1000000; i++)
		r = stream_flush(s);
	return r;
}

/* Write all of it; -EAGAIN must leave the bytes as they were. */
static void type(struct stream *s, size_t len)
{
	uint8_t *was = malloc(len);
	size_t done = 0;

	letters(data, len);
	letters(was, len);
	for (int i = 0; done < len && i < 10000000; i++) {
		ssize_t n = stream_write(s, data + done, len - done);

		CHECK(n > 0 || n == -EAGAIN);
		done += n > 0 ? (size_t)n : 0;
		if (n < 0 && len < 1000)
			CHECK_MEM(data + done, was + done, len - done);
	}
	CHECK_INT(done, len);
	free(was);
}

/* What termproxy got: `len` letters, and these sizes. */
static void got(struct stream *s, size_t len, const char *sizes)
{
	struct termproxy t;
	uint8_t *should = malloc(len ? len : 1);

	CHECK_INT(flush_all(s), 0);
	termproxy_init(&t);
	CHECK(term_frames(&t, mem_output(s)));
	CHECK_INT(t.left, 0);
	CHECK_STR(t.sizes, sizes);
	letters(should, len);
	CHECK_INT(t.input.len, len);
	CHECK(len == 0 || memcmp(buf_data(&t.input), should, len) == 0);
	buf_done(&t.input);
	free(should);
}

/* ---- the handshake ------------------------------------------------------ */

static void the_login_is_one_line_and_the_answer_is_two_letters(void)
{
	for (int cut = 0; cut < 2; cut++) {
		struct stream *s = mem_new("OKlogin: ");
		struct buf out;

		CHECK(!cut || chop_wrap(&s) == 0);
		s = login_on(s);
		CHECK_INT(stream_write(s, data, 1), -ENOTCONN);
		CHECK_INT(shake(s, NULL), 0);
		CHECK_STR(mem_written(s), LOGIN "\n");
		buf_init(&out, 100);
		CHECK_INT(read_all(s, 100, &out), 0);
		CHECK_INT(out.len, 7);
		CHECK_MEM(buf_data(&out), "login: ", 7);
		buf_done(&out);
		stream_free(s);
	}
}

static void over_a_websocket_the_login_is_one_frame(void)
{
	struct stream *s = login_on(ready_client(false, true));
	struct buf sent;

	CHECK_INT(stream_handshake(s, NULL), -EAGAIN);
	CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_READ);
	buf_init(&sent, 1000);
	wire_bare(&sent, mem_output(s), true);
	CHECK_INT(sent.len, 2 + sizeof(LOGIN));
	CHECK_MEM(buf_data(&sent) + 2, LOGIN "\n", sizeof(LOGIN));
	buf_done(&sent);
	stream_free(s);
}

static const struct {
	const char *says;
	int r;
	const char *words;
} refusals[] = {
		{"", -EACCES, "closed instead of OK"},
		{"O", -ECONNRESET, "during the login"},
		{"ok", -EPROTO, "it said 'o"},
		{"\033[", -EPROTO, "it said '?"},
		{"ON", -EPROTO, "it said 'ON...'"},
		{"X", -EPROTO, "it said 'X...'"},
};

static void a_refusal_is_no_answer_at_all(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		for (int cut = 0; cut < 2; cut++) {
			struct stream *s = mem_new(refusals[i].says);
			struct err e = {0};

			CHECK(!cut || chop_wrap(&s) == 0);
			s = login_on(s);
			CHECK_INT(shake(s, &e), refusals[i].r);
			CHECK_HAS(e.text, refusals[i].words);
			CHECK(!strstr(e.text, "PVEVNC"));
			stream_free(s);
		}
}

static void a_wire_that_breaks_before_the_login_is_no_refusal(void)
{
	struct stream *peer, *s;
	struct err e = {0};

	CHECK_INT(mem_pair(&peer, &s, 16), 0);
	s = login_on(s);
	CHECK_INT(stream_handshake(s, NULL), -EAGAIN);
	CHECK_INT(stream_want(s, STREAM_HANDSHAKE), WANT_WRITE);
	stream_free(peer);
	CHECK_INT(shake(s, &e), -ECONNRESET);
	stream_free(s);
}

static void what_is_no_login_line_is_refused(void)
{
	static const char *const wrong[] = {
			"", "user", ":ticket", "us\ner:ticket", "user:tick\r"};
	char long_one[TERM_LOGIN_MAX + 1];
	struct secret login = {0};
	struct stream *s = mem_new(""), *was = s;
	struct err e = {0};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		CHECK_INT(secret_sets(&login, wrong[i]), 0);
		CHECK_INT(term_wrap(&s, &login, &e), -EINVAL);
	}
	memset(long_one, ':', sizeof(long_one));
	long_one[0] = 'u';
	CHECK_INT(secret_set(&login, long_one, TERM_LOGIN_MAX), 0);
	CHECK_INT(term_wrap(&s, &login, &e), -EINVAL);
	CHECK_INT(secret_set(&login, "u:t\0x", 5), 0);
	CHECK_INT(term_wrap(&s, &login, &e), -EINVAL);
	CHECK(s == was);
	CHECK_INT(secret_set(&login, long_one, TERM_LOGIN_MAX - 1), 0);
	CHECK_INT(term_wrap(&s, &login, &e), 0);
	secret_done(&login);
	stream_free(s);
}

/* ---- afterwards --------------------------------------------------------- */

static void a_write_is_a_message_in_one_frame(void)
{
	struct stream *s = ready_term(false);

	CHECK_INT(stream_write(s, data, 0), 0);
	letters(data, 3);
	CHECK_INT(stream_write(s, data, 3), 3);
	check_sent(s, "b=0:3:abc", true);
	stream_free(s);
}

static void a_long_write_has_one_header(void)
{
	struct stream *s = ready_term(false);

	type(s, TERM_INPUT_MAX);
	got(s, TERM_INPUT_MAX, "");
	mem_forget_output(s);
	type(s, 100000);
	got(s, 100000, "");
	stream_free(s);
}

static void input_arrives_whole_however_the_wire_is_cut(void)
{
	for (int chop = 0; chop < 2; chop++)
		for (size_t limit = 1; limit < 30; limit++) {
			struct stream *s = ready_term(chop);

			mem_write_limit(s, limit);
			type(s, 300);
			got(s, 300, "");
			stream_free(s);
		}
}

/* Whatever the wire takes before it is full: the header stays in one frame,
 * and the last size is told behind the message, not within. */
static void a_full_wire_splits_no_header(void)
{
	for (size_t limit = 0; limit < 30; limit++) {
		struct stream *s = ready_term(false);
		ssize_t n;

		letters(data, 12);
		mem_write_limit(s, limit);
		n = stream_write(s, data, 12);
		CHECK(n == -EAGAIN || (n > 0 && n <= 12));
		mem_write_limit(s, 0);
		resize(s, 80, 24);
		CHECK_INT(stream_write(s, data + (n > 0 ? n : 0), 12), -EAGAIN);
		resize(s, 132, 43);
		(void)stream_flush(s);
		mem_write_limit(s, SIZE_MAX);
		if (n < 12) {
			size_t done = n > 0 ? (size_t)n : 0;

			CHECK_INT(stream_write(s, data + done, 12 - done),
					12 - done);
		}
		got(s, 12, n == 12 ? "80x24;132x43;" : "132x43;");
		stream_free(s);
	}
}

static void a_resize_waits_for_the_end_of_the_message(void)
{
	struct stream *s = ready_term(false);

	letters(data, 10);
	mem_write_limit(s, 6 + 5 + 2); /* headers of both, two letters */
	CHECK_INT(stream_write(s, data, 10), 2);
	mem_write_limit(s, SIZE_MAX);
	resize(s, 80, 24);
	CHECK_INT(stream_flush(s), 0);
	CHECK_INT(stream_write(s, data + 2, 3), 3);
	resize(s, 100, 30);
	CHECK_INT(stream_write(s, data + 5, 5), 5);
	got(s, 10, "100x30;");
	stream_free(s);
}

static void a_size_told_early_is_the_first_word(void)
{
	struct stream *s = login_on(ready_client(false, true));

	resize(s, 80, 24);
	CHECK_INT(stream_flush(s), 0);
	feed(s, "b=OK", false);
	CHECK_INT(shake(s, NULL), 0);
	mem_forget_output(s);
	letters(data, 1);
	CHECK_INT(stream_write(s, data, 1), 1);
	check_sent(s, "b=1:80:24: b=0:1:a", true);
	stream_free(s);
}

static void the_last_size_wins_and_none_is_told_twice(void)
{
	struct stream *s = ready_term(false);

	resize(s, 80, 24);
	resize(s, 81, 25);
	CHECK_INT(stream_flush(s), 0);
	CHECK_INT(stream_flush(s), 0);
	check_sent(s, "b=1:81:25:", true);
	stream_free(s);
}

static void a_size_of_nothing_is_refused(void)
{
	struct stream *s = ready_term(false);
	struct note n = {.kind = NOTE_RESIZE, .resize = {0, 24}};

	CHECK_INT(stream_tell(s, &n), -EINVAL);
	CHECK_INT(stream_flush(s), 0);
	check_sent(s, "", true);
	stream_free(s);
}

static void pings_are_the_websockets(void)
{
	struct note ping = {.kind = NOTE_PING};
	struct stream *s = ready_term(false);

	CHECK_INT(stream_tell(s, &ping), 0);
	CHECK_INT(stream_flush(s), 0);
	CHECK(mem_output(s)->len > 0 && buf_data(mem_output(s))[0] == 0x89);
	stream_free(s);
	s = login_on(mem_new("OK"));
	CHECK_INT(stream_handshake(s, NULL), 0);
	CHECK_INT(stream_tell(s, &ping), -ENOTSUP);
	stream_free(s);
}

static void output_is_not_framed(void)
{
	struct stream *s = login_on(ready_client(true, true));
	struct buf out;

	feed(s, "b=OKwelc b=ome", false);
	mem_end(s);
	CHECK_INT(shake(s, NULL), 0);
	buf_init(&out, 100);
	CHECK_INT(read_all(s, 100, &out), 0);
	CHECK_INT(out.len, 7);
	CHECK_MEM(buf_data(&out), "welcome", 7);
	buf_done(&out);
	stream_free(s);
}

static void a_shutdown_tells_the_last_size_first(void)
{
	struct stream *s = ready_term(false);

	resize(s, 80, 24);
	CHECK_INT(stream_shutdown(s), 0);
	check_sent(s, "b=1:80:24: c", true);
	stream_free(s);
}

TESTS(T(the_login_is_one_line_and_the_answer_is_two_letters),
		T(over_a_websocket_the_login_is_one_frame),
		T(a_refusal_is_no_answer_at_all),
		T(a_wire_that_breaks_before_the_login_is_no_refusal),
		T(what_is_no_login_line_is_refused),
		T(a_write_is_a_message_in_one_frame),
		T(a_long_write_has_one_header),
		T(input_arrives_whole_however_the_wire_is_cut),
		T(a_full_wire_splits_no_header),
		T(a_resize_waits_for_the_end_of_the_message),
		T(a_size_told_early_is_the_first_word),
		T(the_last_size_wins_and_none_is_told_twice),
		T(a_size_of_nothing_is_refused), T(pings_are_the_websockets),
		T(output_is_not_framed),
		T(a_shutdown_tells_the_last_size_first))
