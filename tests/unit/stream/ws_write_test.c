#include "ws_pair.h"

/* ---- writing ------------------------------------------------------------ */

static void a_write_is_one_whole_binary_frame(void)
{
	for (int client = 0; client < 2; client++) {
		struct stream *s = client ? ready_client(false, false)
					  : ready_server(false, false);

		letters(data, 70000);
		CHECK_INT(stream_write(s, data, 0), 0);
		CHECK_INT(stream_write(s, data, 5), 5);
		letters(data, 70000);
		CHECK_INT(stream_write(s, data, 126), 126);
		letters(data, 70000);
		CHECK_INT(stream_write(s, data, 70000), WS_FRAME_MAX);
		check_sent(s, "b*5 b*126 b*65536", client);
		stream_free(s);
	}
}

static void a_short_write_goes_on_in_the_same_frame(void)
{
	for (size_t limit = 1; limit < 40; limit++)
		for (int client = 0; client < 2; client++) {
			struct stream *s = client ? ready_client(false, false)
						  : ready_server(false, false);
			uint8_t was[200];
			size_t done = 0;

			mem_write_limit(s, limit);
			letters(data, 200);
			letters(was, 200);
			while (done < 200) {
				ssize_t n = stream_write(
						s, data + done, 200 - done);

				done += n > 0 ? (size_t)n : 0;
				CHECK(n > 0 || n == -EAGAIN);
				CHECK_MEM(data + done, was + done, 200 - done);
			}
			check_sent(s, "b*200", client);
			CHECK(is_idle(s));
			stream_free(s);
		}
}

static void a_wire_that_takes_nothing_begins_no_frame(void)
{
	struct stream *s = ready_client(false, false);

	mem_write_limit(s, 0);
	letters(data, 100);
	CHECK_INT(stream_write(s, data, 100), -EAGAIN);
	mem_write_limit(s, SIZE_MAX);
	letters(data, 3);
	CHECK_INT(stream_write(s, data, 3), 3);
	check_sent(s, "b*3", true);
	stream_free(s);
}

static void control_frames_wait_for_the_end_of_the_frame(void)
{
	struct stream *s = ready_server(false, false);

	mem_write_limit(s, 52);
	letters(data, 100);
	CHECK_INT(stream_write(s, data, 100), 50);
	mem_write_limit(s, SIZE_MAX);
	feed(s, "p=x c1000", true);
	CHECK_INT(stream_read(s, data + 50 + STREAM_HEAD + 50, 100), 0);
	CHECK_INT(stream_flush(s), 0);
	CHECK_INT(mem_output(s)->len, 52);
	CHECK_INT(stream_write(s, data + 50, 50), 50);
	CHECK_INT(stream_write(s, data, 1), -EPIPE);
	CHECK_INT(stream_flush(s), 0);
	check_sent(s, "b*100 o=x c1000", false);
	stream_free(s);
}

static void our_ping_is_answered_with_its_time(void)
{
	for (int client = 0; client < 2; client++) {
		struct stream *s = client ? ready_client(false, false)
					  : ready_server(false, false);
		struct note n = {.kind = NOTE_PING};
		struct heard heard = {.rtt_ms = 9999};
		struct buf sent, in;

		buf_init(&sent, WIRE_MAX);
		buf_init(&in, WIRE_MAX);
		stream_hear(s, heard_note, &heard);
		feed(s, "o=unasked", !client);
		CHECK_INT(stream_read(s, data, ROOM), -EAGAIN);
		CHECK_INT(stream_tell(s, &n), 0);
		CHECK_INT(stream_flush(s), 0);
		wire_bare(&sent, mem_output(s), client);
		CHECK_INT(buf_data(&sent)[0], 0x89);
		wire_frame(&in, 0x8a, 0, !client, buf_data(&sent) + 2,
				sent.len - 2);
		CHECK(mem_feed(s, buf_data(&in), in.len) == 0);
		CHECK(mem_feed(s, buf_data(&in), in.len) == 0); /* once only */
		CHECK_INT(stream_read(s, data, ROOM), -EAGAIN);
		CHECK_STR(heard.text, "pong;");
		CHECK(heard.rtt_ms < 1000);
		buf_done(&sent);
		buf_done(&in);
		stream_free(s);
	}
}

/* ---- closing ------------------------------------------------------------ */

static void shutdown_says_the_goodbye_that_was_told(void)
{
	struct stream *s = ready_server(false, false);

	tell_close(s, 1000, "first");
	tell_close(s, 4404, "no_such_guest");
	CHECK_INT(stream_flush(s), 0);
	CHECK_INT(mem_output(s)->len, 0);
	CHECK_INT(stream_shutdown(s), 0);
	check_sent(s, "c4404=no_such_guest", false);
	CHECK_INT(stream_write(s, data, 5), -EPIPE);
	CHECK(!mem_is_shut(s)); /* the client may still be sending */
	feed(s, "b=last c4404", true);
	CHECK_INT(stream_read(s, data, ROOM), 4);
	CHECK_INT(stream_read(s, data, ROOM), 0);
	CHECK_INT(stream_shutdown(s), 0);
	CHECK(mem_is_shut(s));
	check_sent(s, "c4404=no_such_guest", false);
	stream_free(s);
}

