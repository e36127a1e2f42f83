/*
 * How things end. Every session and every refusal ends with one word of this
 * list, and the same word stands in the log, the API, the page, the audit
 * record, the WebSocket close reason and, mapped, the exit code.
 */
#ifndef SESSION_ENDS_H
#define SESSION_ENDS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "stream/stream.h"

enum end_word {
	END_CLIENT_CLOSED,
	END_GUEST_CLOSED,
	END_GUEST_NOT_RUNNING,
	END_NO_SUCH_GUEST,
	END_NO_SUCH_CONSOLE,
	END_BAD_REQUEST,
	END_NOT_SIGNED_IN,
	END_NOT_PERMITTED,
	END_LOGIN_FAILED,
	END_LINK_USED,
	END_LINK_EXPIRED,
	END_BUSY,
	END_HYPERVISOR_UNREACHABLE,
	END_HYPERVISOR_REFUSED,
	END_HYPERVISOR_UNTRUSTED,
	END_BACKEND_TIMEOUT,
	END_BACKEND_REFUSED,
	END_BACKEND_FAILED,
	END_PROTOCOL_ERROR,
	END_SLOW_READER,
	END_IDLE,
	END_LIMIT,
	END_KILLED,
	END_STORE_UNAVAILABLE,
	END_SHUTDOWN,
	END_INTERNAL,
	END_WORDS,
};

struct end_info {
	const char *word;     /* "guest_closed" */
	uint16_t http_status; /* of an API call that is refused with it */
	uint16_t close_code;  /* of a WebSocket that ends with it */
	int exit_code;        /* of a command that ends with it */
	const char *sentence; /* what happened */
	const char *hint;     /* what to do next */
};

const struct end_info *end_info(enum end_word w);

/* END_WORDS for a text that is none of them. */
enum end_word end_word_from(const char *word);

/* The Close that tells it: the code, and "word: sentence" cut to fit. With a
 * detail, that stands in the place of the sentence. */
void end_note(enum end_word w, const char *detail, struct note *ret_close);

/*
 * The same for a client of a payload, who sees through to the guest's own
 * WebSocket (`heard`: what that one said as it went, or NULL): its 1000, 1001,
 * 1011 and 3000 to 4999 are passed on with their reason; whatever else went
 * wrong there is 1011.
 */
void end_note_seen_through(enum end_word w, const char *detail,
		const struct note *heard, struct note *ret_close);

/*
 * The word for what failed on the way to a guest. `depth` is how many layers
 * of the dial plan stood: 0, nothing answered at all.
 */
enum end_word end_of_dial(int r, size_t depth);

/* The word for what a hypervisor answered instead of a plan. */
enum end_word end_of_plan(int r);

#endif
