#include "session/ends.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

static void every_word_is_whole(void)
{
	for (int w = 0; w < END_WORDS; w++) {
		const struct end_info *i = end_info((enum end_word)w);

		CHECK(i->word && *i->word);
		CHECK_INT(strspn(i->word, "abcdefghijklmnopqrstuvwxyz_"),
				strlen(i->word));
		CHECK(i->sentence[strlen(i->sentence) - 1] == '.');
		CHECK(i->hint[strlen(i->hint) - 1] == '.');
		CHECK_INT(end_word_from(i->word), w);
	}
	CHECK_INT(end_word_from("nonsense"), END_WORDS);
	CHECK_STR(end_info(END_WORDS)->word, "internal");
}

/* What a browser may be told: RFC 6455 7.4, and 4000 + the HTTP status. */
static void the_codes_of_a_word_fit_each_other(void)
{
	for (int w = 0; w < END_WORDS; w++) {
		const struct end_info *i = end_info((enum end_word)w);
		unsigned close = i->close_code;

		CHECK(i->http_status >= 200 && i->http_status < 600);
		CHECK(close == 1000 || close == 1001 || close == 1002 ||
				close == 1011 || close == 1013 ||
				close == 4000u + i->http_status);
		CHECK(i->exit_code >= 0 && i->exit_code <= 8);
		/* only the user's own goodbye is a success */
		CHECK((i->exit_code == 0) == (w == END_CLIENT_CLOSED));
	}
}

static void a_reason_fits_a_close_frame_and_is_utf_8(void)
{
	char umlauts[400];
	struct note n;

	for (int w = 0; w < END_WORDS; w++) {
		end_note((enum end_word)w, NULL, &n);
		CHECK(strlen(n.close.reason) <= NOTE_REASON_MAX);
		CHECK(strstr(n.close.reason, ": "));
		CHECK(n.close.reason[strlen(n.close.reason) - 1] == '.');
	}
	for (size_t i = 0; i + 2 < sizeof(umlauts); i += 2)
		memcpy(umlauts + i, "\xc3\xa4", 3);
	end_note(END_IDLE, umlauts, &n); /* "idle: " and whole letters */
	CHECK_INT(strlen(n.close.reason), 6 + 116);
	end_note(END_KILLED, umlauts, &n);
	CHECK_INT(strlen(n.close.reason) % 2, 0);
}

static uint16_t seen(enum end_word w, uint16_t heard)
{
	struct note h = {.kind = NOTE_CLOSE,
			.close = {.code = heard, .reason = "its own"}};
	struct note n;

	end_note_seen_through(w, NULL, &h, &n);
	CHECK(n.close.code != 1005 && n.close.code != 1006);
	return n.close.code;
}

/* C1: codes of the guest's WebSocket pass, and none that may not be sent. */
static void a_payload_sees_through_to_the_guests_codes(void)
{
	static const uint16_t passed[] = {1000, 1001, 1011, 3000, 4000, 4999};
	static const uint16_t others[] = {1002, 1003, 1006, 1007, 1008, 1009,
			1010, 1015, 2999, 5000};
	struct note n;

	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		CHECK_INT(seen(END_GUEST_CLOSED, passed[i]), passed[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		CHECK_INT(seen(END_GUEST_CLOSED, others[i]), 1011);
	CHECK_INT(seen(END_GUEST_CLOSED, 0), 1000); /* without a code: 1005 */
	end_note_seen_through(END_GUEST_CLOSED, NULL, NULL, &n); /* cut: 1006 */
	CHECK_INT(n.close.code, 1011);
	CHECK_HAS(n.close.reason, "guest_closed: ");
	end_note_seen_through(END_HYPERVISOR_UNTRUSTED, NULL, NULL, &n);
	CHECK_INT(n.close.code, 1011);
	CHECK_HAS(n.close.reason, "hypervisor_untrusted: ");
	end_note_seen_through(END_KILLED, NULL, NULL, &n);
	CHECK_INT(n.close.code, 4403);
	end_note_seen_through(END_SHUTDOWN, NULL, NULL, &n);
	CHECK_INT(n.close.code, 1001);
}

static void what_failed_on_the_way_has_its_word(void)
{
	CHECK_INT(end_of_dial(-ECONNREFUSED, 0), END_BACKEND_FAILED);
	CHECK_INT(end_of_dial(-EHOSTUNREACH, 0), END_BACKEND_FAILED);
	CHECK_INT(end_of_dial(-ECONNREFUSED, 1), END_BACKEND_REFUSED);
	CHECK_INT(end_of_dial(-EACCES, 1), END_BACKEND_REFUSED);
	CHECK_INT(end_of_dial(-ECONNRESET, 1), END_GUEST_CLOSED);
	CHECK_INT(end_of_dial(-ETIMEDOUT, 0), END_BACKEND_TIMEOUT);
	CHECK_INT(end_of_dial(-ETIMEDOUT, 1), END_BACKEND_TIMEOUT);
	CHECK_INT(end_of_dial(-EPROTO, 1), END_PROTOCOL_ERROR);
	CHECK_INT(end_of_dial(-EKEYREJECTED, 1), END_HYPERVISOR_UNTRUSTED);
	CHECK_INT(end_of_plan(-ENOENT), END_NO_SUCH_GUEST);
	CHECK_INT(end_of_plan(-ENOTCONN), END_GUEST_NOT_RUNNING);
	CHECK_INT(end_of_plan(-EIO), END_HYPERVISOR_UNREACHABLE);
	CHECK_INT(end_of_plan(-ENOMEM), END_INTERNAL);
}

TESTS(T(every_word_is_whole), T(the_codes_of_a_word_fit_each_other),
		T(a_reason_fits_a_close_frame_and_is_utf_8),
		T(a_payload_sees_through_to_the_guests_codes),
		T(what_failed_on_the_way_has_its_word))