static void a_client_leaves_the_end_to_the_server(void)
{
	struct stream *s = ready_client(false, false);

	tell_close(s, 1000, "");
	CHECK_INT(stream_shutdown(s), 0);
	check_sent(s, "c1000", true);
	feed(s, "c1000", false);
	CHECK_INT(stream_read(s, data, ROOM), 0);
	CHECK_INT(stream_shutdown(s), 0);
	CHECK(!mem_is_shut(s));
	check_sent(s, "c1000", true);
	stream_free(s);
}

static void a_goodbye_that_was_told_answers_the_close_of_the_peer(void)
{
	struct stream *s = ready_server(false, false);

	tell_close(s, 4403, "killed");
	feed(s, "c1000=bye", true);
	CHECK_INT(stream_read(s, data, ROOM), 0);
	tell_close(s, 1000, "too late");
	CHECK_INT(stream_flush(s), 0);
	check_sent(s, "c4403=killed", false);
	stream_free(s);
}

static void a_ping_after_our_close_is_not_kept(void)
{
	struct stream *s = ready_server(false, false);

	CHECK_INT(stream_shutdown(s), 0);
	feed(s, "p=x", true);
	CHECK_INT(stream_read(s, data, ROOM), -EAGAIN);
	CHECK(is_idle(s));
	CHECK_INT(stream_flush(s), 0);
	check_sent(s, "c", false);
	stream_free(s);
}

static void codes_that_may_not_be_sent_make_an_empty_close(void)
{
	static const uint16_t codes[] = {0, 1004, 1005, 1006, 1015, 2000, 5000};

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		struct stream *s = ready_server(false, false);

		tell_close(s, codes[i], "x");
		CHECK_INT(stream_shutdown(s), 0);
		check_sent(s, "c", false);
		stream_free(s);
	}
}

static void shutdown_waits_for_a_wire_that_is_full(void)
{
	struct stream *s = ready_server(false, false);
	int r = -EAGAIN;

	tell_close(s, 1001, "shutdown");
	mem_write_limit(s, 0);
	CHECK_INT(stream_shutdown(s), -EAGAIN);
	CHECK_INT(stream_shutdown(s), -EAGAIN);
	mem_write_limit(s, 1);
	for (int i = 0; r == -EAGAIN && i < 100; i++)
		r = stream_shutdown(s);
	CHECK_INT(r, 0);
	check_sent(s, "c1001=shutdown", false);
	stream_free(s);
}

static void shutdown_within_a_frame_breaks_the_connection_off(void)
{
	struct stream *s = ready_server(false, false);

	mem_write_limit(s, 12);
	CHECK_INT(stream_write(s, data, 100), 10);
	tell_close(s, 1000, "");
	CHECK_INT(stream_shutdown(s), 0);
	CHECK(mem_is_shut(s));
	CHECK_INT(mem_output(s)->len, 12);
	stream_free(s);
}

static void a_broken_peer_is_told_and_left(void)
{
	struct stream *s = ready_server(false, false);

	tell_close(s, 1000, "mine");
	feed(s, "b=ok x3 b=no", true);
	CHECK_INT(stream_read(s, data, ROOM), 2);
	CHECK_INT(stream_read(s, data, ROOM), -EPROTO);
	CHECK_INT(stream_read(s, data, ROOM), -EPROTO);
	CHECK_INT(stream_write(s, data, 3), -EPIPE);
	check_sent(s, "c1002", false);
	CHECK_INT(stream_shutdown(s), 0);
	CHECK(mem_is_shut(s));
	stream_free(s);
}

TESTS(T(a_write_is_one_whole_binary_frame),
		T(a_short_write_goes_on_in_the_same_frame),
		T(a_wire_that_takes_nothing_begins_no_frame),
		T(control_frames_wait_for_the_end_of_the_frame),
		T(our_ping_is_answered_with_its_time),
		T(shutdown_says_the_goodbye_that_was_told),
		T(a_client_leaves_the_end_to_the_server),
		T(a_goodbye_that_was_told_answers_the_close_of_the_peer),
		T(a_ping_after_our_close_is_not_kept),
		T(codes_that_may_not_be_sent_make_an_empty_close),
		T(shutdown_waits_for_a_wire_that_is_full),
		T(shutdown_within_a_frame_breaks_the_connection_off),
		T(a_broken_peer_is_told_and_left))
